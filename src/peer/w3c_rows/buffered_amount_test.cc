// W3C rows 75 to 90: bufferedAmount and its threshold. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

struct Buffered : Open {
  using Open::Open;
  std::size_t amount() const { return pc_a.buffered_amount(at_a); }
  // Its BufferedAmountLow until nothing happens any more, each with the amount at that moment.
  std::vector<std::size_t> lows(Duration time = 5s) {
    std::vector<std::size_t> out;
    a.is_paused = true;
    (void)pair.network.run_until(
        [&] {
          while (const auto event = pc_a.poll_event()) {
            const auto* low = std::get_if<BufferedAmountLow>(&*event);
            if (low && low->channel == at_a) out.push_back(amount());
          }
          return false;
        },
        time);
    a.is_paused = false;
    return out;
  }
};

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::SizeIs;

TEST(W3cRows, Row75And77_NothingIsBufferedAtFirst) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    EXPECT_EQ(open.pc_a.buffered_amount(open.at_a), 0u);
    EXPECT_EQ(open.pc_b.buffered_amount(open.at_b), 0u);
  }
}

TEST(W3cRows, Row76And78_EachMessageIsFollowedByBufferedAmountLow) {
  for (const Announced announced : kBoth) {
    Buffered open(announced);
    for (int i = 0; i < 2; ++i) {
      ASSERT_TRUE(open.send("hello"));
      EXPECT_THAT(open.lows(), ElementsAre(0u));
    }
  }
}

TEST(W3cRows, Row79_ItGrowsWithEachSend) {
  Buffered open;
  ASSERT_TRUE(open.send("twelve bytes"));
  EXPECT_EQ(open.amount(), 12u);
  ASSERT_TRUE(open.send("five!"));
  EXPECT_EQ(open.amount(), 17u);
  open.run();
  EXPECT_EQ(open.amount(), 0u);
}

TEST(W3cRows, Row80_ClosingTheChannelDoesNotChangeIt) {
  Buffered open;
  ASSERT_TRUE(open.send(bytes_of(200'000)));
  open.pc_a.close_data_channel(open.now(), open.at_a);
  EXPECT_EQ(open.amount(), 200'000u);
}

TEST(W3cRows, Row81_BufferedAmountStaysAsItWasWhenTheConnectionCloses) {
  PeerPair pair;
  const auto channel = pair.a.connection.create_data_channel(pair.now(), "data").value();
  ASSERT_TRUE(pair.connect());
  ASSERT_TRUE(pair.network.run_until([&] { return pair.a.has<DataChannelOpen>(); }, 5s));
  ASSERT_TRUE(pair.a.connection.send(pair.now(), channel, MessageKind::Binary, Buffer(200'000, 1)));
  const std::size_t before = pair.a.connection.buffered_amount(channel);
  EXPECT_EQ(before, 200'000u);
  pair.a.connection.close(pair.now());
  EXPECT_EQ(pair.a.connection.buffered_amount(channel), before);
  pair.network.run_for(1s);
  EXPECT_EQ(pair.a.connection.buffered_amount(channel), before);
}

TEST(W3cRows, Row82_TwoMessagesAtOnceGiveOneEvent) {
  Buffered open;
  ASSERT_TRUE(open.send("hello"));
  ASSERT_TRUE(open.send("hello"));
  EXPECT_THAT(open.lows(), ElementsAre(0u));
}

TEST(W3cRows, Row83_AnEmptyMessageGivesNone) {
  Buffered open;
  ASSERT_TRUE(open.send(""));
  EXPECT_EQ(open.amount(), 0u);
  EXPECT_THAT(open.lows(), IsEmpty());
}

TEST(W3cRows, Row84To89_TheEventComesWhenTheAmountFallsFromAboveTheThreshold) {
  struct Case {
    std::size_t threshold, message;
  };
  for (const auto& [threshold, message] : {Case{2, 4}, Case{4, 4}, Case{8, 4}, Case{32'768, 65'536},
                                           Case{65'536, 65'536}, Case{131'072, 65'536}}) {
    SCOPED_TRACE(threshold);
    // In place before the channel opens.
    Two two;
    const auto early = two.create(two.a).value();
    two.pc_a.set_buffered_amount_low_threshold(early, threshold);
    ASSERT_TRUE(two.connect());
    EXPECT_EQ(count(told_of(two.a, early), "low"), 0u);
    ASSERT_TRUE(two.pc_a.send(two.now(), early, MessageKind::Binary, bytes_of(message)));
    two.run(5s);
    const bool is_above = message > threshold;
    EXPECT_EQ(count(told_of(two.a, early), "low"), is_above ? 1u : 0u);

    Buffered open;
    open.pc_a.set_buffered_amount_low_threshold(open.at_a, threshold);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(open.send(bytes_of(message)));
    const auto lows = open.lows();
    EXPECT_THAT(lows, SizeIs(1));
    EXPECT_THAT(lows, Each(Le(threshold)));
  }
}

TEST(W3cRows, Row90_AnotherChannelIsToldNothing) {
  Buffered open;
  const auto other = open.create(open.a, "other").value();
  open.run();
  ASSERT_TRUE(open.send("hello"));
  open.run();
  EXPECT_EQ(count(told_of(open.a, open.at_a), "low"), 1u);
  EXPECT_EQ(count(told_of(open.a, other), "low"), 0u);
}

}  // namespace
}  // namespace specter::core::rows
