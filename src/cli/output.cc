#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <unistd.h>

namespace specter::cli {

void Output::line(std::string_view text) {
  waiting_ += text;
  waiting_ += '\n';
  if (waiting_.size() >= kFlushBytes) flush();
}

void Output::flush() {
  std::string_view rest = waiting_;
  while (!rest.empty() && !broken_) {
    // What a pipe that is writable takes without making us wait.
    const std::size_t size = stopping_ ? std::min<std::size_t>(rest.size(), PIPE_BUF) : rest.size();
    const ssize_t written = ::write(fd_, rest.data(), size);
    // EAGAIN: whoever started us may have made the descriptor non-blocking.
    const bool is_short = written >= 0 ? static_cast<std::size_t>(written) < rest.size()
                                       : errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (!is_short)
      broken_ = true;
    if (is_short) wait();
  }
  waiting_.clear();
}

void Output::wait() {
  std::array<pollfd, 2> watched{pollfd{.fd = fd_, .events = POLLOUT, .revents = 0},
                                pollfd{.fd = stop_, .events = POLLIN, .revents = 0}};
  while (::poll(watched.data(), watched.size(), -1) < 0 && errno == EINTR) {
  }
  stopping_ = watched[1].revents != 0;
  if (stopping_ && watched[0].revents == 0) broken_ = true;
}

}  // namespace specter::cli
