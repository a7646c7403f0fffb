// Every system call of the runtime fails, with every error it can have, at each place where it is
// made in the life of two connections; once and for good. The connection lives, or it says with a
// reason why not; it says Closed in the end whatever came; and no descriptor is left.
#include "system_calls.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "io/udp_socket.h"
#include "story.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::are_back_at;
using testing::Armed;
using testing::Call;
using testing::End;
using testing::Fault;
using testing::open_descriptors;
using testing::prepare;
using testing::run_story;
using testing::Told;

constexpr std::size_t kMostPlaces = 200;

// What is lost with these may come again a little later, or never.
bool carries_packets_or_time(Call call) {
  switch (call) {
    case Call::SendMsg:
    case Call::SendMmsg:
    case Call::RecvMsg:
    case Call::RecvMmsg:
    case Call::EpollWait: return true;
    default: return false;
  }
}

std::string what(const Fault& fault) {
  return std::string(name_of(fault.call)) + " " + std::to_string(fault.at) + ", error " +
         std::to_string(fault.error) + (fault.for_good ? ", for good" : ", once");
}

struct SystemCalls : ::testing::TestWithParam<Call> {
  static void SetUpTestSuite() { prepare(); }
};
struct Descriptors : ::testing::Test {
  static void SetUpTestSuite() { prepare(); }
};

// A machine on which the call is made at all.
Fault machine_for(Call call) {
  if (call == Call::RecvMsg) return {Call::RecvMmsg, 1, ENOSYS, true};
  if (call == Call::SendMsg) return {Call::SendMmsg, 1, ENOSYS, true};
  return {};
}

// What stands for a call that is refused as such, and not what it was to do.
bool has_another_way(const Fault& fault) {
  return (fault.call == Call::RecvMmsg || fault.call == Call::SendMmsg) &&
         (fault.error == ENOSYS || fault.error == EPERM);
}

void expect_an_end(const Fault& fault) {
  const bool may_be_silent =
      carries_packets_or_time(fault.call) && fault.for_good && !has_another_way(fault);
  const std::ptrdiff_t before = open_descriptors();
  Told told;
  {
    const Armed armed(fault, machine_for(fault.call));
    told = run_story(may_be_silent ? Duration(30ms) : Duration(20s));
  }
  EXPECT_EQ(told.closed, 2) << what(fault);
  EXPECT_TRUE(told.end != End::Silent || may_be_silent) << what(fault);
  EXPECT_TRUE(told.end == End::Lives || told.end == End::Silent || !told.reason.empty())
      << what(fault);
  if (has_another_way(fault)) {
    EXPECT_EQ(told.end, End::Lives) << what(fault) << ": " << told.reason;
  }
  EXPECT_TRUE(are_back_at(before)) << what(fault) << ": " << open_descriptors() - before;
}

TEST_P(SystemCalls, MayFailAnywhere) {
  std::size_t places = 0;
  {
    const Armed counting({}, machine_for(GetParam()));
    ASSERT_EQ(run_story(20s).end, End::Lives);
    places = std::min(Armed::count(GetParam()), kMostPlaces);
  }
  ASSERT_GT(places, 0U);
  for (std::size_t at = 1; at <= places; ++at) {
    for (const int error : errors_of(GetParam())) {
      for (const bool for_good : {false, true}) {
        // Asio does not look whether it may wake its own poller, and nobody can see it from outside
        // unless nothing is taken any more.
        if (GetParam() == Call::EpollCtlAdd && at == 1 && !for_good) continue;
        expect_an_end({GetParam(), at, error, for_good});
        if (HasFailure()) return;
      }
    }
  }
}

std::vector<Call> all_calls() {
  std::vector<Call> calls;
  for (std::size_t i = 0; i < testing::kCalls; ++i) calls.push_back(static_cast<Call>(i));
  return calls;
}

INSTANTIATE_TEST_SUITE_P(Of, SystemCalls, ::testing::ValuesIn(all_calls()),
                         [](const auto& test) { return std::string(name_of(test.param)); });

TEST(UdpSocket, LosesNothingWhereBatchesAreForbidden) {
  for (const Call call : {Call::SendMmsg, Call::RecvMmsg}) {
    for (const int error : {ENOSYS, EPERM}) {
      const Armed armed({call, 1, error, true});
      const Endpoint anywhere{IpAddress::v4({127, 0, 0, 1}), 0};
      auto from = io::UdpSocket::open(anywhere);
      auto to = io::UdpSocket::open(anywhere);
      ASSERT_TRUE(from && to);
      for (const std::uint8_t byte : {1, 2, 3})
        from->send({{from->local(), to->local()}, {byte}, 1});
      ASSERT_TRUE(from->flush());
      std::vector<int> came;
      io::ReceiveBuffers buffers;
      pollfd waiting{to->native_handle(), POLLIN, 0};
      while (came.size() < 3 && ::poll(&waiting, 1, 10'000) == 1) {
        to->receive(buffers, 100, [&](std::span<const Datagram> datagrams) {
          for (const Datagram& datagram : datagrams) came.push_back(datagram.bytes[0]);
        });
      }
      EXPECT_THAT(came, ::testing::ElementsAre(1, 2, 3)) << what({call, 1, error, true});
      EXPECT_EQ(from->counters().refused + from->counters().unreachable, 0U) << error;
      EXPECT_FALSE((call == Call::SendMmsg ? *from : *to).features().batches);
      EXPECT_LE(Armed::count(call), 1U) << "asked once and no more";
    }
  }
}

// As it is met in life: the process has so many descriptors left, and no more. Not under UBSan,
// which looks at exceptions by means of a pipe, and finds none of its own either.
#ifndef __SANITIZE_ADDRESS__
TEST_F(Descriptors, AreMissingFromAnyNumberOn) {
  const std::ptrdiff_t before = open_descriptors();
  const int first_free = ::dup(0);
  ASSERT_GE(first_free, 0);
  ::close(first_free);
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &usual), 0);
  bool lived = false;
  for (rlim_t spare = 0; spare < 32 && !HasFailure(); ++spare) {
    rlimit few = usual;
    few.rlim_cur = static_cast<rlim_t>(first_free) + spare;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
    const Told told = run_story(20s);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &usual), 0);
    EXPECT_EQ(told.closed, 2) << spare;
    EXPECT_NE(told.end, End::Silent) << spare;
    if (told.end != End::Lives) {
      EXPECT_THAT(told.reason, ::testing::HasSubstr("Too many open files")) << spare;
    }
    lived = lived || told.end == End::Lives;
    EXPECT_TRUE(are_back_at(before)) << spare;
  }
  EXPECT_TRUE(lived);
}
#endif

}  // namespace
}  // namespace specter
