#include "dtls/peer_messages.h"

#include <algorithm>

#include "dtls/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Buffer body_of(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i * 7);
  return out;
}

// A ClientHello of 1400 bytes, as browsers send them, from `offset` on.
Buffer hello(std::uint32_t offset, std::size_t size) {
  const Buffer body = body_of(1400);
  return fragment(1, 1400, 0, offset, Bytes(body).subspan(offset, size));
}

std::vector<int> types(PeerMessages& messages) {
  std::vector<int> out;
  while (const auto message = messages.next()) out.push_back(message->type);
  return out;
}

TEST(PeerMessages, AMessageInOneFragmentIsWhole) {
  PeerMessages messages(Role::Server);
  EXPECT_EQ(messages.next(), std::nullopt);
  EXPECT_TRUE(messages.accept(hello(0, 1400)));
  const auto message = messages.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, body_of(1400));
  EXPECT_EQ(messages.next(), std::nullopt);
}

TEST(PeerMessages, FragmentsMayComeInAnyOrderOverlapAndRepeat) {
  std::vector<std::pair<std::uint32_t, std::size_t>> parts = {
      {0, 500}, {400, 300}, {700, 1}, {701, 699}};
  do {
    PeerMessages messages(Role::Server);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      EXPECT_EQ(messages.next(), std::nullopt);
      EXPECT_TRUE(messages.accept(hello(parts[i].first, parts[i].second)));
      EXPECT_TRUE(messages.accept(hello(parts[0].first, parts[0].second)));
    }
    const auto message = messages.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body, body_of(1400));
  } while (std::ranges::next_permutation(parts).found);
}

// What OpenSSL 3.0 loses.
TEST(PeerMessages, AWholeMessageAfterAPartOfItIsTaken) {
  PeerMessages messages(Role::Server);
  EXPECT_TRUE(messages.accept(hello(700, 700)));
  EXPECT_TRUE(messages.accept(hello(0, 1400)));
  EXPECT_TRUE(messages.next());
}

TEST(PeerMessages, MessagesComeOutInTheirOrderEachOnce) {
  PeerMessages messages(Role::Server);
  EXPECT_TRUE(messages.accept(message(15, 3, 70)));
  EXPECT_TRUE(messages.accept(message(11, 1, 300)));
  EXPECT_THAT(types(messages), IsEmpty());
  EXPECT_TRUE(messages.accept(message(1, 0, 100)));
  EXPECT_THAT(types(messages), ElementsAre(1, 11));
  EXPECT_TRUE(messages.accept(message(1, 0, 100)));
  EXPECT_FALSE(messages.complete());
  EXPECT_TRUE(messages.accept(message(16, 2, 33)));
  EXPECT_THAT(types(messages), ElementsAre(16, 15));
  EXPECT_TRUE(messages.complete());
}

TEST(PeerMessages, OneRecordMayHoldSeveral) {
  PeerMessages messages(Role::Server);
  Buffer together = message(1, 0, 10);
  for (const Buffer& more : {message(11, 1, 10), message(16, 2, 10), message(15, 3, 10)})
    together.insert(together.end(), more.begin(), more.end());
  EXPECT_TRUE(messages.accept(together));
  EXPECT_THAT(types(messages), ElementsAre(1, 11, 16, 15));

  Buffer many;
  for (int i = 0; i < 17; ++i) {
    const Buffer one = message(1, 0, 1);
    many.insert(many.end(), one.begin(), one.end());
  }
  EXPECT_FALSE(PeerMessages(Role::Server).accept(many));
  EXPECT_TRUE(PeerMessages(Role::Server).accept(Bytes(many).first(16 * 13)));
}

TEST(PeerMessages, AServersFlightEndsWithServerHelloDone) {
  for (const bool request : {true, false}) {
    for (const std::uint16_t first : {0, 1}) {
      PeerMessages messages(Role::Client);
      if (first == 1) {
        EXPECT_TRUE(messages.accept(message(3, 0, 20)));
      }
      EXPECT_EQ(types(messages).size(), first);
      std::uint16_t seq = first;
      EXPECT_TRUE(messages.accept(message(2, seq++, 80)));
      EXPECT_TRUE(messages.accept(message(11, seq++, 80)));
      EXPECT_TRUE(messages.accept(message(12, seq++, 80)));
      if (request) {
        EXPECT_TRUE(messages.accept(message(13, seq++, 80)));
      }
      EXPECT_EQ(types(messages).size(), request ? 4u : 3u);
      EXPECT_FALSE(messages.complete());
      EXPECT_TRUE(messages.accept(message(14, seq, 0)));
      EXPECT_THAT(types(messages), ElementsAre(14));
      EXPECT_TRUE(messages.complete());
    }
  }
}

