// A source's RTP timestamps and the time of capture that they stand for, RFC 3550 §5.1, §6.4.1.
//
// Both lie on one line: a timestamp is where the line stands at a frame's capture, and a sender
// report has where it stands now. So a report fits the frames, however long these took to encode or
// to wait for their turn.
#pragma once

#include <cstdint>
#include <optional>

#include "specter/time.h"

namespace specter::media {

// When a sample was taken, as far as its writer says.
struct Capture {
  std::optional<Timestamp> at{};  // nothing: now, or where the sample before ended
  Duration duration{};            // zero: not known
  std::uint32_t clock_rate = 0;   // Hz
};

class RtpClock {
 public:
  // Samples without a time follow each other by their durations, so that a writer's late timers
  // don't show, until it is later than this: then the stream has paused.
  static constexpr Duration kSlack = std::chrono::milliseconds(200);
  // Timestamps of the application's that are further off than this begin a new line.
  static constexpr Duration kJump = std::chrono::seconds(1);

  explicit RtpClock(std::uint32_t first) : last_(first), anchor_ticks_(first) {}

  // The timestamp of a sample: later than all before. Its first one is `first`. Another clock rate
  // goes on where the line stands.
  std::uint32_t stamp(Timestamp now, const Capture& capture);
  // A packet has the application's own timestamp and was taken now, about: the line follows it.
  void follow(Timestamp now, std::uint32_t timestamp, std::uint32_t clock_rate);

  // Where the line stands; nothing: there was no sample.
  std::optional<std::uint32_t> at(Timestamp time) const;

 private:
  std::int64_t ticks_at(Timestamp time) const;
  void turn(Timestamp at, std::uint32_t clock_rate);

  std::int64_t last_;  // timestamps, unwrapped
  std::int64_t anchor_ticks_;
  Timestamp anchor_{};
  std::uint32_t clock_rate_ = 0;  // 0: nothing was stamped
  Deadline next_{};               // where the last sample ended
};

}  // namespace specter::media
