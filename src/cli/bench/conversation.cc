#include "cli/bench/conversation.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace specter::cli::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kLongestPoll = milliseconds(60'000);

int make_bell() {
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}

}  // namespace

Conversation::Conversation(int in, int out)
    : in_(in), out_(out), bell_(make_bell()), output_(out) {}

Conversation::~Conversation() {
  ::close(in_);
  ::close(out_);
  ::close(bell_);
}

void Conversation::send(const Json& line) {
  const std::scoped_lock lock(sending_);
  output_.line(to_line(line));
  output_.flush();
}

void Conversation::post(Json line) {
  {
    const std::scoped_lock lock(posting_);
    posted_.push_back(std::move(line));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t rung = ::write(bell_, &one, sizeof one);
}

std::optional<Json> Conversation::take_posted() {
  const std::scoped_lock lock(posting_);
  if (posted_.empty()) return std::nullopt;
  Json line = std::move(posted_.front());
  posted_.pop_front();
  return line;
}

Result<Json> Conversation::receive(Duration timeout) {
  const auto end = Clock::now() + timeout;
  while (true) {
    if (auto line = take_posted()) return *std::move(line);
    if (auto line = lines_.next()) return parse_object(line->text);
    // Rounded up: rounded down, it would spin for the last millisecond.
    const auto left = std::chrono::ceil<milliseconds>(end - Clock::now());
    if (left.count() <= 0) return fail(ErrorCode::Timeout, "nothing came in time");
    std::array<pollfd, 2> watched{pollfd{.fd = bell_, .events = POLLIN, .revents = 0},
                                  pollfd{.fd = in_, .events = POLLIN, .revents = 0}};
    ::poll(watched.data(), watched.size(), static_cast<int>(std::min(left, kLongestPoll).count()));
    if (watched[0].revents != 0) {
      std::uint64_t rings = 0;
      [[maybe_unused]] const ssize_t count = ::read(bell_, &rings, sizeof rings);
    }
    if (watched[1].revents != 0 && !read()) {
      return fail(ErrorCode::Closed, "the other side of the bench has gone");
    }
  }
}

bool Conversation::read() {
  std::array<char, 64 * 1024> bytes;
  const ssize_t count = ::read(in_, bytes.data(), bytes.size());
  if (count > 0) lines_.add({bytes.data(), static_cast<std::size_t>(count)});
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

}  // namespace specter::cli::bench
