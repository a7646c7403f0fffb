// ICE restarts under load: what flows goes on flowing.
#include <cstring>

#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerHost;
using testing::PeerPair;

constexpr Duration kRoundTrip = 40ms;
constexpr std::size_t kMuch = 10'000, kLittle = 500;  // bytes a millisecond

enum class Restarts { Offerer, Answerer };

// a sends b a message each millisecond.
class Flow {
 public:
  Flow(simulation::LinkOptions link, std::size_t message)
      : pair(link, options()), message_(message) {
    channel_ = pair.a.connection.create_data_channel(pair.now(), "data").value();
    EXPECT_TRUE(pair.connect());
    EXPECT_TRUE(
        pair.network.run_until([&] { return pair.b.has<core::IncomingDataChannel>(); }, 5s));
    run_for(3s);  // the window opens
    longest_ = {};
  }

  void run_for(Duration time) {
    for (const Timestamp end = pair.now() + time; pair.now() < end;) {
      step();
      pair.trickle();
    }
  }
  void step() {
    Buffer message(message_);
    std::memcpy(message.data(), &sent_, sizeof(sent_));
    if (pair.a.connection.send(pair.now(), channel_, MessageKind::Binary, std::move(message)))
      ++sent_;
    pair.network.run_for(1ms);
    receive();
    longest_ = std::max(longest_, pair.now() - last_);
  }
  void receive() {
    for (core::Event& event : std::exchange(pair.b.events, {})) {
      const auto* const told = std::get_if<core::Message>(&event);
      if (!told) continue;
      std::uint64_t number = 0;
      std::memcpy(&number, told->data.data(), sizeof(number));
      EXPECT_EQ(number, received_);
      ++received_;
      last_ = pair.now();
    }
  }
  // What signalling brings takes no time; candidates follow with the next step.
  void restart(Restarts who) {
    PeerHost& from = who == Restarts::Offerer ? pair.a : pair.b;
    PeerHost& to = who == Restarts::Offerer ? pair.b : pair.a;
    from.connection.restart_ice();
    ASSERT_TRUE(pair.negotiate(from, to));
  }
  void expect_all() {
    for (int i = 0; i < 600 && received_ < sent_; ++i) {
      pair.network.run_for(100ms);
      receive();
    }
    EXPECT_EQ(received_, sent_);
    EXPECT_TRUE(pair.both_connected());
  }
  Duration longest() const { return longest_; }
  std::uint64_t retransmissions() const { return pair.a.connection.stats().sctp.retransmissions; }

  PeerPair pair;

 private:
  static ConnectionOptions options() {
    ConnectionOptions options;
    options.transport.sped = false;
    return options;
  }

  const std::size_t message_;
  ChannelId channel_{};
  std::uint64_t sent_ = 0, received_ = 0;
  Timestamp last_{};
  Duration longest_{};
};

// The old path lives: it carries everything until the new generation has nominated.
TEST(RestartUnderLoad, LosesNothingAndPausesForARoundTripAtMost) {
  for (const Restarts who : {Restarts::Offerer, Restarts::Answerer}) {
    Flow flow({.latency = kRoundTrip / 2}, kMuch);
    const std::uint64_t before = flow.retransmissions();
    flow.restart(who);
    flow.run_for(3s);
    flow.expect_all();
    EXPECT_LE(flow.longest(), kRoundTrip);
    EXPECT_EQ(flow.retransmissions(), before);
    for (const PeerHost* host : {&flow.pair.a, &flow.pair.b})
      EXPECT_EQ(host->connection.ice_connection_state(), IceConnectionState::Completed);
  }
}

TEST(RestartUnderLoad, TwiceInARowAndFiftyTimesInAMinute) {
  Flow flow({.latency = kRoundTrip / 2}, kLittle);
  flow.restart(Restarts::Offerer);
  flow.restart(Restarts::Answerer);
  flow.run_for(2s);
  for (int i = 0; i < 50; ++i) {
    flow.restart(i % 2 == 0 ? Restarts::Offerer : Restarts::Answerer);
    flow.run_for(1200ms);
  }
  flow.expect_all();
  EXPECT_LE(flow.longest(), kRoundTrip);
}

TEST(RestartUnderLoad, OverALossyPath) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Flow flow({.latency = kRoundTrip / 2, .loss = 0.01, .seed = seed}, kLittle);
    for (int i = 0; i < 5; ++i) {
      flow.restart(i % 2 == 0 ? Restarts::Offerer : Restarts::Answerer);
      flow.run_for(1s);
    }
    flow.expect_all();
  }
}

// The address that carried everything goes, and a restart finds the one that came instead.
TEST(RestartUnderLoad, MovesToASocketThatIsNew) {
  Flow flow({.latency = kRoundTrip / 2}, kMuch);
  const Endpoint before = *Endpoint::parse("192.0.2.1:5001");
  const Endpoint after = *Endpoint::parse("192.0.2.9:5009");
  flow.pair.network.detach(before.address);
  flow.pair.network.attach(flow.pair.a, after.address);
  flow.pair.a.connection.remove_local_endpoint(flow.pair.now(), before);
  flow.run_for(500ms);
  flow.pair.a.connection.add_local_endpoint(flow.pair.now(), after);
  flow.restart(Restarts::Offerer);
  flow.run_for(3s);
  flow.expect_all();
}

}  // namespace
}  // namespace specter
