// How large a packet the path carries, found by probes: packets of padding whose loss costs
// nothing. RFC 8899 (DPLPMTUD), §6.2 for SCTP.
//
//     Base --there is much to send--> Searching --nothing left to try--> Complete
//      ^ |                             |    ^                               |
//      | |  suspect(Grave)             |    +--------- ten minutes ---------+
//      | +----------------> Smallest --+                                    |
//      +---- suspect(): perhaps a black hole -------------------------------+
//
// It is told which sizes are worth a try: what the interface lets through, and below it what paths
// are known to have. Of those above the base the largest is tried first, since it is nearly always
// the answer, and then the middle of what is left. Nothing but a probe that came makes packets
// larger. The base is taken on trust, and only when nothing at all comes through, or one chunk
// never does, the smallest packet takes its place (§5.2's Error state), until a probe shows what
// there is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/log.h"

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

  // A packet that goes over whatever carries IPv4 at all: 576 bytes (RFC 791 §3.1), less IP, UDP
  // and DTLS. MIN_PLPMTU.
  static constexpr std::size_t kSmallest = 508;

  // No IP packet, and so none of ours, has more bytes. Larger sizes are passed over.
  static constexpr std::size_t kLargest = 65'535;

  // `base_bytes`: a packet that every path that we know of carries, BASE_PLPMTU.
  explicit PathMtu(std::size_t base_bytes, Log log = {}) : base_(base_bytes), log_(log) {
    set_path({});
  }

  // Another path than before: from the base again. Sizes of packets, in any order; the base and
  // the smallest are among them in any case, but the base not when all are smaller.
  void set_path(std::vector<std::size_t> sizes);
  // No probe is larger, whatever the path may carry: the peer has no room for more.
  void set_most(std::size_t bytes);
  // The largest packet to send now.
  std::size_t packet_bytes() const { return sizes_[now_]; }
  bool is_smallest() const { return now_ == 0; }

  // Larger packets would be of use. Nothing is searched for before.
  void want(Timestamp now);
  // Small packets seem to come through and large ones not: the base, until a probe shows that it
  // was something else. Grave: nothing comes through, not even in packets of the base, or nothing
  // but small ones.
  enum class Suspicion { Mild, Grave };
  void suspect(Suspicion suspicion);
  // Somebody who should know (the socket, an ICMP message) says that nothing larger gets through.
  // Only ever makes packets smaller (§4.6). True when it did.
  bool limit(Timestamp now, std::size_t bytes);

  bool probe_due() const { return due_; }
  // To be sent now; `fresh_nonce` becomes its nonce when it is the first of its size.
  Probe take_probe(Timestamp now, std::uint64_t fresh_nonce);
  // True: the answer to a probe of ours, and packets may be larger now.
  bool handle_answer(Timestamp now, std::uint64_t nonce);
  // `is_silent`: nothing at all comes through just now. Then a lost probe says nothing of its size.
  void handle_timeout(Timestamp now, bool is_silent = false);
  Deadline next_timeout() const { return answer_by_; }

 private:
  bool searching() const { return trying_.has_value(); }
  void begin_anew();
  void search_on(Timestamp now);
  void try_size(std::size_t index);

  std::size_t base_;
  Log log_;
  std::size_t most_ = std::numeric_limits<std::size_t>::max();
  std::vector<std::uint16_t> sizes_;  // ascending, never empty
  std::size_t start_ = 0;             // the base, or what comes next to it
  std::size_t now_ = 0;               // what is used
  std::size_t bad_ = 0;               // from this one on they don't come; sizes_.size(): not known
  std::optional<std::size_t> trying_;
  std::uint64_t nonce_ = 0;
  int tries_ = 0;
  bool due_ = false;
  Deadline answer_by_;
  Deadline raise_at_;
};

}  // namespace specter::sctp
