#include "io/log.h"

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What is logged while it lives.
struct Caught {
  explicit Caught(LogLevels levels) {
    set_log(levels, [shared = shared](const LogRecord& record) {
      const std::scoped_lock lock(shared->mutex);
      shared->records.push_back(record);
    });
  }
  ~Caught() { set_log(LogLevels(LogLevel::Warning)); }
  std::vector<std::string> texts() const {
    std::vector<std::string> out;
    for (const LogRecord& record : shared->records) out.push_back(record.text);
    return out;
  }
  struct Shared {
    std::mutex mutex;
    std::vector<LogRecord> records;
  };
  std::shared_ptr<Shared> shared = std::make_shared<Shared>();
};

TEST(ProcessLog, HasWarningsAndErrorsAtFirst) {
  EXPECT_EQ(log_levels(), LogLevels(LogLevel::Warning));
}

TEST(ProcessLog, GivesTheSinkWhatTheLevelsAllow) {
  const Caught caught(LogLevels::parse("turn=debug").value());
  log().info("nobody asked for {}", "this");
  log(LogModule::Turn, 7).debug("a relay {}", 1);
  log().warn("look");
  ASSERT_THAT(caught.texts(), ElementsAre("a relay 1", "look"));
  const LogRecord& first = caught.shared->records[0];
  EXPECT_EQ(first.level, LogLevel::Debug);
  EXPECT_EQ(first.module, LogModule::Turn);
  EXPECT_EQ(first.connection, 7u);
  EXPECT_GT(first.time, Timestamp{});
  EXPECT_EQ(caught.shared->records[1].connection, 0u);
}

TEST(ProcessLog, TakesLevelsAsText) {
  EXPECT_TRUE(set_log("ice=debug,dtls=info"));
  EXPECT_EQ(log_levels(), LogLevels::parse("ice=debug,dtls=info").value());
  const auto refused = set_log("ice=loud");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("LEVEL or MODULE=LEVEL"));
  EXPECT_EQ(log_levels(), LogLevels::parse("ice=debug,dtls=info").value()) << "nothing is changed";
  set_log(LogLevels(LogLevel::Warning));
}

TEST(ProcessLog, OutlivesASinkThatThrowsOrLogs) {
  int calls = 0;
  set_log(LogLevels(LogLevel::Info), [&](const LogRecord&) {
    ++calls;
    log().warn("within");  // would go on for ever
    throw std::runtime_error("no");
  });
  log().info("once");
  log().info("twice");
  EXPECT_EQ(calls, 2);
  set_log(LogLevels(LogLevel::Warning));
}

// Under TSan too: sinks are exchanged while others call them.
TEST(ProcessLog, CanBeSetWhileThreadsLog) {
  std::atomic<bool> done = false;
  std::atomic<int> calls = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!done) log().info("{}", 1);
    });
  }
  for (int i = 0; i < 200; ++i) {
    const auto alive = std::make_shared<int>(i);
    set_log(LogLevels(i % 2 == 0 ? LogLevel::Info : LogLevel::Debug),
            [alive, &calls](const LogRecord&) { calls += *alive >= 0 ? 1 : 0; });
  }
  while (calls == 0) std::this_thread::yield();
  done = true;
  for (std::thread& thread : threads) thread.join();
  set_log(LogLevels(LogLevel::Warning));
  EXPECT_GT(calls, 0);
}

TEST(ProcessLog, WritesALine) {
  LogRecord record{.level = LogLevel::Debug, .module = LogModule::Ice, .text = "a pair"};
  EXPECT_EQ(written(record, 1'790'000'000'000'042), "2026-09-21 14:13:20.000042 debug ice: a pair");
  record.connection = 3;
  EXPECT_THAT(written(record, 0), HasSubstr(" debug ice 3: a pair"));
}

}  // namespace
}  // namespace specter::io
