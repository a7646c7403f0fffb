#include "cli/signals.h"

#include <array>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

namespace specter::cli {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM};

volatile std::sig_atomic_t caught_signal = 0;
volatile std::sig_atomic_t wake_descriptor = -1;

void note(int signal) {
  const int before = errno;
  caught_signal = signal;
  const char byte = 0;
  [[maybe_unused]] const auto written = ::write(wake_descriptor, &byte, 1);
  // A write that begins to wait only now is to be interrupted, too.
  ::alarm(1);
  errno = before;
}

void interrupt_again(int) { ::alarm(1); }

}  // namespace

StopSignals::StopSignals() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
  descriptor_ = ends[0];
  wake_descriptor = ends[1];
  caught_signal = 0;
  struct sigaction action{};
  action.sa_handler = interrupt_again;
  ::sigaction(SIGALRM, &action, nullptr);
  action.sa_handler = note;
  // Calls that wait are interrupted; the second signal finds the default again.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : kSignals) {
    struct sigaction present{};
    // Who started us with them ignored (nohup, a shell's background job) wants them ignored.
    if (::sigaction(signal, nullptr, &present) == 0 && present.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  if (descriptor_ < 0) return;
  for (const int signal : kSignals) {
    struct sigaction present{};
    if (::sigaction(signal, nullptr, &present) == 0 && present.sa_handler == note)
      std::signal(signal, SIG_DFL);
  }
  ::alarm(0);
  std::signal(SIGALRM, SIG_DFL);
  ::close(wake_descriptor);
  wake_descriptor = -1;
  ::close(descriptor_);
}

int StopSignals::caught() { return caught_signal; }

void StopSignals::end_by(int signal) {
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void fill_standard_descriptors() {
  // The lowest that is free is the one that was closed. Reading from stdin ends at once; writing to
  // stdout and stderr fails, as to a closed one.
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::open("/dev/null", O_RDONLY)) {
    if (fd <= STDERR_FILENO) continue;
    ::close(fd);
    return;
  }
}

}  // namespace specter::cli
