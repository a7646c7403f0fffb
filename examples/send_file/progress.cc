#include "progress.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include <unistd.h>

namespace {

constexpr int kBarWidth = 30;
constexpr std::chrono::milliseconds kPause{100};

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

Progress::Progress(std::uint64_t total_bytes)
    : total_bytes_(total_bytes), is_terminal_(::isatty(STDOUT_FILENO) == 1) {}

double Progress::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

void Progress::show(std::uint64_t bytes) {
  if (!is_terminal_ || Clock::now() < next_) return;
  next_ = Clock::now() + kPause;
  const double share =
      total_bytes_ == 0 ? 1 : static_cast<double>(bytes) / static_cast<double>(total_bytes_);
  const auto done = static_cast<std::size_t>(kBarWidth * share);
  const double rate = megabytes(bytes) / std::max(seconds(), 1e-3);
  const double left = rate > 0 ? megabytes(total_bytes_ - bytes) / rate : 0;
  std::printf("\r[%s%s] %3.0f %%  %.1f MB/s  %.0f s left \033[K", std::string(done, '#').c_str(),
              std::string(kBarWidth - done, '-').c_str(), 100 * share, rate, left);
  std::fflush(stdout);
}

void Progress::end(std::string_view what, std::uint64_t bytes) {
  if (is_terminal_) std::printf("\r\033[K");
  const double took = std::max(seconds(), 1e-3);
  std::printf("%.*s: %.1f MB in %.1f s, %.1f MB/s\n", static_cast<int>(what.size()), what.data(),
              megabytes(bytes), took, megabytes(bytes) / took);
  std::fflush(stdout);
}
