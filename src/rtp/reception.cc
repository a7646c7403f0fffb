#include "rtp/reception.h"

#include <algorithm>

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::int64_t kTurn = 1 << 16;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

// ---- Jitter

Jitter::Jitter(std::uint32_t clock_rate) : clock_rate_(clock_rate), next_clock_rate_(clock_rate) {
  SPECTER_CHECK(clock_rate > 0);
}

void Jitter::set_clock_rate(std::uint32_t clock_rate) {
  SPECTER_CHECK(clock_rate > 0);
  next_clock_rate_ = clock_rate;
}

// The time in units of the RTP timestamp; it wraps as the timestamp does.
std::uint32_t Jitter::arrival(Timestamp now) const {
  const std::int64_t nanoseconds = now.time_since_epoch().count();
  const std::int64_t seconds = nanoseconds / kNanosecondsPerSecond;
  const std::int64_t rest = nanoseconds % kNanosecondsPerSecond;
  const auto units = static_cast<std::uint64_t>(rest * clock_rate_ / kNanosecondsPerSecond);
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(seconds) * clock_rate_ + units);
}

void Jitter::handle_packet(Timestamp now, std::uint32_t timestamp) {
  if (is_started_ && timestamp == last_timestamp_) return;
  const std::uint32_t transit = arrival(now) - timestamp;
  const auto difference =
      static_cast<std::int32_t>(transit - last_transit_);  // modulo 2^32, as A.8 has it
  const std::int64_t size = difference < 0 ? -std::int64_t{difference} : difference;
  const std::int64_t most = kMaxDifference / std::chrono::seconds(1) * std::int64_t{clock_rate_};
  if (is_started_ && size <= most) {
    // A.8's integer form: the new difference counts one sixteenth, rounded.
    scaled_ += size - ((scaled_ + 8) >> 4);
  }
  is_started_ = true;
  last_timestamp_ = timestamp;
  last_transit_ = transit;
  if (next_clock_rate_ == clock_rate_) return;
  scaled_ = scaled_ * next_clock_rate_ / clock_rate_;
  clock_rate_ = next_clock_rate_;
  last_transit_ = arrival(now) - timestamp;
}

// ---- Reception

Reception::Reception(std::uint32_t clock_rate, Timestamp now, const Header& first)
    : jitter_(clock_rate) {
  restart(first.sequence);
  jitter_.handle_packet(now, first.timestamp);
}

void Reception::restart(std::uint16_t sequence) {
  base_ = highest_ = sequence + kTurn;
  received_ = 1;
  expected_before_ = 0;
  received_before_ = 0;
  after_refused_.reset();
}

Reception::Verdict Reception::handle_packet(Timestamp now, const Header& header) {
  const std::int64_t sequence = unwrap(header.sequence, highest_);
  if (sequence >= highest_ + kMaxDropout || sequence <= highest_ - kMaxMisorder) {
    if (after_refused_ != header.sequence) {
      after_refused_ = static_cast<std::uint16_t>(header.sequence + 1);
      return Verdict::Refused;
    }
    restart(header.sequence);
    jitter_.handle_packet(now, header.timestamp);
    return Verdict::Restarted;
  }
  ++received_;
  if (sequence > highest_) {
    highest_ = sequence;
    jitter_.handle_packet(now, header.timestamp);
  }
  return Verdict::Taken;
}

ReceptionReport Reception::report() {
  const std::int64_t expected_since = expected() - expected_before_;
  const auto received_since = static_cast<std::int64_t>(received_ - received_before_);
  const std::int64_t lost_since = expected_since - received_since;
  expected_before_ = expected();
  received_before_ = received_;

  ReceptionReport report;
  // RFC 3550 A.3: nothing is lost where more came than was expected.
  if (lost_since > 0)
    report.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(lost_since * 256 / expected_since, 255));
  report.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), kMinLost, kMaxLost));
  report.highest_sequence = static_cast<std::uint32_t>(highest_ - kTurn);
  report.jitter = jitter_.value();
  return report;
}

}  // namespace specter::rtp
