#include <gmock/gmock.h>

#include "channel/testing/two_sides.h"

namespace specter::channel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Opening, AnnouncesAChannelToThePeer) {
  TwoSides two;
  const ChannelId id = *two.a.create(two.pair.now(), "chat", {.protocol = "soap"});
  EXPECT_EQ(two.a.state(id), DataChannelState::Connecting);
  EXPECT_EQ(two.a.info(id)->options.id, std::nullopt);
  EXPECT_THAT(two.take_a(), IsEmpty());

  two.connect();
  EXPECT_EQ(two.a.info(id)->options.id, 0);
  EXPECT_EQ(two.a.state(id), DataChannelState::Connecting);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("established", "opened 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("established", "incoming 1 chat", "opened 1"));
  EXPECT_EQ(two.b.info(ChannelId{1})->options, (DataChannelOptions{.protocol = "soap", .id = 0}));

  ASSERT_TRUE(two.send_text(two.a, id, "there"));
  ASSERT_TRUE(two.send_text(two.b, ChannelId{1}, "and back"));
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("text 1 and back"));
  EXPECT_THAT(two.take_b(), ElementsAre("text 1 there"));
}

// Its OPEN would never leave.
TEST(Opening, NeedsRoomForItsNames) {
  DataChannels::Config small;
  small.association.data.send_buffer_bytes = 100'000;
  TwoSides two({}, small);
  const std::string longest(65'535, 'x');
  const auto made = two.a.create(two.pair.now(), longest, {.protocol = longest});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::OperationFailed);
  ASSERT_TRUE(two.a.create(two.pair.now(), longest, {.protocol = std::string(34'453, 'x')}));
  // Of a negotiated channel nothing is said.
  ASSERT_TRUE(
      two.a.create(two.pair.now(), longest, {.protocol = longest, .negotiated = true, .id = 7}));
  two.connect();
  two.pair.run_for(5s);
  EXPECT_EQ(two.a.state(ChannelId{1}), DataChannelState::Open);
}

// The OPEN rides with the handshake: a round trip less than after it.
TEST(Opening, NeedsNoRoundTripOfItsOwn) {
  TwoSides two({.latency = 50ms});
  const ChannelId id = *two.a.create(two.pair.now(), "", {});
  two.connect();
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 210ms));
}

TEST(Opening, TakesEvenIdsForTheDtlsClientAndOddForTheServer) {
  TwoSides two;
  const auto create = [&](DataChannels& side) { return *side.create(two.pair.now(), "", {}); };
  const auto id_of = [](DataChannels& side, ChannelId id) { return side.info(id)->options.id; };
  const ChannelId a1 = create(two.a), a2 = create(two.a), b1 = create(two.b);
  two.establish();
  const ChannelId a3 = create(two.a), b2 = create(two.b);
  EXPECT_EQ(id_of(two.a, a1), 0);
  EXPECT_EQ(id_of(two.a, a2), 2);
  EXPECT_EQ(id_of(two.a, a3), 4);
  EXPECT_EQ(id_of(two.b, b1), 1);
  EXPECT_EQ(id_of(two.b, b2), 3);
}

// W3C's row 265: `opened` counts channels whoever made them.
TEST(Opening, IsCountedOnBothSides) {
  TwoSides two;
  (void)two.a.create(two.pair.now(), "a", {});
  (void)two.b.create(two.pair.now(), "b", {});
  two.establish();
  for (const DataChannels* side : {&two.a, &two.b}) {
    const Totals totals = side->totals();
    EXPECT_EQ(totals.requested, 1u);
    EXPECT_EQ(totals.opened, 2u);
    EXPECT_EQ(totals.accepted, 1u);
    EXPECT_EQ(totals.closed, 0u);
    EXPECT_EQ(totals.refused, 0u);
  }
}

TEST(Opening, CarriesEveryOption) {
  const DataChannelOptions table[] = {
      {},
      {.ordered = false},
      {.max_packet_life_time = 1500ms},
      {.ordered = false, .max_packet_life_time = 0ms, .protocol = "p"},
      {.max_retransmits = 65535},
      {.ordered = false, .max_retransmits = 0, .protocol = "ünï 🙂"},
  };
  TwoSides two;
  two.establish();
  for (const DataChannelOptions& options : table) {
    const auto [here, there] = two.channel(options);
    DataChannelOptions expected = options;
    expected.id = two.a.info(here)->options.id;
    EXPECT_EQ(two.a.info(here)->options, expected);
    EXPECT_EQ(two.b.info(there)->options, expected);
  }
}

// RFC 8832 §6: DCEP is reliable though the channel is not.
TEST(Opening, SurvivesLossOnChannelsThatDoNot) {
  TwoSides two({.latency = 20ms, .loss = 0.4, .seed = 5});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(two.a.create(two.pair.now(), "x", {.ordered = false, .max_retransmits = 0}));
    ASSERT_TRUE(two.b.create(two.pair.now(), "x", {.max_packet_life_time = 1ms}));
  }
  two.connect();
  EXPECT_TRUE(two.pair.run_until(
      [&] { return two.a.totals().opened == 200 && two.b.totals().opened == 200; }, 120s));
}

TEST(Opening, TakesEveryLabel) {
  TwoSides two;
  two.establish();
  for (const std::string& label :
       {std::string(), std::string("Größe 🙂"), std::string("\0\n", 2), std::string(65535, 'x')}) {
    const auto created = two.a.create(two.pair.now(), label, {.protocol = label});
    ASSERT_TRUE(created);
    two.pair.run_for(2s);
    const auto there = TwoSides::incoming(two.pair.events_b);
    ASSERT_TRUE(there);
    EXPECT_EQ(two.b.info(*there)->label, label);
    EXPECT_EQ(two.b.info(*there)->options.protocol, label);
    EXPECT_EQ(two.a.state(*created), DataChannelState::Open);
    two.take_b();
  }
}

TEST(Opening, RefusesWhatTheW3cRefuses) {
  using enum ErrorCode;
  TwoSides two;
  const struct {
    std::string label;
    DataChannelOptions options;
    ErrorCode code;
    std::string message;
  } table[] = {
      {std::string(65536, 'x'), {}, InvalidArgument, "data channel label exceeds size limit"},
      {"",
       {.protocol = std::string(65536, 'x')},
       InvalidArgument,
       "protocol is larger then 65535 bytes"},
      {"\xff", {}, InvalidArgument, "a data channel's label and protocol are UTF-8"},
      {"", {.protocol = "\xc3"}, InvalidArgument, "a data channel's label and protocol are UTF-8"},
      {"",
       {.max_packet_life_time = 1ms, .max_retransmits = 1},
       InvalidArgument,
       "max_packet_life_time and max_retransmits exclude each other: give one of them"},
      {"",
       {.max_packet_life_time = -1ms},
       InvalidArgument,
       "max_packet_life_time is 0 to 65535 ms, not -1 ms"},
      {"",
       {.max_packet_life_time = 65536ms},
       InvalidArgument,
       "max_packet_life_time is 0 to 65535 ms, not 65536 ms"},
      {"", {.negotiated = true}, InvalidArgument, "a negotiated data channel needs an id"},
      {"",
       {.negotiated = true, .id = 65535},
       InvalidArgument,
       "maximum number ID for datachannel specified"},
      {"", {.negotiated = true, .id = 7}, OperationFailed, "id 7 is in use"},
  };
  ASSERT_TRUE(two.a.create(two.pair.now(), "", {.negotiated = true, .id = 7}));
  const auto expect_refusals = [&] {
    for (const auto& row : table) {
      const auto created = two.a.create(two.pair.now(), row.label, row.options);
      ASSERT_FALSE(created) << row.message;
      EXPECT_EQ(created.error(), (Error{row.code, row.message, std::nullopt}));
    }
  };
  expect_refusals();
  two.establish();
  expect_refusals();
  EXPECT_EQ(two.a.totals().requested, 1u);
}

TEST(Opening, PassesOverAnIdThatIsNotNegotiated) {
  TwoSides two;
  two.establish();
  const ChannelId id = *two.a.create(two.pair.now(), "", {.id = 77});
  EXPECT_EQ(two.a.info(id)->options.id, 0);
}

TEST(Opening, EndsWhereTheStreamsEnd) {
  DataChannels::Config config;
  config.association.max_outgoing_streams = 5;
  TwoSides two({}, config);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(two.a.create(two.pair.now(), "", {}));
  two.connect();
  two.pair.run_for(2s);
  // 0, 2 and 4 there are.
  EXPECT_THAT(two.take_a(), ElementsAre("failed 4 OperationError", "closed 4", "established",
                                        "opened 1", "opened 2", "opened 3"));
  EXPECT_EQ(two.a.create(two.pair.now(), "", {}).error().message,
            "maximum number ID for datachannel specified");
  EXPECT_EQ(two.a.create(two.pair.now(), "", {.negotiated = true, .id = 5}).error().code,
            ErrorCode::OperationFailed);
  EXPECT_TRUE(two.a.create(two.pair.now(), "", {.negotiated = true, .id = 3}));
}

// Ids are chosen before the peer has said how many streams it takes (RFC 9260 §5.1.1).
TEST(Opening, FailsPastTheStreamsThatThePeerTakes) {
  DataChannels::Config config_b;
  config_b.association.max_incoming_streams = 3;
  TwoSides two({}, {}, config_b);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(two.a.create(two.pair.now(), "", {}));
  ASSERT_TRUE(two.a.create(two.pair.now(), "", {.negotiated = true, .id = 100}));
  two.connect();
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_a(),
              ElementsAre("established", "failed 3 OperationError", "closed 3",
                          "failed 4 OperationError", "closed 4", "opened 1", "opened 2"));
  EXPECT_EQ(two.b.totals().accepted, 2u);
  EXPECT_EQ(two.a.create(two.pair.now(), "", {}).error().code, ErrorCode::OperationFailed);
}

