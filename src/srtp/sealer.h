// RTP and RTCP packets of one direction, sealed. RFC 3711 §3.3, §3.4; RFC 7714; RFC 9335.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "base/replay_window.h"
#include "srtp/cryptex.h"
#include "srtp/profile.h"
#include "srtp/protection.h"
#include "srtp/refusal.h"
#include "srtp/rollover.h"
#include "srtp/stream_table.h"

namespace specter::srtp {

// Bytes by which a sealed packet is larger than it was, at most: GCM's tag, and the empty extension
// that Cryptex may add, or the index of SRTCP.
inline constexpr std::size_t kMaxGrowth = 16 + 4;

struct SealOptions {
  bool cryptex = false;  // RFC 9335 §5.1: all packets of the direction, or none
};

// A packet in parts. `header` is the fixed header, the CSRCs and the extension; the payload is
// `prefix`, then `body`, which many packets may share.
struct OutgoingRtp {
  Bytes header;
  Bytes prefix{};
  Bytes body;
  // Of the size of all parts and kMaxGrowth at least. `header` may stand at its beginning and
  // `body` at its place in it; else no part overlaps it.
  MutableBytes out;
};

class SealBatch;

// One direction under one master key. It keeps the highest index of each SSRC, and which sequence
// numbers were sent: none is sealed twice, since that would show what the payloads differ by, and
// with GCM give the authentication key away. Who sends a packet again keeps the sealed bytes.
class Sealer {
 public:
  static constexpr std::uint64_t kWindow = 1024;  // packets by which a sender's order may be off

  Sealer(const crypto::PacketCipher& cipher, Profile profile, const DirectionKeys& keys,
         SealOptions options = {});
  Sealer(const Sealer&) = delete;

  Profile profile() const { return profile_; }
  // For tests of limits: as if the packet of this index were sealed, and all before it.
  void skip_rtp_to(std::uint32_t ssrc, std::uint64_t index);
  void skip_rtcp_to(std::uint64_t index) { rtcp_index_ = index; }

 private:
  friend class SealBatch;
  struct Stream {
    ReplayWindow<kWindow> sent;
  };
  struct Shape {                  // of an RTP packet
    std::size_t header_size = 0;  // as it is on the wire
    std::size_t csrc_bytes = 0;
    std::uint16_t cryptex_profile = 0;  // 0: sealed as RFC 3711 has it
  };

  // Both add one job to the batch, and answer with the size of the sealed packet.
  std::expected<std::size_t, Refusal> prepare_rtp(SealBatch& batch, const OutgoingRtp& packet);
  std::expected<std::size_t, Refusal> prepare_rtcp(SealBatch& batch, Bytes packet,
                                                   MutableBytes out);
  void describe_rtp(crypto::SealJob& job, const OutgoingRtp& packet, const Shape& shape) const;
  std::expected<Shape, Refusal> shape_of(Bytes header) const;
  std::expected<std::uint64_t, Refusal> take_index(std::uint32_t ssrc, std::uint16_t sequence);

  const Profile profile_;
  const SealOptions options_;
  const Protection rtp_, rtcp_;
  StreamTable<Stream> streams_;
  std::uint64_t rtp_sealed_ = 0;  // packets
  // RFC 3711 §3.2.1: one counter for all SSRCs, so it counts the key's packets too.
  std::uint64_t rtcp_index_ = 0;
};

// Packets that are sealed by one call, of any number of Sealers. What is added takes its index at
// once, so it belongs to the order of its stream.
class SealBatch {
 public:
  // `cipher` outlives it.
  explicit SealBatch(crypto::PacketCipher& cipher) : cipher_(&cipher) {}
  SealBatch(const SealBatch&) = delete;

  // The size in bytes of the sealed packet, which stands at the beginning of `out` after run(). The
  // sealer and all parts outlive run(). An `out` that is too small is a Bug.
  std::expected<std::size_t, Refusal> add_rtp(Sealer& sealer, const OutgoingRtp& packet);
  // The same of a packet in one piece, which is `out`'s beginning or doesn't overlap it.
  std::expected<std::size_t, Refusal> add_rtp(Sealer& sealer, Bytes packet, MutableBytes out);
  // `packet` is a compound packet in the clear, in place or elsewhere.
  std::expected<std::size_t, Refusal> add_rtcp(Sealer& sealer, Bytes packet, MutableBytes out);

  // Empties the batch. No allocation, nor by the calls above, once as many were in a batch before
  // and the streams are known.
  void run();
  std::size_t size() const { return jobs_.size(); }

 private:
  friend class Sealer;
  struct Rest {
    Beside beside;
    std::size_t gathered_csrcs = 0;  // bytes of CSRCs to put back where they belong
    MutableBytes out;
  };
  struct Slot {
    crypto::SealJob& job;
    Rest& rest;
  };
  Slot grow() {
    rests_.resize(jobs_.size() + 1);  // as many as jobs, also when memory ran out once
    return {jobs_.emplace_back(), rests_.back()};
  }

  crypto::PacketCipher* cipher_;
  std::vector<crypto::SealJob> jobs_;
  std::vector<Rest> rests_;  // by the jobs' order
};

}  // namespace specter::srtp
