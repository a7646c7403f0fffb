// A driver alone, with a sink that notes what it is told.
#include "io/driver.h"

#include <future>

#include <gmock/gmock.h>

#include "io/clock.h"
#include "io/resolver.h"

#include "specter/log.h"

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// What several threads of a test look at.
struct Notes {
  std::promise<std::string> ended;
  std::promise<void> gathered;
  std::promise<void> gathering;
  std::promise<void> resumed;
  std::atomic<int> candidates = 0;
  std::atomic<bool> takes = true;
};

class NotingSink final : public Driver::Sink {
 public:
  explicit NotingSink(std::shared_ptr<Notes> notes) : notes_(std::move(notes)) {}

  Driver* driver = nullptr;
  std::function<void(Driver&)> first_call;
  std::function<void(const core::Event&)> on_event;

  bool run_calls() override {
    if (!first_call) return false;
    std::exchange(first_call, nullptr)(*driver);
    return true;
  }
  bool takes_events() override { return notes_->takes; }
  void handle_event(core::Event&& event) override {
    if (on_event) on_event(event);
    if (std::holds_alternative<core::LocalCandidate>(event)) ++notes_->candidates;
    const auto* state = std::get_if<core::IceGatheringStateChange>(&event);
    if (state && state->state == IceGatheringState::Gathering) notes_->gathering.set_value();
    if (state && state->state == IceGatheringState::Complete) notes_->gathered.set_value();
  }
  bool settle() override { return false; }
  bool end_turn() override { return false; }
  void close_by_loop() override { driver->close(); }
  void handle_end(const std::optional<Error>& fault) override {
    notes_->ended.set_value(fault ? fault->message : "");
  }

 private:
  const std::shared_ptr<Notes> notes_;
};

void set_local_offer(Driver& driver) {
  ASSERT_TRUE(driver.core().create_data_channel(driver.now(), "data").has_value());
  const auto offer = driver.core().create_offer();
  ASSERT_TRUE(offer.has_value());
  ASSERT_TRUE(driver.core().set_local_description(driver.now(), *offer).has_value());
}

struct DriverTest : ::testing::Test {
  // Starts a driver on a loop that gathers at once.
  void start(Driver::Options options, std::function<void(const core::Event&)> on_event = {}) {
    core::SystemRandom random;
    options.connection.certificate = core::generate_certificate(random, unix_seconds());
    options.connection.ice.loopback = LoopbackPolicy::Only;
    loop->post([this, options, on_event]() mutable {
      driver = std::make_shared<Driver>(*loop, std::move(options));
      auto sink = std::make_unique<NotingSink>(notes);
      sink->driver = driver.get();
      sink->first_call = set_local_offer;
      sink->on_event = on_event;
      driver->start(std::move(sink));
    });
  }
  // Runs on the loop, and waits for it.
  void on_loop(std::function<void()> task) {
    std::promise<void> done;
    loop->post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  template <class T>
  bool comes(std::promise<T>& promise) {
    return promise.get_future().wait_for(30s) == std::future_status::ready;
  }

  std::shared_ptr<Notes> notes = std::make_shared<Notes>();
  LoopGroup loops{1};
  std::shared_ptr<Loop> loop = loops.least_loaded();
  std::shared_ptr<Driver> driver;
};

TEST_F(DriverTest, GathersFromEveryLocalAddress) {
  start({.resolver = std::make_shared<Resolver>()});
  ASSERT_TRUE(comes(notes->gathered));
  EXPECT_GE(notes->candidates, 1);
  on_loop([&] { driver.reset(); });
}

// Local candidates do not wait for names, and names are not waited for past their cap.
TEST_F(DriverTest, LeavesOutServersWhoseNamesTakeTooLong) {
  std::promise<void> release;
  auto resolver = std::make_shared<Resolver>(
      [hang = release.get_future().share()](const std::string&) -> std::vector<IpAddress> {
        hang.wait();
        return {};
      });
  start({.connection = {.ice = {.gathering_timeout = 100ms}},
         .servers = {*parse_ice_url("stun:slow.example")},
         .resolver = resolver});
  ASSERT_TRUE(comes(notes->gathered));
  EXPECT_GE(notes->candidates, 1);
  on_loop([&] { driver.reset(); });
  release.set_value();
}

TEST_F(DriverTest, EndsWhileANameIsStillLookedUp) {
  std::promise<void> release;
  auto resolver = std::make_shared<Resolver>(
      [hang = release.get_future().share()](const std::string&) -> std::vector<IpAddress> {
        hang.wait();
        return {IpAddress::v4({127, 0, 0, 1})};
      });
  start({.servers = {*parse_ice_url("stun:slow.example")}, .resolver = resolver});
  ASSERT_TRUE(comes(notes->gathering));
  on_loop([&] { driver->shut_down(); });
  EXPECT_EQ(notes->ended.get_future().get(), "");
  on_loop([&] { driver.reset(); });
  release.set_value();  // the answer finds nobody
}

// A fault of ours drops the one connection; the loop and the others live.
TEST_F(DriverTest, ThatFaultsIsDroppedAlone) {
  start({.resolver = std::make_shared<Resolver>()}, [](const core::Event& event) {
    if (std::holds_alternative<core::LocalCandidate>(event))
      throw std::logic_error("(this line belongs to a test)");
  });
  EXPECT_THAT(notes->ended.get_future().get(), HasSubstr("belongs to a test"));
  on_loop([&] {
    EXPECT_TRUE(driver->has_ended());
    driver->turn();  // nothing happens any more
    driver->close();
    driver.reset();
  });
}

TEST_F(DriverTest, TellsNothingToAnOwnerWhoHasEnough) {
  notes->takes = false;
  start({.resolver = std::make_shared<Resolver>()});
  on_loop([] {});
  EXPECT_EQ(notes->candidates, 0);
  notes->takes = true;
  on_loop([&] { driver->turn(); });
  ASSERT_TRUE(comes(notes->gathered));
  on_loop([&] { driver.reset(); });
}

// What it calls has a wake-up of its own: this turn may have looked for calls for the last time.
TEST_F(DriverTest, DoesNotPromiseALogSinkToLookForItsCalls) {
  std::atomic<int> records = 0, promises = 0;
  set_log(LogLevels(LogLevel::Debug), [&](const LogRecord& record) {
    if (record.module != LogModule::Ice) return;  // the core's
    ++records;
    promises += driver && driver->is_draining();
  });
  start({.resolver = std::make_shared<Resolver>()});
  ASSERT_TRUE(comes(notes->gathered));
  on_loop([&] { driver->shut_down(); });
  set_log(LogLevels(LogLevel::Warning));
  EXPECT_GT(records, 0);
  EXPECT_EQ(promises, 0);
  on_loop([&] { driver.reset(); });
}

TEST_F(DriverTest, EndsWithItsLoop) {
  {
    LoopGroup own(1);
    loop = own.least_loaded();
    start({.resolver = std::make_shared<Resolver>()});
    ASSERT_TRUE(comes(notes->gathered));
    on_loop([&] { driver.reset(); });
    loop.reset();
  }
  EXPECT_EQ(notes->ended.get_future().get(), "");
}

}  // namespace
}  // namespace specter::io
