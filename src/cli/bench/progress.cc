#include "cli/bench/progress.h"

#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

namespace specter::cli::bench {

Progress::Progress() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

bool Progress::is_due() const { return is_terminal_ && std::chrono::steady_clock::now() >= next_; }

void Progress::show(std::string_view text) {
  if (!is_due()) return;
  next_ = std::chrono::steady_clock::now() + kPause;
  shown_ = true;
  fmt::print(stderr, "\r\033[K{}", text);
  std::fflush(stderr);
}

void Progress::clear() {
  if (!shown_) return;
  shown_ = false;
  fmt::print(stderr, "\r\033[K");
  std::fflush(stderr);
}

}  // namespace specter::cli::bench