// RFC 8261 §6.1: what comes before DTLS is done, and with it connect(), is not for us.
TEST(Opening, BeginsWhenBothSidesAreConnected) {
  TwoSides two;
  const ChannelId id = *two.a.create(two.pair.now(), "", {});
  two.a.connect(two.pair.now(), Parity::Even, kPeerLimit, 5000);
  two.pair.run_for(5s);
  EXPECT_THAT(two.take_b(), IsEmpty());
  two.b.connect(two.pair.now(), Parity::Odd, kPeerLimit, 5000);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 10s));
}

TEST(Opening, TakesTheRemotePortOfTheDescription) {
  DataChannels::Config config_b;
  config_b.association.local_port = 6000;
  TwoSides two({}, {}, config_b);
  const ChannelId id = *two.a.create(two.pair.now(), "", {});
  two.a.connect(two.pair.now(), Parity::Even, kPeerLimit, 6000);
  two.b.connect(two.pair.now(), Parity::Odd, kPeerLimit, 5000);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 2s));
}

TEST(Opening, EndsAtMaxChannelsOnBothSides) {
  DataChannels::Config few;
  few.max_channels = 3;
  TwoSides two({}, few, few);
  two.establish();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(two.a.create(two.pair.now(), "", {}));
  EXPECT_EQ(two.a.create(two.pair.now(), "", {}).error(),
            (Error{ErrorCode::OperationFailed, "there are 3 data channels already: close some",
                   std::nullopt}));
  two.pair.run_for(2s);
  two.take_a();
  // And an OPEN of the peer beyond it is refused: its channel alone.
  two.b.close(two.pair.now(), ChannelId{3});
  two.pair.run_for(2s);
  two.take_a();
  two.take_b();
  ASSERT_TRUE(two.b.create(two.pair.now(), "", {}));  // b has 3 now, a has 3
  two.pair.run_for(2s);
  two.take_a();
  ASSERT_EQ(two.a.stats().size(), 3u);
  two.b.close(two.pair.now(), ChannelId{1});
  two.pair.run_for(2s);
  ASSERT_TRUE(two.a.create(two.pair.now(), "", {}));
  ASSERT_TRUE(two.b.create(two.pair.now(), "", {}));  // they cross: each is one too many there
  two.pair.run_for(2s);
  EXPECT_EQ(two.a.totals().refused, 1u);
  EXPECT_EQ(two.b.totals().refused, 1u);
  EXPECT_EQ(two.a.stats().size(), 2u);
  EXPECT_EQ(two.b.stats().size(), 2u);
}

