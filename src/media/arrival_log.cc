#include "media/arrival_log.h"

#include <algorithm>

#include "base/sequence.h"

namespace specter::media {
namespace {

constexpr std::int64_t kTurn = 1 << 16;

}  // namespace

void ArrivalLog::handle_packet(Timestamp at, std::uint16_t number, std::size_t bytes) {
  if (!next_) {
    // What came before the first packet is nobody's loss.
    highest_ = number + kTurn;
    next_ = highest_;
    since_ = at;
  }
  const std::int64_t sequence = unwrap(number, highest_);
  if (sequence > highest_ - kMaxBehind) {
    behind_ = 0;
  } else if (++behind_ < kMostBehind) {
    return;
  } else {
    // Another peer's count, or the same one's after an outage.
    forget_all();
    return handle_packet(at, number, bytes);
  }
  const auto place =
      std::ranges::lower_bound(arrivals_, sequence, {}, &rtcp::TransportArrival::sequence);
  if (place != arrivals_.end() && place->sequence == sequence) return;
  arrivals_.insert(place, {sequence, at});
  highest_ = std::max(highest_, sequence);
  next_ = std::min(*next_, sequence);
  bytes_ += bytes;
  if (arrivals_.size() > kMaxArrivals) {
    arrivals_.erase(arrivals_.begin());
    next_ = std::max(*next_, arrivals_.front().sequence);
  }
  if (!due_) due_ = at + interval_;
  if (arrivals_.size() == kMaxArrivals) due_ = std::min(*due_, at);
}

void ArrivalLog::forget_all() {
  arrivals_.clear();
  next_.reset();
  due_.reset();
  behind_ = 0;
}

void ArrivalLog::ask(Timestamp now) {
  if (due_) due_ = std::min(*due_, now);
}

void ArrivalLog::write(Timestamp now, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                       std::vector<rtcp::Message>& out) {
  if (!due_ || now < *due_) return;
  due_.reset();
  const auto first =
      std::ranges::lower_bound(arrivals_, *next_, {}, &rtcp::TransportArrival::sequence);
  auto rest = std::span<const rtcp::TransportArrival>(first, arrivals_.end());
  while (!rest.empty()) {
    rtcp::TransportFeedback feedback;
    const std::size_t told =
        rtcp::fill(feedback, rest, {.first_sequence = *next_, .max_bytes = kMaxReportBytes});
    feedback.sender_ssrc = sender_ssrc;
    feedback.media_ssrc = media_ssrc;
    feedback.feedback_count = feedback_count_++;
    next_ = rest[told - 1].sequence + 1;
    rest = rest.subspan(told);
    out.emplace_back(std::move(feedback));
  }
  adapt(now);
  forget(now);
}

void ArrivalLog::adapt(Timestamp now) {
  const Duration span = now - since_;
  if (bytes_ > 0 && span > Duration::zero()) {
    // Feedback of one usual size each interval is a twentieth of what comes in that time.
    const Duration wanted = span * static_cast<std::int64_t>(20 * kUsualReportBytes) /
                            static_cast<std::int64_t>(bytes_);
    interval_ = std::clamp(wanted, kMinInterval, kMaxInterval);
  }
  bytes_ = 0;
  since_ = now;
}

void ArrivalLog::forget(Timestamp now) {
  const auto kept = std::ranges::find_if(
      arrivals_, [&](const auto& arrival) { return arrival.at + kMemory > now; });
  arrivals_.erase(arrivals_.begin(), kept);
}

}  // namespace specter::media
