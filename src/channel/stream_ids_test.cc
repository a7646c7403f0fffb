#include "channel/stream_ids.h"

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::channel {
namespace {

// RFC 8832 §6: the DTLS client takes the even ones.
TEST(StreamIds, GivesTheLowestOfItsHalf) {
  for (const Parity parity : {Parity::Even, Parity::Odd}) {
    const std::uint16_t first = parity == Parity::Even ? 0 : 1;
    StreamIds ids;
    ids.set_parity(parity);
    EXPECT_EQ(ids.take_lowest(100), first);
    EXPECT_EQ(ids.take_lowest(100), first + 2);
    EXPECT_EQ(ids.take_lowest(100), first + 4);
    ids.release(first + 2);
    ids.release(first);
    EXPECT_EQ(ids.take_lowest(100), first);
    EXPECT_EQ(ids.take_lowest(100), first + 2);
    EXPECT_EQ(ids.take_lowest(100), first + 6);
  }
}

TEST(StreamIds, PassesOverThoseTakenByNumber) {
  StreamIds ids;
  EXPECT_TRUE(ids.take(2));
  EXPECT_TRUE(ids.take(3));
  EXPECT_FALSE(ids.take(2));
  ids.set_parity(Parity::Even);
  EXPECT_EQ(ids.take_lowest(100), 0);
  EXPECT_EQ(ids.take_lowest(100), 4);
  ids.release(2);
  ids.release(3);
  EXPECT_EQ(ids.take_lowest(100), 2);
  ids.release(0);
  EXPECT_TRUE(ids.take(0));
  EXPECT_EQ(ids.take_lowest(100), 6);
}

TEST(StreamIds, EndsWhereTheStreamsEnd) {
  StreamIds ids;
  ids.set_parity(Parity::Odd);
  EXPECT_EQ(ids.take_lowest(4), 1);
  EXPECT_EQ(ids.take_lowest(4), 3);
  EXPECT_EQ(ids.take_lowest(4), std::nullopt);
  ids.release(3);
  EXPECT_EQ(ids.take_lowest(2), std::nullopt);
  EXPECT_EQ(ids.take_lowest(4), 3);
}

TEST(StreamIds, NeverGives65535) {
  StreamIds ids;
  ids.set_parity(Parity::Odd);
  std::uint16_t last = 0;
  int given = 0;
  while (const auto id = ids.take_lowest(65536)) last = *id, ++given;
  EXPECT_EQ(last, 65533);
  EXPECT_EQ(given, 32767);
}

TEST(StreamIds, GiveNoneTwiceWhateverHappens) {
  simulation::SeededRandom random(3);
  StreamIds ids;
  ids.set_parity(Parity::Even);
  std::set<std::uint16_t> taken;
  for (int round = 0; round < 4000; ++round) {
    if (taken.empty() || random.chance(0.5)) {
      std::uint16_t lowest = 0;
      while (taken.contains(lowest)) lowest += 2;
      ASSERT_EQ(ids.take_lowest(65535), lowest);
      taken.insert(lowest);
    } else if (random.chance(0.1)) {
      const auto id = static_cast<std::uint16_t>(random.below(60));
      ASSERT_EQ(ids.take(id), taken.insert(id).second);
    } else {
      auto at = taken.begin();
      std::advance(
          at, random.below(static_cast<std::uint32_t>(std::min<std::size_t>(taken.size(), 50))));
      ids.release(*at);
      taken.erase(at);
    }
  }
}

}  // namespace
}  // namespace specter::channel
