// Rows of the public web-platform-tests on data channels, by the numbers of
// shared/facts/w3c-rows-data.md; docs/w3c-differences.md has those where ours differs on purpose.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "testing/peer_host.h"

namespace specter::core {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::Each;
using ::testing::IsEmpty;
using testing::PeerPair;
using ::testing::SizeIs;

// Of one channel, in the order in which they were told.
std::vector<std::string> told(const std::vector<Event>& events) {
  std::vector<std::string> out;
  for (const Event& event : events) {
    if (std::holds_alternative<IncomingDataChannel>(event)) out.emplace_back("incoming");
    if (std::holds_alternative<DataChannelOpened>(event)) out.emplace_back("open");
    if (std::holds_alternative<MessageReceived>(event)) out.emplace_back("message");
    if (std::holds_alternative<DataChannelClosing>(event)) out.emplace_back("closing");
    if (std::holds_alternative<DataChannelFailed>(event)) out.emplace_back("error");
    if (std::holds_alternative<DataChannelClosed>(event)) out.emplace_back("close");
  }
  return out;
}

// An offer of ours, whose own text with another a=setup is the answer.
struct AnsweredByItself {
  explicit AnsweredByItself(const std::string& setup) {
    first = a.create_data_channel(kNow, "data").value();
    auto text = a.create_offer().value();
    EXPECT_TRUE(a.set_local_description(kNow, text));
    text.type = SdpType::Answer;
    text.sdp.replace(text.sdp.find("setup:actpass"), 13, "setup:" + setup);
    const auto set = a.set_remote_description(kNow, text);
    EXPECT_TRUE(set) << (set ? "" : set.error().message);
  }

  static constexpr Timestamp kNow = simulation::kStart;
  PeerPair pair;
  PeerConnection& a = pair.a.connection;
  ChannelId first{};
};

TEST(W3cRows, Row26_ANegotiatedChannelCantHaveTheIdOfAnother) {
  AnsweredByItself answered("passive");
  const auto id = answered.a.data_channel_stream(answered.first);
  ASSERT_TRUE(id);
  const auto other = answered.a.create_data_channel(AnsweredByItself::kNow, "other",
                                                    {.negotiated = true, .id = id});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::OperationFailed);
}

TEST(W3cRows, Row27_AChannelHasItsIdOnceTheAnswerIsSet) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  const auto offer = pair.a.connection.create_offer().value();
  ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
  EXPECT_EQ(pair.a.connection.data_channel_stream(channel), std::nullopt);
  ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
  const auto answer = pair.b.connection.create_answer().value();
  ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
  const auto id = pair.a.connection.data_channel_stream(channel);
  ASSERT_TRUE(id);
  EXPECT_LT(*id, 65'535);
  EXPECT_EQ(pair.a.connection.data_channel_state(channel), DataChannelState::Connecting);
}

TEST(W3cRows, Row28_AChannelMadeAfterwardsHasOneAtOnce) {
  AnsweredByItself answered("active");
  const auto second = answered.a.create_data_channel(AnsweredByItself::kNow, "data").value();
  ASSERT_TRUE(answered.a.data_channel_stream(second));
  EXPECT_NE(answered.a.data_channel_stream(second), answered.a.data_channel_stream(answered.first));
}

TEST(W3cRows, Row29_AChannelOfAConnectedPairNeedsNoOffer) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "first");
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  const std::size_t needed = pair.a.all<NegotiationNeeded>().size();
  const auto second = pair.a.connection.create_data_channel(pair.now(), "second").value();
  EXPECT_EQ(pair.a.connection.data_channel_state(second), DataChannelState::Connecting);
  pair.network.run_for(1s);
  EXPECT_EQ(pair.a.connection.data_channel_state(second), DataChannelState::Open);
  EXPECT_THAT(pair.a.all<NegotiationNeeded>(), SizeIs(needed));
}

TEST(W3cRows, Row30_IdsAreOddWhenTheAnswerIsActive) {
  AnsweredByItself answered("active");
  const auto second = answered.a.create_data_channel(AnsweredByItself::kNow, "other").value();
  EXPECT_EQ(answered.a.data_channel_stream(answered.first), 1);
  EXPECT_EQ(answered.a.data_channel_stream(second), 3);
}

TEST(W3cRows, Row31_IdsAreEvenWhenTheAnswerIsPassive) {
  AnsweredByItself answered("passive");
  const auto second = answered.a.create_data_channel(AnsweredByItself::kNow, "other").value();
  EXPECT_EQ(answered.a.data_channel_stream(answered.first), 0);
  EXPECT_EQ(answered.a.data_channel_stream(second), 2);
}

