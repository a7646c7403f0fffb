// Packets' ciphers by OpenSSL. A key keeps its contexts; a packet sets only the nonce. None of the
// calls below allocates then, nor leaves an error behind while all goes well.
#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/openssl.h"
#include "crypto/packet_key.h"
#include "crypto/provider_cipher.h"
#include "crypto/secret.h"
#include "crypto/sha1_hmac.h"

namespace specter::crypto {
namespace {

OSSL_PARAM tag_parameter(Bytes tag) {
  return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
                                           const_cast<std::uint8_t*>(tag.data()), tag.size());
}

class AeadKey final : public SinglePacketKey {
 public:
  AeadKey(PacketAlgorithm algorithm, Direction direction, Bytes secret)
      : SinglePacketKey(algorithm, direction, CipherLibrary::OpenSsl),
        cipher_(algorithm, direction, secret) {}

  void seal(const SealJob& job) override {
    OSSL_PARAM parameters[] = {tag_parameter(job.tag), OSSL_PARAM_construct_end()};
    const bool sealed = cipher_.start(nonce_of(job.nonce)) && cipher_.add_data(job.additional) &&
                        cipher_.update(job.text.data(), job.out.data(), job.text.size()) &&
                        cipher_.finish() && cipher_.get(parameters);
    if (!sealed) ERR_clear_error();
    SPECTER_CHECK(sealed);
  }

  bool open(const OpenJob& job) override {
    const OSSL_PARAM parameters[] = {tag_parameter(job.tag), OSSL_PARAM_construct_end()};
    const bool opened = cipher_.start(nonce_of(job.nonce)) && cipher_.set(parameters) &&
                        cipher_.add_data(job.additional) &&
                        cipher_.update(job.text.data(), job.out.data(), job.text.size()) &&
                        cipher_.finish();
    if (!opened) ERR_clear_error();
    return opened;
  }

 private:
  static Bytes nonce_of(const PacketNonce& nonce) { return Bytes(nonce).first(kAeadNonceBytes); }

  ProviderCipher cipher_;
};

// RFC 3711 §4.1.1, §4.2.1.
class CounterModeKey final : public SinglePacketKey {
 public:
  CounterModeKey(PacketAlgorithm algorithm, Direction direction, Bytes secret)
      : SinglePacketKey(algorithm, direction, CipherLibrary::OpenSsl),
        context_(EVP_CIPHER_CTX_new()),
        authentication_(secret.subspan(16)) {
    SPECTER_CHECK(context_ && EVP_EncryptInit_ex2(context_.get(), native_counter_mode(),
                                                  secret.data(), nullptr, nullptr) == 1);
  }

  void seal(const SealJob& job) override {
    apply(job.nonce, job.text, job.out);
    const auto tag = hmac_.of(authentication_, authenticated_parts(job, job.out));
    std::ranges::copy(Bytes(tag).first(job.tag.size()), job.tag.begin());
  }

  bool open(const OpenJob& job) override {
    const auto tag = hmac_.of(authentication_, authenticated_parts(job, job.text));
    if (CRYPTO_memcmp(tag.data(), job.tag.data(), job.tag.size()) != 0) return false;
    apply(job.nonce, job.text, job.out);
    return true;
  }

 private:
  void apply(const PacketNonce& nonce, Bytes text, MutableBytes out) {
    int size = 0;
    SPECTER_CHECK(EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, nonce.data(), nullptr) ==
                      1 &&
                  (text.empty() || EVP_EncryptUpdate(context_.get(), out.data(), &size, text.data(),
                                                     static_cast<int>(text.size())) == 1));
  }

  std::unique_ptr<EVP_CIPHER_CTX, With<EVP_CIPHER_CTX_free>> context_;
  Secret authentication_;
  Sha1Hmac hmac_;
};

}  // namespace

std::unique_ptr<PacketKey> make_openssl_key(PacketAlgorithm algorithm, Direction direction,
                                            Bytes secret) {
  const CleanErrors clean;
  if (is_aead(algorithm)) return std::make_unique<AeadKey>(algorithm, direction, secret);
  return std::make_unique<CounterModeKey>(algorithm, direction, secret);
}

}  // namespace specter::crypto
