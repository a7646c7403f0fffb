// W3C rows 1 to 25: a new connection, and createDataChannel. docs/w3c-rows.md has all rows.
#include <type_traits>

#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(W3cRows, Row1_ANewConnectionsStates) {
  Two two;
  EXPECT_EQ(to_string(two.pc_a.signaling_state()), "stable");
  EXPECT_EQ(to_string(two.pc_a.ice_gathering_state()), "new");
  EXPECT_EQ(to_string(two.pc_a.ice_connection_state()), "new");
  EXPECT_EQ(to_string(two.pc_a.connection_state()), "new");
}

TEST(W3cRows, Row2_ANewConnectionHasNoDescription) {
  const Two two;
  for (const auto& description :
       {two.pc_a.local_description(), two.pc_a.current_local_description(),
        two.pc_a.pending_local_description(), two.pc_a.remote_description(),
        two.pc_a.current_remote_description(), two.pc_a.pending_remote_description()})
    EXPECT_EQ(description, std::nullopt);
}

// What statistics say of the one channel there is.
DataChannelStats only(const PeerConnection& connection) {
  const auto all = connection.stats().data_channels;
  EXPECT_THAT(all, SizeIs(1));
  return all.empty() ? DataChannelStats{} : all[0];
}

TEST(W3cRows, Row4_AChannelOfALabelAlone) {
  const DataChannelOptions defaults;
  EXPECT_TRUE(defaults.ordered);
  EXPECT_FALSE(defaults.negotiated);
  Two two;
  const auto channel = two.create(two.a, "").value();
  EXPECT_EQ(only(two.pc_a).label, "");
  EXPECT_EQ(only(two.pc_a).protocol, "");
  EXPECT_EQ(two.pc_a.data_channel_stream(channel), std::nullopt);
  EXPECT_EQ(two.pc_a.data_channel_state(channel), DataChannelState::Connecting);
  EXPECT_EQ(two.pc_a.buffered_amount(channel), 0u);
}

TEST(W3cRows, Row5_AChannelHasTheOptionsThatWereGiven) {
  Two two;
  const auto channel = two.create(
      two.a, "mine",
      {.ordered = false, .max_retransmits = 1, .protocol = "custom", .negotiated = true, .id = 3});
  ASSERT_TRUE(channel);
  EXPECT_EQ(only(two.pc_a).label, "mine");
  EXPECT_EQ(only(two.pc_a).protocol, "custom");
  EXPECT_EQ(only(two.pc_a).data_channel_identifier, 3);
  EXPECT_EQ(only(two.pc_a).state, DataChannelState::Connecting);
}

// Our own side is asked by PeerConnectionTest.ShowsTheLimitsOfAChannelOnBothSides of src/api.
TEST(W3cRows, Row6To7_ThePeersChannelHasTheSameOptions) {
  for (const DataChannelOptions& options :
       {DataChannelOptions{.max_retransmits = 1}, DataChannelOptions{.max_packet_life_time = 42ms},
        DataChannelOptions{.ordered = false}}) {
    Open open(Announced::InBand, options);
    const auto& told = open.b.all<IncomingDataChannel>()[0]->options;
    EXPECT_EQ(told.ordered, options.ordered);
    EXPECT_EQ(told.max_retransmits, options.max_retransmits);
    EXPECT_EQ(told.max_packet_life_time, options.max_packet_life_time);
    EXPECT_FALSE(told.negotiated);
  }
}

TEST(W3cRows, Row8To9_MaxPacketLifeTimeHasSixteenBits) {
  Two two;
  for (const auto good : {0ms, 1ms, 1000ms, 65534ms, 65535ms})
    EXPECT_EQ(name_of(two.create(two.a, "x", {.max_packet_life_time = good})), "");
  for (const auto bad : {-1ms, -100ms, 65536ms, 100000ms})
    EXPECT_EQ(name_of(two.create(two.a, "x", {.max_packet_life_time = bad})), "TypeError");
  EXPECT_THAT(two.pc_a.stats().data_channels, SizeIs(5));
}

// What does not fit can't be said in C++; elixir/test/data_channel_test.exs says it.
TEST(W3cRows, Row10To11_MaxRetransmitsHasSixteenBits) {
  static_assert(
      std::is_same_v<decltype(DataChannelOptions::max_retransmits), std::optional<std::uint16_t>>);
  Two two;
  for (const std::uint16_t good : {0, 1, 1000, 65534, 65535})
    EXPECT_EQ(name_of(two.create(two.a, "x", {.max_retransmits = good})), "");
}

TEST(W3cRows, Row12_BothLimitsAreOneTooMany) {
  Two two;
  for (const std::uint16_t limit : {0, 42}) {
    const DataChannelOptions both{.max_packet_life_time = std::chrono::milliseconds(limit),
                                  .max_retransmits = limit};
    EXPECT_EQ(name_of(two.create(two.a, "x", both)), "TypeError");
  }
  EXPECT_THAT(two.pc_a.stats().data_channels, IsEmpty());
}

