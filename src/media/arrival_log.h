// When the packets of a transport came, for transport-wide feedback:
// draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtcp/compound.h"
#include "rtcp/transport_feedback.h"

#include "specter/time.h"

namespace specter::media {

// Feedback tells of each number once, but for one that came after a higher number was told: then
// those behind it are told again, so that nobody takes them for lost.
class ArrivalLog {
 public:
  // Between a packet and the feedback that tells of it: kFirstInterval, and from the second
  // feedback on what keeps feedback near 5 % of what is received, within bounds.
  static constexpr Duration kFirstInterval = std::chrono::milliseconds(100);
  static constexpr Duration kMinInterval = std::chrono::milliseconds(50);
  static constexpr Duration kMaxInterval = std::chrono::milliseconds(250);
  static constexpr std::size_t kUsualReportBytes = 68;
  // So long arrivals are kept that were told.
  static constexpr Duration kMemory = std::chrono::milliseconds(500);
  // Arrivals that are kept; with more of them feedback is due, and the oldest are forgotten.
  static constexpr std::size_t kMaxArrivals = 8192;
  static constexpr std::size_t kMaxReportBytes = 1000;
  // A number further behind the highest one is ignored, but so many in a row are a new count.
  static constexpr std::int64_t kMaxBehind = 8192;
  static constexpr int kMostBehind = 16;

  void handle_packet(Timestamp at, std::uint16_t number, std::size_t bytes);
  // The sender asks for feedback at once (TransportSequence2).
  void ask(Timestamp now);

  // Appends feedback where it is due, in as many messages as it needs.
  void write(Timestamp now, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
             std::vector<rtcp::Message>& out);
  Deadline next_timeout() const { return due_; }

  // Another peer counts from where it likes.
  void forget_all();

  std::size_t size() const { return arrivals_.size(); }

 private:
  void forget(Timestamp now);
  void adapt(Timestamp now);

  // In the order of their numbers. Those from `next_` on were not told.
  std::vector<rtcp::TransportArrival> arrivals_;
  std::optional<std::int64_t> next_;  // where the next feedback begins
  std::int64_t highest_ = 0;
  int behind_ = 0;  // in a row
  Deadline due_;
  Duration interval_ = kFirstInterval;
  std::size_t bytes_ = 0;  // received since `since_`
  Timestamp since_{};
  std::uint8_t feedback_count_ = 0;
};

}  // namespace specter::media
