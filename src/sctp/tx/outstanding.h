// What was sent and is not acknowledged cumulatively: one record a TSN, in a ring.
// RFC 9260 §6.2.1, §6.3.3, §7.2.4; RFC 8985 §6.
//
//   InFlight --gap ack--> Acked --reneged--> InFlight
//      |  ^
//  lost|  |sent again          any --given up--> Abandoned
//      v  |
//     Lost
//
// Chunks that were sent once lie in the ring in the order of their sending; those sent again stand
// in a queue in theirs. What is overdue is found at the front of both, so that looking for losses
// costs what it finds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sctp/packet/packet.h"
#include "sctp/range_set.h"
#include "sctp/tx/delivery_rate.h"
#include "sctp/tx/ring.h"
#include "sctp/tx/send_queue.h"

namespace specter::sctp {

struct OutstandingChunk {
  enum class State : std::uint8_t { InFlight, Acked, Lost, Abandoned };

  SendRecord sent;  // the last time
  MessageIndex message = kNoMessage;
  std::uint32_t offset = 0;  // into the message's bytes
  std::uint16_t size = 0;    // 0: stands for the unsent rest of a message that was given up
  std::uint16_t transmissions = 0;
  State state = State::InFlight;
  bool begin : 1 = false;
  bool end : 1 = false;
  bool is_app_limited : 1 = false;  // when it was sent last
  bool was_lost : 1 = false;        // or so it seemed
  // The FSN's lower half: no more than kMaxChunks of a message are outstanding, so the message's
  // next one tells the upper.
  std::uint16_t fsn = 0;
};
static_assert(sizeof(OutstandingChunk) <= 56);

class Outstanding {
 public:
  // §3.3.4: farther than that no gap block reaches, so the peer might not keep it.
  static constexpr std::size_t kMaxChunks = 0xffff;
  static constexpr int kMissingReports = 3;  // RFC 9260 §7.2.4

  Outstanding(SendQueue& queue, std::uint32_t initial_tsn);

  // DATA's at first. Before there is anything in here.
  void set_header_bytes(std::size_t bytes) { header_bytes_ = bytes; }
  std::size_t header_bytes() const { return header_bytes_; }

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
  // One that is lost; or one in flight, to ask what became of it.
  void send_again(std::int64_t tsn, const SendRecord& record, bool is_app_limited);
  void mark_lost(std::int64_t tsn);  // one in flight
  // The message's chunks, which lie from `first` to `last` and may have others between them.
  void abandon(MessageIndex message, std::int64_t first, std::int64_t last);
  // The last chunk that is under way; empty: there is none among the last few.
  std::optional<std::int64_t> last_in_flight();

  template <class Lost>  // lost(tsn)
  void mark_all_lost(Lost&& lost) {
    for (std::int64_t tsn = cumulative_ + 1; tsn < next_tsn(); ++tsn) {
      if (at(tsn).state != OutstandingChunk::State::InFlight) continue;
      mark_lost(tsn);
      lost(tsn);
    }
  }

  struct Outcome {
    bool advanced = false;          // the cumulative point
    std::size_t bytes = 0;          // newly acknowledged, headers included
    std::int64_t highest_new = -1;  // TSN newly acknowledged
  };
  // `gaps` sorted, disjoint, beyond `cumulative` and below next_tsn(); what it held before comes
  // back in it. `complete`: they are all that the peer has; else there may be more behind the last.
  // Tells each chunk that is newly acknowledged, before it is forgotten: delivered(tsn, chunk).
  template <class Delivered>
  Outcome acknowledge(std::int64_t cumulative, std::vector<Range>& gaps, bool complete,
                      Delivered&& delivered);
  // §7.2.4: a SACK reports as missing what lies before this TSN.
  void report_missing_before(std::int64_t tsn);

  // RFC 8985 §6.2: what is lost now that a chunk sent at `newest_sent_at` has arrived.
  struct Overdue {
    Timestamp newest_sent_at{};
    std::int64_t newest_tsn = -1;  // -1: none has arrived yet
    Timestamp sent_by{};           // what was sent then or before is not waited for any more
    bool by_reports = false;       // three reports are enough
    std::int64_t known_up_to = 0;  // of TSNs beyond, the peer said nothing
  };
  // Marks them, and tells each: lost(tsn). True: some sent before the newest are still waited for.
  template <class Lost>
  bool find_lost(const Overdue& rule, Lost&& lost);

  const RangeSet& lost() const { return lost_; }
  bool has_gaps() const { return !acked_.empty(); }
  std::span<const Range> acked() const { return acked_.ranges(); }  // by gap blocks
  std::int64_t highest_gap() const { return acked_.highest(); }
  std::size_t gap_bytes() const { return gap_bytes_; }  // acknowledged by gap blocks
  std::int64_t reported_thrice_before() const { return reports_[kMissingReports - 1]; }
  std::size_t flight_bytes() const { return flight_bytes_; }      // with headers: for cwnd
  std::size_t flight_payload() const { return flight_payload_; }  // without: for the peer's window

