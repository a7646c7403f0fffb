#include "sctp/tx/outstanding.h"

#include <algorithm>

#include "sctp/packet/data_chunk.h"

namespace specter::sctp {
namespace {

using State = OutstandingChunk::State;

}  // namespace

Outstanding::Outstanding(SendQueue& queue, std::uint32_t initial_tsn)
    // One turn up, as the receiver has it.
    : queue_(queue),
      header_bytes_(DataChunk::kHeaderBytes),
      cumulative_(std::int64_t{initial_tsn} + (std::int64_t{1} << 32) - 1),
      undecided_(cumulative_ + 1) {}

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

void Outstanding::send_again(std::int64_t tsn, const SendRecord& record, bool is_app_limited) {
  OutstandingChunk& chunk = at(tsn);
  if (chunk.state == State::Lost) {
    lost_.remove(tsn);
    chunk.state = State::InFlight;
    enter_flight(chunk);
  }
  if (chunk.transmissions < 0xffff) ++chunk.transmissions;
  chunk.sent = record;
  chunk.is_app_limited = is_app_limited;
  sent_again_.push_back({tsn, record.sent_at});
}

void Outstanding::mark_lost(std::int64_t tsn) {
  OutstandingChunk& chunk = at(tsn);
  leave_flight(chunk);
  chunk.state = State::Lost;
  chunk.was_lost = true;
  lost_.add(tsn);
}

void Outstanding::abandon(MessageIndex message, std::int64_t first, std::int64_t last) {
  for (std::int64_t tsn = std::max(first, cumulative_ + 1); tsn <= last; ++tsn) {
    OutstandingChunk& chunk = at(tsn);
    if (chunk.message != message) continue;
    if (chunk.state == State::InFlight) leave_flight(chunk);
    if (chunk.state == State::Lost) lost_.remove(tsn);
    if (chunk.state == State::Acked) gap_bytes_ -= wire_bytes(chunk);
    chunk.state = State::Abandoned;
  }
}

std::optional<std::int64_t> Outstanding::last_in_flight() {
  constexpr std::int64_t kFarBack = 64;
  const std::int64_t end = std::max(cumulative_ + 1, next_tsn() - kFarBack);
  for (std::int64_t tsn = next_tsn() - 1; tsn >= end; --tsn)
    if (at(tsn).state == State::InFlight) return tsn;
  return std::nullopt;
}

void Outstanding::pop_acknowledged() {
  const OutstandingChunk& chunk = ring_[0];
  if (chunk.state == State::InFlight) leave_flight(chunk);
  if (chunk.state == State::Acked) gap_bytes_ -= wire_bytes(chunk);
  const MessageIndex message = chunk.message;
  ring_.pop_front();
  ++cumulative_;
  queue_.release_record(message);
}

bool Outstanding::acknowledge_gap(std::int64_t tsn) {
  OutstandingChunk& chunk = at(tsn);
  if (chunk.state == State::Abandoned) return false;
  if (chunk.state == State::InFlight) leave_flight(chunk);
  if (chunk.state == State::Lost) lost_.remove(tsn);
  chunk.state = State::Acked;
  gap_bytes_ += wire_bytes(chunk);
  return true;
}

void Outstanding::take_back(std::int64_t tsn) {
  OutstandingChunk& chunk = at(tsn);
  if (chunk.state != State::Acked) return;
  chunk.state = State::InFlight;
  gap_bytes_ -= wire_bytes(chunk);
  enter_flight(chunk);
  if (chunk.transmissions == 1)
    undecided_ = std::min(undecided_, tsn);
  else
    sent_again_.push_back({tsn, chunk.sent.sent_at});
}

void Outstanding::report_missing_before(std::int64_t tsn) {
  for (std::int64_t& highest : reports_)
    if (tsn > highest) std::swap(tsn, highest);
}

}  // namespace specter::sctp
