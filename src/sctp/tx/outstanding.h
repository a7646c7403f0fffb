// What was sent and is not acknowledged cumulatively: one record a TSN, in a ring.
// RFC 9260 §6.2.1, §6.3.3, §7.2.4.
//
//   InFlight --gap ack--> Acked --reneged--> InFlight
//      |  ^
//  lost|  |sent again          any --given up--> Abandoned
//      v  |
//     Lost
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sctp/range_set.h"
#include "sctp/tx/ring.h"
#include "sctp/tx/send_queue.h"

namespace specter::sctp {

struct OutstandingChunk {
  enum class State : std::uint8_t { InFlight, Acked, Lost, Abandoned };

  MessageIndex message = kNoMessage;
  std::uint32_t offset = 0;  // into the message's bytes
  std::uint16_t size = 0;    // 0: stands for the unsent rest of a message that was given up
  std::uint16_t transmissions = 0;
  State state = State::InFlight;
  std::uint8_t missing_reports = 0;
  bool fast_retransmitted = false;
  bool begin = false;
  bool end = false;
};

class Outstanding {
 public:
  // §3.3.4: farther than that no gap block reaches, so the peer might not keep it.
  static constexpr std::size_t kMaxChunks = 0xffff;

  Outstanding(SendQueue& queue, std::uint32_t initial_tsn);

  std::int64_t next_tsn() const {
    return cumulative_ + 1 + static_cast<std::int64_t>(ring_.size());
  }
  std::int64_t cumulative() const { return cumulative_; }  // acknowledged up to here
  bool empty() const { return ring_.empty(); }
  std::size_t size() const { return ring_.size(); }
  OutstandingChunk& at(std::int64_t tsn) {
    return ring_[static_cast<std::size_t>(tsn - cumulative_ - 1)];
  }

  std::int64_t push(const OutstandingChunk& chunk);  // returns its TSN
  void send_again(std::int64_t tsn);                 // one that is lost
  void mark_lost(std::int64_t tsn);                  // one in flight
  void mark_all_lost();
  void abandon(std::int64_t first, std::int64_t last);

  struct Outcome {
    bool advanced = false;                 // the cumulative point
    std::size_t bytes = 0;                 // newly acknowledged, headers included
    std::int64_t highest_new = -1;         // TSN newly acknowledged
    bool measured = false;                 // the TSN asked for is among them
    std::vector<std::int64_t> newly_lost;  // three times reported missing
  };
  // `gaps` sorted, disjoint, beyond `cumulative` and below next_tsn().
  Outcome acknowledge(std::int64_t cumulative, std::vector<Range> gaps,
                      std::optional<std::int64_t> measured, bool in_fast_recovery);

  const RangeSet& lost() const { return lost_; }
  std::size_t flight_bytes() const { return flight_bytes_; }      // with headers: for cwnd
  std::size_t flight_payload() const { return flight_payload_; }  // without: for the peer's window

  static std::size_t wire_bytes(const OutstandingChunk& chunk);

 private:
  void leave_flight(const OutstandingChunk& chunk);
  void enter_flight(const OutstandingChunk& chunk);
  void count_missing(Outcome& outcome, std::int64_t up_to);

  SendQueue& queue_;
  std::int64_t cumulative_;
  Ring<OutstandingChunk> ring_;
  RangeSet acked_;  // by gap blocks, as the last SACK had them
  RangeSet lost_;   // to be sent again
  std::size_t flight_bytes_ = 0;
  std::size_t flight_payload_ = 0;
};

}  // namespace specter::sctp
