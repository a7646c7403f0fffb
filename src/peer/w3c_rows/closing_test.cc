// W3C rows 92 to 102 and 274 to 281: the end of a channel, and of a connection. docs/w3c-rows.md
// has all rows.
#include <map>

#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

TEST(W3cRows, Row92And96_WhoDidNotCloseIsToldTwice) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    open.a.events.clear();
    open.b.is_paused = true;
    open.pc_a.close_data_channel(open.now(), open.at_a);
    std::vector<std::string> told;
    (void)open.pair.network.run_until(
        [&] {
          while (const auto event = open.pc_b.poll_event()) {
            const auto state = open.pc_b.data_channel_state(open.at_b);
            if (std::holds_alternative<DataChannelClosing>(*event)) {
              told.emplace_back("closing");
              EXPECT_EQ(state, DataChannelState::Closing);
            } else if (std::holds_alternative<DataChannelClosed>(*event)) {
              told.emplace_back("closed");
              EXPECT_EQ(state, std::nullopt);
            } else {
              told.emplace_back("something else");
            }
          }
          return false;
        },
        1s);
    EXPECT_THAT(told, ElementsAre("closing", "closed"));
    EXPECT_THAT(told_of(open.a, open.at_a), ElementsAre("close"));
  }
}

TEST(W3cRows, Row93And97_ChannelsComeAndGoOnALivingConnection) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    for (std::uint16_t i = 0; i < 10; ++i) {
      const DataChannelOptions options{.negotiated = announced == Announced::Negotiated, .id = 8};
      const auto at_a = open.create(open.a, "next", options).value();
      ChannelId at_b{};
      if (options.negotiated) at_b = open.create(open.b, "next", options).value();
      open.run();
      if (!options.negotiated) at_b = open.b.all<IncomingDataChannel>().back()->channel;
      ASSERT_TRUE(open.pc_a.send(open.now(), at_a, MessageKind::Text, as_bytes("call")));
      open.run();
      ASSERT_EQ(count(told_of(open.b, at_b), "message"), 1u);
      ASSERT_TRUE(open.pc_b.send(open.now(), at_b, MessageKind::Text, as_bytes("echo")));
      open.run();
      ASSERT_EQ(count(told_of(open.a, at_a), "message"), 1u);
      open.pc_a.close_data_channel(open.now(), at_a);
      open.run();
      EXPECT_EQ(told_of(open.b, at_b).back(), "close");
    }
  }
}

void expect_error_then_close(PeerPair& pair, std::size_t channels) {
  pair.network.run_for(1s);
  pair.b.events.clear();
  pair.a.connection.close(pair.now());
  pair.network.run_for(1s);
  std::map<ChannelId, std::vector<std::string>> by_channel;
  for (const Event& event : pair.b.events) {
    if (const auto* failed = std::get_if<DataChannelError>(&event)) {
      by_channel[failed->channel].emplace_back("error");
      EXPECT_EQ(failed->error.code, ErrorCode::ClosedByPeer);
    }
    if (const auto* closed = std::get_if<DataChannelClosed>(&event))
      by_channel[closed->channel].emplace_back("close");
  }
  EXPECT_THAT(by_channel, SizeIs(channels));
  for (const auto& [channel, events] : by_channel)
    EXPECT_THAT(events, ::testing::ElementsAre("error", "close"));
}

TEST(W3cRows, Row94_AChannelFailsAndClosesWhenThePeersConnectionCloses) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.connect());
  expect_error_then_close(pair, 1);
}

TEST(W3cRows, Row98_SoDoesANegotiatedChannel) {
  PeerPair pair;
  const DataChannelOptions options{.negotiated = true, .id = 3};
  (void)pair.a.connection.create_data_channel(pair.now(), "data", options);
  (void)pair.b.connection.create_data_channel(pair.now(), "data", options);
  ASSERT_TRUE(pair.connect());
  expect_error_then_close(pair, 1);
}

TEST(W3cRows, Row100_SoDoesEachOfEleven) {
  PeerPair pair;
  for (int i = 0; i < 11; ++i)
    (void)pair.a.connection.create_data_channel(pair.now(), std::to_string(i));
  ASSERT_TRUE(pair.connect());
  expect_error_then_close(pair, 11);
}

TEST(W3cRows, Row95And99_AChannelThatIsClosedIsToldNothingMore) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    open.pc_a.close_data_channel(open.now(), open.at_a);
    open.run();
    const auto at_a = told_of(open.a, open.at_a), at_b = told_of(open.b, open.at_b);
    EXPECT_EQ(at_a.back(), "close");
    EXPECT_EQ(at_b.back(), "close");
    open.pc_a.close(open.now());
    open.run();
    EXPECT_EQ(told_of(open.a, open.at_a), at_a);
    EXPECT_EQ(told_of(open.b, open.at_b), at_b);
  }
}

