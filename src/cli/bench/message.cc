#include "cli/bench/message.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

#include "simulation/random.h"

namespace specter::cli::bench {
namespace {

constexpr std::size_t kSequenceBytes = 8;
constexpr std::size_t kHeadBytes = 16;  // with the hash

constexpr std::size_t kPoolBytes = 512 * 1024;  // small enough for a cache of the second level
constexpr std::size_t kFewestPayloads = 4, kMostPayloads = 64;

constexpr std::size_t kNumberBytes = 6;  // of the sequence, which the channel's two follow
constexpr int kChannelShift = 8 * kNumberBytes;
constexpr std::uint64_t kNumberMask = (std::uint64_t{1} << kChannelShift) - 1;

std::uint64_t sequence_of(ChannelIndex channel, std::uint64_t number) {
  return (std::uint64_t{channel} << kChannelShift) | (number & kNumberMask);
}

// On a machine that puts the lowest byte first, as all that Specter runs on do.
static_assert(std::endian::native == std::endian::little);

std::uint64_t load(const std::uint8_t* from, std::size_t bytes = kSequenceBytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  return value;
}

std::uint64_t hash_of(Bytes rest) { return XXH3_64bits(rest.data(), rest.size()); }

// The number nearest to `due` whose lower bits are these.
std::uint64_t unwrap(std::uint64_t low, std::size_t bits, std::uint64_t due) {
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  const std::uint64_t forward = (low - due) & mask;
  return forward <= mask / 2 ? due + forward : due - ((due - low) & mask);
}

}  // namespace

MessagePool::MessagePool(std::size_t message_bytes)
    : message_bytes_(message_bytes),
      payloads_(std::clamp(kPoolBytes / message_bytes, kFewestPayloads, kMostPayloads)) {
  simulation::SeededRandom random(0);  // the same at both ends
  for (Payload& payload : payloads_) {
    payload.bytes.resize(message_bytes);
    random.fill(payload.bytes);
    if (message_bytes >= kHeadBytes)
      payload.hash = hash_of(Bytes(payload.bytes).subspan(kHeadBytes));
  }
}

Bytes MessagePool::message(ChannelIndex channel, std::uint64_t number) {
  Payload& payload = payloads_[number % payloads_.size()];
  const std::uint64_t sequence = sequence_of(channel, number);
  std::memcpy(payload.bytes.data(), &sequence, std::min(kSequenceBytes, message_bytes_));
  if (message_bytes_ >= kHeadBytes) {
    const std::uint64_t hash = payload.hash ^ sequence;
    std::memcpy(payload.bytes.data() + kSequenceBytes, &hash, sizeof hash);
  }
  return payload.bytes;
}

Result<std::uint64_t> MessagePool::number_of(ChannelIndex channel, Bytes message,
                                             std::uint64_t due) const {
  if (message.size() != message_bytes_) {
    return fail(ErrorCode::Internal, fmt::format("channel {}: a message has {} bytes; {} were sent",
                                                 channel, message.size(), message_bytes_));
  }
  // Cut or not, the bytes must be those of one sequence of this channel.
  const std::size_t shown = std::min(kSequenceBytes, message_bytes_);
  const std::size_t number_bytes = std::min(kNumberBytes, message_bytes_);
  const std::uint64_t number = unwrap(load(message.data(), number_bytes), 8 * number_bytes, due);
  const std::uint64_t sequence = sequence_of(channel, number);
  bool sound = std::memcmp(message.data(), &sequence, shown) == 0;
  if (message_bytes_ >= kHeadBytes) {
    const std::uint64_t hash = hash_of(message.subspan(kHeadBytes)) ^ sequence;
    sound = sound && load(message.data() + kSequenceBytes) == hash;
  } else {
    const Bytes made = payloads_[number % payloads_.size()].bytes;
    sound = sound && std::ranges::equal(message.subspan(shown), made.subspan(shown));
  }
  if (!sound) {
    return fail(ErrorCode::Internal,
                fmt::format("channel {}: what came where message {} was due is damaged, or another "
                            "channel's",
                            channel, due));
  }
  return number;
}

Error MessageCheck::error(std::uint64_t number, std::string_view what) const {
  return {.code = ErrorCode::Internal,
          .message = fmt::format("channel {}: message {} {}", channel_, number, what),
          .sdp_line = std::nullopt};
}

Result<> MessageCheck::take(const MessagePool& pool, Bytes message) {
  const auto number = pool.number_of(channel_, message, due_);
  if (!number) return fail(number.error());
  if (*number == due_) {
    ++due_;
    while (!ahead_.empty() && ahead_.erase(due_) > 0) ++due_;
    return {};
  }
  if (*number < due_ || ahead_.contains(*number)) {
    return fail(error(*number, "came twice"));
  }
  if (order_ == Order::Kept) {
    return fail(error(*number, fmt::format("came where {} was due: lost, or out of order", due_)));
  }
  if (ahead_.size() >= kMaxAhead) return fail(error(due_, "is lost"));
  ahead_.insert(*number);
  return {};
}

Result<> MessageCheck::end(std::uint64_t sent) const {
  if (due_ == sent && ahead_.empty()) return {};
  if (due_ >= sent) {
    return fail(ErrorCode::Internal, fmt::format("channel {}: {} messages came and {} were sent",
                                                 channel_, received(), sent));
  }
  return fail(error(due_, fmt::format("of {} never came", sent)));
}

}  // namespace specter::cli::bench
