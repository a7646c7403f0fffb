// How one side hears that the other has gone: docs/decisions/0006-peers-close.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PeerHost;
using testing::PeerPair;
using ::testing::SizeIs;

ConnectionOptions best(DtlsVersion version) {
  ConnectionOptions configuration;
  configuration.transport.max_dtls_version = version;
  return configuration;
}

struct Gone : ::testing::TestWithParam<std::tuple<DtlsVersion, bool>> {
  Gone() {
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    opened = pair.connect() &&
             pair.network.run_until([&] { return pair.a.has<core::DataChannelOpen>(); }, 5s);
    pair.network.run_for(1s);
  }
  PeerHost& who_leaves() { return std::get<1>(GetParam()) ? pair.a : pair.b; }
  PeerHost& who_stays() { return std::get<1>(GetParam()) ? pair.b : pair.a; }

  PeerPair pair{{}, best(std::get<0>(GetParam()))};
  bool opened = false;
};

INSTANTIATE_TEST_SUITE_P(EitherSideOfBothVersions, Gone,
                         ::testing::Combine(::testing::Values(DtlsVersion::Dtls12,
                                                              DtlsVersion::Dtls13),
                                            ::testing::Bool()));

// Terminal, within a round trip, with a code of its own, and the states below agree.
TEST_P(Gone, IsFailedAtOnceAndSaysThatThePeerClosed) {
  ASSERT_TRUE(opened);
  who_leaves().connection.close(pair.now());
  pair.network.run_for(50ms);

  PeerHost& b = who_stays();
  EXPECT_EQ(b.connection.connection_state(), ConnectionState::Failed);
  EXPECT_EQ(b.connection.ice_connection_state(), IceConnectionState::Failed);
  EXPECT_EQ(b.connection.stats().transport.dtls_state, DtlsTransportState::Closed);
  const auto states = b.all<core::ConnectionStateChange>();
  ASSERT_FALSE(states.empty());
  EXPECT_EQ(states.back()->code, ErrorCode::ClosedByPeer);
  EXPECT_EQ(states.back()->reason, "the peer closed the connection");
  const auto ice_states = b.all<core::IceConnectionStateChange>();
  EXPECT_EQ(ice_states.back()->state, IceConnectionState::Failed);

  // For good: nothing is told or sent any more.
  const std::size_t events = b.events.size();
  pair.network.run_for(120s);
  EXPECT_THAT(b.events, SizeIs(events));
  EXPECT_EQ(b.connection.next_timeout(), std::nullopt);
  b.connection.close(pair.now());
  pair.network.run_for(1s);
  EXPECT_TRUE(std::holds_alternative<core::Closed>(b.events.back()));
}

// It is a datagram without an answer: it is said three times, while Closed is told at once.
TEST_P(Gone, IsHeardThoughTheFirstTwoGoodbyesAreLost) {
  ASSERT_TRUE(opened);
  PeerHost& a = who_leaves();
  int sent = 0;
  std::vector<Timestamp> times;
  pair.network.filter = [&](testing::Flight& flight) {
    const bool is_from_a = (flight.from.port == 5001) == (&a == &pair.a);
    if (!is_from_a) return true;
    if (times.empty() || times.back() != flight.sent) ++sent;
    times.push_back(flight.sent);
    return sent > 2;
  };
  a.connection.close(pair.now());
  pair.network.settle();
  EXPECT_TRUE(std::holds_alternative<core::Closed>(a.events.back()));
  pair.network.run_for(1s);
  EXPECT_EQ(sent, 3);
  EXPECT_EQ(a.connection.next_timeout(), std::nullopt);
  EXPECT_TRUE(std::holds_alternative<core::Closed>(a.events.back()));
  EXPECT_EQ(who_stays().connection.connection_state(), ConnectionState::Failed);
  EXPECT_EQ(who_stays().all<core::ConnectionStateChange>().back()->code, ErrorCode::ClosedByPeer);
}

// Who closes a second time, or while the goodbye is under way, changes nothing.
TEST_P(Gone, IsToldOnceHoweverOftenItIsClosed) {
  ASSERT_TRUE(opened);
  int sent = 0;
  pair.network.filter = [&](testing::Flight&) {
    ++sent;
    return false;
  };
  who_leaves().connection.close(pair.now());
  pair.network.run_for(10ms);
  who_leaves().connection.close(pair.now());
  pair.network.run_for(500ms);
  const int once = sent;
  who_leaves().connection.close(pair.now());
  pair.network.run_for(60s);
  EXPECT_LE(once, 6);
  EXPECT_THAT(who_leaves().all<core::Closed>(), SizeIs(1));
}

// Our own alert leaves before the path is given up, so that both sides know what was wrong.
TEST(Failing, IsToldToThePeerToo) {
  for (const auto version : {DtlsVersion::Dtls12, DtlsVersion::Dtls13}) {
    PeerPair pair({}, best(version));
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    const auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    auto forged = offer;
    const std::size_t at = forged.sdp.find("sha-256 ") + 8;
    forged.sdp[at] = forged.sdp[at] == '0' ? '1' : '0';
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), forged));
    const auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    pair.network.settle();
    pair.trickle();
    pair.network.run_for(12s);
    const auto of_b = pair.b.all<core::ConnectionStateChange>();
    const auto of_a = pair.a.all<core::ConnectionStateChange>();
    ASSERT_FALSE(of_a.empty() || of_b.empty());
    EXPECT_EQ(of_b.back()->code, ErrorCode::FingerprintFailure);
    EXPECT_THAT(of_b.back()->reason, HasSubstr("fingerprint"));
    EXPECT_EQ(of_a.back()->state, ConnectionState::Failed);
    EXPECT_EQ(of_a.back()->code, ErrorCode::DtlsFailure);
    EXPECT_THAT(of_a.back()->reason, HasSubstr("alert")) << of_a.back()->reason;
  }
}

}  // namespace
}  // namespace specter
