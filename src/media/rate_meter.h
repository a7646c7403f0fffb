// How many bytes there were in the last second.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "specter/time.h"

namespace specter::media {

class RateMeter {
 public:
  static constexpr Duration kWindow = std::chrono::seconds(1);
  static constexpr std::int64_t kSlots = 10;
  // A rate is said of no shorter time.
  static constexpr Duration kMinTime = std::chrono::milliseconds(200);

  void add(Timestamp now, std::size_t bytes) {
    if (this->bytes(now) == 0) started_ = now;
    const std::int64_t slot = slot_of(now);
    // What lies a window back or more is another turn's.
    for (std::int64_t i = std::max(last_ + 1, slot - kSlots + 1); i <= slot; ++i) at(i) = 0;
    last_ = std::max(last_, slot);
    at(slot) += bytes;
  }

  // In the slot of now and the nine before it.
  std::uint64_t bytes(Timestamp now) const {
    const std::int64_t slot = slot_of(now);
    std::uint64_t sum = 0;
    for (std::int64_t i = slot - kSlots + 1; i <= std::min(slot, last_); ++i)
      if (i > last_ - kSlots) sum += slots_[index(i)];
    return sum;
  }

  // Bytes a second, since the last pause of a window where that is less than a window ago.
  double rate(Timestamp now) const {
    const Duration time = std::clamp(now - started_, kMinTime, kWindow);
    return static_cast<double>(bytes(now)) / std::chrono::duration<double>(time).count();
  }

 private:
  static std::int64_t slot_of(Timestamp time) {
    return time.time_since_epoch() / (kWindow / kSlots);
  }
  static std::size_t index(std::int64_t slot) {
    return static_cast<std::size_t>((slot % kSlots + kSlots) % kSlots);
  }
  std::uint64_t& at(std::int64_t slot) { return slots_[index(slot)]; }

  std::array<std::uint64_t, kSlots> slots_{};
  std::int64_t last_ = INT64_MIN / 2;
  Timestamp started_{};
};

}  // namespace specter::media
