// When frames were captured, by the sender's clock: RTP timestamps to NTP time.
#pragma once

#include <cstdint>
#include <optional>

#include "rtcp/ntp.h"
#include "rtp/extensions/absolute_capture_time.h"

#include "specter/time.h"

namespace specter::media {

// A sender report says the NTP time of one RTP timestamp (RFC 3550 §6.4.1). Abs-capture-time says
// that of one frame, and is believed before: a forwarder passes it on, while its reports are its
// own. Both are carried on by the RTP clock.
class CaptureClock {
 public:
  // An abs-capture-time is carried on so far; then sender reports are used again.
  static constexpr Duration kCaptureTimeLife = std::chrono::seconds(10);

  explicit CaptureClock(std::uint32_t clock_rate) : clock_rate_(clock_rate) {}

  void handle_report(rtcp::NtpTime ntp, std::uint32_t rtp_timestamp);
  void handle_capture_time(const rtp::AbsoluteCaptureTime& time, std::uint32_t rtp_timestamp);

  // From the packet of this timestamp on the RTP clock has another rate: its line bends there, as
  // RFC 7160 §4.2 has senders do it.
  void turn(std::uint32_t clock_rate, std::uint32_t rtp_timestamp);

  // Since 1900. Nothing: neither has come.
  std::optional<Duration> at(std::uint32_t rtp_timestamp) const;

 private:
  struct Anchor {
    Duration time{};  // since 1900
    std::uint32_t rtp_timestamp = 0;
    Duration carried{};  // already, at other rates
  };

  Duration since(const Anchor& anchor, std::uint32_t rtp_timestamp) const;
  void move(std::optional<Anchor>& anchor, std::uint32_t rtp_timestamp) const;

  std::uint32_t clock_rate_;
  std::optional<Anchor> report_;
  std::optional<Anchor> capture_;
};

// Since 1900.
Duration since_1900(rtcp::NtpTime ntp);

}  // namespace specter::media
