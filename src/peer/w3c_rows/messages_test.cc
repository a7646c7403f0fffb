// W3C rows 53 to 73, and 242: channels that open, and messages. docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// Kinds and contents, in the order in which they came.
std::vector<std::pair<MessageKind, std::string>> received(const PeerHost& host) {
  std::vector<std::pair<MessageKind, std::string>> out;
  for (const auto* e : host.all<Message>()) out.emplace_back(e->kind, as_text(e->data));
  return out;
}

using Came = std::pair<MessageKind, std::string>;

TEST(W3cRows, Row53And58_AChannelOpensOnceOnBothSides) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    EXPECT_EQ(count(told_of(open.a, open.at_a), "open"), 1u);
    EXPECT_EQ(count(told_of(open.b, open.at_b), "open"), 1u);
  }
}

TEST(W3cRows, Row53And58_ItIsOpenWhenThatIsTold) {
  for (const Announced announced : kBoth) {
    Two two;
    const DataChannelOptions options{.negotiated = announced == Announced::Negotiated, .id = 6};
    const auto channel = two.create(two.a, "data", options).value();
    if (options.negotiated) (void)two.create(two.b, "data", options);
    ASSERT_TRUE(two.pair.negotiate());
    two.a.is_paused = true;
    bool is_told = false;
    EXPECT_TRUE(two.pair.network.run_until(
        [&] {
          while (const auto event = two.pc_a.poll_event()) {
            if (!std::holds_alternative<DataChannelOpen>(*event)) continue;
            EXPECT_EQ(two.pc_a.data_channel_state(channel), DataChannelState::Open);
            is_told = true;
          }
          return is_told;
        },
        5s));
  }
}

TEST(W3cRows, Row54And59_TextArrivesAsTextBothWays) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    ASSERT_TRUE(open.send("hello"));
    ASSERT_TRUE(open.send("世界你好"));
    ASSERT_TRUE(open.pc_b.send(open.now(), open.at_b, MessageKind::Text, as_bytes("hello")));
    open.run();
    EXPECT_THAT(received(open.b),
                ElementsAre(Came(MessageKind::Text, "hello"), Came(MessageKind::Text, "世界你好")));
    EXPECT_THAT(received(open.a), ElementsAre(Came(MessageKind::Text, "hello")));
  }
}

TEST(W3cRows, Row55And60_KindsKeepTheirOrder) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    ASSERT_TRUE(open.send(as_bytes("one"), MessageKind::Binary));
    ASSERT_TRUE(open.send("two"));
    ASSERT_TRUE(open.send(as_bytes("three"), MessageKind::Binary));
    open.run();
    EXPECT_THAT(received(open.b),
                ElementsAre(Came(MessageKind::Binary, "one"), Came(MessageKind::Text, "two"),
                            Came(MessageKind::Binary, "three")));
  }
}

TEST(W3cRows, Row56And61_EmptyMessagesArriveEmpty) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    ASSERT_TRUE(open.send(Bytes(), MessageKind::Text));
    ASSERT_TRUE(open.send(Bytes(), MessageKind::Binary));
    open.run();
    EXPECT_THAT(received(open.b),
                ElementsAre(Came(MessageKind::Text, ""), Came(MessageKind::Binary, "")));
  }
}

