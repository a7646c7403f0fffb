// Lines to a descriptor that somebody reads, or no longer does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace specter::cli {

// Gathers lines and writes them together. Waits for a slow reader; a reader that is gone makes it
// broken(), and what is written from then on is dropped. So does one that is too slow for a program
// that is told to stop.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Once this descriptor is readable, a reader that has to be waited for counts as gone.
  void stop_waiting_at(int descriptor) { stop_ = descriptor; }

  void line(std::string_view text);  // without its line end
  void flush();

  bool broken() const { return broken_; }

 private:
  static constexpr std::size_t kFlushBytes = 64 * 1024;

  void wait();

  const int fd_;
  int stop_ = -1;
  bool stopping_ = false;
  std::string waiting_;
  bool broken_ = false;
};

}  // namespace specter::cli
