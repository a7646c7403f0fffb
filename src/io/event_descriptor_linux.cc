#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

#include "io/event_descriptor.h"

namespace specter::io {

int open_event_descriptor() { return ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void close_event_descriptor(int descriptor) {
  if (descriptor >= 0) ::close(descriptor);
}

// Neither can fail in a way that matters: the counter is 0 or 1, and the descriptor does not wait.
void signal(int descriptor) {
  const std::uint64_t one = 1;
  if (descriptor >= 0) [[maybe_unused]]
    const auto written = ::write(descriptor, &one, sizeof one);
}

void unsignal(int descriptor) {
  std::uint64_t count = 0;
  if (descriptor >= 0) [[maybe_unused]]
    const auto got = ::read(descriptor, &count, sizeof count);
}

}  // namespace specter::io