// By design: there is nothing to wait for, so it is closed at once.
TEST(W3cRows, Row101_AChannelClosedBeforeItIsNegotiatedNeverOpens) {
  Two two;
  const auto early = two.create(two.a, "early").value();
  two.pc_a.close_data_channel(two.now(), early);
  EXPECT_EQ(two.pc_a.data_channel_state(early), std::nullopt);
  const auto other = two.create(two.a, "other").value();
  ASSERT_TRUE(two.connect());
  EXPECT_THAT(told_of(two.a, early), ElementsAre("close"));
  EXPECT_EQ(two.pc_a.data_channel_state(other), DataChannelState::Open);
  ASSERT_THAT(two.b.all<IncomingDataChannel>(), SizeIs(1));
  EXPECT_EQ(two.b.all<IncomingDataChannel>()[0]->label, "other");
}

TEST(W3cRows, Row102_BothMayCloseAtTheSameTime) {
  Open open;
  open.a.events.clear();
  open.b.events.clear();
  open.pc_a.close_data_channel(open.now(), open.at_a);
  open.pc_b.close_data_channel(open.now(), open.at_b);
  open.run();
  EXPECT_THAT(told_of(open.a, open.at_a), ElementsAre("close"));
  EXPECT_THAT(told_of(open.b, open.at_b), ElementsAre("close"));
}

// ---- the connection

// In the core alone: a handle's connection answers no call any more (docs/w3c-differences.md).
TEST(W3cRows, Row274_AClosedConnectionStillHasItsStatistics) {
  Open open;
  ASSERT_TRUE(open.send("hello"));
  open.run();
  const auto before = open.pc_a.stats();
  open.pc_a.close(open.now());
  const auto after = open.pc_a.stats();
  EXPECT_GE(after.transport.bytes_sent, before.transport.bytes_sent);
  ASSERT_THAT(after.data_channels, SizeIs(1));
  EXPECT_EQ(after.data_channels[0].messages_sent, 1u);
}

TEST(W3cRows, Row275_AllChannelsAreClosedWithTheConnection) {
  Two two;
  std::vector<ChannelId> channels;
  for (std::uint16_t i = 0; i < 24; ++i) {
    const DataChannelOptions options{.negotiated = i % 2 == 0, .id = i};
    channels.push_back(two.create(two.a, "data", options).value());
  }
  two.pc_a.close(two.now());
  for (const ChannelId channel : channels)
    EXPECT_EQ(two.pc_a.data_channel_state(channel), std::nullopt);
  for (const auto& stats : two.pc_a.stats().data_channels)
    EXPECT_EQ(stats.state, DataChannelState::Closed);
}

TEST(W3cRows, Row276_AClosedConnectionsStates) {
  Open open;
  open.pc_a.close(open.now());
  EXPECT_EQ(to_string(open.pc_a.signaling_state()), "closed");
  EXPECT_EQ(to_string(open.pc_a.ice_connection_state()), "closed");
  EXPECT_EQ(to_string(open.pc_a.connection_state()), "closed");
  EXPECT_EQ(to_string(open.pc_a.ice_gathering_state()), "complete");
}

// By design what becomes of the channels is told, and at last that all is over.
TEST(W3cRows, Row277_OnesOwnCloseTellsNoChangeOfState) {
  Open open;
  open.a.events.clear();
  open.pc_a.close(open.now());
  open.run();
  ASSERT_THAT(open.a.events, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<DataChannelClosed>(open.a.events[0]));
  EXPECT_TRUE(std::holds_alternative<Closed>(open.a.events[1]));
}

TEST(W3cRows, Row278_TwiceIsAsGoodAsOnce) {
  Open open;
  open.pc_a.close(open.now());
  open.run();
  const std::size_t told = open.a.events.size();
  open.pc_a.close(open.now());
  open.run();
  EXPECT_THAT(open.a.events, SizeIs(told));
}

TEST(W3cRows, Row280_TheDescriptionsAreStillThere) {
  Open open;
  const auto local = open.pc_a.local_description(), remote = open.pc_a.remote_description();
  ASSERT_TRUE(local && remote);
  open.pc_a.close(open.now());
  open.run();
  EXPECT_EQ(open.pc_a.local_description(), local);
  EXPECT_EQ(open.pc_a.current_local_description(), local);
  EXPECT_EQ(open.pc_a.remote_description(), remote);
}

// By design: what is closed says so, by a code of its own.
TEST(W3cRows, Row281_AChannelOfAClosedConnectionSendsNothing) {
  Open open;
  open.pc_a.close(open.now());
  EXPECT_EQ(open.send("x").error().code, ErrorCode::Closed);
  EXPECT_EQ(open.pc_a.buffered_amount(open.at_a), 0u);
}

}  // namespace
}  // namespace specter::core::rows
