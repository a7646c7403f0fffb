// The kernel refuses a step of what getifaddrs() does inside libc, on a netlink socket of libc's
// own: a filter (seccomp) answers in its place. Such a filter stays for good, so each of these is a
// process of its own.
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <gmock/gmock.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "story.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::End;

struct Step {
  const char* name;
  std::uint32_t number;          // the system call
  std::uint32_t first_argument;  // it is refused with this one alone
  bool has_argument = true;
};
// No other part of the runtime sends by sendto(), or receives by recvmsg() where there is
// recvmmsg().
const std::array kSteps = {
    Step{"socket", __NR_socket, AF_NETLINK},
    Step{"sendto", __NR_sendto, 0, false},
    Step{"recvmsg", __NR_recvmsg, 0, false},
};

bool may_filter() {
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, nullptr) < 0 && errno == EFAULT;
}

// Of this thread and those that it starts from now on.
bool refuse(const Step& step, int error) {
  constexpr auto kLoad = static_cast<std::uint16_t>(BPF_LD | BPF_W | BPF_ABS);
  constexpr auto kIsEqual = static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K);
  constexpr auto kReturn = static_cast<std::uint16_t>(BPF_RET | BPF_K);
  const std::uint8_t unless = step.has_argument ? 3 : 1;
  std::array<sock_filter, 6> code = {{
      {kLoad, 0, 0, offsetof(seccomp_data, nr)},
      {kIsEqual, 0, unless, step.number},
      {kLoad, 0, 0, offsetof(seccomp_data, args)},
      {kIsEqual, 0, 1, step.first_argument},
      {kReturn, 0, 0, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)},
      {kReturn, 0, 0, SECCOMP_RET_ALLOW},
  }};
  if (!step.has_argument) {
    code[2] = code[4];
    code[3] = code[5];
  }
  sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Exits with 0 when the connection says why there is none, and Closed.
[[noreturn]] void tell_without(const Step& step, int error) {
  if (!refuse(step, error)) std::exit(3);
  const testing::Told told = testing::run_story(20s);
  std::fprintf(stderr, "%s\n", told.reason.c_str());
  std::exit(told.end == End::Failed && told.closed == 2 ? 0 : 1);
}

TEST(Netlink, ThatIsRefusedFailsWithAReason) {
  ASSERT_TRUE(may_filter()) << "the kernel has no seccomp filters here";
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  for (const Step& step : kSteps) {
    for (const int error : {EAFNOSUPPORT, EPERM, EACCES, EMFILE, ENOBUFS, ENOMEM}) {
      EXPECT_EXIT(tell_without(step, error), ::testing::ExitedWithCode(0),
                  "the system does not tell its addresses")
          << step.name << ", error " << error;
    }
  }
}

}  // namespace
}  // namespace specter
