// A relay's own port when the system refuses to receive from it.
#include <cerrno>

#include <gmock/gmock.h>

#include "io/testing/driver_world.h"
#include "io/testing/turn_server.h"
#include "system_calls.h"

namespace specter {
namespace {

using io::testing::DriverWorld;
using io::testing::TurnServer;
using testing::Armed;
using testing::Call;
using ::testing::Contains;
using ::testing::HasSubstr;

TEST(RelayPort, HearsAgainAfterABurstOfErrors) {
  DriverWorld world;
  TurnServer server(world.context);
  // RFC 8656 §7.4: 437 is cured by another port.
  server.tricks[stun::Method::Allocate] = {
      .code = 437, .is_signed = false, .times = 0, .alternate = {}, .only_for = {}};
  const auto side = world.add({server.url()});
  side.call(DriverWorld::offer);
  ASSERT_TRUE(world.run([&] { return server.sessions.size() == 2; }));
  {
    const Armed armed({Call::RecvMmsg, 1, EIO, true});
    // So many in a row, and a socket is left alone for a while.
    ASSERT_TRUE(world.run([] { return Armed::count(Call::RecvMmsg) >= 9; }));
  }
  ASSERT_TRUE(world.run([&] { return side.notes->is_gathered(); }));
  EXPECT_THAT(side.notes->candidates(), Contains(HasSubstr("typ relay")));
  side.driver->shut_down();
}

}  // namespace
}  // namespace specter