TEST(W3cRows, Row13_NoLimitIsReliable) {
  Open open(Announced::InBand, {.max_packet_life_time = {}, .max_retransmits = {}});
  const auto& told = open.b.all<IncomingDataChannel>()[0]->options;
  EXPECT_EQ(told.max_packet_life_time, std::nullopt);
  EXPECT_EQ(told.max_retransmits, std::nullopt);
}

// -1 and 65,536 don't fit the type: elixir/test/data_channel_test.exs.
TEST(W3cRows, Row14To15_AnIdThatIsNotNegotiatedIsIgnored) {
  static_assert(std::is_same_v<decltype(DataChannelOptions::id), std::optional<std::uint16_t>>);
  Two two;
  for (const std::uint16_t id : {0, 1, 65534, 65535}) {
    const auto channel = two.create(two.a, "x", {.id = id});
    ASSERT_TRUE(channel) << id;
    EXPECT_EQ(two.pc_a.data_channel_stream(*channel), std::nullopt);
  }
}

TEST(W3cRows, Row16To17_ANegotiatedIdIsTheChannelsAtOnce) {
  Two two;
  for (const std::uint16_t id : {0, 1, 65534}) {
    const auto channel = two.create(two.a, "x", {.negotiated = true, .id = id});
    ASSERT_TRUE(channel) << id;
    EXPECT_EQ(two.pc_a.data_channel_stream(*channel), id);
  }
  EXPECT_EQ(name_of(two.create(two.a, "x", {.negotiated = true, .id = 65535})), "TypeError");
}

TEST(W3cRows, Row18_ANegotiatedChannelNeedsAnId) {
  Two two;
  EXPECT_EQ(name_of(two.create(two.a, "x", {.negotiated = true})), "TypeError");
}

TEST(W3cRows, Row19_ALabelOrProtocolOf65536BytesIsTooLong) {
  std::string two_bytes_each;
  for (int i = 0; i < 32'768; ++i) two_bytes_each += "é";
  Two two;
  for (const std::string& text : {std::string(65'536, 'x'), two_bytes_each}) {
    for (const bool negotiated : {false, true}) {
      EXPECT_EQ(name_of(two.create(two.a, text, {.negotiated = negotiated, .id = 1})), "TypeError");
      EXPECT_EQ(
          name_of(two.create(two.a, "x", {.protocol = text, .negotiated = negotiated, .id = 1})),
          "TypeError");
    }
  }
  EXPECT_THAT(two.pc_a.stats().data_channels, IsEmpty());
}

TEST(W3cRows, Row20_Of65535BytesBothAreKeptWhole) {
  const std::string label(65'535, 'l'), protocol(65'535, 'p');
  Two two;
  ASSERT_TRUE(two.create(two.a, label, {.protocol = protocol}));
  EXPECT_EQ(only(two.pc_a).label, label);
  EXPECT_EQ(only(two.pc_a).protocol, protocol);
}

TEST(W3cRows, Row21_TwoChannelsMayHaveOneLabel) {
  Two two;
  const auto first = two.create(two.a), second = two.create(two.a);
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_THAT(two.pc_a.stats().data_channels, SizeIs(2));
}

// By design: our text is UTF-8, and what is none is refused instead of mended. A surrogate is none.
TEST(W3cRows, Row22_TextThatIsNoUtf8IsRefused) {
  Two two;
  EXPECT_EQ(name_of(two.create(two.a, "\xed\xa0\x80")), "TypeError");
  EXPECT_EQ(name_of(two.create(two.a, "x", {.protocol = "\xed\xa0\x80"})), "TypeError");
}

TEST(W3cRows, Row23_AClosedConnectionMakesNoChannel) {
  Two two;
  two.pc_a.close(two.now());
  EXPECT_EQ(name_of(two.create(two.a)), "InvalidStateError");
}

TEST(W3cRows, Row24To25_ANegotiatedIdIsForOne) {
  Two two;
  const auto first = two.create(two.a, "first", {.negotiated = true, .id = 42});
  const auto second = two.create(two.a, "second", {.negotiated = true, .id = 43});
  ASSERT_TRUE(first && second);
  EXPECT_EQ(name_of(two.create(two.a, "x", {.negotiated = true, .id = 42})), "OperationError");
  const auto offer = two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  EXPECT_EQ(name_of(two.create(two.a, "x", {.negotiated = true, .id = 42})), "OperationError");
  two.run();
  two.pair.trickle();
  two.run();
  for (const auto& channel : {*first, *second})
    EXPECT_EQ(two.pc_a.data_channel_state(channel), DataChannelState::Open);
}

}  // namespace
}  // namespace specter::core::rows
