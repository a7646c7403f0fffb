// How large a packet two whole peers send each other. RFC 8899.
#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerPair;

// A path that has no room for a datagram beyond a size, as it is after UDP, and bulk over it.
struct Path {
  explicit Path(std::size_t up_to, core::Configuration configuration = {})
      : pair({.latency = 10ms}, std::move(configuration)), carries(up_to) {
    channel = *pair.a.connection.create_data_channel(pair.now(), "bulk");
    EXPECT_TRUE(pair.connect());
    EXPECT_TRUE(pair.network.run_until([&] { return pair.a.has<core::DataChannelOpened>(); }, 5s));
    pair.network.filter = [this](testing::Flight& flight) {
      largest = std::max(largest, flight.bytes.size());
      return flight.bytes.size() <= carries;
    };
  }
  bool send(int messages) {
    const Buffer message(100'000, 0x5a);
    const auto before = pair.b.all<core::MessageReceived>().size();
    for (int i = 0; i < messages; ++i) {
      if (!pair.a.connection.send(pair.now(), channel, MessageKind::Binary, message)) return false;
    }
    return pair.network.run_until(
        [&] {
          return pair.b.all<core::MessageReceived>().size() ==
                 before + static_cast<std::size_t>(messages);
        },
        60s);
  }
  std::size_t mtu() const { return pair.a.connection.stats().sctp.mtu; }

  PeerPair pair;
  std::size_t carries;
  std::size_t largest = 0;
  ChannelId channel{};
};

TEST(PathMtu, IsTheInterfacesWhereThePathHasIt) {
  Path path(1472);
  EXPECT_EQ(path.mtu(), 1160U);
  ASSERT_TRUE(path.send(5));
  // 1500 less IPv4, UDP and DTLS 1.3's record; a multiple of four.
  EXPECT_EQ(path.mtu(), 1448U);
  EXPECT_LE(path.largest, 1472U);
  EXPECT_GT(path.largest, 1468U);
}

TEST(PathMtu, IsWhatThePathHasWhereThatIsLess) {
  Path path(1392);  // WireGuard's 1420
  ASSERT_TRUE(path.send(5));
  path.pair.network.run_for(30s);
  ASSERT_TRUE(path.send(5));
  EXPECT_EQ(path.mtu(), 1368U);
}

TEST(PathMtu, GrowsNoFurtherThanTheConfigurationSays) {
  Path path(65'000, {.path_mtu_discovery = false});
  ASSERT_TRUE(path.send(5));
  EXPECT_EQ(path.mtu(), 1160U);
  EXPECT_LE(path.largest, 1200U);
}

TEST(PathMtu, ShrinksWithThePath) {
  Path path(1472);
  ASSERT_TRUE(path.send(5));
  path.carries = 1200;
  const Timestamp start = path.pair.now();
  ASSERT_TRUE(path.send(5));
  EXPECT_LE(path.pair.now() - start, 1s);
  path.pair.network.run_for(30s);
  EXPECT_EQ(path.mtu(), 1160U);
}

}  // namespace
}  // namespace specter
