#include "codec/piece.h"

#include <gtest/gtest.h>

namespace specter::codec {
namespace {

std::vector<std::size_t> sizes(std::size_t size, Room room) {
  const Buffer body(size, 0);
  std::vector<Piece> pieces;
  EXPECT_TRUE(append_cut(body, room, pieces, [](Piece&, std::size_t) {}));
  std::vector<std::size_t> out;
  for (const Piece& piece : pieces) out.push_back(piece.body.size());
  return out;
}

using Sizes = std::vector<std::size_t>;

TEST(EqualCut, MakesAFrameOneRunOfSegments) {
  EXPECT_EQ(sizes(1000, {1000, 1000}), Sizes({1000}));
  EXPECT_EQ(sizes(1001, {1000, 1000}), Sizes({501, 500}));
  EXPECT_EQ(sizes(3000, {1000, 1000}), Sizes({1000, 1000, 1000}));
  EXPECT_EQ(sizes(10'000, {1100, 1100}),
            Sizes({1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000}));
  EXPECT_EQ(sizes(10, {4, 4}), Sizes({4, 4, 2}));
}

// The first packet's headers are 40 bytes longer, so the packets are equal where its body is
// shorter.
TEST(EqualCut, CountsTheFirstPacketsLongerHeaders) {
  EXPECT_EQ(sizes(2000, {960, 1000}), Sizes({640, 680, 680}));
  EXPECT_EQ(sizes(961, {960, 1000}), Sizes({461, 500}));
  EXPECT_EQ(sizes(2000, {1040, 1000}), Sizes({1020, 980}));
}

TEST(EqualCut, HoldsForEachSizeAndEachRoom) {
  for (std::size_t size = 1; size <= 120; ++size) {
    for (std::size_t first = 1; first <= 25; ++first) {
      for (std::size_t others = 1; others <= 25; ++others) {
        const Sizes cut = sizes(size, {first, others});
        std::size_t sum = 0;
        for (std::size_t i = 0; i < cut.size(); ++i) {
          sum += cut[i];
          ASSERT_LE(cut[i], i == 0 ? first : others);
          // As packets: the headers of the first one fill what its room lacks.
          const std::size_t packet = i == 0 ? cut[i] + others : cut[i] + first;
          const std::size_t second = cut.size() > 1 ? cut[1] + first : packet;
          if (i + 1 < cut.size() && cut.size() > 2) {
            ASSERT_EQ(packet, second);
          }
          if (i + 1 == cut.size() && i > 0) {
            ASSERT_LE(packet, cut[0] + others);
          }
        }
        ASSERT_EQ(sum, size);
        const std::size_t least = size <= first ? 1 : 1 + (size - first + others - 1) / others;
        ASSERT_EQ(cut.size(), least) << size << " " << first << " " << others;
      }
    }
  }
}

TEST(EqualCut, StopsAtTheLimitOfPieces) {
  const Buffer body(kMaxPieces + 1, 0);
  std::vector<Piece> pieces;
  EXPECT_FALSE(append_cut(body, {1, 1}, pieces, [](Piece&, std::size_t) {}));
  EXPECT_EQ(pieces.size(), kMaxPieces);
}

TEST(InlineBytes, HoldsItsSizeAndNoByteMore) {
  InlineBytes<2> bytes;
  bytes.push_back(1);
  bytes.push_back(2);
  EXPECT_THROW(bytes.push_back(3), Bug);
  EXPECT_EQ(bytes.size(), 2u);
  InlineBytes<2> other;
  other.push_back(1);
  EXPECT_NE(bytes, other);
  other.push_back(2);
  EXPECT_EQ(bytes, other);
}

}  // namespace
}  // namespace specter::codec