TEST(Negotiated, OpensWithTheAssociationAndAnnouncesNothing) {
  TwoSides two;
  const DataChannelOptions options{.negotiated = true, .id = 1000};
  const ChannelId here = *two.a.create(two.pair.now(), "here", options);
  const ChannelId there = *two.b.create(two.pair.now(), "there", options);
  EXPECT_FALSE(two.send_text(two.a, here, "too early"));
  two.connect();
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("established", "opened 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("established", "opened 1"));
  ASSERT_TRUE(two.send_text(two.a, here, "1"));
  ASSERT_TRUE(two.send_text(two.b, there, "2"));
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_a(), ElementsAre("text 1 2"));
  EXPECT_THAT(two.take_b(), ElementsAre("text 1 1"));
  EXPECT_EQ(two.b.info(there)->label, "there");
}

TEST(Negotiated, OpensAtOnceWhenThereIsAnAssociation) {
  TwoSides two;
  two.establish();
  const ChannelId here = *two.a.create(two.pair.now(), "", {.negotiated = true, .id = 0});
  EXPECT_EQ(two.a.state(here), DataChannelState::Open);
  // 0 is taken now: what is announced next has 2.
  const ChannelId next = *two.a.create(two.pair.now(), "", {});
  EXPECT_EQ(two.a.info(next)->options.id, 2);
}

