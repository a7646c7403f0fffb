// What src/crypto's own files share of OpenSSL: owners of its objects, its algorithms fetched once,
// and a clean error queue. No header that others include may include this.
#pragma once

#include <memory>
#include <new>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/certificate.h"
#include "crypto/packet_cipher.h"

namespace specter::crypto {

template <auto Free>
struct With {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, With<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, With<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, With<EVP_MD_CTX_free>>;

// The thread's error queue is OpenSSL's one channel between callers that don't know each other:
// what one leaves there, another may take for its own failure. So everything here that may leave
// something holds one of these.
class CleanErrors {
 public:
  CleanErrors() { clear(); }
  ~CleanErrors() { clear(); }
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;

  // Before what failed is called the peer's fault: OpenSSL says no in the same way when it has no
  // memory to look. Throws std::bad_alloc then.
  static void blame_nobody_for_memory() {
    while (const unsigned long error = ERR_get_error())
      if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE) throw std::bad_alloc();
  }

 private:
  // To clear it goes through all sixteen entries, though there is hardly ever one.
  static void clear() {
    if (ERR_peek_error() != 0) ERR_clear_error();
  }
};

// Of library_context(), fetched at the first call and never freed: to fetch takes locks and costs
// more than to hash a small message.
const EVP_CIPHER* native_mask(PacketAlgorithm algorithm);  // an AEAD's: AES-ECB or bare ChaCha20
const EVP_CIPHER* native_counter_mode();                   // AES-128-CTR
const EVP_CIPHER* native_counter_mode256();                // AES-256-CTR

// As OpenSSL calls it.
const char* native_name(HashAlgorithm algorithm);

}  // namespace specter::crypto
