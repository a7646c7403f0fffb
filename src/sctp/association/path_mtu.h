// How large a packet the path carries, found by probes: packets of padding whose loss costs
// nothing. RFC 8899 (DPLPMTUD), §6.2 for SCTP.
//
//     Base --there is much to send--> Searching --nothing left to try--> Complete
//      ^                               |    ^                               |
//      +---- suspect(): perhaps a      |    +--------- ten minutes ---------+
//            black hole ---------------+-----------------------------------+
//
// It is told which sizes are worth a try: what the interface lets through, and below it what paths
// are known to have. The largest is tried first, since it is nearly always the answer, and then the
// middle of what is left. Nothing but a probe that came makes packets larger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "specter/time.h"

namespace specter::sctp {

class PathMtu {
 public:
  static constexpr int kMaxProbes = 3;                                  // §5.1.2 MAX_PROBES
  static constexpr Duration kProbeTimeout = std::chrono::seconds(1);    // §5.1.1 PROBE_TIMER
  static constexpr Duration kRaiseInterval = std::chrono::minutes(10);  // PMTU_RAISE_TIMER
  static constexpr std::size_t kMaxSizes = 32;  // worth a try; of more the largest
  // A peer that says nothing of itself is sent no more than Ethernet's: str0m takes datagrams of
  // 2000 bytes, libwebrtc 2048, pion 8192, and a larger one ends some of them.
  static constexpr std::size_t kMostForAnybody = 1472;

  struct Probe {
    std::size_t bytes;    // of the whole packet
    std::uint64_t nonce;  // what its answer says
  };

  // `base_bytes`: a packet that every path carries, BASE_PLPMTU.
  explicit PathMtu(std::size_t base_bytes) : base_(base_bytes) {}

  // Another path than before: from the base again. Sizes of packets, in any order; those that are
  // not larger than the base are passed over.
  void set_path(std::vector<std::size_t> sizes);
  // No probe is larger, whatever the path may carry: the peer has no room for more.
  void set_most(std::size_t bytes);
  // The largest packet to send now.
  std::size_t packet_bytes() const { return good_ == 0 ? base_ : sizes_[good_ - 1]; }

  // Larger packets would be of use. Nothing is searched for before.
  void want(Timestamp now);
  // Small packets seem to come through and large ones not: the base, until a probe shows that it
  // was something else.
  void suspect();

  bool probe_due() const { return due_; }
  // To be sent now; `fresh_nonce` becomes its nonce when it is the first of its size.
  Probe take_probe(Timestamp now, std::uint64_t fresh_nonce);
  // True: the answer to a probe of ours, and packets may be larger now.
  bool handle_answer(Timestamp now, std::uint64_t nonce);
  void handle_timeout(Timestamp now);
  Deadline next_timeout() const { return answer_by_; }

 private:
  bool searching() const { return trying_.has_value(); }
  void begin_anew();
  void search_on(Timestamp now);
  void try_size(std::size_t index);

  std::size_t base_;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::vector<std::size_t> sizes_;  // ascending
  std::size_t good_ = 0;            // the first so many came through
  std::size_t bad_ = 0;             // from this one on they did not; sizes_.size(): not known
  std::optional<std::size_t> trying_;
  std::uint64_t nonce_ = 0;
  int tries_ = 0;
  bool due_ = false;
  Deadline answer_by_;
  Deadline raise_at_;
};

}  // namespace specter::sctp
