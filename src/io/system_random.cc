#include <cerrno>
#include <system_error>

#include <sys/random.h>

#include "specter/core.h"

namespace specter::core {

namespace {

constexpr int kMostInterrupts =
    1000;  // signals come while it waits for the machine's first entropy

}  // namespace

void SystemRandom::fill(MutableBytes out) {
  for (int failures = 0; !out.empty();) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR || ++failures > kMostInterrupts) {
      throw std::system_error(got == 0 ? EIO : errno, std::system_category(), "getrandom");
    }
  }
}

}  // namespace specter::core
