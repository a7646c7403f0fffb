// Another peer takes the place of the one before, behind the same signalling: a page that was
// reloaded, a process that was started again. RFC 8842 §5.1.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/peer_host.h"

#include "specter/core.h"

namespace specter::core {
namespace {

using ::testing::HasSubstr;
using testing::PeerHost;
using testing::PeerPair;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr Duration kAPageReloads = 1s;

bool is_open(const PeerHost& host, ChannelId channel) {
  return host.connection.data_channel_state(channel) == DataChannelState::Open;
}

// b has a connection with a, and then with c, who is as new as a was.
struct Reloaded {
  explicit Reloaded(ConnectionOptions of_c = {})
      : c({{*Endpoint::parse("192.0.2.3:5003")}, 77, std::move(of_c)}) {
    pair.network.attach(c, Endpoint::parse("192.0.2.3:5003")->address);
    first = pair.a.connection.create_data_channel(pair.now(), "first").value();
    EXPECT_TRUE(pair.connect());
    EXPECT_TRUE(pair.network.run_until([&] { return is_open(pair.a, first); }, 5s));
    EXPECT_TRUE(pair.a.connection.send(pair.now(), first, MessageKind::Text, as_bytes("before")));
    pair.network.run_for(1s);
  }

  void trickle(PeerHost& one, PeerHost& other) {
    for (const auto& candidate : std::exchange(one.candidates, {}))
      (void)other.connection.add_ice_candidate(pair.now(), candidate);
    for (const auto& candidate : std::exchange(other.candidates, {}))
      (void)one.connection.add_ice_candidate(pair.now(), candidate);
    pair.network.settle();
  }
  void negotiate(PeerHost& from, PeerHost& to) {
    const auto good = [](const auto& result) {
      EXPECT_TRUE(result) << (result ? "" : result.error().message);
      return result.has_value();
    };
    pair.b.candidates.clear();
    const auto offer = from.connection.create_offer();
    ASSERT_TRUE(good(offer));
    ASSERT_TRUE(good(from.connection.set_local_description(pair.now(), *offer)));
    ASSERT_TRUE(good(to.connection.set_remote_description(pair.now(), *offer)));
    const auto answer = to.connection.create_answer();
    ASSERT_TRUE(good(answer));
    ASSERT_TRUE(good(to.connection.set_local_description(pair.now(), *answer)));
    ASSERT_TRUE(good(from.connection.set_remote_description(pair.now(), *answer)));
    pair.network.settle();
    trickle(c, pair.b);
  }
  // A channel of the new peer's, and a message each way.
  void expect_data(ChannelId ours) {
    ASSERT_TRUE(pair.network.run_until([&] { return is_open(c, ours); }, kAPageReloads));
    ASSERT_TRUE(c.connection.send(pair.now(), ours, MessageKind::Text, as_bytes("there")));
    pair.network.run_for(100ms);
    const auto messages = pair.b.all<Message>();
    ASSERT_FALSE(messages.empty());
    EXPECT_EQ(std::string(messages.back()->data.begin(), messages.back()->data.end()), "there");
    const ChannelId theirs = pair.b.all<IncomingDataChannel>().back()->channel;
    ASSERT_TRUE(pair.b.connection.send(pair.now(), theirs, MessageKind::Text, as_bytes("back")));
    pair.network.run_for(100ms);
    EXPECT_THAT(c.all<Message>(), SizeIs(1));
    EXPECT_EQ(pair.b.connection.connection_state(), ConnectionState::Connected);
    EXPECT_EQ(c.connection.connection_state(), ConnectionState::Connected);
  }

  PeerPair pair;
  PeerHost c;
  ChannelId first{};
};

TEST(NewPeer, WhoOffersConnectsWithinASecond) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  const auto channel = world.c.connection.create_data_channel(world.pair.now(), "again").value();
  world.pair.network.detach(Endpoint::parse("192.0.2.1:5001")->address);  // without a goodbye
  b.events.clear();
  world.negotiate(world.c, b);
  world.expect_data(channel);
  // The channel of the one before ended, and its owner was told why.
  ASSERT_THAT(b.all<DataChannelError>(), SizeIs(1));
  EXPECT_THAT(b.all<DataChannelError>()[0]->error.message, HasSubstr("another peer"));
  EXPECT_THAT(b.all<DataChannelClosed>(), SizeIs(1));
}

// Who reloads a page makes the channels again that both sides know.
TEST(NewPeer, FindsTheNegotiatedChannelsOpen) {
  const DataChannelOptions of_both{.negotiated = true, .id = 100};
  Reloaded world;
  PeerHost& b = world.pair.b;
  const auto here = b.connection.create_data_channel(world.pair.now(), "both", of_both).value();
  world.pair.network.settle();
  ASSERT_TRUE(is_open(b, here));
  world.pair.network.detach(Endpoint::parse("192.0.2.1:5001")->address);
  ASSERT_TRUE(
      b.connection.send(world.pair.now(), here, MessageKind::Text, as_bytes("to the first")));
  const auto there =
      world.c.connection.create_data_channel(world.pair.now(), "both", of_both).value();
  b.events.clear();
  world.negotiate(world.c, b);
  EXPECT_FALSE(is_open(b, here));
  ASSERT_TRUE(world.pair.network.run_until([&] { return is_open(b, here); }, kAPageReloads));
  ASSERT_TRUE(b.connection.send(world.pair.now(), here, MessageKind::Text, as_bytes("again")));
  ASSERT_TRUE(
      world.c.connection.send(world.pair.now(), there, MessageKind::Text, as_bytes("hello")));
  world.pair.network.run_for(100ms);
  // Nothing that was meant for the one before.
  ASSERT_THAT(world.c.all<Message>(), SizeIs(1));
  EXPECT_EQ(as_text(world.c.all<Message>()[0]->data), "again");
  ASSERT_THAT(b.all<Message>(), SizeIs(1));
  EXPECT_EQ(b.all<Message>()[0]->channel, here);
  std::vector<std::string> why;
  for (const auto* error : b.all<DataChannelError>())
    if (error->channel == here) why.push_back(error->error.message);
  ASSERT_THAT(why, SizeIs(1));
  EXPECT_THAT(why[0], HasSubstr("another peer"));
  EXPECT_THAT(why[0], HasSubstr("bytes were not sent"));
  for (const auto* closed : b.all<DataChannelClosed>()) EXPECT_NE(closed->channel, here);
  EXPECT_THAT(b.all<DataChannelOpen>(), SizeIs(1));
}

TEST(NewPeer, TakesThePlaceOfOneWhoHasSaidGoodbye) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  world.pair.a.connection.close(world.pair.now());
  world.pair.network.run_for(1s);
  ASSERT_EQ(b.connection.connection_state(), ConnectionState::Failed);
  const auto channel = world.c.connection.create_data_channel(world.pair.now(), "again").value();
  world.negotiate(world.c, b);
  EXPECT_EQ(b.connection.connection_state(), ConnectionState::Connecting);
  world.expect_data(channel);
}

