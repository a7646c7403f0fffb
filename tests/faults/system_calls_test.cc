// Every system call of the runtime fails, with every error it can have, at each place where it is
// made in the life of two connections; once and for good. The connection lives, or it says with a
// reason why not; it says Closed in the end whatever came; and no descriptor is left.
#include "system_calls.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include "specter/specter.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using testing::Armed;
using testing::Call;
using testing::Fault;

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

enum class End { Lives, Refused, Failed, Silent };  // Refused: no Specter came to be

struct Told {
  End end = End::Silent;
  std::string reason{};
  int closed = 0;
};

// Two connections of one Specter, each told by one mailbox.
class Story {
 public:
  Told run(Duration patience) {
    try {
      Specter specter({.ice_servers = {{.urls = {"stun:stun.invalid"}}},
                       .loops = 1,
                       .loopback = LoopbackPolicy::Only,
                       .key_log_file = "/dev/null"});
      auto engine = MediaEngine::with_default_codecs();
      auto registry = Registry::with_default_interceptors(engine);
      const Api api = specter.new_api(std::move(engine), std::move(registry));
      (void)inbox_.native_handle();
      a_ = api.new_peer_connection(inbox_);
      b_ = api.new_peer_connection(inbox_);
      const auto until = Clock::now() + patience;
      while (told_.end == End::Silent && told_.closed == 0 && Clock::now() < until) {
        if (auto event = inbox_.next(until - Clock::now())) on(*event);
      }
      a_.close();
      b_.close();
      while (told_.closed < 2) {
        const auto event = inbox_.next(20s);
        if (!event) break;
        count_closed(*event);
      }
    } catch (const std::system_error& e) {
      return {End::Refused, e.what(), 2};
    }
    return told_;
  }

 private:
  void count_closed(const Event& event) {
    if (std::holds_alternative<event::Closed>(event)) ++told_.closed;
  }

  // Calls that are refused on the spot are on a connection that has told why.
  void on(const Event& event) {
    count_closed(event);
    const PeerConnection& pc = connection_of(event);
    if (std::holds_alternative<event::Ready>(event) && pc == a_) {
      channel_ = a_.create_data_channel("data").value_or(DataChannel());
      (void)a_.create_offer();
    } else if (const auto* offer = std::get_if<event::Offer>(&event)) {
      (void)a_.set_local_description(offer->description);
    } else if (const auto* answer = std::get_if<event::Answer>(&event)) {
      (void)b_.set_local_description(answer->description);
    } else if (const auto* gathering = std::get_if<event::IceGatheringStateChange>(&event)) {
      if (gathering->state == IceGatheringState::Complete)
        (void)(pc == a_ ? b_ : a_).set_remote_description(*pc.local_description());
    } else if (std::holds_alternative<event::RemoteDescriptionSet>(event) && pc == b_) {
      (void)b_.create_answer();
    } else if (std::holds_alternative<event::DataChannelOpen>(event) && pc == a_) {
      (void)channel_.send("ping");
    } else if (const auto* message = std::get_if<event::Message>(&event)) {
      if (pc == a_)
        told_.end = End::Lives;
      else
        (void)message->channel.send("pong");
    } else if (const auto* failed = std::get_if<event::OperationFailed>(&event)) {
      fail(failed->error.message);
    } else if (const auto* change = std::get_if<event::ConnectionStateChange>(&event)) {
      if (change->state == ConnectionState::Failed) fail(change->reason);
    }
  }

  void fail(const std::string& reason) {
    told_.end = End::Failed;
    told_.reason = reason;
  }

  Mailbox inbox_;
  PeerConnection a_, b_;
  DataChannel channel_;
  Told told_;
};

Told run_story(Duration patience) { return Story().run(patience); }

std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

// A thread of the resolver that has just given its answer may be the last that holds a loop: all is
// closed soon, not at once.
bool are_back_at(std::ptrdiff_t before) {
  const auto until = Clock::now() + 20s;
  while (open_descriptors() != before) {
    if (Clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

std::string what(const Fault& fault) {
  return std::string(name_of(fault.call)) + " " + std::to_string(fault.at) + ", error " +
         std::to_string(fault.error) + (fault.for_good ? ", for good" : ", once");
}

void prepare() {
  // Thousands of warnings that are as they should be.
  if (!spdlog::get("specter"))
    spdlog::register_logger(std::make_shared<spdlog::logger>(
        "specter", std::make_shared<spdlog::sinks::null_sink_mt>()));
  run_story(20s);  // what is made once in a process is made
}

struct SystemCalls : ::testing::TestWithParam<Call> {
  static void SetUpTestSuite() { prepare(); }
};
struct Descriptors : ::testing::Test {
  static void SetUpTestSuite() { prepare(); }
};

void expect_an_end(const Fault& fault) {
  const bool may_be_silent = carries_packets_or_time(fault.call) && fault.for_good;
  const std::ptrdiff_t before = open_descriptors();
  Told told;
  {
    const Armed armed(fault);
    told = run_story(may_be_silent ? Duration(30ms) : Duration(20s));
  }
  EXPECT_EQ(told.closed, 2) << what(fault);
  EXPECT_TRUE(told.end != End::Silent || may_be_silent) << what(fault);
  EXPECT_TRUE(told.end == End::Lives || told.end == End::Silent || !told.reason.empty())
      << what(fault);
  EXPECT_TRUE(are_back_at(before)) << what(fault) << ": " << open_descriptors() - before;
}

TEST_P(SystemCalls, MayFailAnywhere) {
  std::size_t places = 0;
  {
    const Armed counting;
    ASSERT_EQ(run_story(20s).end, End::Lives);
    places = std::min(Armed::count(GetParam()), kMostPlaces);
  }
  // Some are made on certain machines alone: sendmsg() where there is no sendmmsg().
  RecordProperty("places", static_cast<int>(places));
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
