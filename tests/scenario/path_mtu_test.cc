// How large a packet two whole peers send each other. RFC 8899.
#include <string>

#include <gtest/gtest.h>

#include "testing/media.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::PeerHost;
using testing::PeerPair;

using testing::video_track;
using testing::with_media;

// A path that has no room for a datagram beyond a size, as it is after UDP, and bulk over it.
struct Path {
  explicit Path(std::size_t up_to, ConnectionOptions configuration = {})
      : pair({.latency = 10ms}, std::move(configuration)), carries(up_to) {
    channel = *pair.a.connection.create_data_channel(pair.now(), "bulk");
    EXPECT_TRUE(pair.connect());
    EXPECT_TRUE(pair.network.run_until([&] { return pair.a.has<core::DataChannelOpen>(); }, 5s));
    pair.network.filter = [this](testing::Flight& flight) {
      largest = std::max(largest, flight.bytes.size());
      return flight.bytes.size() <= carries;
    };
  }
  bool send(int messages) {
    const Buffer message(100'000, 0x5a);
    const auto before = pair.b.all<core::Message>().size();
    for (int i = 0; i < messages; ++i) {
      if (!pair.a.connection.send(pair.now(), channel, MessageKind::Binary, message)) return false;
    }
    return pair.network.run_until(
        [&] {
          return pair.b.all<core::Message>().size() == before + static_cast<std::size_t>(messages);
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
  EXPECT_EQ(path.mtu(), 1132U);
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
  Path path(65'000, {.transport = {.path_mtu_discovery = false}});
  ASSERT_TRUE(path.send(5));
  EXPECT_EQ(path.mtu(), 1132U);
  EXPECT_LE(path.largest, 1172U);
}

TEST(PathMtu, ShrinksWithThePath) {
  Path path(1472);
  ASSERT_TRUE(path.send(5));
  path.carries = 1172;
  const Timestamp start = path.pair.now();
  ASSERT_TRUE(path.send(5));
  EXPECT_LE(path.pair.now() - start, 1s);
  path.pair.network.run_for(30s);
  // 1200 less IPv4, UDP and DTLS 1.3's record.
  EXPECT_EQ(path.mtu(), 1148U);
}

// ---- paths of every width, from before the first packet on and from the middle of a transfer

struct Narrow {
  std::size_t mtu;
  bool icmp;
  bool v6 = false;
  DtlsVersion dtls = DtlsVersion::Dtls13;
  bool warp = false;  // SPED and SNAP
};

std::string name_of(const ::testing::TestParamInfo<Narrow>& info) {
  const Narrow& it = info.param;
  return std::to_string(it.mtu) + (it.icmp ? "Icmp" : "") + (it.v6 ? "V6" : "V4") +
         (it.dtls == DtlsVersion::Dtls13 ? "Dtls13" : "Dtls12") + (it.warp ? "Warp" : "");
}

std::vector<Narrow> all_widths() {
  std::vector<Narrow> out;
  for (const bool icmp : {false, true}) {
    for (const auto dtls : {DtlsVersion::Dtls12, DtlsVersion::Dtls13}) {
      for (const std::size_t mtu : {1500, 1280, 1210, 1200, 1100, 900, 576}) {
        out.push_back({mtu, icmp, false, dtls});
        if (dtls == DtlsVersion::Dtls13) out.push_back({mtu, icmp, false, dtls, true});
      }
      for (const std::size_t mtu : {1500, 1280}) out.push_back({mtu, icmp, true, dtls});
    }
  }
  return out;
}

class Width : public ::testing::TestWithParam<Narrow> {
 protected:
  Width()
      : pair({.latency = 10ms}, configuration(), configuration(), {at("192.0.2.1", "2001:db8::1")},
             {at("192.0.2.2", "2001:db8::2")}) {}

  static ConnectionOptions configuration() {
    ConnectionOptions out;
    out.transport.min_dtls_version = out.transport.max_dtls_version = GetParam().dtls;
    out.transport.sped = out.data.snap = GetParam().warp;
    return out;
  }
  static Endpoint at(std::string_view v4, std::string_view v6) {
    return {*IpAddress::parse(GetParam().v6 ? v6 : v4), 5001};
  }
  void narrow() { pair.network.set_mtu({GetParam().mtu, GetParam().icmp}); }

  void open() {
    from_a = *pair.a.connection.create_data_channel(pair.now(), "bulk");
    ASSERT_TRUE(pair.connect());
    ASSERT_TRUE(pair.network.run_until(
        [&] {
          return pair.b.has<core::IncomingDataChannel>() && pair.a.has<core::DataChannelOpen>();
        },
        3s));
  }
  void send(PeerHost& from, ChannelId channel, int messages) {
    const Buffer message(100'000, 0x5a);
    for (int i = 0; i < messages; ++i)
      ASSERT_TRUE(from.connection.send(pair.now(), channel, MessageKind::Binary, message));
  }
  bool arrive(PeerHost& at, std::size_t messages, Duration limit) {
    return pair.network.run_until([&] { return at.all<core::Message>().size() >= messages; },
                                  limit);
  }

  PeerPair pair;
  ChannelId from_a{};
};
INSTANTIATE_TEST_SUITE_P(All, Width, ::testing::ValuesIn(all_widths()), name_of);

TEST_P(Width, ConnectsAndCarriesBothWays) {
  narrow();
  ASSERT_NO_FATAL_FAILURE(open());
  EXPECT_LE(pair.now() - simulation::kStart, 3s);
  send(pair.a, from_a, 3);
  send(pair.b, pair.b.all<core::IncomingDataChannel>().at(0)->channel, 3);
  EXPECT_TRUE(arrive(pair.b, 3, 5s));
  EXPECT_TRUE(arrive(pair.a, 3, 5s));
  EXPECT_TRUE(pair.both_connected());
  // 1200 bytes of IPv4 and 1280 of IPv6 work from the first packet: RFC 8831 §5.
  if (GetParam().mtu >= 1200) {
    EXPECT_EQ(pair.network.fragmented(), 0U);
  }
}

TEST_P(Width, IsFoundInTheMiddleOfATransfer) {
  ASSERT_NO_FATAL_FAILURE(open());
  send(pair.a, from_a, 3);
  ASSERT_TRUE(arrive(pair.b, 3, 5s));
  send(pair.a, from_a, 40);
  pair.network.run_for(30ms);
  narrow();
  const auto before = pair.b.all<core::Message>().size();
  EXPECT_TRUE(arrive(pair.b, before + 2, 3s)) << "it goes on";
  EXPECT_TRUE(arrive(pair.b, 43, 30s));
  // Afterwards nothing is too large any more, and packets are as large as the path has them.
  pair.network.run_for(30s);
  const auto fragmented = pair.network.fragmented(), lost = pair.network.too_large();
  send(pair.a, from_a, 1);
  EXPECT_TRUE(arrive(pair.b, 44, 1s));
  EXPECT_EQ(pair.network.fragmented(), fragmented);
  EXPECT_EQ(pair.network.too_large(), lost);
  EXPECT_GT(pair.a.connection.stats().sctp.mtu + 28 + 20 + 124, GetParam().mtu);
}

// STUN and DTLS come through, and no packet with data: the channel says so.
// A silent path tells nobody how large its packets may be. SCTP finds out, and tracks, which have
// no probes of their own, go by that.
TEST(PathMtu, OfASilentPathIsThatOfTracksToo) {
  Path path(1472, with_media());
  const TransceiverId sender =
      path.pair.a.connection.add_track(path.pair.now(), video_track(), {}).value();
  ASSERT_TRUE(path.pair.negotiate());
  path.pair.network.run_for(1s);
  path.pair.network.set_mtu({576, false});
  ASSERT_TRUE(path.pair.a.connection.send(path.pair.now(), path.channel, MessageKind::Binary,
                                          Buffer(3000, 0x5a)));
  ASSERT_TRUE(path.pair.network.run_until([&] { return path.pair.b.has<core::Message>(); }, 30s));
  for (const Buffer& frame : testing::vp8_frames(10, 5000)) {
    ASSERT_TRUE(path.pair.a.connection.write_sample(path.pair.now(), sender,
                                                    {.bytes = frame, .duration = 33ms}));
    path.pair.network.run_for(33ms);
  }
  path.pair.network.run_for(1s);
  EXPECT_EQ(path.pair.b.all<core::Frame>().size(), 10U);
}

TEST(PathMtu, APathThatCarriesNoDataAtAllIsNamed) {
  Path path(1472);
  path.carries = 300;
  const Buffer message(100'000, 0x5a);
  ASSERT_TRUE(
      path.pair.a.connection.send(path.pair.now(), path.channel, MessageKind::Binary, message));
  EXPECT_TRUE(
      path.pair.network.run_until([&] { return path.pair.a.has<core::DataChannelClosed>(); }, 40s));
  const auto failed = path.pair.a.all<core::DataChannelError>();
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_NE(failed[0]->error.message.find("small packets"), std::string::npos);
}

}  // namespace
}  // namespace specter