TEST(W3cRows, Row243_ARestartMayReachAnotherAnswerer) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  world.pair.network.detach(Endpoint::parse("192.0.2.1:5001")->address);
  b.connection.restart_ice();
  world.negotiate(b, world.c);
  ASSERT_TRUE(world.pair.network.run_until(
      [&] { return b.connection.connection_state() == ConnectionState::Connected; }, 2s));
  const auto channel = b.connection.create_data_channel(world.pair.now(), "again").value();
  world.negotiate(b, world.c);
  ASSERT_TRUE(world.pair.network.run_until([&] { return is_open(b, channel); }, kAPageReloads));
}

TEST(NewPeer, MayBeFollowedByAnother) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  const auto channel = world.c.connection.create_data_channel(world.pair.now(), "again").value();
  world.negotiate(world.c, b);
  world.expect_data(channel);
  PeerHost d({{*Endpoint::parse("192.0.2.4:5004")}, 78, {}});
  world.pair.network.attach(d, Endpoint::parse("192.0.2.4:5004")->address);
  b.candidates.clear();
  const auto last = d.connection.create_data_channel(world.pair.now(), "last").value();
  ASSERT_TRUE(world.pair.negotiate(d, b));
  world.trickle(d, b);
  ASSERT_TRUE(world.pair.network.run_until([&] { return is_open(d, last); }, kAPageReloads));
}

// RFC 8842 §5.3: the answer that takes part in a new association has another a=tls-id.
TEST(NewPeer, IsAnsweredWithAnotherTlsId) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  const auto tls_id = [&] {
    const std::string sdp = b.connection.local_description()->sdp;
    const std::size_t at = sdp.find("a=tls-id:");
    return sdp.substr(at, sdp.find("\r\n", at) - at);
  };
  const std::string before = tls_id();
  (void)world.c.connection.create_data_channel(world.pair.now(), "again").value();
  world.negotiate(world.c, b);
  EXPECT_NE(tls_id(), before);
}

// What the one before still sends is not looked at: it has other keys.
TEST(NewPeer, IsNotDisturbedByTheOneBefore) {
  Reloaded world;
  const auto channel = world.c.connection.create_data_channel(world.pair.now(), "again").value();
  world.negotiate(world.c, world.pair.b);
  for (int i = 0; i < 50; ++i) {
    (void)world.pair.a.connection.send(world.pair.now(), world.first, MessageKind::Text,
                                       as_bytes("late"));
    world.pair.network.run_for(10ms);
  }
  world.expect_data(channel);
  for (const Message* message : world.pair.b.all<Message>())
    EXPECT_NE(std::string(message->data.begin(), message->data.end()), "late");
}

TEST(NewPeer, ItsFingerprintIsTheOneThatCounts) {
  Reloaded world;
  PeerHost& b = world.pair.b;
  b.candidates.clear();
  (void)world.c.connection.create_data_channel(world.pair.now(), "again").value();
  auto offer = world.c.connection.create_offer().value();
  ASSERT_TRUE(world.c.connection.set_local_description(world.pair.now(), offer));
  const std::size_t at = offer.sdp.find("a=fingerprint:sha-256 ") + 22;
  offer.sdp[at] = offer.sdp[at] == 'A' ? 'B' : 'A';
  ASSERT_TRUE(b.connection.set_remote_description(world.pair.now(), offer));
  const auto answer = b.connection.create_answer().value();
  ASSERT_TRUE(b.connection.set_local_description(world.pair.now(), answer));
  ASSERT_TRUE(world.c.connection.set_remote_description(world.pair.now(), answer));
  world.pair.network.settle();
  world.trickle(world.c, b);
  world.pair.network.run_for(30s);
  EXPECT_EQ(b.connection.connection_state(), ConnectionState::Failed);
}

}  // namespace
}  // namespace specter::core
