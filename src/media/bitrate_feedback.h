// What receivers say of arrivals, as raw numbers: the estimate is somebody else's.
#pragma once

#include <cstdint>
#include <optional>

#include "media/sent_sizes.h"
#include "rtcp/congestion_feedback.h"
#include "rtcp/transport_feedback.h"

#include "specter/core_events.h"

namespace specter::media {

// Of transport-wide feedback. `sent` has the sizes by transport-wide numbers; what it does not know
// is not counted. Nothing: it knows none of them.
std::optional<core::BitrateFeedback> read_feedback(const rtcp::TransportFeedback& message,
                                                   const SentSizes& sent);

// The numbers and sizes of one source.
struct SourceSizes {
  const SentSizes* sizes = nullptr;  // null: no source of ours
  std::int64_t last = 0;             // a number near to those of the feedback
};

// The sum of it, and of when the first and the last came.
class FeedbackSum {
 public:
  void add_sent() { ++out_.packets; }
  void add_arrival(Duration at, std::uint32_t bytes);
  std::optional<core::BitrateFeedback> finish() const;

 private:
  core::BitrateFeedback out_{};
  Duration first_{}, last_{};
};

void add_stream(FeedbackSum& sum, const rtcp::CongestionFeedback::Stream& stream,
                const SourceSizes& source);

// Of RFC 8888's. `find(ssrc)` gives the SourceSizes of a stream.
template <class Find>
std::optional<core::BitrateFeedback> read_feedback(const rtcp::CongestionFeedback& message,
                                                   Find&& find) {
  FeedbackSum sum;
  for (const auto& stream : message.streams) add_stream(sum, stream, find(stream.ssrc));
  return sum.finish();
}

}  // namespace specter::media