TEST(Negotiated, MissesNothingThatCameBeforeItWasMade) {
  TwoSides two;
  two.establish();
  const DataChannelOptions options{.negotiated = true, .id = 8};
  const ChannelId here = *two.a.create(two.pair.now(), "", options);
  ASSERT_TRUE(two.send_text(two.a, here, "early"));
  ASSERT_TRUE(two.send_text(two.a, here, "bird"));
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), IsEmpty());
  const ChannelId there = *two.b.create(two.pair.now(), "", options);
  EXPECT_EQ(two.b.state(there), DataChannelState::Open);
  two.pair.run_for(2s);
  EXPECT_THAT(two.take_b(), ElementsAre("opened 1", "text 1 early", "text 1 bird"));
}

TEST(Opening, WorksAThousandTimesAtOnceUnderLoss) {
  TwoSides two({.latency = 20ms, .loss = 0.1, .seed = 4});
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(two.a.create(two.pair.now(), "a", {}));
    ASSERT_TRUE(two.b.create(two.pair.now(), "b", {}));
  }
  two.connect();
  EXPECT_TRUE(two.pair.run_until(
      [&] { return two.a.totals().opened == 1000 && two.b.totals().opened == 1000; }, 120s));
  EXPECT_EQ(two.a.totals().accepted, 500u);
  EXPECT_EQ(two.b.totals().accepted, 500u);
  EXPECT_EQ(two.a.stats().size(), 1000u);
}

// docs/failures.md row 104. The whole of one half: 0, 2, … 65,534.
TEST(Opening, WorksForEveryStreamOfAHalf) {
  TwoSides two({.latency = 1ms});
  two.establish();
  std::size_t made = 0;
  while (two.a.create(two.pair.now(), "", {})) ++made;
  EXPECT_EQ(made, 32768u);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.totals().opened == made; }, 300s));
  EXPECT_EQ(two.b.totals().accepted, made);
  EXPECT_TRUE(two.send_text(two.b, ChannelId{made}, "the last"));
  two.take_a();
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_a(), ElementsAre("text 32768 the last"));
}

