#include "media/circuit_breaker.h"

#include <algorithm>
#include <cmath>

namespace specter::media {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

void CircuitBreaker::handle_sent(Timestamp now, std::size_t bytes) {
  current_.bytes += bytes;
  ++current_.packets;
  last_sent_ = now;
  if (!sent_since_report_) sent_since_report_ = now;
}

void CircuitBreaker::open(Timestamp now, Cause cause) {
  if (closed_at_ && now - *closed_at_ >= kRecovered) next_rest_ = kFirstRest;
  const Duration rest = next_rest_;
  reset();
  open_until_ = now + rest;
  cause_ = cause;
  next_rest_ = std::min(kLongestRest, 2 * rest);
}

// RFC 8083 §4.2. What was sent shortly before a report may be under way still: the packets of the
// period before count.
bool CircuitBreaker::is_stuck(Timestamp now, const rtcp::ReportBlock& block) {
  if (last_highest_ != block.highest_sequence) {
    last_highest_ = block.highest_sequence;
    stuck_ = 0;
    stood_since_ = now;
  } else if (had_packets_) {
    ++stuck_;
  }
  return stuck_ >= kStuckReports && now - stood_since_ >= kStuckTime;
}

// RFC 8083 §4.3, with the simple equation: X = s / (Tr * sqrt(2 * p / 3)).
bool CircuitBreaker::is_too_fast(Timestamp now, Duration round_trip) const {
  Period sum;
  double lost = 0;
  int reports_of_loss = 0;
  const std::size_t known = std::min(count_, kMaxReports);
  for (std::size_t i = 1; i <= known; ++i) {
    const Period& period = periods_[(count_ - i) % kMaxReports];
    if (now - period.ended >= kInterval) break;
    sum.length += period.length;
    sum.bytes += period.bytes;
    sum.packets += period.packets;
    lost += period.fraction_lost / 256.0 * static_cast<double>(period.packets);
    reports_of_loss += period.fraction_lost > 0 ? 1 : 0;
  }
  if (reports_of_loss < kMinLossReports || sum.packets == 0 || sum.length < kInterval) return false;
  const double packets = static_cast<double>(sum.packets);
  const double size = static_cast<double>(sum.bytes) / packets;
  const double tcp = size / (seconds(round_trip) * std::sqrt(2 * (lost / packets) / 3));
  return static_cast<double>(sum.bytes) / seconds(sum.length) > kTcpTimes * tcp;
}

void CircuitBreaker::handle_report(Timestamp now, const rtcp::ReportBlock& block,
                                   std::optional<Duration> round_trip) {
  if (is_open()) return;
  if (last_report_) {
    current_.ended = now;
    current_.length = now - *last_report_;
    current_.fraction_lost = block.fraction_lost;
    periods_[count_++ % kMaxReports] = current_;
  }
  const bool stuck = is_stuck(now, block);
  had_packets_ = current_.packets > 0;
  current_ = {};
  last_report_ = now;
  sent_since_report_.reset();
  // Without a round trip there is nothing to compare with; one of nothing makes any rate fair.
  const bool is_fast =
      round_trip && *round_trip > Duration::zero() && is_too_fast(now, *round_trip);
  if (stuck || is_fast) open(now, stuck ? Cause::Silence : Cause::Congestion);
}

void CircuitBreaker::handle_path_answers() {
  if (is_open() && cause_ == Cause::Silence) reset();
}

Deadline CircuitBreaker::next_timeout() const {
  if (open_until_) return open_until_;
  // Silence of our own is no reason for reports.
  if (!last_report_ || !sent_since_report_) return std::nullopt;
  return *sent_since_report_ + kReportTimeout;
}

void CircuitBreaker::handle_timeout(Timestamp now) {
  const Deadline due = next_timeout();
  if (!due || now < *due) return;
  if (open_until_) {
    open_until_.reset();
    closed_at_ = now;
  } else if (now - *last_sent_ < kReportTimeout / 3) {
    open(now, Cause::Silence);
  } else {
    sent_since_report_.reset();  // a few packets, and all of them may be lost
  }
}

}  // namespace specter::media
