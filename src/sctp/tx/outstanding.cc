#include "sctp/tx/outstanding.h"

#include <algorithm>

#include "sctp/packet/data_chunk.h"

namespace specter::sctp {
namespace {

using State = OutstandingChunk::State;
constexpr int kMissingReports = 3;  // RFC 9260 §7.2.4

}  // namespace

Outstanding::Outstanding(SendQueue& queue, std::uint32_t initial_tsn)
    // One turn up, as the receiver has it.
    : queue_(queue), cumulative_(std::int64_t{initial_tsn} + (std::int64_t{1} << 32) - 1) {}

std::size_t Outstanding::wire_bytes(const OutstandingChunk& chunk) {
  return chunk.size == 0 ? 0 : padded(DataChunk::kHeaderBytes + chunk.size);
}

void Outstanding::enter_flight(const OutstandingChunk& chunk) {
  flight_bytes_ += wire_bytes(chunk);
  flight_payload_ += chunk.size;
}

void Outstanding::leave_flight(const OutstandingChunk& chunk) {
  flight_bytes_ -= wire_bytes(chunk);
  flight_payload_ -= chunk.size;
}

std::int64_t Outstanding::push(const OutstandingChunk& chunk) {
  const std::int64_t tsn = next_tsn();
  ring_.push_back(chunk);
  if (chunk.state == State::InFlight) enter_flight(chunk);
  return tsn;
}

void Outstanding::send_again(std::int64_t tsn) {
  OutstandingChunk& chunk = at(tsn);
  lost_.remove(tsn);
  chunk.state = State::InFlight;
  chunk.missing_reports = 0;
  if (chunk.transmissions < 0xffff) ++chunk.transmissions;
  enter_flight(chunk);
}

void Outstanding::mark_lost(std::int64_t tsn) {
  OutstandingChunk& chunk = at(tsn);
  leave_flight(chunk);
  chunk.state = State::Lost;
  lost_.add(tsn);
}

void Outstanding::mark_all_lost() {
  for (std::int64_t tsn = cumulative_ + 1; tsn < next_tsn(); ++tsn) {
    OutstandingChunk& chunk = at(tsn);
    chunk.missing_reports = 0;
    chunk.fast_retransmitted = false;
    if (chunk.state == State::InFlight) mark_lost(tsn);
  }
}

void Outstanding::abandon(std::int64_t first, std::int64_t last) {
  for (std::int64_t tsn = std::max(first, cumulative_ + 1); tsn <= last; ++tsn) {
    OutstandingChunk& chunk = at(tsn);
    if (chunk.state == State::InFlight) leave_flight(chunk);
    if (chunk.state == State::Lost) lost_.remove(tsn);
    chunk.state = State::Abandoned;
  }
}

Outstanding::Outcome Outstanding::acknowledge(std::int64_t cumulative, std::vector<Range> gaps,
                                              std::optional<std::int64_t> measured,
                                              bool in_fast_recovery) {
  Outcome outcome;
  outcome.advanced = cumulative > cumulative_;
  while (cumulative_ < cumulative) {
    const OutstandingChunk chunk = ring_[0];
    if (chunk.state == State::InFlight) leave_flight(chunk);
    if (chunk.state == State::InFlight || chunk.state == State::Lost) {
      outcome.bytes += wire_bytes(chunk);
      outcome.highest_new = cumulative_ + 1;
      if (measured == cumulative_ + 1) outcome.measured = true;
    }
    ring_.pop_front();
    ++cumulative_;
    queue_.release_record(chunk.message);
  }
  lost_.remove_up_to(cumulative_);
  acked_.remove_up_to(cumulative_);

  // Only what changed since the last SACK is visited.
  for_each_difference(gaps, acked_.ranges(), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tsn = first; tsn <= last; ++tsn) {
      OutstandingChunk& chunk = at(tsn);
      if (chunk.state == State::Abandoned) continue;
      if (chunk.state == State::InFlight) leave_flight(chunk);
      if (chunk.state == State::Lost) lost_.remove(tsn);
      chunk.state = State::Acked;
      outcome.bytes += wire_bytes(chunk);
      outcome.highest_new = tsn;
      if (measured == tsn) outcome.measured = true;
    }
  });
  // §6.2.1: the receiver may take back what only a gap block acknowledged.
  for_each_difference(acked_.ranges(), gaps, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tsn = first; tsn <= last; ++tsn) {
      OutstandingChunk& chunk = at(tsn);
      if (chunk.state != State::Acked) continue;
      chunk.state = State::InFlight;
      chunk.missing_reports = 0;
      enter_flight(chunk);
    }
  });
  const std::int64_t highest_gap = gaps.empty() ? cumulative_ : gaps.back().last;
  acked_.assign(std::move(gaps));

  // §7.2.4: missing is what lies before the highest TSN newly acknowledged; in fast recovery, when
  // the cumulative point moved, all that the SACK shows as missing.
  count_missing(outcome,
                in_fast_recovery && outcome.advanced ? highest_gap : outcome.highest_new - 1);
  return outcome;
}

void Outstanding::count_missing(Outcome& outcome, std::int64_t up_to) {
  if (up_to <= cumulative_) return;
  const Range all[] = {{cumulative_ + 1, up_to}};
  for_each_difference(all, acked_.ranges(), [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t tsn = first; tsn <= last; ++tsn) {
      OutstandingChunk& chunk = at(tsn);
      if (chunk.state != State::InFlight || chunk.fast_retransmitted) continue;
      if (++chunk.missing_reports < kMissingReports) continue;
      chunk.fast_retransmitted = true;
      mark_lost(tsn);
      outcome.newly_lost.push_back(tsn);
    }
  });
}

}  // namespace specter::sctp