TEST(Opening, IsTheSameForTheSameSeed) {
  const auto run = [] {
    TwoSides two({.latency = 20ms, .jitter = 10ms, .loss = 0.2, .seed = 9});
    std::vector<Buffer> packets;
    two.pair.filter = [&](bool, Buffer& packet) {
      packets.push_back(packet);
      return true;
    };
    for (int i = 0; i < 20; ++i) (void)two.a.create(two.pair.now(), "x", {});
    two.connect();
    two.pair.run_for(5s);
    return packets;
  };
  EXPECT_EQ(run(), run());
}

// draft-hancke-tsvwg-snap: both INITs are known.
void connect_with_inits(TwoSides& two, std::uint16_t port_of_b = 5000) {
  const Buffer init_a = two.a.association().local_init();
  const Buffer init_b = two.b.association().local_init();
  two.a.connect(two.pair.now(), Parity::Even, kPeerLimit, port_of_b, init_b);
  two.b.connect(two.pair.now(), Parity::Odd, kPeerLimit, 5000, init_a);
}

TEST(OpeningWithInits, TakesOneRoundTrip) {
  TwoSides two({.latency = 50ms});
  const ChannelId id = *two.a.create(two.pair.now(), "early", {});
  connect_with_inits(two);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 100ms));
  EXPECT_THAT(two.take_a(), ElementsAre("established", "opened 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("established", "incoming 1 early", "opened 1"));
  EXPECT_TRUE(two.a.association().used_snap());
}

TEST(OpeningWithInits, ANegotiatedChannelIsOpenAtOnce) {
  TwoSides two;
  (void)*two.a.create(two.pair.now(), "", {.negotiated = true, .id = 4});
  (void)*two.b.create(two.pair.now(), "", {.negotiated = true, .id = 4});
  connect_with_inits(two);
  two.pair.settle();
  EXPECT_THAT(two.take_a(), ElementsAre("established", "opened 1"));
  EXPECT_THAT(two.take_b(), ElementsAre("established", "opened 1"));
  EXPECT_EQ(two.pair.to_b().sent() + two.pair.to_a().sent(), 0u);
  ASSERT_TRUE(two.send_text(two.a, ChannelId{1}, "first"));
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_b(), ElementsAre("text 1 first"));
}

TEST(OpeningWithInits, TheInitIsTheSameWhateverThePeersPort) {
  DataChannels::Config config_b;
  config_b.association.local_port = 6000;
  TwoSides two({}, {}, config_b);
  const Buffer init = two.a.association().local_init();
  const ChannelId id = *two.a.create(two.pair.now(), "", {});
  connect_with_inits(two, 6000);
  EXPECT_EQ(two.a.association().local_init(), init);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 1s));
}

TEST(OpeningWithInits, KeepsToTheStreamsOfBoth) {
  DataChannels::Config few;
  few.association.max_incoming_streams = 4;
  TwoSides two({}, {}, few);
  (void)*two.a.create(two.pair.now(), "", {.negotiated = true, .id = 3});
  (void)*two.a.create(two.pair.now(), "", {.negotiated = true, .id = 4});
  for (int i = 0; i < 3; ++i) (void)*two.a.create(two.pair.now(), "", {});
  connect_with_inits(two);
  two.pair.run_for(1s);
  EXPECT_THAT(two.take_a(),
              ElementsAre("established", "opened 1", "failed 2 OperationError", "closed 2",
                          "failed 5 OperationError", "closed 5", "opened 3", "opened 4"));
}

// The peer's DTLS is done half a round trip earlier: what it says before ours is comes again.
TEST(OpeningWithInits, LosesNothingThatComesTooEarly) {
  TwoSides two;
  const ChannelId id = *two.a.create(two.pair.now(), "early", {});
  const Buffer init_a = two.a.association().local_init();
  two.a.connect(two.pair.now(), Parity::Even, kPeerLimit, 5000, two.b.association().local_init());
  two.pair.run_for(50ms);
  EXPECT_THAT(two.take_b(), IsEmpty());
  two.b.connect(two.pair.now(), Parity::Odd, kPeerLimit, 5000, init_a);
  EXPECT_TRUE(two.pair.run_until([&] { return two.a.state(id) == DataChannelState::Open; }, 1s));
}

}  // namespace
}  // namespace specter::channel