  std::size_t wire_bytes(const OutstandingChunk& chunk) const {
    return chunk.size == 0 ? 0 : padded(header_bytes_ + chunk.size);
  }

 private:
  struct SentAgain {
    std::int64_t tsn;
    Timestamp sent_at;
  };

  void leave_flight(const OutstandingChunk& chunk);
  void enter_flight(const OutstandingChunk& chunk);
  void take_back(std::int64_t tsn);
  bool acknowledge_gap(std::int64_t tsn);
  void pop_acknowledged();
  static bool is_before_newest(const Overdue& rule, std::int64_t tsn, Timestamp sent_at) {
    return sent_at < rule.newest_sent_at ||
           (sent_at == rule.newest_sent_at && tsn < rule.newest_tsn);
  }

  SendQueue& queue_;
  std::size_t header_bytes_;
  std::int64_t cumulative_;
  Ring<OutstandingChunk> ring_;
  RangeSet acked_;  // by gap blocks, as the last SACK had them
  RangeSet lost_;   // to be sent again
  // Of those sent once, everything before is decided.
  std::int64_t undecided_;
  Ring<SentAgain> sent_again_;
  // Highest TSNs newly acknowledged, of all SACKs: a chunk sent once was reported missing three
  // times when the third highest lies beyond it.
  std::int64_t reports_[kMissingReports] = {-1, -1, -1};
  std::size_t gap_bytes_ = 0;
  std::size_t flight_bytes_ = 0;
  std::size_t flight_payload_ = 0;
};

template <class Delivered>
Outstanding::Outcome Outstanding::acknowledge(std::int64_t cumulative, std::vector<Range>& gaps,
                                              bool complete, Delivered&& delivered) {
  using State = OutstandingChunk::State;
  Outcome outcome;
  outcome.advanced = cumulative > cumulative_;
  while (cumulative_ < cumulative) {
    const std::int64_t tsn = cumulative_ + 1;
    const OutstandingChunk& chunk = ring_[0];
    if (chunk.state == State::InFlight || chunk.state == State::Lost) {
      outcome.bytes += wire_bytes(chunk);
      outcome.highest_new = tsn;
      delivered(tsn, chunk);
    }
    pop_acknowledged();
  }
  lost_.remove_up_to(cumulative_);
  acked_.remove_up_to(cumulative_);
  if (!complete && !gaps.empty()) {
    for (const Range& range : acked_.ranges()) {
      if (range.last <= gaps.back().last) continue;
      if (range.first <= gaps.back().last + 1)
        gaps.back().last = range.last;
      else
        gaps.push_back(range);
    }
  }

  // Only what changed since the last SACK is visited.
  for_each_difference(gaps, acked_.ranges(), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tsn = first; tsn <= last; ++tsn) {
      if (!acknowledge_gap(tsn)) continue;
      outcome.bytes += wire_bytes(at(tsn));
      outcome.highest_new = tsn;
      delivered(tsn, std::as_const(at(tsn)));
    }
  });
  // §6.2.1: the receiver may take back what only a gap block acknowledged.
  for_each_difference(acked_.ranges(), gaps, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tsn = first; tsn <= last; ++tsn) take_back(tsn);
  });
  acked_.swap(gaps);
  return outcome;
}

template <class Lost>
bool Outstanding::find_lost(const Overdue& rule, Lost&& lost) {
  using State = OutstandingChunk::State;
  bool waits = false;
  for (undecided_ = std::max(undecided_, cumulative_ + 1); undecided_ < next_tsn(); ++undecided_) {
    const OutstandingChunk& chunk = at(undecided_);
    if (chunk.state != State::InFlight || chunk.transmissions != 1) continue;
    if (undecided_ > rule.known_up_to) break;
    const bool before = is_before_newest(rule, undecided_, chunk.sent.sent_at);
    const bool is_lost = (before && chunk.sent.sent_at <= rule.sent_by) ||
                         (rule.by_reports && undecided_ < reported_thrice_before());
    if (!is_lost) {
      waits = before;
      break;
    }
    mark_lost(undecided_);
    lost(undecided_);
  }
  for (; !sent_again_.empty(); sent_again_.pop_front()) {
    const SentAgain again = sent_again_[0];
    if (again.tsn <= cumulative_) continue;
    const OutstandingChunk& chunk = at(again.tsn);
    if (chunk.state != State::InFlight || chunk.sent.sent_at != again.sent_at) continue;
    if (again.tsn > rule.known_up_to || !is_before_newest(rule, again.tsn, again.sent_at)) break;
    if (again.sent_at > rule.sent_by) return true;
    mark_lost(again.tsn);
    lost(again.tsn);
  }
  return waits;
}

}  // namespace specter::sctp
