#include <chrono>
#include <ctime>
#include <memory>

#include <pthread.h>
#include <signal.h>

#include "io/thread.h"

namespace specter::io {

namespace {

// Blocks the signals that are sent to a process while it lives: a thread inherits the mask of the
// one that starts it. Those that a thread brings upon itself stay as they are.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF})
      sigdelset(&all, own);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

std::thread start_thread(const char* name, std::move_only_function<void()> body) {
  const SignalsBlocked blocked;
  std::thread thread(std::move(body));
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

bool join_within(std::thread& thread, Duration limit) {
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  const auto whole = std::chrono::floor<std::chrono::seconds>(limit);
  until.tv_sec += whole.count();
  until.tv_nsec += (limit - whole).count();
  if (until.tv_nsec >= 1'000'000'000) {
    ++until.tv_sec;
    until.tv_nsec -= 1'000'000'000;
  }
  if (pthread_timedjoin_np(thread.native_handle(), nullptr, &until) != 0) return false;
  // It is joined, which std::thread has no way to be told: the object begins anew, as none.
  std::construct_at(&thread);
  return true;
}

}  // namespace specter::io
