// A cipher of OpenSSL's default provider, called as EVP would call it (provider-cipher(7)). EVP
// asks the context for the length of its nonce, by name, at every record: a quarter of the time of
// a record of a kilobyte. For src/crypto alone.
#pragma once

#include <cstdint>

#include <openssl/params.h>

#include "crypto/packet_cipher.h"

#include "specter/bytes.h"

namespace specter::crypto {

struct CipherFunctions;  // of one algorithm; for good

// One key and one direction. The calls answer false when the library does, and may leave
// something in its error queue then. None allocates.
class ProviderCipher {
 public:
  // Throws Bug when the key is none for it.
  ProviderCipher(PacketAlgorithm algorithm, Direction direction, Bytes key);
  ~ProviderCipher();
  ProviderCipher(const ProviderCipher&) = delete;

  bool start(Bytes nonce);
  bool add_data(Bytes additional);
  // As many bytes come out as go in, in the same place or in another that does not overlap.
  bool update(const std::uint8_t* in, std::uint8_t* out, std::size_t size);
  bool finish();  // a decryption's: whether the tag fits
  bool set(const OSSL_PARAM parameters[]);
  bool get(OSSL_PARAM parameters[]);

 private:
  bool init(Bytes key, Bytes nonce);

  const CipherFunctions& functions_;
  const Direction direction_;
  void* const context_;
};

}  // namespace specter::crypto
