#include "media/rtp_clock.h"

#include <algorithm>

#include "base/check.h"
#include "base/sequence.h"

namespace specter::media {
namespace {

// Rounded down, for times before the anchor too. Hours of 90 kHz in ns are more than 64 bits.
std::int64_t ticks_of(Duration time, std::uint32_t clock_rate) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::int64_t seconds = time.count() / kSecond - (time.count() % kSecond < 0 ? 1 : 0);
  const std::int64_t rest = time.count() - seconds * kSecond;
  return seconds * clock_rate + rest * clock_rate / kSecond;
}

}  // namespace

std::int64_t RtpClock::ticks_at(Timestamp time) const {
  return anchor_ticks_ + ticks_of(time - anchor_, clock_rate_);
}

std::optional<std::uint32_t> RtpClock::at(Timestamp time) const {
  if (clock_rate_ == 0) return std::nullopt;
  return static_cast<std::uint32_t>(ticks_at(time));
}

// RFC 7160 §4.2 has one source with several clock rates: the line bends and doesn't break.
// RFC 7160 §4.1, not done: with RTCP each rate has a source of its own, and descriptions would have
// to name one for each codec.
void RtpClock::turn(Timestamp at, std::uint32_t clock_rate) {
  SPECTER_CHECK(clock_rate > 0);
  if (clock_rate == clock_rate_) return;
  if (clock_rate_ != 0) anchor_ticks_ = ticks_at(at);
  anchor_ = at;
  clock_rate_ = clock_rate;
}

std::uint32_t RtpClock::stamp(Timestamp now, const Capture& capture) {
  Timestamp at = capture.at.value_or(now);
  if (!capture.at && next_ && now < *next_ + kSlack) at = *next_;
  const bool is_first = clock_rate_ == 0;
  turn(at, capture.clock_rate);
  last_ = is_first ? last_ : std::max(ticks_at(at), last_ + 1);
  next_.reset();
  if (capture.duration > Duration::zero()) next_ = at + capture.duration;
  return static_cast<std::uint32_t>(last_);
}

void RtpClock::follow(Timestamp now, std::uint32_t timestamp, std::uint32_t clock_rate) {
  const bool is_first = clock_rate_ == 0;
  turn(now, clock_rate);
  const std::int64_t ticks = is_first ? timestamp : unwrap(timestamp, last_);
  if (ticks == last_ && !is_first) return;  // another packet of the same frame
  // The packets' ways to us differ: the line takes a sixteenth of each difference.
  const std::int64_t off = ticks - ticks_at(now);
  const bool is_jump = off > ticks_of(kJump, clock_rate) || -off > ticks_of(kJump, clock_rate);
  anchor_ticks_ = is_first || is_jump ? ticks : ticks_at(now) + off / 16;
  anchor_ = now;
  last_ = is_first || is_jump ? ticks : std::max(last_, ticks);
  next_.reset();
}

}  // namespace specter::media
