// For tests: drivers on a loop that the test runs itself, each with a sink that notes what it is
// told.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "io/clock.h"
#include "io/driver.h"
#include "io/loop_impl.h"
#include "io/resolver.h"

namespace specter::io::testing {

using DriverCall = std::function<void(Driver&)>;

struct DriverNotes {
  std::vector<DriverCall> calls;
  std::vector<core::Event> events;
  bool has_ended = false;

  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const auto& event : events) {
      if (const auto* one = std::get_if<E>(&event)) out.push_back(*one);
    }
    return out;
  }
  bool is_gathered() const {
    const auto states = all<core::IceGatheringStateChange>();
    return !states.empty() && states.back().state == IceGatheringState::Complete;
  }
  std::vector<std::string> candidates() const {
    std::vector<std::string> out;
    for (const auto& event : all<core::LocalCandidate>()) out.push_back(event.candidate.candidate);
    return out;
  }
};

class NotingSink final : public Driver::Sink {
 public:
  explicit NotingSink(std::shared_ptr<DriverNotes> notes) : notes_(std::move(notes)) {}

  Driver* driver = nullptr;

  bool run_calls() override {
    const auto calls = std::exchange(notes_->calls, {});
    for (const DriverCall& call : calls) call(*driver);
    return !calls.empty();
  }
  bool takes_events() override { return true; }
  void handle_event(core::Event&& event) override { notes_->events.push_back(std::move(event)); }
  bool settle() override { return false; }
  bool end_turn() override { return false; }
  void close_by_loop() override { driver->close(); }
  void handle_end(const std::optional<Error>&) override { notes_->has_ended = true; }

 private:
  const std::shared_ptr<DriverNotes> notes_;
};

struct DriverWorld {
  struct Side {
    std::shared_ptr<DriverNotes> notes = std::make_shared<DriverNotes>();
    std::shared_ptr<Driver> driver;
    void call(DriverCall what) const {
      notes->calls.push_back(std::move(what));
      driver->turn();
    }
    core::PeerConnection& core() const { return driver->core(); }
  };

  Side add(std::vector<IceUrl> servers, IceTransportPolicy policy = IceTransportPolicy::Relay) {
    Driver::Options options;
    core::SystemRandom random;
    options.connection.certificate = core::generate_certificate(random, unix_seconds());
    options.connection.ice.loopback = LoopbackPolicy::Only;
    options.connection.ice.transport_policy = policy;
    // Whose records tell what they are.
    options.connection.transport.max_dtls_version = DtlsVersion::Dtls12;
    options.servers = std::move(servers);
    options.resolver = resolver;
    Side side;
    side.driver = std::make_shared<Driver>(*loop, std::move(options));
    auto sink = std::make_unique<NotingSink>(side.notes);
    sink->driver = side.driver.get();
    side.driver->start(std::move(sink));
    return side;
  }
  // The first offer, when all candidates are in it.
  static void offer(Driver& driver) {
    ASSERT_TRUE(driver.core().create_data_channel(driver.now(), "data").has_value());
    set_offer(driver);
  }
  static void set_offer(Driver& driver) {
    const auto made = driver.core().create_offer();
    ASSERT_TRUE(made.has_value());
    ASSERT_TRUE(driver.core().set_local_description(driver.now(), *made).has_value());
  }
  static void answer(const Side& a, const Side& b) {
    b.call([&](Driver& driver) {
      auto& core = driver.core();
      ASSERT_TRUE(core.set_remote_description(driver.now(), *a.core().local_description()));
      ASSERT_TRUE(core.set_local_description(driver.now(), core.create_answer().value()));
    });
  }
  static void take_answer(const Side& a, const Side& b) {
    a.call([&](Driver& driver) {
      auto& core = driver.core();
      ASSERT_TRUE(core.set_remote_description(driver.now(), *b.core().local_description()));
    });
  }
  void connect(const Side& a, const Side& b) {
    a.call(offer);
    ASSERT_TRUE(run([&] { return a.notes->is_gathered(); }));
    answer(a, b);
    ASSERT_TRUE(run([&] { return b.notes->is_gathered(); }));
    take_answer(a, b);
    ASSERT_TRUE(run([&] { return !a.notes->all<core::DataChannelOpen>().empty(); }));
  }
  bool run(const std::function<bool()>& holds) {
    for (const Timestamp end = now() + std::chrono::seconds(20); !holds() && now() < end;)
      loop->impl().context.run_one_for(std::chrono::milliseconds(50));
    return holds();
  }

  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  asio::io_context& context = loop->impl().context;
  std::shared_ptr<Resolver> resolver = std::make_shared<Resolver>([](const std::string&) {
    return std::vector{IpAddress::v4({127, 0, 0, 1})};  // of any name
  });
};

}  // namespace specter::io::testing
