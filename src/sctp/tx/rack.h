// When a chunk is overdue: RFC 8985 (RACK) for SCTP. What was sent before a chunk that has arrived,
// and longer ago than the path may have reordered them, is lost; that goes for what was sent again
// too. DSACK's part is played by a SACK's duplicate TSNs.
#pragma once

#include <cstdint>
#include <optional>

#include "specter/time.h"

namespace specter::sctp {

class Rack {
 public:
  static constexpr Duration kMinRttWindow = std::chrono::seconds(60);
  static constexpr int kPersistence = 16;  // §6.2 step 4: loss recoveries

  // A chunk is newly acknowledged; of one SACK in ascending order of TSNs. §6.2 steps 2 and 3.
  void delivered(Timestamp now, std::int64_t tsn, Timestamp sent_at, bool was_sent_again);
  // A round trip that leaves no doubt which transmission it is of. §6.2 step 1.
  void note_round_trip(Timestamp now, Duration round_trip);
  // A chunk came twice that was sent again: it was not lost. Once a round trip, which ends when
  // `next_tsn` is acknowledged. §6.2 step 4.
  void note_spurious(std::int64_t cumulative, std::int64_t next_tsn);
  void note_recovered();

  // How much later than another a chunk sent before it may come. `is_sure`: three chunks behind it
  // have come, or others of the same time are known to be lost.
  Duration reordering_window(bool is_sure, std::optional<Duration> smoothed) const;

  bool has_delivered() const { return tsn_ >= 0; }
  std::int64_t tsn() const { return tsn_; }  // of the chunk sent last of those that have arrived
  Timestamp sent_at() const { return sent_at_; }
  Duration round_trip() const { return round_trip_; }  // and of how long it took
  std::optional<Duration> min_round_trip() const { return min_; }
  bool has_seen_reordering() const { return has_seen_reordering_; }

 private:
  std::int64_t tsn_ = -1;
  Timestamp sent_at_{};
  Duration round_trip_{};
  std::int64_t highest_ = -1;  // TSN that has arrived
  bool has_seen_reordering_ = false;
  std::optional<Duration> min_;
  Timestamp min_at_{};
  int multiple_ = 1;  // quarters of the shortest round trip
  int persists_ = 0;
  std::int64_t spurious_until_ = -1;
};

}  // namespace specter::sctp
