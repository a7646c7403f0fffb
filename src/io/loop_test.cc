#include "io/loop.h"

#include <future>
#include <set>

#include <gmock/gmock.h>

#include "io/alarm.h"
#include "io/clock.h"
#include "io/thread.h"

#include "specter/core.h"

namespace specter::io {
namespace {

using namespace std::chrono_literals;

TEST(Clock, RunsForward) {
  const Timestamp first = now();
  EXPECT_GE(now(), first);
  EXPECT_GT(unix_seconds(), 1'700'000'000);
}

TEST(SystemRandom, FillsWithSomethingElseEachTime) {
  core::SystemRandom random;
  std::set<Buffer> seen;
  for (int i = 0; i < 100; ++i) {
    Buffer bytes(32);
    random.fill(bytes);
    seen.insert(bytes);
  }
  EXPECT_EQ(seen.size(), 100U);
  Buffer large(1 << 20);  // more than one getrandom call gives
  random.fill(large);
  EXPECT_NE(Buffer(large.end() - 32, large.end()), Buffer(32));
}

TEST(Loop, RunsTasksInTheOrderOfPosting) {
  LoopGroup loops(1);
  const auto loop = loops.least_loaded();
  std::vector<int> order;
  std::promise<void> done;
  for (int i = 0; i < 1000; ++i) loop->post([&, i] { order.push_back(i); });
  loop->post([&] { done.set_value(); });
  done.get_future().wait();
  ASSERT_EQ(order.size(), 1000U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(Loop, KnowsItsOwnThread) {
  LoopGroup loops(2);
  const auto one = loops.least_loaded();
  const auto other = loops.least_loaded();
  ASSERT_NE(one, other);
  EXPECT_FALSE(Loop::is_any_current());
  std::promise<bool> own, foreign;
  one->post([&] { own.set_value(Loop::is_current(one.get()) && Loop::is_any_current()); });
  one->post([&] { foreign.set_value(Loop::is_current(other.get())); });
  EXPECT_TRUE(own.get_future().get());
  EXPECT_FALSE(foreign.get_future().get());
}

TEST(Loop, RunsTasksWhetherItSleepsOrLooksForThem) {
  LoopGroup loops(1, {.spin = 100us});
  const auto loop = loops.least_loaded();
  int count = 0;
  for (int i = 0; i < 1000; ++i) {
    std::promise<void> done;
    loop->post([&] {
      ++count;
      done.set_value();
    });
    done.get_future().wait();
  }
  EXPECT_EQ(count, 1000);
}

TEST(Loop, LivesOnWhenATaskThrows) {
  LoopGroup loops(1);
  const auto loop = loops.least_loaded();
  std::promise<int> after;
  loop->post([] { throw std::runtime_error("(this line belongs to a test)"); });
  loop->post([] { throw 7; });
  loop->post([&] { after.set_value(1); });
  EXPECT_EQ(after.get_future().get(), 1);
}

TEST(LoopGroup, ChoosesTheLoopWithTheSmallestLoad) {
  LoopGroup loops(3);
  std::set<Loop*> all;
  for (int i = 0; i < 3; ++i) all.insert(loops.least_loaded().get());
  EXPECT_EQ(all.size(), 3U) << "equal loads take turns";
  for (Loop* loop : all) loop->load = 5;
  (*all.begin())->load = 4;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(loops.least_loaded().get(), *all.begin());
}

struct Witness final : Loop::Member {
  explicit Witness(Loop& home, std::promise<bool>& told) : loop(home), ended(told) {}
  void shut_down() noexcept override {
    ended.set_value(Loop::is_current(&loop));
    loop.release(*this);
  }
  Loop& loop;
  std::promise<bool>& ended;
};

TEST(LoopGroup, EndsItsMembersOnTheirLoop) {
  std::promise<bool> ended;
  {
    LoopGroup loops(1);
    const auto loop = loops.least_loaded();
    loop->post(
        [&ended, home = loop.get()] { home->adopt(std::make_shared<Witness>(*home, ended)); });
  }
  EXPECT_TRUE(ended.get_future().get());
}

TEST(LoopGroup, MayEndOnAThreadOfItsOwn) {
  std::promise<bool> ended;
  auto loops = std::make_unique<LoopGroup>(2);
  const auto loop = loops->least_loaded();
  loop->post([&, home = loop.get()] {
    home->adopt(std::make_shared<Witness>(*home, ended));
    loops.reset();
  });
  EXPECT_TRUE(ended.get_future().get());
}

TEST(JoinWithin, JoinsAThreadThatEndsAndLeavesAnotherAlone) {
  std::promise<void> go_on;
  std::thread thread = start_thread("waits", [held = go_on.get_future()] { held.wait(); });
  EXPECT_FALSE(join_within(thread, 0s));
  EXPECT_FALSE(join_within(thread, 10ms));
  EXPECT_TRUE(thread.joinable());
  go_on.set_value();
  EXPECT_TRUE(join_within(thread, 60s));
  EXPECT_FALSE(thread.joinable());
}

TEST(Alarm, RingsAtItsDeadlineAndNeverBefore) {
  LoopGroup loops(1);
  const auto loop = loops.least_loaded();
  std::promise<void> rung;
  Timestamp deadline{};
  Timestamp rang_at{};
  auto owner = std::make_shared<int>();
  std::unique_ptr<Alarm> alarm;
  loop->post([&] {
    alarm = std::make_unique<Alarm>(*loop, owner, [&] {
      rang_at = now();
      rung.set_value();
    });
    deadline = now() + 20ms;
    alarm->set(now() + 5ms);
    alarm->set(deadline);  // later: the armed timer is left, and rings for nothing
  });
  rung.get_future().wait();
  EXPECT_GE(rang_at, deadline);
  std::promise<void> gone;
  loop->post([&] {
    alarm.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}

TEST(Alarm, MovesToAnEarlierDeadlineAndForgetsACancelledOne) {
  LoopGroup loops(1);
  const auto loop = loops.least_loaded();
  std::promise<void> rung;
  auto owner = std::make_shared<int>();
  std::unique_ptr<Alarm> early, cancelled;
  loop->post([&] {
    cancelled = std::make_unique<Alarm>(*loop, owner, [] { FAIL() << "it was cancelled"; });
    cancelled->set(now() + 1ms);
    cancelled->cancel();
    early = std::make_unique<Alarm>(*loop, owner, [&] { rung.set_value(); });
    early->set(now() + 1h);
    early->set(now() + 10ms);
  });
  EXPECT_EQ(rung.get_future().wait_for(30s), std::future_status::ready);
  std::promise<void> gone;
  loop->post([&] {
    early.reset();
    cancelled.reset();
    gone.set_value();
  });
  gone.get_future().wait();
}

}  // namespace
}  // namespace specter::io