// Every type at every number, for both roles.
TEST(PeerMessages, OnlyTheMessageOfEachNumberIsDue) {
  const auto due = [](Role role, int type, std::uint16_t seq) {
    return PeerMessages(role).accept(message(static_cast<std::uint8_t>(type), seq, 0));
  };
  std::vector<std::pair<int, int>> of_client, of_server;
  for (int type = 0; type < 256; ++type) {
    for (std::uint16_t seq = 0; seq < 12; ++seq) {
      if (due(Role::Server, type, seq)) of_client.emplace_back(seq, type);
      if (due(Role::Client, type, seq)) of_server.emplace_back(seq, type);
    }
  }
  std::ranges::sort(of_client);
  std::ranges::sort(of_server);
  using P = std::pair<int, int>;
  EXPECT_THAT(of_client, ElementsAre(P{0, 1}, P{1, 11}, P{2, 16}, P{3, 15}));
  EXPECT_THAT(of_server,
              ElementsAre(P{0, 2}, P{0, 3}, P{1, 11}, P{2, 12}, P{3, 13}, P{3, 14}, P{4, 14}));
}

TEST(PeerMessages, WhatIsMalformedIsRefused) {
  PeerMessages messages(Role::Server);
  const Buffer good = message(1, 0, 20);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(messages.accept(Bytes(good).first(size))) << size;
  const Buffer body(20, 1);
  EXPECT_FALSE(messages.accept(fragment(1, 19, 0, 0, body)));              // longer than all
  EXPECT_FALSE(messages.accept(fragment(1, 30, 0, 11, body)));             // over the end
  EXPECT_FALSE(messages.accept(fragment(1, 30, 0, 0xffffff, body)));       // far over it
  EXPECT_FALSE(messages.accept(fragment(1, 30, 0, 10, {})));               // of no size
  EXPECT_FALSE(messages.accept(fragment(1, 0xffffff, 0, 0, body)));        // 16 MiB
  EXPECT_FALSE(messages.accept(fragment(11, 16 * 1024 + 1, 1, 0, body)));  // too large a chain
  EXPECT_TRUE(messages.accept(fragment(11, 16 * 1024, 1, 0, body)));
  EXPECT_FALSE(PeerMessages(Role::Client).accept(message(14, 3, 1)));  // holds nothing
  // One bad fragment spoils its record.
  Buffer together = good;
  const Buffer bad = message(2, 0, 20);
  together.insert(together.end(), bad.begin(), bad.end());
  EXPECT_FALSE(messages.accept(together));
  EXPECT_EQ(messages.next(), std::nullopt);
}

TEST(PeerMessages, AForgedSizeDoesNotKeepTheTrueMessageOut) {
  PeerMessages messages(Role::Server);
  const Buffer body(20, 1);
  EXPECT_TRUE(messages.accept(fragment(1, 21, 0, 0, body)));
  EXPECT_TRUE(messages.accept(fragment(1, 5000, 0, 0, body)));
  EXPECT_TRUE(messages.accept(fragment(1, 22, 0, 0, body)));
  EXPECT_TRUE(messages.accept(hello(0, 1000)));
  EXPECT_TRUE(messages.accept(hello(1000, 400)));
  const auto message = messages.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, body_of(1400));
}

TEST(PeerMessages, TheForgedSizesAreBounded) {
  PeerMessages messages(Role::Server);
  const Buffer body(20, 1);
  for (std::uint32_t size = 21; size < 21 + PeerMessages::kMaxVariants; ++size)
    EXPECT_TRUE(messages.accept(fragment(1, size, 0, 0, body)));
  EXPECT_TRUE(messages.accept(hello(0, 1400)));  // no room: as if it had been lost
  EXPECT_EQ(messages.next(), std::nullopt);
}

}  // namespace
}  // namespace specter::dtls
