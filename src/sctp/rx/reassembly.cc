#include "sctp/rx/reassembly.h"

#include <algorithm>
#include <utility>

#include "base/sequence.h"

namespace specter::sctp {
namespace {

// Pieces below this are joined when they meet, so that one byte a fragment does not cost us an
// allocation each; above it they are only chained, so that no order of arrival makes us copy much.
constexpr std::size_t kSmallPiece = 2048;

}  // namespace

// Messages of a size come in rows: the second fragment of one makes room for as much as the last
// one had, so that it grows without being moved. Only for one that is alone, or a peer that begins
// many would have us reserve for all of them; and only the last one's size, so that room that is
// not used is never more than what came before it.
void Reassembly::reserve(Run& run) {
  if (runs_.size() == 1 && run.begin && run.bytes < usual_message_bytes_)
    run.pieces.front().reserve(usual_message_bytes_);
}

void Reassembly::append(Run& left, Run&& right) {
  left.last = right.last;
  left.bytes += right.bytes;
  left.end = right.end;
  if (const Buffer& first = right.pieces.front(); first.size() <= kSmallPiece) {
    left.pieces.back().insert(left.pieces.back().end(), first.begin(), first.end());
    right.pieces.pop_front();
  }
  // The shorter chain moves over to the longer.
  if (left.pieces.size() >= right.pieces.size()) {
    std::ranges::move(right.pieces, std::back_inserter(left.pieces));
  } else {
    for (auto piece = left.pieces.rbegin(); piece != left.pieces.rend(); ++piece)
      right.pieces.push_front(std::move(*piece));
    left.pieces = std::move(right.pieces);
  }
}

Reassembly::Result Reassembly::add(std::int64_t tsn, const DataChunk& chunk,
                                   std::int64_t cumulative_tsn) {
  bytes_ += chunk.payload.size();
  if (chunk.begin && chunk.end) {
    if (chunk.payload.size() > max_message_bytes_) return Result::MessageTooLarge;
    complete(tsn, chunk.ssn, {chunk.stream, chunk.ppid, chunk.unordered, to_buffer(chunk.payload)});
    sweep(cumulative_tsn);
    return Result::Ok;
  }

  auto right = runs_.upper_bound(tsn);
  auto here = runs_.end();
  if (right != runs_.begin()) {
    const auto left = std::prev(right);
    if (left->second.last == tsn - 1 && joins(left->second, chunk)) {
      here = left;
      Run& run = left->second;
      if (run.last == here->first) reserve(run);
      if (run.pieces.size() == 1 || run.pieces.back().size() <= kSmallPiece) {
        run.pieces.back().insert(run.pieces.back().end(), chunk.payload.begin(),
                                 chunk.payload.end());
      } else {
        run.pieces.push_back(to_buffer(chunk.payload));
      }
      run.last = tsn;
      run.bytes += chunk.payload.size();
      run.end = chunk.end;
    }
  }
  if (here == runs_.end()) {
    Run fragment{tsn,        chunk.payload.size(), chunk.stream, chunk.ssn,
                 chunk.ppid, chunk.unordered,      chunk.begin,  chunk.end,
                 {}};
    fragment.pieces.push_back(to_buffer(chunk.payload));
    here = runs_.emplace_hint(right, tsn, std::move(fragment));
    ++items_;
  }
  if (right != runs_.end() && right->first == tsn + 1 && joins(here->second, right->second)) {
    append(here->second, std::move(right->second));
    runs_.erase(right);
    --items_;
  }

  Run& run = here->second;
  if (run.bytes > max_message_bytes_) return Result::MessageTooLarge;
  if (run.begin && run.end) {
    ReassembledMessage message{run.stream, run.ppid, run.unordered, std::move(run.pieces.front())};
    run.pieces.pop_front();
    if (!run.pieces.empty()) message.bytes.reserve(run.bytes);
    for (const Buffer& piece : run.pieces)
      message.bytes.insert(message.bytes.end(), piece.begin(), piece.end());
    usual_message_bytes_ = run.bytes;
    const std::int64_t first = here->first;
    const std::uint16_t ssn = run.ssn;
    runs_.erase(here);
    --items_;
    complete(first, ssn, std::move(message));
  }
  sweep(cumulative_tsn);
  return Result::Ok;
}

void Reassembly::drop(Runs::iterator run) {
  bytes_ -= run->second.bytes;
  --items_;
  runs_.erase(run);
}

// Drops what can't become a message: everything up to the cumulative TSN is known, so a piece that
// lacks its neighbour there has none. It happens when the sender gave a message up, and must not
// eat the window for good.
void Reassembly::sweep(std::int64_t cumulative_tsn) {
  for (auto run = runs_.begin(); run != runs_.end() && run->first <= cumulative_tsn + 1;) {
    const bool headless = !run->second.begin;
    const bool cut = run->second.last < cumulative_tsn;
    const auto dead = run++;
    if (headless || cut) drop(dead);
  }
}

void Reassembly::complete(std::int64_t first_tsn, std::uint16_t ssn, ReassembledMessage message) {
  if (reset_ && first_tsn > reset_->last_tsn &&
      (reset_->streams.empty() || std::ranges::binary_search(reset_->streams, message.stream))) {
    reset_->held.push_back({ssn, std::move(message)});
    ++items_;
    return;
  }
  deliver_or_wait(ssn, std::move(message));
}

void Reassembly::deliver_or_wait(std::uint16_t ssn, ReassembledMessage message) {
  const std::size_t size = message.bytes.size();
  Stream& stream = streams_[std::to_underlying(message.stream)];
  if (message.unordered) {
    bytes_ -= size;
    ready_.push_back(std::move(message));
    return;
  }
  const std::int64_t number = specter::unwrap(ssn, stream.next);
  if (number == stream.next) {
    bytes_ -= size;
    ready_.push_back(std::move(message));
    ++stream.next;
    if (!stream.waiting.empty()) deliver_waiting(stream);
    return;
  }
  // A number that was delivered or skipped is one that no honest sender uses again.
  if (number < stream.next || !stream.waiting.emplace(number, std::move(message)).second) {
    bytes_ -= size;
    return;
  }
  ++items_;
}

void Reassembly::deliver_waiting(Stream& stream) {
  for (auto first = stream.waiting.begin();
       first != stream.waiting.end() && first->first == stream.next;
       first = stream.waiting.begin()) {
    bytes_ -= first->second.bytes.size();
    --items_;
    ready_.push_back(std::move(first->second));
    stream.waiting.erase(first);
    ++stream.next;
  }
}

void Reassembly::skip(std::int64_t skipped_to, std::int64_t cumulative_tsn,
                      std::span<const ForwardTsnChunk::Skipped> skipped) {
  while (!runs_.empty() && runs_.begin()->first <= skipped_to) drop(runs_.begin());
  sweep(cumulative_tsn);
  for (const auto& entry : skipped) {
    Stream& stream = streams_[std::to_underlying(entry.stream)];
    const std::int64_t last = specter::unwrap(entry.ssn, stream.next);
    if (last < stream.next) continue;
    // What is whole and waited for the skipped ones is still good.
    while (!stream.waiting.empty() && stream.waiting.begin()->first <= last) {
      stream.next = stream.waiting.begin()->first;
      deliver_waiting(stream);
    }
    stream.next = std::max(stream.next, last + 1);
    deliver_waiting(stream);
  }
}

void Reassembly::begin_reset(std::int64_t last_tsn, std::vector<StreamId> streams) {
  std::ranges::sort(streams);
  reset_ = Reset{last_tsn, std::move(streams), {}};
}

std::optional<std::vector<StreamId>> Reassembly::finish_reset(std::int64_t cumulative_tsn) {
  if (!reset_ || cumulative_tsn < reset_->last_tsn) return std::nullopt;
  Reset reset = std::move(*reset_);
  reset_.reset();
  if (reset.streams.empty()) reset.streams = streams();
  for (const StreamId id : reset.streams) {
    const auto stream = streams_.find(std::to_underlying(id));
    if (stream == streams_.end()) continue;
    for (const auto& [number, message] : stream->second.waiting) {
      bytes_ -= message.bytes.size();
      --items_;
    }
    streams_.erase(stream);  // its next message is number 0, as of one never heard of
  }
  for (Held& held : reset.held) {
    --items_;
    deliver_or_wait(held.ssn, std::move(held.message));
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
