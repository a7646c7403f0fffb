#include "system_calls.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <utility>

#include <dlfcn.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

// libc's declarations have attributes (nonnull, …) that a type as a template's argument lacks.
#pragma GCC diagnostic ignored "-Wignored-attributes"

namespace specter::testing {

namespace {

std::atomic<bool> is_armed = false;
Fault armed, armed_besides;
std::array<std::atomic<std::size_t>, kCalls + 1> counts;  // and Other

constexpr std::array kNames = {"socket",         "bind",          "setsockopt", "getsockname",
                               "sendmsg",        "sendmmsg",      "recvmsg",    "recvmmsg",
                               "epoll_create",   "epoll_ctl_add", "epoll_wait", "timerfd_create",
                               "eventfd",        "getifaddrs",    "ioctl",      "open",
                               "pthread_create", "getrandom",     "getaddrinfo"};
static_assert(kNames.size() == kCalls);

int error_of(const Fault& fault, Call call, std::size_t at) {
  if (fault.at == 0 || call != fault.call) return 0;
  return at == fault.at || (fault.for_good && at > fault.at) ? fault.error : 0;
}

// What the next call is to fail with; 0: nothing.
int fault_of(Call call) {
  if (!is_armed.load(std::memory_order_acquire)) return 0;
  const std::size_t at = ++counts[static_cast<std::size_t>(call)];
  const int error = error_of(armed, call, at);
  return error != 0 ? error : error_of(armed_besides, call, at);
}

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

// The result of a call that says -1 and sets errno.
template <class F, class... Args>
auto pass(Call call, std::atomic<F*>& real, const char* name, Args... args)
    -> decltype(std::declval<F*>()(args...)) {
  if (const int error = fault_of(call)) {
    errno = error;
    return -1;
  }
  F* function = real.load(std::memory_order_relaxed);
  if (!function) real = function = next<F>(name);
  return function(args...);
}

}  // namespace

std::string_view name_of(Call call) { return kNames[static_cast<std::size_t>(call)]; }

std::span<const int> errors_of(Call call) {
  static constexpr std::array kSocket = {EMFILE, ENFILE, ENOMEM,       ENOBUFS,
                                         EACCES, EPERM,  EAFNOSUPPORT, EPROTONOSUPPORT};
  static constexpr std::array kBind = {EADDRINUSE, EADDRNOTAVAIL, EACCES, EPERM, EINVAL, ENOMEM};
  static constexpr std::array kOption = {ENOPROTOOPT, EPERM, EINVAL, ENOMEM, EOPNOTSUPP};
  static constexpr std::array kName = {ENOBUFS, EINVAL, ENOTSOCK};
  static constexpr std::array kSend = {
      EAGAIN,       EINTR,    ENOBUFS, ENOMEM, EPERM,  EACCES,     ENETUNREACH, EHOSTUNREACH,
      ECONNREFUSED, EMSGSIZE, EINVAL,  EIO,    ENOSYS, EOPNOTSUPP, ENETDOWN,    EADDRNOTAVAIL};
  // recvmsg(2), recvmmsg(2) and what ICMP leaves with a socket; EPERM: a sandbox that doesn't know
  // it.
  static constexpr std::array kReceive = {
      EAGAIN, EINTR,        ENOBUFS,     ENOMEM,      ECONNREFUSED, ENOSYS,
      EIO,    EHOSTUNREACH, ENETUNREACH, ENOPROTOOPT, EMSGSIZE,     EOPNOTSUPP,
      EPROTO, EACCES,       EPERM,       EINVAL,      ENETDOWN,     EHOSTDOWN};
  static constexpr std::array kCreate = {EMFILE, ENFILE, ENOMEM, ENODEV};
  static constexpr std::array kControl = {ENOMEM, ENOSPC};
  static constexpr std::array kWait = {EINTR};
  static constexpr std::array kAddresses = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES, EINTR};
  static constexpr std::array kIoctl = {ENODEV, EINVAL, EPERM};
  static constexpr std::array kOpen = {EMFILE, ENFILE, ENOMEM, EACCES, ENOENT, ENOSPC, EROFS};
  static constexpr std::array kThread = {EAGAIN, EPERM, EINVAL};
  static constexpr std::array kRandom = {EINTR, ENOSYS, EPERM, EAGAIN};
  static constexpr std::array kNamesOfHosts = {EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EAI_NONAME,
                                               EAI_SYSTEM};
  switch (call) {
    case Call::Socket: return kSocket;
    case Call::Bind: return kBind;
    case Call::SetSockOpt: return kOption;
    case Call::GetSockName: return kName;
    case Call::SendMsg:
    case Call::SendMmsg: return kSend;
    case Call::RecvMsg:
    case Call::RecvMmsg: return kReceive;
    case Call::EpollCreate:
    case Call::TimerfdCreate:
    case Call::EventFd: return kCreate;
    case Call::EpollCtlAdd: return kControl;
    case Call::EpollWait: return kWait;
    case Call::GetIfAddrs: return kAddresses;
    case Call::Ioctl: return kIoctl;
    case Call::Open: return kOpen;
    case Call::PthreadCreate: return kThread;
    case Call::GetRandom: return kRandom;
    case Call::GetAddrInfo: return kNamesOfHosts;
    case Call::Other: break;
  }
  return {};
}

