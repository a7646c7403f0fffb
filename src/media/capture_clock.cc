#include "media/capture_clock.h"

namespace specter::media {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

Duration since_1900(rtcp::NtpTime ntp) {
  const auto seconds = static_cast<std::int64_t>(ntp.value >> 32);
  const auto fraction = static_cast<std::int64_t>(ntp.value & 0xffff'ffff);
  return Duration(seconds * kNanosecondsPerSecond + (fraction * kNanosecondsPerSecond >> 32));
}

void CaptureClock::handle_report(rtcp::NtpTime ntp, std::uint32_t rtp_timestamp) {
  report_ = Anchor{since_1900(ntp), rtp_timestamp, {}};
}

// The offset is the capturing clock's minus the sender's: without it the time is the sender's.
void CaptureClock::handle_capture_time(const rtp::AbsoluteCaptureTime& time,
                                       std::uint32_t rtp_timestamp) {
  const std::uint64_t ntp = time.ntp - static_cast<std::uint64_t>(time.clock_offset.value_or(0));
  capture_ = Anchor{since_1900({ntp}), rtp_timestamp, {}};
}

Duration CaptureClock::since(const Anchor& anchor, std::uint32_t rtp_timestamp) const {
  const auto ticks = static_cast<std::int32_t>(rtp_timestamp - anchor.rtp_timestamp);
  return Duration(std::int64_t{ticks} * kNanosecondsPerSecond / clock_rate_);
}

void CaptureClock::move(std::optional<Anchor>& anchor, std::uint32_t rtp_timestamp) const {
  if (!anchor) return;
  const Duration distance = since(*anchor, rtp_timestamp);
  anchor = Anchor{anchor->time + distance, rtp_timestamp, anchor->carried + distance};
}

void CaptureClock::turn(std::uint32_t clock_rate, std::uint32_t rtp_timestamp) {
  if (clock_rate == clock_rate_) return;
  move(report_, rtp_timestamp);
  move(capture_, rtp_timestamp);
  clock_rate_ = clock_rate;
}

std::optional<Duration> CaptureClock::at(std::uint32_t rtp_timestamp) const {
  if (capture_) {
    const Duration distance = since(*capture_, rtp_timestamp);
    const Duration carried = capture_->carried + distance;
    if (!report_ || (carried <= kCaptureTimeLife && carried >= -kCaptureTimeLife))
      return capture_->time + distance;
  }
  if (!report_) return std::nullopt;
  return report_->time + since(*report_, rtp_timestamp);
}

}  // namespace specter::media
