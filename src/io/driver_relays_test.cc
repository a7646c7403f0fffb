// A driver with TURN servers on the loopback interface: its gatherings.
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

}  // namespace
}  // namespace specter::io
