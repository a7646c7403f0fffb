// W3C rows 26 to 52: ids, and what the peer is told by DCEP. docs/w3c-rows.md has all rows.
#include <set>

#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

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

TEST(W3cRows, Row32_TheSameIdGivenInBandByBothIsNobodys) {
  Two two;
  const auto of_a = two.create(two.a, "of a", {.id = 42}).value();
  const auto of_b = two.create(two.b, "of b", {.id = 42}).value();
  ASSERT_TRUE(two.connect());
  EXPECT_THAT(two.pc_a.stats().data_channels, SizeIs(2));
  EXPECT_THAT(two.pc_b.stats().data_channels, SizeIs(2));
  EXPECT_NE(two.pc_a.data_channel_stream(of_a), two.pc_b.data_channel_stream(of_b));
}

TEST(W3cRows, Row33_InBandIdsGoAroundNegotiatedOnes) {
  Two two;
  std::vector<ChannelId> in_band, negotiated;
  const auto make = [&](int from) {
    for (int i = from; i < from + 10; ++i) {
      in_band.push_back(two.create(two.a).value());
      const DataChannelOptions options{.negotiated = true, .id = static_cast<std::uint16_t>(2 * i)};
      negotiated.push_back(two.create(two.a, "n", options).value());
      EXPECT_TRUE(two.create(two.b, "n", options));
    }
  };
  make(0);
  ASSERT_TRUE(two.connect());
  make(10);
  two.run();
  std::set<std::uint16_t> ids;
  for (std::size_t i = 0; i < 20; ++i) {
    const auto id = two.pc_a.data_channel_stream(in_band[i]);
    ASSERT_TRUE(id);
    EXPECT_EQ(*id % 2, 1) << "a is the DTLS server";
    ids.insert(*id);
    EXPECT_EQ(two.pc_a.data_channel_stream(negotiated[i]), 2 * i);
    EXPECT_EQ(two.pc_a.data_channel_state(negotiated[i]), DataChannelState::Open);
  }
  EXPECT_THAT(ids, SizeIs(20));
}

TEST(W3cRows, Row34_AnIdIsFreeOnceItsChannelIsClosed) {
  Open open;
  const auto id = open.pc_a.data_channel_stream(open.at_a);
  open.pc_a.close_data_channel(open.now(), open.at_a);
  open.run();
  EXPECT_EQ(count(told_of(open.a, open.at_a), "close"), 1u);
  EXPECT_EQ(count(told_of(open.b, open.at_b), "close"), 1u);
  const DataChannelOptions same{.negotiated = true, .id = id};
  const auto at_a = open.create(open.a, "next", same), at_b = open.create(open.b, "next", same);
  ASSERT_TRUE(at_a && at_b);
  EXPECT_EQ(open.pc_a.data_channel_stream(*at_a), id);
  open.run();
  ASSERT_TRUE(open.pc_a.send(open.now(), *at_a, MessageKind::Text, as_bytes("anew")));
  open.run();
  EXPECT_THAT(told_of(open.b, *at_b), ElementsAre("open", "message"));
}

TEST(W3cRows, Row35_NotWhileItIsClosing) {
  Open open;
  const auto id = open.pc_a.data_channel_stream(open.at_a);
  open.pc_a.close_data_channel(open.now(), open.at_a);
  EXPECT_EQ(open.pc_a.data_channel_state(open.at_a), DataChannelState::Closing);
  EXPECT_EQ(name_of(open.create(open.a, "next", {.negotiated = true, .id = id})), "OperationError");
}

TEST(W3cRows, Row36_ASideHasHalfOfTheIds) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  std::size_t made = 1;
  Result<ChannelId> last = ChannelId{};
  while (made < 40'000 && (last = two.create(two.a))) ++made;
  EXPECT_EQ(name_of(last), "OperationError");
  EXPECT_EQ(made, 32'767u);  // a's are odd: 1 to 65,533
}

TEST(W3cRows, Row37_ChannelsThatGetNoIdFailAndTheOthersGoOn) {
  Two two;
  std::vector<ChannelId> channels;
  for (int i = 0; i < 40'000; ++i) channels.push_back(two.create(two.a).value());
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  two.pair.network.settle();
  const std::size_t left_over = 40'000 - 32'767;
  EXPECT_THAT(two.a.all<DataChannelError>(), SizeIs(left_over));
  EXPECT_THAT(two.a.all<DataChannelClosed>(), SizeIs(left_over));
  EXPECT_THAT(told_of(two.a, channels.back()), ElementsAre("error", "close"));
  EXPECT_EQ(two.pc_a.data_channel_state(channels.back()), std::nullopt);
  EXPECT_EQ(two.pc_a.data_channel_state(channels.front()), DataChannelState::Connecting);
}

TEST(W3cRows, Row38To43_ThePeerIsToldTheOptions) {
  using Options = DataChannelOptions;
  for (Options options :
       {Options{}, Options{.ordered = false}, Options{.max_retransmits = 0},
        Options{.ordered = false, .max_retransmits = 65535}, Options{.max_packet_life_time = 0ms},
        Options{.ordered = false, .max_packet_life_time = 65535ms}}) {
    options.protocol = "chat";
    Open open(Announced::InBand, options);
    const auto told = open.b.all<IncomingDataChannel>();
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0]->label, "data");
    options.id = open.pc_a.data_channel_stream(open.at_a);
    EXPECT_EQ(told[0]->options, options);
  }
}

