// The ciphers of packets: many packets a call, across keys and algorithms. RFC 5116, RFC 8439
// (AEAD), RFC 3711 §4.1.1, §4.2.1 (AES in counter mode with HMAC-SHA1, as SRTP has them).
//
// Two libraries do the work: OpenSSL everywhere, Intel's multi-buffer library where it was built in
// and the processor has what it wants. Both give the same bytes and the same verdicts.
// docs/decisions/0007-packet-ciphers.md says why there are two.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "specter/bytes.h"

namespace specter::crypto {

enum class PacketAlgorithm : std::uint8_t {
  Aes128Gcm,
  Aes256Gcm,
  ChaCha20Poly1305,
  Aes128CmSha1_80,
  Aes128CmSha1_32
};
inline constexpr std::size_t kPacketAlgorithms = 5;
std::string_view to_string(PacketAlgorithm algorithm);  // "AES-128-GCM"

constexpr bool is_aead(PacketAlgorithm algorithm) {
  return algorithm <= PacketAlgorithm::ChaCha20Poly1305;
}
// AES-CM: 16 bytes of the cipher, then 20 of the authentication.
constexpr std::size_t key_size(PacketAlgorithm algorithm) {
  if (!is_aead(algorithm)) return 36;
  return algorithm == PacketAlgorithm::Aes128Gcm ? 16 : 32;
}
inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;
constexpr std::size_t tag_size(PacketAlgorithm algorithm) {
  if (is_aead(algorithm)) return kAeadTagBytes;
  return algorithm == PacketAlgorithm::Aes128CmSha1_80 ? 10 : 4;
}
// An AEAD's nonce is the first 12 bytes. AES-CM's is its first counter block: the last two bytes
// are 0, since they count the packet's blocks (RFC 3711 §4.1.1).
using PacketNonce = std::array<std::uint8_t, 16>;
inline constexpr std::size_t kMaxPacketBytes = 1
                                               << 20;  // of one text: what AES-CM's counter allows

enum class CipherLibrary : std::uint8_t { OpenSsl, MultiBuffer };
std::string_view to_string(CipherLibrary library);  // "OpenSSL", "multi-buffer"

enum class Direction : std::uint8_t { Seal, Open };

class NonceWatch;

// One key in one direction, made by PacketCipher::make_key() and wiped when it goes. It needs no
// PacketCipher to live, and any may be called with it; by one thread at a time.
class PacketKey {
 public:
  virtual ~PacketKey();
  PacketKey(const PacketKey&) = delete;

  PacketAlgorithm algorithm() const { return algorithm_; }
  Direction direction() const { return direction_; }
  CipherLibrary library() const { return library_; }

 protected:
  PacketKey(PacketAlgorithm algorithm, Direction direction, CipherLibrary library);

 private:
  friend class PacketCipher;

  const PacketAlgorithm algorithm_;
  const Direction direction_;
  const CipherLibrary library_;
  std::unique_ptr<NonceWatch> watch_;  // in builds with assertions
};

// `text` becomes ciphertext in `out`, which is as large and either is `text` itself or doesn't
// overlap it; `tag` has tag_size() bytes of room.
struct SealJob {
  PacketKey* key = nullptr;
  PacketNonce nonce{};
  Bytes additional;  // authenticated, not enciphered
  Bytes text;
  MutableBytes out;
  MutableBytes tag;
  Bytes suffix{};  // AES-CM: authenticated behind the ciphertext, not sent; SRTP's rollover counter
  // AES-CM: authenticated as if it stood in the ciphertext, before the byte `inset_at`. Cryptex
  // leaves such bytes in the clear (RFC 9335 §6.1).
  Bytes inset{};
  std::size_t inset_at = 0;
};

// The other way. `ok` becomes the verdict; `out` is zeros where it is false.
struct OpenJob {
  PacketKey* key = nullptr;
  PacketNonce nonce{};
  Bytes additional;
  Bytes text;
  MutableBytes out;
  Bytes tag;
  Bytes suffix{};
  Bytes inset{};
  std::size_t inset_at = 0;
  bool ok = false;
};

// What does the work for one thread: a loop's connections share it. It holds no key and remembers
// nothing from call to call but room to work in, so the same jobs give the same bytes always.
class PacketCipher {
 public:
  // Which library for which algorithm, by PacketAlgorithm's number.
  using Choice = std::array<CipherLibrary, kPacketAlgorithms>;

  // Whether the multi-buffer library is built in and works on this processor. The first call may
  // take some milliseconds.
  static bool has_multi_buffer();
  // The library's name and version, and the instructions that it found: "1.3.0, AVX-512". Empty
  // without.
  static std::string_view multi_buffer_version();
  // One library for all algorithms; OpenSsl where the other is missing.
  static Choice all(CipherLibrary library);
  // Multi-buffer wherever it is: good without a measurement.
  static Choice usual() { return all(CipherLibrary::MultiBuffer); }

  explicit PacketCipher(const Choice& choice = usual());
  ~PacketCipher();
  PacketCipher(const PacketCipher&) = delete;

  const Choice& choice() const { return choice_; }

  // Throws Bug when the secret has not key_size() bytes.
  std::unique_ptr<PacketKey> make_key(PacketAlgorithm algorithm, Direction direction,
                                      Bytes secret) const;

  // No allocation after the first calls. Throws Bug when a job's sizes don't fit, or its key is of
  // the other direction. In builds with assertions, also when a nonce comes again under its key.
  void seal(std::span<SealJob> jobs);
  // Answers how many are good.
  std::size_t open(std::span<OpenJob> jobs);

 private:
  class Lanes;
  Lanes& lanes();

  const Choice choice_;
  std::unique_ptr<Lanes> lanes_;  // made when AES-CM needs them: 200 kB
};

}  // namespace specter::crypto
