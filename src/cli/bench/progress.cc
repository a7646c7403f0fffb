#include "cli/bench/progress.h"

#include <algorithm>
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

std::string progress_bar(double share) {
  constexpr double kWidth = 30;
  share = std::clamp(share, 0.0, 1.0);
  return fmt::format("[{:-<30}] {:3.0f} %",
                     std::string(static_cast<std::size_t>(kWidth * share), '#'), 100 * share);
}

}  // namespace specter::cli::bench
