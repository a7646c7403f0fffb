#include "sctp/rx/reassembly.h"

#include <algorithm>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/sequence.h"

namespace specter::sctp {
namespace {

std::int64_t fragment_number(const IDataChunk& chunk) {
  // RFC 8260 §2.1 lets the FSN wrap. A message that we keep whole is too large long before: each
  // fragment has a byte.
  return chunk.begin ? 0 : std::int64_t{chunk.fsn};
}

}  // namespace

// Messages of a size come in rows: the second fragment of one makes room for as much as the last
// one had, so that it grows without being moved. Only while few grow, or a peer that begins many
// would have us reserve for all of them; and only the last one's size, so that room that is not
// used is never more than what came before it.
void Reassembly::reserve(Run& run) {
  if (run.begin && run.bytes < usual_message_bytes_ &&
      (runs_.size() == 1 || runs_.size() * usual_message_bytes_ <= max_message_bytes_))
    run.pieces.reserve(usual_message_bytes_);
}

bool Reassembly::is_held(std::int64_t tsn, StreamId stream) const {
  return reset_ && tsn > reset_->last_tsn &&
         (reset_->streams.empty() || std::ranges::binary_search(reset_->streams, stream));
}

// Beside `left`, which ends just before it, or as a run of its own.
template <class Chunk>
Reassembly::Runs::iterator Reassembly::insert(Runs::iterator left, Runs::iterator right,
                                              const Place& at, const Chunk& chunk) {
  if (left != runs_.end()) {
    Run& run = left->second;
    if (run.last == left->first.fragment) reserve(run);
    run.pieces.append(chunk.payload);
    run.last = at.fragment;
    run.bytes += chunk.payload.size();
    run.end = chunk.end;
    return left;
  }
  Run run{.last = at.fragment,
          .bytes = chunk.payload.size(),
          .stream = chunk.stream,
          .ppid = chunk.ppid,
          .unordered = chunk.unordered,
          .begin = chunk.begin,
          .end = chunk.end,
          .pieces = Pieces(chunk.payload)};
  if constexpr (std::is_same_v<Chunk, DataChunk>) run.ssn = chunk.ssn;
  ++items_;
  return runs_.emplace_hint(right, at, std::move(run));
}

void Reassembly::join(Runs::iterator left, Runs::iterator right) {
  left->second.last = right->second.last;
  left->second.bytes += right->second.bytes;
  left->second.end = right->second.end;
  left->second.pieces.append(std::move(right->second.pieces));
  runs_.erase(right);
  --items_;
}

ReassembledMessage Reassembly::take(Runs::iterator at) {
  Run& run = at->second;
  usual_message_bytes_ = run.bytes;
  ReassembledMessage message{run.stream, run.ppid, run.unordered,
                             std::move(run.pieces).take(run.bytes)};
  runs_.erase(at);
  --items_;
  return message;
}

Reassembly::Result Reassembly::add(std::int64_t tsn, const DataChunk& chunk,
                                   std::int64_t cumulative_tsn) {
  bytes_ += chunk.payload.size();
  if (chunk.begin && chunk.end) {
    if (chunk.payload.size() > max_message_bytes_) return Result::MessageTooLarge;
    complete(is_held(tsn, chunk.stream), chunk.ssn,
             {chunk.stream, chunk.ppid, chunk.unordered, to_buffer(chunk.payload)});
    sweep(cumulative_tsn);
    return Result::Ok;
  }

  const auto joins = [](const Run& left, const auto& right) {
    return !left.end && !right.begin && left.stream == right.stream &&
           left.unordered == right.unordered && (left.unordered || left.ssn == right.ssn);
  };
  const Place at{.fragment = tsn};
  const auto right = runs_.upper_bound(at);
  auto left = before(right);
  if (left != runs_.end() && (left->second.last != tsn - 1 || !joins(left->second, chunk)))
    left = runs_.end();
  const auto here = insert(left, right, at, chunk);
  if (right != runs_.end() && right->first.fragment == tsn + 1 &&
      joins(here->second, right->second))
    join(here, right);

  const Run& run = here->second;
  if (may_hand_out(here)) {
    note_growth(here);
  } else if (run.bytes > max_message_bytes_ && !is_in_parts(run.stream)) {
    return Result::MessageTooLarge;
  } else if (run.begin && run.end) {
    const std::uint16_t ssn = run.ssn;
    const bool held = is_held(here->first.fragment, run.stream);
    complete(held, ssn, take(here));
  }
  sweep(cumulative_tsn);
  return Result::Ok;
}

// RFC 8260 §2.2.3: by stream, U, MID and FSN, whatever the TSN.
Reassembly::Place Reassembly::place_of(const IDataChunk& chunk, bool held) {
  Stream& s = stream(chunk.stream);
  Place at{lane(chunk.stream, chunk.unordered, held), 0, fragment_number(chunk)};
  if (held) {
    at.mid = unwrap(chunk.mid, std::int64_t{0});
  } else if (chunk.unordered) {
    at.mid = unwrap(chunk.mid, s.last_unordered);
    s.last_unordered = std::max(s.last_unordered, at.mid);
  } else {
    at.mid = unwrap(chunk.mid, s.next);
  }
  return at;
}

bool Reassembly::has_fragments(const Place& of) const {
  const auto first = runs_.lower_bound({of.lane, of.mid, std::numeric_limits<std::int64_t>::min()});
  return first != runs_.end() && first->first.lane == of.lane && first->first.mid == of.mid;
}

Reassembly::Result Reassembly::add(std::int64_t tsn, const IDataChunk& chunk, std::int64_t) {
  interleaves_ = true;
  bytes_ += chunk.payload.size();
  const bool held = is_held(tsn, chunk.stream);
  if (chunk.begin && chunk.end) {
    if (chunk.payload.size() > max_message_bytes_) return Result::MessageTooLarge;
    if (!runs_.empty() && has_fragments(place_of(chunk, held))) return Result::Contradiction;
    complete(held, chunk.mid,
             {chunk.stream, chunk.ppid, chunk.unordered, to_buffer(chunk.payload)});
    return Result::Ok;
  }

  const Place at = place_of(chunk, held);
  const Stream& s = stream(chunk.stream);
  // Late, of a message that its sender gave up; or of one that is delivered, which none does.
  if (!held && at.mid < (chunk.unordered ? s.first_unordered : s.next)) {
    bytes_ -= chunk.payload.size();
    return Result::Ok;
  }
  if (static_cast<std::uint64_t>(at.fragment) >= max_message_bytes_ && !is_in_parts(chunk.stream))
    return Result::MessageTooLarge;

  const auto is_same = [&](Runs::iterator run) {
    return run != runs_.end() && run->first.lane == at.lane && run->first.mid == at.mid;
  };
  const auto right = runs_.upper_bound(at);
  auto left = before(right);
  if (is_same(left) && (left->second.last >= at.fragment || left->second.end))
    return Result::Contradiction;
  if (is_same(right) && chunk.end) return Result::Contradiction;
  if (!chunk.begin && at.fragment == 0) return Result::Contradiction;
  if (!is_same(left) || left->second.last != at.fragment - 1) left = runs_.end();
  const auto here = insert(left, right, at, chunk);
  if (is_same(right) && right->first.fragment == at.fragment + 1) join(here, right);

  const Run& run = here->second;
  if (may_hand_out(here))
    note_growth(here);
  else if (run.bytes > max_message_bytes_ && !is_in_parts(run.stream))
    return Result::MessageTooLarge;
  else if (run.begin && run.end)
    complete(held, chunk.mid, take(here));
  return Result::Ok;
}

// ---- messages in parts

bool Reassembly::is_next(const Stream& s, const Runs::value_type& at) const {
  const auto& [place, run] = at;
  return !run.unordered && (interleaves_ ? place.mid : unwrap(run.ssn, s.next)) == s.next;
}

// Its beginning is here, no message before it is missing, and none is being told.
bool Reassembly::may_hand_out(Runs::iterator at) {
  const auto& [place, run] = *at;
  if (run.is_handed_out) return true;
  if (!run.begin || !is_in_parts(run.stream)) return false;
  if (interleaves_ ? is_held(place.lane) : is_held(place.fragment, run.stream)) return false;
  const Stream& s = stream(run.stream);
  return !s.is_telling && (run.unordered || is_next(s, *at));
}

void Reassembly::note_growth(Runs::iterator at) {
  if (at->second.end) return hand_out(at);
  if (!std::exchange(at->second.has_news, true)) growing_.push_back(at->first);
}

void Reassembly::hand_out(Runs::iterator at) {
  Run& run = at->second;
  const StreamId id = run.stream;
  Stream& s = stream(id);
  bytes_ -= run.bytes;
  ready_.push_back({id, run.ppid, run.unordered, std::move(run.pieces).take(run.bytes),
                    !std::exchange(run.is_handed_out, true), run.end});
  s.is_telling = !run.end;
  if (s.is_telling) {
    run.pieces = Pieces({});
    run.bytes = 0;
    run.has_news = false;
    return;
  }
  if (is_next(s, *at)) ++s.next;
  runs_.erase(at);
  --items_;
  go_on(s, id);
}

bool Reassembly::hand_out_parts() {
  for (const Place& place : growing_) {
    const auto run = runs_.find(place);
    if (run == runs_.end() || !run->second.has_news) continue;
    if (may_hand_out(run))
      hand_out(run);
    else
      run->second.has_news = false;  // another one was first
  }
  growing_.clear();
  return !ready_.empty();
}

// A message in parts is at its end.
void Reassembly::go_on(Stream& s, StreamId id) {
  if (auto behind = behind_.extract(std::to_underlying(id))) {
    for (ReassembledMessage& message : behind.mapped()) {
      --items_;
      deliver(s, std::move(message));
    }
  }
  deliver_waiting(s, id);
}

// The next one in the order of its stream may have begun already, or one without an order.
void Reassembly::look_for_next(const Stream& s, StreamId id) {
  const auto look_at = [&](Runs::iterator run) {
    if (run->second.stream == id && may_hand_out(run)) note_growth(run);
  };
  if (s.is_telling) return;
  if (!interleaves_) {
    for (auto run = runs_.begin(); run != runs_.end(); ++run) look_at(run);
    return;
  }
  if (const auto run = runs_.find({lane(id, false, false), s.next, 0}); run != runs_.end())
    look_at(run);
  const Lane unordered = lane(id, true, false);
  for (auto run = runs_.lower_bound({unordered, std::numeric_limits<std::int64_t>::min(), 0});
       run != runs_.end() && run->first.lane == unordered; ++run)
    look_at(run);
}

void Reassembly::drop(Runs::iterator run) {
  const Run& cut = run->second;
  const StreamId id = cut.stream;
  const bool is_told = cut.is_handed_out;
  if (is_told) ready_.push_back({id, cut.ppid, cut.unordered, {}, false, true, true});
  bytes_ -= cut.bytes;
  --items_;
  runs_.erase(run);
  if (!is_told) return;
  Stream& s = stream(id);
  s.is_telling = false;
  go_on(s, id);
}

void Reassembly::drop_up_to(Lane lane, std::int64_t mid) {
  auto run = runs_.lower_bound({lane, std::numeric_limits<std::int64_t>::min(), 0});
  while (run != runs_.end() && run->first.lane == lane && run->first.mid <= mid) drop(run++);
}

// DATA only. Drops what can't become a message: everything up to the cumulative TSN is known, so a
// piece that lacks its neighbour there has none. It happens when the sender gave a message up, and
// must not eat the window for good.
void Reassembly::sweep(std::int64_t cumulative_tsn) {
  for (auto run = runs_.begin(); run != runs_.end() && run->first.fragment <= cumulative_tsn + 1;) {
    const bool headless = !run->second.begin;
    const bool cut = run->second.last < cumulative_tsn;
    const auto dead = run++;
    if (headless || cut) drop(dead);
  }
}

template <class Number>
void Reassembly::complete(bool held, Number number, ReassembledMessage message) {
  if (held) {
    reset_->held.push_back({unwrap(number, std::int64_t{0}), std::move(message)});
    ++items_;
    return;
  }
  Stream& s = stream(message.stream);
  if (!message.unordered) return deliver_or_wait(s, unwrap(number, s.next), std::move(message));
  if constexpr (sizeof(Number) == sizeof(IDataChunk::mid))
    s.last_unordered = std::max(s.last_unordered, unwrap(number, s.last_unordered));
  deliver(s, std::move(message));
}

void Reassembly::deliver(Stream& s, ReassembledMessage message) {
  if (s.is_telling) {
    behind_[std::to_underlying(message.stream)].push_back(std::move(message));
    ++items_;
    return;
  }
  bytes_ -= message.bytes.size();
  ready_.push_back(std::move(message));
}

void Reassembly::deliver_or_wait(Stream& s, std::int64_t number, ReassembledMessage message) {
  if (number == s.next) {
    const StreamId id = message.stream;
    deliver(s, std::move(message));
    ++s.next;
    return deliver_waiting(s, id);
  }
  const std::size_t size = message.bytes.size();
  const Turn turn{message.stream, number};
  // A number that was delivered or skipped is one that no honest sender uses again.
  if (number < s.next || !waiting_.emplace(turn, std::move(message)).second) {
    bytes_ -= size;
    return;
  }
  ++items_;
}

void Reassembly::deliver_waiting(Stream& s, StreamId id) {
  while (!waiting_.empty()) {
    auto due = waiting_.extract({id, s.next});
    if (!due) break;
    --items_;
    deliver(s, std::move(due.mapped()));
    ++s.next;
  }
  if (is_in_parts(id)) look_for_next(s, id);
}

void Reassembly::skip_ordered(Stream& s, StreamId id, std::int64_t last) {
  if (last < s.next) return;
  // What is whole and waited for the skipped ones is still good.
  for (auto first = first_waiting(id); first != waiting_.end() && first->first.number <= last;
       first = first_waiting(id)) {
    s.next = first->first.number;
    deliver_waiting(s, id);
  }
  s.next = std::max(s.next, last + 1);
  deliver_waiting(s, id);
}

void Reassembly::skip(std::int64_t skipped_to, std::int64_t cumulative_tsn,
                      std::span<const ForwardTsnChunk::Skipped> skipped) {
  while (!runs_.empty() && runs_.begin()->first.fragment <= skipped_to) drop(runs_.begin());
  sweep(cumulative_tsn);
  for (const auto& entry : skipped) {
    Stream& s = stream(entry.stream);
    skip_ordered(s, entry.stream, unwrap(entry.ssn, s.next));
  }
}

void Reassembly::skip(std::span<const IForwardTsnChunk::Skipped> skipped) {
  for (const auto& entry : skipped) {
    Stream& s = stream(entry.stream);
    if (entry.unordered) {
      const std::int64_t last = unwrap(entry.mid, s.last_unordered);
      // Fragments of it that are under way still are for nothing.
      s.last_unordered = std::max(s.last_unordered, last);
      s.first_unordered = std::max(s.first_unordered, last + 1);
    } else {
      const std::int64_t last = unwrap(entry.mid, s.next);
      drop_up_to(lane(entry.stream, false, false), last);  // before what comes after it is told
      skip_ordered(s, entry.stream, last);
    }
    drop_up_to(lane(entry.stream, entry.unordered, false),
               (entry.unordered ? s.first_unordered : s.next) - 1);
  }
}

void Reassembly::begin_reset(std::int64_t last_tsn, std::vector<StreamId> streams) {
  // A stream that is named twice is reset once.
  std::ranges::sort(streams);
  const auto again = std::ranges::unique(streams);
  streams.erase(again.begin(), again.end());
  reset_ = Reset{last_tsn, std::move(streams), {}};
}

// RFC 8260 §2.3.2: what came of the old numbers and was never completed is over, and what was held
// is the beginning of the new ones.
void Reassembly::drop_numbers_of(const Reset& reset) {
  if (!interleaves_) {
    // All streams are in one lane; what is behind `last_tsn` has the new numbers already. But not
    // what is told: its end would be taken for one of theirs.
    for (auto run = runs_.begin(); run != runs_.end();) {
      const auto old = run++;
      if ((old->first.fragment <= reset.last_tsn || old->second.is_handed_out) &&
          std::ranges::binary_search(reset.streams, old->second.stream))
        drop(old);
    }
    return;
  }
  for (const StreamId id : reset.streams) {
    for (const bool unordered : {false, true}) {
      drop_up_to(lane(id, unordered, false), std::numeric_limits<std::int64_t>::max());
      const Lane from = lane(id, unordered, true);
      for (auto run = runs_.lower_bound({from, std::numeric_limits<std::int64_t>::min(), 0});
           run != runs_.end() && run->first.lane == from;) {
        auto node = runs_.extract(run++);
        node.key().lane = lane(id, unordered, false);
        runs_.insert(std::move(node));
      }
    }
  }
}

std::optional<std::vector<StreamId>> Reassembly::finish_reset(std::int64_t cumulative_tsn) {
  if (!reset_ || cumulative_tsn < reset_->last_tsn) return std::nullopt;
  Reset reset = std::move(*reset_);
  reset_.reset();
  if (reset.streams.empty()) reset.streams = streams();
  drop_numbers_of(reset);
  before_reset_ = take_ready();
  for (const StreamId id : reset.streams) {
    const auto found = streams_.find(std::to_underlying(id));
    if (found == streams_.end()) continue;
    for (auto first = first_waiting(id); first != waiting_.end(); first = first_waiting(id)) {
      bytes_ -= first->second.bytes.size();
      --items_;
      waiting_.erase(first);
    }
    streams_.erase(found);  // its next message is number 0, as of one never heard of
  }
  for (Held& held : reset.held) {
    --items_;
    Stream& s = stream(held.message.stream);
    if (held.message.unordered)
      deliver(s, std::move(held.message));
    else
      deliver_or_wait(s, held.number, std::move(held.message));
  }
  return std::move(reset.streams);
}

std::vector<StreamId> Reassembly::streams() const {
  std::vector<StreamId> out;
  out.reserve(streams_.size());
  for (const auto& [id, stream] : streams_) out.push_back(StreamId{id});
  std::ranges::sort(out);
  return out;
}

}  // namespace specter::sctp
