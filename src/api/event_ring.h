// How many events of one kind wait in a mailbox, for events that never wait: past a limit the
// oldest are dropped. Guarded by the mailbox's mutex.
#pragma once

#include <cstddef>
#include <cstdint>

namespace specter::api {

struct EventRing {
  // The limits of one part of a mailbox. It has two: what no receiver has seen yet, and what was
  // seen and left. Past a limit, the oldest are dropped until half of it is free.
  struct Limits {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };
  static constexpr Limits kMedia{.count = 128, .bytes = 4 << 20};   // frames or packets of a track
  static constexpr Limits kStates{.count = 64, .bytes = 64 << 10};  // muted, unmuted, … of a track
  static constexpr Limits kFeedback{.count = 64, .bytes = 64 << 10};

  struct Part {
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  explicit EventRing(Limits most) : limits(most) {}

  bool is_over(const Part& part) const {
    return part.count > limits.count || part.bytes > limits.bytes;
  }
  bool is_over_half(const Part& part) const {
    return part.count > limits.count / 2 || part.bytes > limits.bytes / 2;
  }

  const Limits limits;
  Part incoming{}, kept{};
  std::uint64_t dropped = 0;  // frames, packets or events, since the start
  // While its oldest are dropped: how far.
  enum class Dropping { No, ToHalf, ToOne } dropping = Dropping::No;
};

}  // namespace specter::api
