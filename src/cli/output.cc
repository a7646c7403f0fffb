#include "cli/output.h"

#include <cerrno>

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
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever started us may have made the descriptor non-blocking.
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      broken_ = true;
    }
  }
  waiting_.clear();
}

}  // namespace specter::cli