Armed::Armed(const Fault& fault, const Fault& besides) {
  armed = fault;
  armed_besides = besides;
  for (auto& count : counts) count = 0;
  is_armed.store(true, std::memory_order_release);
}

Armed::~Armed() { is_armed = false; }

std::size_t Armed::count(Call call) { return counts[static_cast<std::size_t>(call)]; }

}  // namespace specter::testing

using specter::testing::Call;

#define SPECTER_SHOWN extern "C" __attribute__((visibility("default")))
// The same signature as libc's, which `real` has the type of.
#define SPECTER_PASS(call, function, ...)       \
  static std::atomic<decltype(function)*> real; \
  return specter::testing::pass(call, real, #function, __VA_ARGS__)

SPECTER_SHOWN int socket(int domain, int type, int protocol) noexcept {
  SPECTER_PASS(Call::Socket, socket, domain, type, protocol);
}
SPECTER_SHOWN int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  SPECTER_PASS(Call::Bind, bind, fd, address, length);
}
SPECTER_SHOWN int setsockopt(int fd, int level, int name, const void* value,
                             socklen_t length) noexcept {
  SPECTER_PASS(Call::SetSockOpt, setsockopt, fd, level, name, value, length);
}
SPECTER_SHOWN int getsockname(int fd, sockaddr* address, socklen_t* length) noexcept {
  SPECTER_PASS(Call::GetSockName, getsockname, fd, address, length);
}
SPECTER_SHOWN ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  SPECTER_PASS(Call::SendMsg, sendmsg, fd, message, flags);
}
SPECTER_SHOWN int sendmmsg(int fd, mmsghdr* messages, unsigned int count, int flags) {
  SPECTER_PASS(Call::SendMmsg, sendmmsg, fd, messages, count, flags);
}
SPECTER_SHOWN ssize_t recvmsg(int fd, msghdr* message, int flags) {
  SPECTER_PASS(Call::RecvMsg, recvmsg, fd, message, flags);
}
SPECTER_SHOWN int recvmmsg(int fd, mmsghdr* messages, unsigned int count, int flags,
                           timespec* timeout) {
  SPECTER_PASS(Call::RecvMmsg, recvmmsg, fd, messages, count, flags, timeout);
}
SPECTER_SHOWN int epoll_create1(int flags) noexcept {
  SPECTER_PASS(Call::EpollCreate, epoll_create1, flags);
}
// Of what is watched already there is no error that it can have.
SPECTER_SHOWN int epoll_ctl(int poller, int what, int fd, epoll_event* event) noexcept {
  static std::atomic<decltype(epoll_ctl)*> real;
  const Call call = what == EPOLL_CTL_ADD ? Call::EpollCtlAdd : Call::Other;
  return specter::testing::pass(call, real, "epoll_ctl", poller, what, fd, event);
}
SPECTER_SHOWN int epoll_wait(int poller, epoll_event* events, int most, int timeout) {
  SPECTER_PASS(Call::EpollWait, epoll_wait, poller, events, most, timeout);
}
SPECTER_SHOWN int timerfd_create(clockid_t clock, int flags) noexcept {
  SPECTER_PASS(Call::TimerfdCreate, timerfd_create, clock, flags);
}
SPECTER_SHOWN int eventfd(unsigned int first, int flags) noexcept {
  SPECTER_PASS(Call::EventFd, eventfd, first, flags);
}
SPECTER_SHOWN int getifaddrs(ifaddrs** first) noexcept {
  SPECTER_PASS(Call::GetIfAddrs, getifaddrs, first);
}
SPECTER_SHOWN ssize_t getrandom(void* out, std::size_t size, unsigned int flags) {
  SPECTER_PASS(Call::GetRandom, getrandom, out, size, flags);
}
SPECTER_SHOWN int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  void* const argument = va_arg(rest, void*);
  va_end(rest);
  SPECTER_PASS(Call::Ioctl, ioctl, fd, request, argument);
}
SPECTER_SHOWN int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  SPECTER_PASS(Call::Open, open, path, flags, mode);
}

// These answer the error itself.
SPECTER_SHOWN int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                 void* (*body)(void*), void* argument) noexcept {
  if (const int error = specter::testing::fault_of(Call::PthreadCreate)) return error;
  static auto* const real = specter::testing::next<decltype(pthread_create)>("pthread_create");
  return real(thread, attributes, body, argument);
}
// Nobody is asked: a test needs no network.
SPECTER_SHOWN int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) {
  const int error = specter::testing::fault_of(Call::GetAddrInfo);
  return error != 0 ? error : EAI_NONAME;
}
