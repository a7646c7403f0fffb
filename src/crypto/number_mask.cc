#include "crypto/number_mask.h"

#include <utility>

#include "base/check.h"
#include "crypto/multi_buffer.h"
#include "crypto/openssl.h"

namespace specter::crypto {

class NumberMask::Impl {
 public:
  virtual ~Impl() = default;
  virtual std::array<std::uint8_t, 2> mask(std::span<const std::uint8_t, 16> ciphertext) = 0;
};

class NumberMask::Block final : public Impl {
 public:
  explicit Block(std::unique_ptr<multi_buffer::BlockKey> key) : key_(std::move(key)) {}
  std::array<std::uint8_t, 2> mask(std::span<const std::uint8_t, 16> ciphertext) override {
    const auto out = key_->encrypt(ciphertext);
    return {out[0], out[1]};
  }

 private:
  std::unique_ptr<multi_buffer::BlockKey> key_;
};

class NumberMask::OpenSsl final : public Impl {
 public:
  OpenSsl(PacketAlgorithm algorithm, Bytes key)
      : algorithm_(algorithm), context_(EVP_CIPHER_CTX_new()) {
    const CleanErrors clean;
    SPECTER_CHECK(context_ && EVP_EncryptInit_ex2(context_.get(), native_mask(algorithm),
                                                  key.data(), nullptr, nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(context_.get(), 0);
  }

  std::array<std::uint8_t, 2> mask(std::span<const std::uint8_t, 16> ciphertext) override {
    std::array<std::uint8_t, 16> out{};
    int size = 0;
    if (algorithm_ == PacketAlgorithm::ChaCha20Poly1305) {
      // RFC 9147 §4.2.3: the first 4 bytes are the block counter, little-endian, the other 12 the
      // nonce. So has OpenSSL's bare ChaCha20 its 16 bytes of IV.
      SPECTER_CHECK(
          EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, ciphertext.data(), nullptr) == 1 &&
          EVP_EncryptUpdate(context_.get(), out.data(), &size, out.data(), 2) == 1);
    } else {
      SPECTER_CHECK(EVP_EncryptUpdate(context_.get(), out.data(), &size, ciphertext.data(),
                                      static_cast<int>(ciphertext.size())) == 1 &&
                    size == 16);
    }
    return {out[0], out[1]};
  }

 private:
  const PacketAlgorithm algorithm_;
  std::unique_ptr<EVP_CIPHER_CTX, With<EVP_CIPHER_CTX_free>> context_;
};

NumberMask::NumberMask(const PacketCipher& cipher, PacketAlgorithm algorithm, Bytes key) {
  SPECTER_CHECK(is_aead(algorithm) && key.size() == key_size(algorithm));
  const auto library = cipher.choice().at(static_cast<std::size_t>(algorithm));
  if (library == CipherLibrary::MultiBuffer) {
    if (auto block = multi_buffer::make_block_key(algorithm, key))
      impl_ = std::make_unique<Block>(std::move(block));
  }
  if (!impl_) impl_ = std::make_unique<OpenSsl>(algorithm, key);
}
NumberMask::~NumberMask() = default;
NumberMask::NumberMask(NumberMask&&) noexcept = default;
NumberMask& NumberMask::operator=(NumberMask&&) noexcept = default;

std::array<std::uint8_t, 2> NumberMask::mask(std::span<const std::uint8_t, 16> ciphertext) {
  SPECTER_CHECK(impl_);
  return impl_->mask(ciphertext);
}

}  // namespace specter::crypto
