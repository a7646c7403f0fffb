// A driver with TURN servers on the loopback interface: its gatherings, and the end of its relays.
#include <algorithm>

#include <asio/ip/udp.hpp>
#include <gmock/gmock.h>

#include "io/testing/driver_world.h"
#include "io/testing/turn_server.h"

namespace specter::io {
namespace {

using ::testing::Contains;
using testing::DriverWorld;
using ::testing::HasSubstr;
using testing::TurnServer;

// Whether one of its records is an alert: RFC 6347 §4.1, RFC 5246 §6.2.1.
bool has_alert(const Buffer& datagram) {
  constexpr std::size_t kHead = 13;
  if (datagram.empty() || datagram[0] < 20 || datagram[0] > 63) return false;
  for (std::size_t at = 0; at + kHead <= datagram.size();) {
    if (datagram[at] == 21) return true;
    at += kHead + (std::size_t{datagram[at + 11]} << 8 | datagram[at + 12]);
  }
  return false;
}

// The first gathering waits for a relay of a server that says nothing, when the next one begins
// with another server, whose name is yet to be looked up.
TEST(DriverRelays, OfAGatheringAreNotThoseThatTheOneBeforeWaitedFor) {
  DriverWorld world;
  asio::ip::udp::socket silent(world.context, {asio::ip::address_v4::loopback(), 0});
  TurnServer server(world.context);
  IceUrl first = *parse_ice_url("turn:a.example:" + std::to_string(silent.local_endpoint().port()));
  first.username = "user";
  first.password = "secret";
  const auto side = world.add({first});
  side.call(DriverWorld::offer);
  const auto peer = world.add({}, IceTransportPolicy::All);
  ASSERT_TRUE(world.run([&] { return silent.available() > 0; }));
  DriverWorld::answer(side, peer);
  DriverWorld::take_answer(side, peer);
  ASSERT_FALSE(side.notes->is_gathered());
  side.call([&](Driver& driver) {
    driver.set_servers({server.url("secret", "b.example")});
    driver.core().restart_ice();
    DriverWorld::set_offer(driver);
  });
  ASSERT_TRUE(world.run([&] { return side.notes->is_gathered(); }));
  EXPECT_THAT(side.notes->candidates(), Contains(HasSubstr("typ relay")));
  for (const auto& each : {side, peer}) each.driver->shut_down();
}

// docs/decisions/0006-peers-close.md: over a relay, too.
TEST(DriverRelays, CarryTheGoodbyeThreeTimes) {
  DriverWorld world;
  TurnServer server(world.context, 0, TurnServer::Relayed::Real);
  server.options.knows_families = true;
  const auto a = world.add({server.url()});
  const auto b = world.add({}, IceTransportPolicy::All);
  world.connect(a, b);
  server.to_peers.clear();
  a.call([](Driver& driver) { driver.close(); });
  ASSERT_TRUE(world.run([&] { return server.releases() == 1; }));
  EXPECT_EQ(std::ranges::count_if(server.to_peers, has_alert), 3);
  b.driver->shut_down();
}

struct Ending : ::testing::Test {
  // A relay, and nobody to say goodbye to.
  void SetUp() override {
    server.options.knows_families = true;
    side.call(DriverWorld::offer);
    ASSERT_TRUE(world.run([&] { return side.notes->is_gathered(); }));
    ASSERT_THAT(side.notes->candidates(), Contains(HasSubstr("typ relay")));
  }
  // That has the relay: a second one asked for the other family.
  turn::TestServer& session() {
    const auto has_one = [](const auto& entry) {
      return entry.second.allocation_until.has_value();
    };
    return std::ranges::find_if(server.sessions, has_one)->second;
  }
  // Nobody else holds the driver.
  bool is_gone() {
    const std::weak_ptr<Driver> weak = side.driver;
    side.driver.reset();
    return world.run([&] { return weak.expired(); });
  }
  void close() {
    side.call([](Driver& driver) { driver.close(); });
    EXPECT_TRUE(side.notes->has_ended);
  }

  DriverWorld world;
  TurnServer server{world.context};
  DriverWorld::Side side = world.add({server.url()});
};

// RFC 8489 §9.2.4: the request is made again with the nonce of the refusal.
TEST_F(Ending, GivesTheRelayBackToAServerThatFindsTheNonceStale) {
  turn::TestServer& held = session();
  held.forget_nonces();
  close();
  EXPECT_TRUE(world.run([&] { return held.releases == 1; }));
  EXPECT_EQ(held.refusals[438], 1);
  EXPECT_TRUE(is_gone());
}

TEST_F(Ending, DoesNotWaitLongForAServerThatIsSilent) {
  turn::TestServer& held = session();
  held.is_deaf = true;
  close();
  EXPECT_TRUE(is_gone());
  EXPECT_GE(held.requests[stun::Method::Refresh], 1);
}

TEST_F(Ending, WithItsLoopGivesTheRelayBackAndWaitsForNothing) {
  side.driver->shut_down();
  const std::weak_ptr<Driver> weak = side.driver;
  side.driver.reset();
  world.context.poll();
  EXPECT_TRUE(weak.expired());
  EXPECT_TRUE(world.run([&] { return server.releases() == 1; }));
}

}  // namespace
}  // namespace specter::io
