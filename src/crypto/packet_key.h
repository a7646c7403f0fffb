// Inside: what packet_cipher.cc asks of the keys of either library.
#pragma once

#include <array>
#include <memory>

#include "crypto/packet_cipher.h"

namespace specter::crypto {

// A key whose packets are worked on one at a time.
class SinglePacketKey : public PacketKey {
 public:
  using PacketKey::PacketKey;

  virtual void seal(const SealJob& job) = 0;
  // True: the tag is right. False: what stands in job.out is worth nothing.
  virtual bool open(const OpenJob& job) = 0;
};

// A key of the other kind: its packets go through multi_buffer::Lanes.
inline bool has_lanes(const PacketKey& key) {
  return key.library() == CipherLibrary::MultiBuffer && !is_aead(key.algorithm());
}

std::unique_ptr<PacketKey> make_openssl_key(PacketAlgorithm algorithm, Direction direction,
                                            Bytes secret);

// What AES-CM authenticates, one behind the other. RFC 3711 §4.2.
template <class Job>
std::array<Bytes, 5> authenticated_parts(const Job& job, Bytes ciphertext) {
  return {job.additional, ciphertext.first(job.inset_at), job.inset,
          ciphertext.subspan(job.inset_at), job.suffix};
}

// A pointer that may be read, for libraries that look at pointers to nothing.
inline const std::uint8_t* readable(Bytes bytes) {
  static constexpr std::uint8_t kNothing = 0;
  return bytes.empty() ? &kNothing : bytes.data();
}
inline std::uint8_t* writable(MutableBytes bytes, std::uint8_t& nothing) {
  return bytes.empty() ? &nothing : bytes.data();
}

}  // namespace specter::crypto