TEST(W3cRows, Row44To46_LabelsAndProtocolsComeWhole) {
  std::string bullets, euros;
  for (int i = 0; i < 21'845; ++i) {
    bullets += "•";
    euros += "€";
  }
  const std::pair<std::string, std::string> table[] = {
      {"", ""}, {std::string(65'535, 'l'), std::string(65'535, 'p')}, {bullets, euros}};
  for (const auto& [label, protocol] : table) {
    Two two;
    ASSERT_TRUE(two.create(two.a, label, {.protocol = protocol}));
    ASSERT_TRUE(two.connect());
    const auto told = two.b.all<IncomingDataChannel>();
    ASSERT_THAT(told, SizeIs(1));
    EXPECT_EQ(told[0]->label, label);
    EXPECT_EQ(told[0]->options.protocol, protocol);
  }
}

// What b does in the handler of the announcement: at the moment when the event is polled.
struct InItsHandler : Two {
  template <class Act>
  explicit InItsHandler(Act act) {
    at_a = create(a, "data").value();
    b.is_paused = true;
    EXPECT_TRUE(pair.negotiate());
    // b is paused, so its candidates are not told: a's are enough.
    pc_b.add_local_endpoint(now(), *Endpoint::parse("192.0.2.2:5002"));
    pc_b.end_of_local_endpoints(now());
    run();
    while (auto event = pc_b.poll_event()) {
      if (const auto* incoming = std::get_if<IncomingDataChannel>(&*event)) act(*this, *incoming);
      b.events.push_back(std::move(*event));
    }
    b.is_paused = false;
    run();
  }
  ChannelId at_a{};
};

TEST(W3cRows, Row47To48_AnAnnouncedChannelIsOpenWhenItIsTold) {
  std::optional<DataChannelState> state;
  InItsHandler handler([&](InItsHandler& it, const IncomingDataChannel& incoming) {
    state = it.pc_b.data_channel_state(incoming.channel);
  });
  EXPECT_EQ(state, DataChannelState::Open);
  const auto told = handler.b.all<IncomingDataChannel>();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told_of(handler.b, told[0]->channel), ElementsAre("incoming", "open"));
}

TEST(W3cRows, Row49_WhatIsSentInTheHandlerOfTheAnnouncementArrives) {
  InItsHandler handler([](InItsHandler& it, const IncomingDataChannel& incoming) {
    EXPECT_TRUE(it.pc_b.send(it.now(), incoming.channel, MessageKind::Text, as_bytes("at once")));
  });
  const auto messages = handler.a.all<Message>();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(as_text(messages[0]->data), "at once");
}

TEST(W3cRows, Row50_WhoClosesAnAnnouncedChannelIsNotToldThatItIsOpen) {
  InItsHandler handler([](InItsHandler& it, const IncomingDataChannel& incoming) {
    it.pc_b.close_data_channel(it.now(), incoming.channel);
  });
  const auto told = handler.b.all<IncomingDataChannel>();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told_of(handler.b, told[0]->channel), ElementsAre("incoming", "close"));
}

TEST(W3cRows, Row51_WhatWasSentBeforeArrives) {
  InItsHandler handler([](InItsHandler& it, const IncomingDataChannel& incoming) {
    EXPECT_TRUE(it.pc_b.send(it.now(), incoming.channel, MessageKind::Text, as_bytes("farewell")));
    it.pc_b.close_data_channel(it.now(), incoming.channel);
  });
  const auto told = handler.b.all<IncomingDataChannel>();
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_THAT(told_of(handler.b, told[0]->channel), ElementsAre("incoming", "close"));
  const auto messages = handler.a.all<Message>();
  ASSERT_THAT(messages, SizeIs(1));
  EXPECT_EQ(as_text(messages[0]->data), "farewell");
}

TEST(W3cRows, Row52_ANegotiatedChannelIsNotAnnounced) {
  Two two;
  (void)two.create(two.a, "data", {.negotiated = true, .id = 3});
  ASSERT_TRUE(two.connect());
  EXPECT_FALSE(two.b.has<IncomingDataChannel>());
}

}  // namespace
}  // namespace specter::core::rows
