// What is allocated while data flow. architecture.md §6: per packet nothing.
#include <gtest/gtest.h>

#include "peer/foreign_sdp.h"
#include "testing/bulk_transfer.h"
#include "testing/counting_allocator.h"

namespace specter::peer {
namespace {

using testing::BulkTransfer;

struct Cost {
  std::int64_t allocations;
  std::int64_t packets;
};

Cost cost_of(BulkTransfer& pair, std::size_t message_bytes, std::size_t messages) {
  const Buffer message(message_bytes, 0x5a);
  pair.transfer(message, 2 * messages * message_bytes);  // until everything has found its size
  const auto packets = static_cast<std::int64_t>(pair.packets());
  const std::int64_t before = testing::allocations;
  pair.transfer(message, messages * message_bytes);
  return {testing::allocations - before, static_cast<std::int64_t>(pair.packets()) - packets};
}

// A message costs some: its bytes at each end, and what they wait in. Its packets cost none, or a
// message of 240 would have cost more than one of 60.
TEST(Allocations, AreNoneForAPacket) {
  constexpr std::int64_t kMessages = 256;
  constexpr std::int64_t kMostForAMessage = 12;
  BulkTransfer pair;
  const Cost small = cost_of(pair, 64 << 10, kMessages);
  const Cost large = cost_of(pair, 256 << 10, kMessages);
  EXPECT_GT(small.packets, 40 * kMessages);
  EXPECT_GT(large.packets, 160 * kMessages);
  EXPECT_LT(small.allocations, kMostForAMessage * kMessages);
  EXPECT_LT(large.allocations, kMostForAMessage * kMessages);
}

// Conference servers offer hundreds of sections: what each costs may not grow with the others.
std::int64_t cost_of_answering(std::size_t sections) {
  std::string mids, text;
  for (std::size_t i = 0; i + 1 < sections; ++i) {
    const std::string mid = std::to_string(i);
    mids += mid + " ";
    text += audio_section(mid);
  }
  const std::string offer = head(mids + "data") + text + data_section("data");
  Peer peer;
  const std::int64_t before = testing::allocations;
  const auto answer = peer.answer_to(offer);
  const std::int64_t cost = testing::allocations - before;
  EXPECT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->media.size(), sections);
  // Ours, and the same again.
  EXPECT_TRUE(peer.negotiation.create_offer({}));
  EXPECT_TRUE(peer.answer_to(offer));
  return cost;
}

TEST(Allocations, OfAThousandSectionsAreTwiceThoseOfFiveHundred) {
  const std::int64_t half = cost_of_answering(500);
  EXPECT_GT(half, 500);
  EXPECT_LT(cost_of_answering(1000), half * 21 / 10);
}

}  // namespace
}  // namespace specter::peer