// What has an id before there is an association may be closed, and the id is free again.
TEST(W3cRows, Row27_AnIdIsFreeAgainWhenItsChannelIsClosedBeforeConnecting) {
  AnsweredByItself answered("passive");
  answered.a.close_data_channel(AnsweredByItself::kNow, answered.first);
  const auto next = answered.a.create_data_channel(AnsweredByItself::kNow, "next").value();
  EXPECT_EQ(answered.a.data_channel_stream(next), 0);
}

// A peer that acts within its handler: at the moment when the event is polled.
struct Announced {
  template <class Act>
  explicit Announced(Act act) {
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    connected = pair.connect();
    // b's events so far are polled; its next ones are polled here.
    pair.network.run_for(1s);
    pair.b.is_paused = true;
    (void)pair.a.connection.create_data_channel(pair.now(), "second");
    pair.network.run_for(100ms);
    pair.b.events.clear();
    pair.a.events.clear();
    while (auto event = pair.b.connection.poll_event()) {
      if (const auto* incoming = std::get_if<IncomingDataChannel>(&*event)) act(*this, *incoming);
      pair.b.events.push_back(std::move(*event));
    }
    pair.b.is_paused = false;
    pair.network.run_for(1s);
  }

  PeerPair pair;
  bool connected = false;
};

TEST(W3cRows, Row50_WhoClosesAnAnnouncedChannelIsNotToldThatItIsOpen) {
  Announced announced([](Announced& it, const IncomingDataChannel& incoming) {
    it.pair.b.connection.close_data_channel(it.pair.now(), incoming.channel);
  });
  ASSERT_TRUE(announced.connected);
  EXPECT_THAT(told(announced.pair.b.events), ::testing::ElementsAre("incoming", "close"));
}

TEST(W3cRows, Row51_WhatWasSentBeforeArrives) {
  Announced announced([](Announced& it, const IncomingDataChannel& incoming) {
    EXPECT_TRUE(it.pair.b.connection.send(it.pair.now(), incoming.channel, MessageKind::Text,
                                          as_bytes("farewell")));
    it.pair.b.connection.close_data_channel(it.pair.now(), incoming.channel);
  });
  ASSERT_TRUE(announced.connected);
  EXPECT_THAT(told(announced.pair.b.events), ::testing::ElementsAre("incoming", "close"));
  ASSERT_THAT(announced.pair.a.all<MessageReceived>(), SizeIs(1));
  EXPECT_EQ(as_text(announced.pair.a.all<MessageReceived>()[0]->data), "farewell");
}

TEST(W3cRows, Row81_BufferedAmountStaysAsItWasWhenTheConnectionCloses) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpened>(); }, 5s));
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary, Buffer(200'000, 1)));
  const std::size_t before = pair.a.connection.buffered_amount(channel);
  EXPECT_EQ(before, 200'000u);
  pair.a.connection.close(pair.now());
  EXPECT_EQ(pair.a.connection.buffered_amount(channel), before);
  pair.network.run_for(1s);
  EXPECT_EQ(pair.a.connection.buffered_amount(channel), before);
}

void expect_error_then_close(PeerPair& pair, std::size_t channels) {
  pair.network.run_for(1s);
  pair.b.events.clear();
  pair.a.connection.close(pair.now());
  pair.network.run_for(1s);
  std::map<ChannelId, std::vector<std::string>> by_channel;
  for (const Event& event : pair.b.events) {
    if (const auto* failed = std::get_if<DataChannelFailed>(&event)) {
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

TEST(W3cRows, Row265_ChannelsAreCountedOnBothSidesWhoeverMadeThem) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    EXPECT_EQ(each->connection.stats().data_channels_opened, 1u);
    EXPECT_EQ(each->connection.stats().data_channels_closed, 0u);
  }
  pair.a.connection.close_data_channel(pair.now(), channel);
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    EXPECT_EQ(each->connection.stats().data_channels_opened, 1u);
    EXPECT_EQ(each->connection.stats().data_channels_closed, 1u);
  }
}

TEST(W3cRows, Row267_AClosedChannelsStatisticsStay) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Text, as_bytes("hello")));
  pair.network.run_for(1s);
  pair.a.connection.close_data_channel(pair.now(), channel);
  pair.network.run_for(1s);
  for (const auto* each : {&pair.a, &pair.b}) {
    const auto stats = each->connection.stats().data_channels;
    ASSERT_THAT(stats, SizeIs(1));
    EXPECT_EQ(stats[0].state, DataChannelState::Closed);
    EXPECT_EQ(stats[0].label, "data");
    EXPECT_EQ(stats[0].messages_sent + stats[0].messages_received, 1u);
  }
}

}  // namespace
}  // namespace specter::core
