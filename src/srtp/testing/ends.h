// For tests: keys, packets, and both ends of a direction.
#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "rtp/header.h"
#include "simulation/random.h"
#include "srtp/opener.h"
#include "srtp/sealer.h"
#include "testing/hex.h"

namespace specter::srtp {
inline std::ostream& operator<<(std::ostream& out, Refusal refusal) {
  return out << to_string(refusal);
}
}  // namespace specter::srtp

namespace specter::testing {

inline constexpr srtp::Profile kProfiles[] = {
    srtp::Profile::Aes128CmSha1_80, srtp::Profile::Aes128CmSha1_32, srtp::Profile::AeadAes128Gcm,
    srtp::Profile::AeadAes256Gcm};

inline std::string name_of(srtp::Profile profile) {
  switch (profile) {
    case srtp::Profile::Aes128CmSha1_80: return "Aes128CmSha1_80";
    case srtp::Profile::Aes128CmSha1_32: return "Aes128CmSha1_32";
    case srtp::Profile::AeadAes128Gcm: return "AeadAes128Gcm";
    case srtp::Profile::AeadAes256Gcm: return "AeadAes256Gcm";
  }
  return "";
}

inline Buffer random_bytes(simulation::SeededRandom& random, std::size_t size) {
  Buffer out(size);
  random.fill(out);
  return out;
}

inline srtp::MasterKey master_key(srtp::Profile profile, std::uint64_t seed = 1) {
  simulation::SeededRandom random(seed);
  const srtp::ProfileTraits& sizes = srtp::traits(profile);
  return {crypto::Secret(random_bytes(random, sizes.key_size)),
          crypto::Secret(random_bytes(random, sizes.salt_size))};
}
inline srtp::DirectionKeys direction_keys(srtp::Profile profile, std::uint64_t seed = 1) {
  return srtp::derive_keys(profile, master_key(profile, seed));
}

inline Buffer rtp_packet(std::uint32_t ssrc, std::uint16_t sequence,
                         std::size_t payload_size = 40) {
  Buffer out;
  ByteWriter writer(out);
  rtp::Header header;
  header.payload_type = 96;
  header.sequence = sequence;
  header.ssrc = ssrc;
  header.write(writer, {});
  for (std::size_t i = 0; i < payload_size; ++i) writer.u8(static_cast<std::uint8_t>(sequence + i));
  return out;
}

// With up to three CSRCs and an extension of up to five words, or none.
inline Buffer random_rtp_packet(simulation::SeededRandom& random, std::uint32_t ssrc,
                                std::uint16_t sequence) {
  Buffer out;
  ByteWriter writer(out);
  rtp::Header header;
  header.payload_type = static_cast<std::uint8_t>(random.below(64));
  header.marker = random.chance(0.5);
  header.sequence = sequence;
  header.timestamp = static_cast<std::uint32_t>(random.below(1u << 31));
  header.ssrc = ssrc;
  for (auto i = random.below(4); i > 0; --i)
    header.csrcs.push_back(static_cast<std::uint32_t>(random.below(1u << 31)));
  const bool has_extension = random.chance(0.5);
  header.write(writer, {.has_extension = has_extension});
  if (has_extension) {
    const auto words = random.below(6);
    writer.u16(random.chance(0.5) ? 0xbede : 0x1000);
    writer.u16(static_cast<std::uint16_t>(words));
    writer.bytes(random_bytes(random, 4 * words));
  }
  writer.bytes(random_bytes(random, random.chance(0.1) ? 0 : random.below(1200)));
  return out;
}

// A receiver report with its number of blocks, and random ones.
inline Buffer random_rtcp_packet(simulation::SeededRandom& random, std::uint32_t ssrc) {
  Buffer out;
  ByteWriter writer(out);
  const auto blocks = random.below(4);
  writer.u8(static_cast<std::uint8_t>(0x80 | blocks));
  writer.u8(201);
  writer.u16(static_cast<std::uint16_t>(1 + 6 * blocks));
  writer.u32(ssrc);
  writer.bytes(random_bytes(random, 24 * blocks));
  return out;
}

// One packet at a time, each in memory of its own. Nothing, and a refusal, are told by expected.
using Sealed = std::expected<Buffer, srtp::Refusal>;

inline Sealed finished(srtp::SealBatch& batch, std::expected<std::size_t, srtp::Refusal> size,
                       Buffer& out) {
  batch.run();
  if (!size) return std::unexpected(size.error());
  out.resize(*size);
  return out;
}
inline Sealed seal_rtp(crypto::PacketCipher& cipher, srtp::Sealer& sealer, Bytes packet) {
  srtp::SealBatch batch(cipher);
  Buffer out(packet.size() + srtp::kMaxGrowth, 0xee);
  const auto size = batch.add_rtp(sealer, packet, out);
  return finished(batch, size, out);
}
inline Sealed seal_rtcp(crypto::PacketCipher& cipher, srtp::Sealer& sealer, Bytes packet) {
  srtp::SealBatch batch(cipher);
  Buffer out(packet.size() + srtp::kMaxGrowth, 0xee);
  const auto size = batch.add_rtcp(sealer, packet, out);
  return finished(batch, size, out);
}

inline Sealed taken(const srtp::OpenResult& result) {
  if (!result) return std::unexpected(result.error());
  return to_buffer(result->packet);
}
inline Sealed open_rtp(crypto::PacketCipher& cipher, srtp::Opener& opener, Bytes packet) {
  srtp::OpenBatch batch(cipher);
  Buffer out(packet.size(), 0xee);
  batch.add_rtp(opener, packet, out);
  return taken(batch.run()[0]);
}
inline Sealed open_rtcp(crypto::PacketCipher& cipher, srtp::Opener& opener, Bytes packet) {
  srtp::OpenBatch batch(cipher);
  Buffer out(packet.size(), 0xee);
  batch.add_rtcp(opener, packet, out);
  return taken(batch.run()[0]);
}

// Both ends of a direction, by one library.
struct Ends {
  explicit Ends(srtp::Profile profile, srtp::SealOptions seal = {}, srtp::OpenOptions open = {},
                crypto::CipherLibrary library = crypto::CipherLibrary::MultiBuffer)
      : cipher(crypto::PacketCipher::all(library)),
        sealer(cipher, profile, direction_keys(profile), seal),
        opener(cipher, profile, direction_keys(profile), open) {}

  Sealed seal(Bytes packet) { return seal_rtp(cipher, sealer, packet); }
  Sealed open(Bytes packet) { return open_rtp(cipher, opener, packet); }

  crypto::PacketCipher cipher;
  srtp::Sealer sealer;
  srtp::Opener opener;
};

}  // namespace specter::testing
