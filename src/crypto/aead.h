// Authenticated encryption with one key, for as many records as one likes: the context is made
// once and no call allocates. RFC 5116, RFC 8439.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "specter/bytes.h"

namespace specter::crypto {

class ProviderCipher;

enum class AeadAlgorithm : std::uint8_t { Aes128Gcm, Aes256Gcm, ChaCha20Poly1305 };
constexpr std::size_t key_size(AeadAlgorithm algorithm) {
  return algorithm == AeadAlgorithm::Aes128Gcm ? 16 : 32;
}
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;
using AeadNonce = std::array<std::uint8_t, kAeadNonceBytes>;

// Movable. All algorithms have a 12-byte nonce and a 16-byte tag.
class AeadSealer {
 public:
  AeadSealer(AeadAlgorithm algorithm, Bytes key);
  ~AeadSealer();
  AeadSealer(AeadSealer&&) noexcept;
  AeadSealer& operator=(AeadSealer&&) noexcept;

  // `text` becomes ciphertext where it stands; `tag` (16 bytes) usually follows it.
  // Throws Bug when the library fails.
  void seal(const AeadNonce& nonce, Bytes additional, std::span<std::uint8_t> text,
            std::span<std::uint8_t, kAeadTagBytes> tag);

 private:
  std::unique_ptr<ProviderCipher> cipher_;
};

class AeadOpener {
 public:
  AeadOpener(AeadAlgorithm algorithm, Bytes key);
  ~AeadOpener();
  AeadOpener(AeadOpener&&) noexcept;
  AeadOpener& operator=(AeadOpener&&) noexcept;

  // Deciphers `sealed` (ciphertext, then tag) to `out`, which has room for sealed.size() - 16 bytes
  // (SPECTER_CHECK) and either is the beginning of `sealed` itself or doesn't overlap it. False
  // when there are less than 16 bytes or the tag does not fit; what `out` had room for is zeroed
  // then.
  bool open(const AeadNonce& nonce, Bytes additional, Bytes sealed, std::span<std::uint8_t> out);

 private:
  std::unique_ptr<ProviderCipher> cipher_;
};

// The mask over record numbers, RFC 9147 §4.2.3: AES-ECB over, or ChaCha20's key stream told by,
// the first 16 bytes of a record's ciphertext. One key (sn_key) a direction and epoch.
class RecordNumberMask {
 public:
  RecordNumberMask(AeadAlgorithm algorithm, Bytes key);
  ~RecordNumberMask();
  RecordNumberMask(RecordNumberMask&&) noexcept;
  RecordNumberMask& operator=(RecordNumberMask&&) noexcept;

  std::array<std::uint8_t, 2> mask(std::span<const std::uint8_t, 16> ciphertext);

 private:
  AeadAlgorithm algorithm_;
  void* context_;  // EVP_CIPHER_CTX
};

}  // namespace specter::crypto