TEST(W3cRows, Row57And62_AllSizesUpToThePeersLimitArrive) {
  for (const Announced announced : kBoth) {
    Open open(announced);
    ASSERT_EQ(open.pc_a.max_message_size(), 262'144u);
    std::size_t came = 0;
    for (std::size_t size = 8; size <= 262'144; size *= 2) {
      ASSERT_TRUE(open.send(bytes_of(size)));
      open.run(5s);
      const auto messages = open.b.all<Message>();
      ASSERT_THAT(messages, SizeIs(++came)) << size;
      EXPECT_EQ(messages.back()->data, bytes_of(size));
    }
    EXPECT_EQ(name_of(open.send(bytes_of(262'145))), "TypeError");
    ASSERT_TRUE(open.send("still there"));
    open.run();
    EXPECT_THAT(open.b.all<Message>(), SizeIs(came + 1));
  }
}

TEST(W3cRows, Row63_OrderedAndUnorderedNegotiatedOnesCarryBothWays) {
  for (const bool ordered : {true, false}) {
    Open open(Announced::Negotiated, {.ordered = ordered});
    ASSERT_TRUE(open.send("there"));
    ASSERT_TRUE(open.pc_b.send(open.now(), open.at_b, MessageKind::Text, as_bytes("back")));
    open.run();
    EXPECT_THAT(received(open.b), ElementsAre(Came(MessageKind::Text, "there")));
    EXPECT_THAT(received(open.a), ElementsAre(Came(MessageKind::Text, "back")));
  }
}

TEST(W3cRows, Row64_AChannelThatIsConnectingSendsNothing) {
  Two two;
  const auto channel = two.create(two.a).value();
  EXPECT_EQ(name_of(two.pc_a.send(two.now(), channel, MessageKind::Text, as_bytes("x"))),
            "InvalidStateError");
}

// By design: what is closed says so, by a code of its own.
TEST(W3cRows, Row65_NorDoesOneThatWasClosed) {
  Open open;
  open.pc_a.close_data_channel(open.now(), open.at_a);
  EXPECT_EQ(open.pc_a.data_channel_state(open.at_a), DataChannelState::Closing);
  EXPECT_EQ(name_of(open.send("x")), "InvalidStateError");
  open.run();
  EXPECT_EQ(open.pc_a.data_channel_state(open.at_a), std::nullopt);
  EXPECT_EQ(open.send("x").error().code, ErrorCode::Closed);
}

TEST(W3cRows, Row66To70_ThePeersLimitHolds) {
  for (const std::size_t limit : {1024u, 16'384u, 65'536u, 131'072u, 262'144u}) {
    Two two;
    const auto channel = two.create(two.a).value();
    ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
    auto answer = two.answer_of(two.b);
    answer.sdp = with(answer.sdp, "a=max-message-size:262144",
                      "a=max-message-size:" + std::to_string(limit));
    ASSERT_TRUE(two.set_remote(two.a, answer));
    two.run();
    two.pair.trickle();
    two.run();
    const auto send = [&](std::size_t size) {
      return name_of(two.pc_a.send(two.now(), channel, MessageKind::Binary, bytes_of(size)));
    };
    EXPECT_EQ(send(limit), "");
    EXPECT_EQ(send(limit + 1), "TypeError");
    two.run(5s);
    const auto messages = two.b.all<Message>();
    ASSERT_THAT(messages, SizeIs(1)) << limit;
    EXPECT_EQ(messages[0]->data.size(), limit);
    EXPECT_FALSE(two.a.has<DataChannelClosed>() || two.b.has<DataChannelClosed>());
  }
}

TEST(W3cRows, Row71_WhatWasSentBeforeTheCloseArrives) {
  Open open;
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(open.send(bytes_of(65'536)));
  open.pc_a.close_data_channel(open.now(), open.at_a);
  open.run(20s);
  const auto told = told_of(open.b, open.at_b);
  EXPECT_EQ(count(told, "message"), 16u);
  EXPECT_EQ(told.back(), "close");
}

TEST(W3cRows, Row72To73_WhatComesAfterOnesOwnCloseIsDiscarded) {
  Open open;
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(open.send(bytes_of(65'536)));
  ASSERT_TRUE(open.pair.network.run_until([&] { return open.b.has<Message>(); }, 5s));
  open.pc_b.close_data_channel(open.now(), open.at_b);
  const std::size_t before = open.b.all<Message>().size();
  EXPECT_LT(before, 16u);
  open.run(20s);
  EXPECT_THAT(open.b.all<Message>(), SizeIs(before));
  EXPECT_EQ(told_of(open.a, open.at_a).back(), "close");
  EXPECT_EQ(told_of(open.b, open.at_b).back(), "close");
}

TEST(W3cRows, Row242_LargeAndSmallUnorderedMessagesAreNeverMixed) {
  Open open(Announced::InBand, {.ordered = false});
  const auto small = [](int i) { return Buffer(20, static_cast<std::uint8_t>(i % 200)); };
  ASSERT_TRUE(open.send(bytes_of(200'000, 0xee)));
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(open.send(small(i)));
  open.run(10s);
  std::vector<Buffer> expected{bytes_of(200'000, 0xee)}, came;
  for (int i = 0; i < 300; ++i) expected.push_back(small(i));
  for (const auto* message : open.b.all<Message>()) came.push_back(message->data);
  EXPECT_THAT(came, ::testing::UnorderedElementsAreArray(expected));
}

}  // namespace
}  // namespace specter::core::rows
