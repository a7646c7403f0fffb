#include "crypto/aead.h"

#include <limits>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "base/check.h"
#include "crypto/openssl.h"
#include "crypto/provider_cipher.h"
#include "crypto/secret.h"

// A context keeps its cipher and its key; a record sets only the nonce. None of the calls below
// allocates then, nor leaves an error behind while all goes well.
namespace specter::crypto {
namespace {

constexpr std::size_t kMaxBytes = std::numeric_limits<int>::max();
constexpr int kEncrypt = 1;

EVP_CIPHER_CTX* raw(void* context) { return static_cast<EVP_CIPHER_CTX*>(context); }

void* make(const EVP_CIPHER* cipher, Bytes key, std::size_t size) {
  SPECTER_CHECK(key.size() == size);
  const CleanErrors clean;
  using Context = std::unique_ptr<EVP_CIPHER_CTX, With<EVP_CIPHER_CTX_free>>;
  Context context(EVP_CIPHER_CTX_new());
  SPECTER_CHECK(context && EVP_CipherInit_ex2(context.get(), cipher, key.data(), nullptr, kEncrypt,
                                              nullptr) == 1);
  return context.release();
}

void drop(void* context) { EVP_CIPHER_CTX_free(raw(context)); }

void replace(void*& context, void*& other) {
  if (&context == &other) return;
  drop(context);
  context = std::exchange(other, nullptr);
}

OSSL_PARAM tag_parameter(const std::uint8_t* tag) {
  return OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG,
                                           const_cast<std::uint8_t*>(tag), kAeadTagBytes);
}

bool encrypt(ProviderCipher& cipher, const AeadNonce& nonce, Bytes additional,
             std::span<std::uint8_t> text, std::span<std::uint8_t, kAeadTagBytes> tag) {
  OSSL_PARAM parameters[] = {tag_parameter(tag.data()), OSSL_PARAM_construct_end()};
  return cipher.start(nonce) && cipher.add_data(additional) &&
         cipher.update(text.data(), text.data(), text.size()) && cipher.finish() &&
         cipher.get(parameters);
}

bool decrypt(ProviderCipher& cipher, const AeadNonce& nonce, Bytes additional, Bytes text,
             const std::uint8_t* tag, std::uint8_t* out) {
  const OSSL_PARAM parameters[] = {tag_parameter(tag), OSSL_PARAM_construct_end()};
  return cipher.start(nonce) && cipher.set(parameters) && cipher.add_data(additional) &&
         cipher.update(text.data(), out, text.size()) && cipher.finish();
}

std::unique_ptr<ProviderCipher> cipher_for(AeadAlgorithm algorithm, Bytes key,
                                           Direction direction) {
  SPECTER_CHECK(key.size() == key_size(algorithm));
  const CleanErrors clean;
  return std::make_unique<ProviderCipher>(algorithm, direction, key);
}

}  // namespace

AeadSealer::AeadSealer(AeadAlgorithm algorithm, Bytes key)
    : cipher_(cipher_for(algorithm, key, Direction::Encrypt)) {}
AeadSealer::~AeadSealer() = default;
AeadSealer::AeadSealer(AeadSealer&&) noexcept = default;
AeadSealer& AeadSealer::operator=(AeadSealer&&) noexcept = default;

void AeadSealer::seal(const AeadNonce& nonce, Bytes additional, std::span<std::uint8_t> text,
                      std::span<std::uint8_t, kAeadTagBytes> tag) {
  SPECTER_CHECK(cipher_ && additional.size() <= kMaxBytes && text.size() <= kMaxBytes);
  const bool sealed = encrypt(*cipher_, nonce, additional, text, tag);
  if (!sealed) ERR_clear_error();
  SPECTER_CHECK(sealed);
}

AeadOpener::AeadOpener(AeadAlgorithm algorithm, Bytes key)
    : cipher_(cipher_for(algorithm, key, Direction::Decrypt)) {}
AeadOpener::~AeadOpener() = default;
AeadOpener::AeadOpener(AeadOpener&&) noexcept = default;
AeadOpener& AeadOpener::operator=(AeadOpener&&) noexcept = default;

bool AeadOpener::open(const AeadNonce& nonce, Bytes additional, Bytes sealed,
                      std::span<std::uint8_t> out) {
  if (sealed.size() < kAeadTagBytes || sealed.size() > kMaxBytes) return false;
  const Bytes text = sealed.first(sealed.size() - kAeadTagBytes);
  const std::uint8_t* const tag = sealed.data() + text.size();
  SPECTER_CHECK(cipher_ && additional.size() <= kMaxBytes && out.size() >= text.size());
  if (decrypt(*cipher_, nonce, additional, text, tag, out.data())) return true;
  ERR_clear_error();
  cleanse(out.first(text.size()));
  return false;
}

RecordNumberMask::RecordNumberMask(AeadAlgorithm algorithm, Bytes key)
    : algorithm_(algorithm), context_(make(native_mask(algorithm), key, key_size(algorithm))) {
  EVP_CIPHER_CTX_set_padding(raw(context_), 0);
}
RecordNumberMask::~RecordNumberMask() { drop(context_); }
RecordNumberMask::RecordNumberMask(RecordNumberMask&& other) noexcept
    : algorithm_(other.algorithm_), context_(std::exchange(other.context_, nullptr)) {}
RecordNumberMask& RecordNumberMask::operator=(RecordNumberMask&& other) noexcept {
  algorithm_ = other.algorithm_;
  replace(context_, other.context_);
  return *this;
}

std::array<std::uint8_t, 2> RecordNumberMask::mask(std::span<const std::uint8_t, 16> ciphertext) {
  SPECTER_CHECK(context_);
  std::array<std::uint8_t, 16> out{};
  int size = 0;
  if (algorithm_ == AeadAlgorithm::ChaCha20Poly1305) {
    // RFC 9147 §4.2.3: the first 4 bytes are the block counter, little-endian, the other 12 the
    // nonce. So has OpenSSL's bare ChaCha20 its 16 bytes of IV.
    SPECTER_CHECK(
        EVP_EncryptInit_ex2(raw(context_), nullptr, nullptr, ciphertext.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(raw(context_), out.data(), &size, out.data(), 2) == 1);
  } else {
    SPECTER_CHECK(EVP_EncryptUpdate(raw(context_), out.data(), &size, ciphertext.data(),
                                    static_cast<int>(ciphertext.size())) == 1 &&
                  size == 16);
  }
  return {out[0], out[1]};
}

}  // namespace specter::crypto
