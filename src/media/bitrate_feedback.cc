#include "media/bitrate_feedback.h"

#include <algorithm>

#include "base/sequence.h"

namespace specter::media {

void FeedbackSum::add_arrival(Duration at, std::uint32_t bytes) {
  first_ = out_.received == 0 ? at : std::min(first_, at);
  last_ = out_.received == 0 ? at : std::max(last_, at);
  ++out_.received;
  out_.received_bytes += bytes;
}

std::optional<core::BitrateFeedback> FeedbackSum::finish() const {
  if (out_.packets == 0) return std::nullopt;
  core::BitrateFeedback out = out_;
  out.received_within = last_ - first_;
  return out;
}

std::optional<core::BitrateFeedback> read_feedback(const rtcp::TransportFeedback& message,
                                                   const SentSizes& sent) {
  FeedbackSum sum;
  const std::int64_t first = unwrap(message.first_sequence, sent.end() - 1);
  const std::int64_t end = std::min(first + message.count, sent.end());
  for (std::int64_t number = std::max(first, sent.begin()); number < end; ++number)
    if (sent.find(number)) sum.add_sent();
  Duration at{};  // since the reference time
  for (const auto& arrival : message.arrivals) {
    at += arrival.delta * rtcp::TransportFeedback::kTick;
    const std::int64_t number =
        first + static_cast<std::uint16_t>(arrival.sequence - message.first_sequence);
    if (const auto bytes = sent.find(number)) sum.add_arrival(at, *bytes);
  }
  return sum.finish();
}

void add_stream(FeedbackSum& sum, const rtcp::CongestionFeedback::Stream& stream,
                const SourceSizes& source) {
  if (!source.sizes) return;
  std::int64_t number = unwrap(stream.first_sequence, source.last);
  for (const auto& packet : stream.packets) {
    if (const auto bytes = source.sizes->find(number++)) {
      sum.add_sent();
      // A packet without a time has come all the same: with the report.
      if (packet.is_received) sum.add_arrival(-packet.age().value_or(Duration::zero()), *bytes);
    }
  }
}

}  // namespace specter::media
