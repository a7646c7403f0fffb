// SRTP and SRTCP packets of one direction, opened. RFC 3711 §3.3, §3.4; RFC 7714; RFC 9335.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/replay_window.h"
#include "srtp/cryptex.h"
#include "srtp/profile.h"
#include "srtp/protection.h"
#include "srtp/refusal.h"
#include "srtp/rollover.h"
#include "srtp/stream_table.h"

namespace specter::srtp {

struct OpenOptions {
  CryptexPolicy cryptex = CryptexPolicy::Refuse;
};

// One direction under one master key. Nothing that a packet says changes it before the packet's tag
// was right.
class Opener {
 public:
  static constexpr std::uint64_t kRtpWindow = 1024;  // packets; RFC 3711 §3.3.2 asks for 64
  static constexpr std::uint64_t kRtcpWindow = 128;
  // So many packets of an SSRC have to be opened before its rollover counter is beyond doubt.
  static constexpr std::uint32_t kYoungPackets = 1024;

  Opener(const crypto::PacketCipher& cipher, Profile profile, const DirectionKeys& keys,
         OpenOptions options = {});
  Opener(const Opener&) = delete;

  Profile profile() const { return profile_; }
  std::size_t streams() const { return rtp_streams_.size() + rtcp_streams_.size(); }
  std::uint64_t opened() const { return opened_; }  // packets
  const RefusalCounts& refusals() const { return refusals_; }
  // For tests of limits: as if the packet of this index were opened, and many before it.
  void skip_rtp_to(std::uint32_t ssrc, std::uint64_t index);

 private:
  friend class OpenBatch;
  struct RtpStream {
    ReplayWindow<kRtpWindow> received;
    std::uint32_t opened = 0;  // packets, up to kYoungPackets
  };
  struct RtcpStream {
    ReplayWindow<kRtcpWindow> received;
  };

  // The indices at which a packet was tried. RFC 3711 §3.3.1 has one; see next_index().
  struct Tried {
    std::array<std::uint64_t, 3> indices{};
    std::size_t count = 0;
    bool has(std::uint64_t index) const {
      return index == indices[0] || (count > 1 && index == indices[1]);
    }
    std::uint64_t last() const { return indices[count - 1]; }
  };
  // A packet between its first look and its end.
  struct Attempt {
    Opener* opener = nullptr;
    std::size_t result = 0;  // its place in the batch
    Bytes sealed;            // the whole packet, as it came
    MutableBytes out;        // as large as the packet is in the clear
    bool is_rtcp = false;
    bool may_retry = false;
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::size_t header_size = 0;      // bytes in front of what RFC 3711 enciphers
    std::size_t csrc_bytes = 0;       // of a packet with Cryptex
    std::uint16_t plain_profile = 0;  // of a packet with Cryptex; else 0
    Tried tried;
  };

  // These write the attempt; nothing else changes.
  std::optional<Refusal> look_at_rtp(Attempt& attempt, Bytes packet, MutableBytes out);
  std::optional<Refusal> look_at_rtcp(Attempt& attempt, Bytes packet, MutableBytes out);
  std::optional<Refusal> look_at_cryptex(Attempt& attempt, const rtp::HeaderLayout& layout) const;
  std::expected<std::uint64_t, Refusal> first_index(std::uint16_t sequence,
                                                    const RtpStream* stream) const;
  // Another index for a packet whose tag was wrong. Nothing: it stays wrong.
  std::optional<std::uint64_t> next_index(const Attempt& attempt);
  // These write the job and what stands beside it.
  void describe(crypto::OpenJob& job, Beside& beside, const Attempt& attempt) const;
  void describe_rtcp(crypto::OpenJob& job, Beside& beside, const Attempt& attempt) const;
  // The tag was right.
  std::optional<Refusal> accept(const Attempt& attempt);
  Refusal count(Refusal refusal);

  const Profile profile_;
  const OpenOptions options_;
  const Protection rtp_, rtcp_;
  StreamTable<RtpStream> rtp_streams_;
  StreamTable<RtcpStream> rtcp_streams_;
  std::uint64_t opened_ = 0;
  RefusalCounts refusals_{};
};

struct Opened {
  MutableBytes packet;      // in the clear, at the beginning of its `out`
  std::uint64_t index = 0;  // RTP: ROC and sequence number, 48 bits. RTCP: 31 bits
};
using OpenResult = std::expected<Opened, Refusal>;

// Packets that are opened by one call, of any number of Openers.
class OpenBatch {
 public:
  // `cipher` outlives it.
  explicit OpenBatch(crypto::PacketCipher& cipher) : cipher_(&cipher) {}
  OpenBatch(const OpenBatch&) = delete;

  // The place of its result in what run() returns. `out` is `packet`'s beginning or doesn't overlap
  // it; as large as `packet` it is never too small. The opener and both outlive run().
  std::size_t add_rtp(Opener& opener, Bytes packet, MutableBytes out);
  std::size_t add_rtcp(Opener& opener, Bytes packet, MutableBytes out);

  // Empties the batch. The answer is by the order of adding and valid until the next add. A refused
  // packet's `out` is as it was when the packet was refused before it was deciphered, else zeros up
  // to the size that the packet would have in the clear. No allocation, nor by the calls above,
  // once as many were in a batch before and the streams are known.
  std::span<const OpenResult> run();
  // Forgets what was added: its opener, or its bytes, are about to go.
  void clear();
  std::size_t size() const { return is_done_ ? 0 : results_.size(); }

 private:
  using Attempt = Opener::Attempt;
  static constexpr std::size_t kNotKept = static_cast<std::size_t>(-1);
  struct Waiting {
    Attempt attempt;
    std::size_t kept_at = kNotKept;  // where in kept_ a copy of the packet is
  };

  // The next packet's, in waiting_.
  Attempt& begin();
  std::size_t take(Opener& opener, std::optional<Refusal> refusal);
  void try_once();
  // Whether the packet is tried once more.
  bool finish(Attempt& attempt, bool is_right);

  crypto::PacketCipher* cipher_;
  std::vector<OpenResult> results_;
  std::vector<Waiting> waiting_;
  std::vector<crypto::OpenJob> jobs_;  // by waiting_'s order
  std::vector<Beside> besides_;        // the same
  Buffer kept_;  // packets that are opened in place, and may have to be tried more than once
  bool is_done_ = false;
};

}  // namespace specter::srtp
