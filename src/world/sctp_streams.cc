#include "world/sctp_streams.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "sctp/packet/data_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "simulation/random.h"

namespace specter::world {
namespace {

constexpr sctp::Ppid kPpid{53};

sctp::StreamId id_of(std::size_t number) {
  return sctp::StreamId{static_cast<std::uint16_t>(number)};
}

}  // namespace

void SctpStreams::fail(Verdict verdict, std::string_view what) const {
  journal_.fail(verdict, fmt::format("from {}: {}", sender_ == Side::A ? "a" : "b", what));
}

SctpStreams::Stream* SctpStreams::find(sctp::StreamId id) {
  const auto number = static_cast<std::size_t>(std::to_underlying(id));
  return number < streams_.size() ? &streams_[number] : nullptr;
}

// ---- the owner who sends

void SctpStreams::open(Promise promise) {
  streams_.push_back({promise, {}});
  has_limits_ = has_limits_ || !promise.is_reliable();
  begin_life(streams_.size() - 1);
}

void SctpStreams::begin_life(std::size_t number) {
  Stream& stream = streams_[number];
  stream.lives.emplace_back(seed_ * 4099 + number * 131 + stream.lives.size(), stream.promise);
}

void SctpStreams::say(std::size_t count, std::size_t size, std::uint64_t salt, bool only_reliable) {
  simulation::SeededRandom random(seed_ ^ salt);
  const auto most = static_cast<std::uint32_t>(std::min(size, most_bytes_));
  for (std::size_t i = 0; i < count; ++i) {
    std::size_t stream = random.below(static_cast<std::uint32_t>(streams_.size()));
    if (only_reliable && !streams_[stream].promise.is_reliable()) stream = 0;
    waiting_.push_back({stream, 1 + random.below(std::max<std::uint32_t>(most, 1))});
  }
}

void SctpStreams::go_on(Timestamp now, sctp::Association& association) {
  while (!waiting_.empty() && send(now, association, waiting_.front())) waiting_.pop_front();
}

// False: later.
bool SctpStreams::send(Timestamp now, sctp::Association& association, const Waiting& message) {
  Stream& stream = streams_[message.stream];
  const sctp::StreamId id = id_of(message.stream);
  Ledger& ledger = stream.lives.back();
  const Buffer bytes = ledger.next(message.size);
  const std::size_t before = association.buffered_amount(id);
  const auto sent = association.send(now, id, kPpid, Bytes(bytes),
                                     {.unordered = !stream.promise.ordered,
                                      .max_retransmits = stream.promise.max_retransmits,
                                      .lifetime = stream.promise.lifetime});
  if (!sent) {
    if (sent.error().code == ErrorCode::WouldBlock) return false;
    if (sent.error().code != ErrorCode::Closed || !may_end_)
      fail(Verdict::States, fmt::format("could not send: {}", sent.error().message));
    return true;
  }
  ledger.sent(now, bytes.size());
  const std::size_t after = association.buffered_amount(id);
  if (after != before + bytes.size())
    fail(Verdict::Amounts, fmt::format("stream {} had {} bytes buffered, was given {}, and has {}",
                                       message.stream, before, bytes.size(), after));
  if (before == 0) ++stream.times_filled;
  return true;
}

void SctpStreams::reset(Timestamp now, std::size_t number, sctp::Association& association) {
  Stream& stream = streams_[number];
  association.reset_streams(now, std::array{id_of(number)});
  // Again, with nothing sent since the last: nothing.
  if (!stream.is_resetting() || stream.lives.back().count_sent() > 0) begin_life(number);
}

// ---- what its association tells

void SctpStreams::handle(const sctp::OutgoingStreamsReset& reset) {
  for (const sctp::StreamId id : reset.streams) {
    Stream* const stream = find(id);
    if (!stream || !stream->is_resetting())
      return fail(Verdict::Agreement, fmt::format("stream {} was reset, and nobody asked for it",
                                                  std::to_underlying(id)));
    ++stream->reset_at_sender;
  }
}

void SctpStreams::handle(const sctp::OutgoingResetFailed& failed) {
  fail(Verdict::Agreement,
       fmt::format("the reset of {} streams failed, of {} first", failed.streams.size(),
                   std::to_underlying(failed.streams.front())));
}

void SctpStreams::handle(const sctp::BufferedAmountLow& low) {
  Stream* const stream = find(low.stream);
  if (!stream || ++stream->times_low > stream->times_filled)
    fail(Verdict::Amounts, fmt::format("stream {} is low once more than it was full",
                                       std::to_underlying(low.stream)));
}

void SctpStreams::see_packet(Timestamp now, Bytes packet, bool is_up_to_date) {
  if (!has_limits_) return;
  sctp::ChunkReader chunks(packet.subspan(sctp::kCommonHeaderBytes));
  while (const auto chunk = chunks.next()) {
    if (chunk->type == sctp::ChunkType::Data) {
      if (const auto data = sctp::DataChunk::parse(*chunk)) see(now, *data, is_up_to_date);
    } else if (chunk->type == sctp::ChunkType::IData) {
      if (const auto data = sctp::IDataChunk::parse(*chunk)) see(now, *data, is_up_to_date);
    }
  }
}

template <class Chunk>
void SctpStreams::see(Timestamp now, const Chunk& data, bool is_up_to_date) {
  const Stream* const stream = find(data.stream);
  if (!stream || stream->promise.is_reliable()) return;
  if (const auto most = stream->promise.max_retransmits) {
    const std::uint32_t times = ++times_sent_[data.tsn];
    if (times > 1u + *most)
      fail(Verdict::Limits, fmt::format("a part of a message goes out {} times, with {} more than "
                                        "once allowed",
                                        times, *most));
  }
  if (!stream->promise.lifetime || !data.begin || !is_up_to_date) return;
  // Nothing of the next life goes out before its owner hears that the last is over.
  const Ledger& life = stream->lives[stream->reset_at_sender];
  const auto number = Ledger::number_in(data.payload);
  if (!number || *number >= life.count_sent()) return;
  const Duration age = now - life.sent_at(*number);
  if (age > *stream->promise.lifetime)
    fail(Verdict::Limits, fmt::format("message {} goes out {} ms after send(), and has {} ms",
                                      *number, age / std::chrono::milliseconds(1),
                                      *stream->promise.lifetime / std::chrono::milliseconds(1)));
}

// ---- what the other's does

void SctpStreams::handle(Timestamp now, const sctp::MessageReceived& message) {
  ++received_;
  Stream* const stream = find(message.stream);
  if (!stream)
    return fail(Verdict::Content, fmt::format("a message on stream {}, which nobody opened",
                                              std::to_underlying(message.stream)));
  if (message.ppid != kPpid || message.unordered == stream->promise.ordered || !message.begins ||
      !message.ends || message.is_cut_off)
    return fail(Verdict::Content, fmt::format("a message of another kind on stream {}",
                                              std::to_underlying(message.stream)));
  if (const auto wrong = stream->lives[stream->reset_at_receiver].receive(now, message.bytes))
    fail(Verdict::Content,
         fmt::format("on stream {} came {}", std::to_underlying(message.stream), *wrong));
}

void SctpStreams::handle(const sctp::IncomingStreamsReset& reset) {
  for (const sctp::StreamId id : reset.streams) {
    Stream* const stream = find(id);
    if (!stream || stream->reset_at_receiver + 1 >= stream->lives.size())
      return fail(Verdict::Agreement,
                  fmt::format("the peer was told of a reset of stream {}, and nobody asked for it",
                              std::to_underlying(id)));
    const Ledger& life = stream->lives[stream->reset_at_receiver++];
    if (life.promise().is_reliable() && life.missing() > 0)
      fail(Verdict::Delivery, fmt::format("stream {} is reset, and {} messages had not come",
                                          std::to_underlying(id), life.missing()));
  }
}

// ---- the end

std::size_t SctpStreams::missing() const {
  std::size_t missing = 0;
  for (const Stream& stream : streams_) {
    if (!stream.promise.is_reliable()) continue;
    for (const Ledger& life : stream.lives) missing += life.missing();
  }
  return missing;
}

std::size_t SctpStreams::missing_of_limited() const {
  std::size_t missing = 0;
  for (const Stream& stream : streams_) {
    if (stream.promise.is_reliable()) continue;
    for (const Ledger& life : stream.lives) missing += life.missing();
  }
  return missing;
}

std::size_t SctpStreams::waiting_bytes() const {
  std::size_t bytes = 0;
  for (const Waiting& message : waiting_) bytes += message.size;
  return bytes;
}

std::size_t SctpStreams::resets_under_way() const {
  std::size_t count = 0;
  for (const Stream& stream : streams_) count += stream.lives.size() - 1 - stream.reset_at_sender;
  return count;
}

std::string SctpStreams::unfinished(const sctp::Association& association) const {
  const std::string_view name = sender_ == Side::A ? "a" : "b";
  if (!waiting_.empty())
    return fmt::format("{} still has {} messages to send", name, waiting_.size());
  if (const std::size_t count = missing(); count > 0)
    return fmt::format("{} of {}'s messages have not come", count, name);
  for (std::size_t number = 0; number < streams_.size(); ++number) {
    const Stream& stream = streams_[number];
    const std::size_t resets = stream.lives.size() - 1;
    if (stream.reset_at_sender != resets || stream.reset_at_receiver != resets)
      return fmt::format("{}'s stream {} was reset {} times, {} of them done and {} heard of", name,
                         number, resets, stream.reset_at_sender, stream.reset_at_receiver);
    if (const std::size_t buffered = association.buffered_amount(id_of(number)); buffered > 0)
      return fmt::format("{}'s stream {} has {} bytes buffered", name, number, buffered);
    if (stream.times_low != stream.times_filled)
      return fmt::format("{}'s stream {} was filled {} times, and low {} times", name, number,
                         stream.times_filled, stream.times_low);
  }
  return {};
}

}  // namespace specter::world
