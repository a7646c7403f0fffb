// How far a file is, on one line of a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

class Progress {
 public:
  explicit Progress(std::uint64_t total_bytes);

  // Draws the bar anew, ten times a second at most; nothing where stdout is no terminal.
  void show(std::uint64_t bytes);
  // Ends the line, and says what it came to: bytes, seconds, and bytes a second.
  void end(std::string_view what, std::uint64_t bytes);

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const;

  const std::uint64_t total_bytes_;
  const bool is_terminal_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
};
