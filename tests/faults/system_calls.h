// The system calls of this program, which fail on demand: the functions of libc stand here under
// their own names, before libc's, so that the library's code, Asio's and libstdc++'s come through
// them as they are. What getifaddrs() does inside libc (a netlink socket) is its own: it fails as a
// whole. timerfd_settime(), and epoll_ctl() of what is watched already, have no error that a caller
// can't rule out.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace specter::testing {

enum class Call {
  Socket,
  Bind,
  SetSockOpt,
  GetSockName,
  SendMsg,
  SendMmsg,
  RecvMsg,
  RecvMmsg,
  EpollCreate,
  EpollCtlAdd,
  EpollWait,
  TimerfdCreate,
  EventFd,
  GetIfAddrs,
  Ioctl,
  Open,
  PthreadCreate,
  GetRandom,
  GetAddrInfo,
  Other,  // can't fail
};
inline constexpr std::size_t kCalls = 19;

std::string_view name_of(Call call);
// All that its manual page lists and a caller can't rule out.
std::span<const int> errors_of(Call call);

struct Fault {
  Call call{};
  std::size_t at = 0;     // the how manieth of these calls fails, from 1
  int error = 0;          // errno; of getaddrinfo() an EAI_…
  bool for_good = false;  // and all after it
};

// Counts calls, and lets some fail, while it lives. One at a time. `besides` is what the machine is
// like anyway: one without recvmmsg(), say.
class Armed {
 public:
  explicit Armed(const Fault& fault = {}, const Fault& besides = {});
  ~Armed();
  Armed(const Armed&) = delete;

  static std::size_t count(Call call);  // since it was made
};

}  // namespace specter::testing
