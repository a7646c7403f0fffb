#include "sctp/rx/reassembly.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::sctp {
namespace {

DataChunk fragment(Bytes payload, bool begin, bool end, std::uint16_t ssn = 0,
                   std::uint16_t stream = 0) {
  DataChunk chunk;
  chunk.stream = StreamId{stream};
  chunk.ssn = ssn;
  chunk.begin = begin;
  chunk.end = end;
  chunk.payload = payload;
  return chunk;
}

// RFC 9260 §6.9: whatever the order of arrival.
TEST(Reassembly, PutsFragmentsTogetherInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    simulation::SeededRandom random(seed);
    const std::size_t count = 2 + random.below(40);
    const std::size_t piece = 1 + random.below(3000);
    Buffer message(count * piece);
    random.fill(message);
    std::vector<std::size_t> order(count);
    for (std::size_t i = 0; i < count; ++i) order[i] = i;
    if (seed % 3 == 0) std::ranges::reverse(order);
    if (seed % 3 == 1)
      for (std::size_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);

    Reassembly reassembly(1 << 20);
    std::vector<bool> here(count);
    std::size_t cumulative = 0;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(reassembly.take_ready().empty());
      here[order[i]] = true;
      while (cumulative < count && here[cumulative]) ++cumulative;
      const Bytes part = Bytes(message).subspan(order[i] * piece, piece);
      reassembly.add(100 + static_cast<std::int64_t>(order[i]),
                     fragment(part, order[i] == 0, order[i] == count - 1),
                     99 + static_cast<std::int64_t>(cumulative));
    }
    const auto ready = reassembly.take_ready();
    ASSERT_EQ(ready.size(), 1u);
    ASSERT_EQ(ready[0].bytes, message);
    ASSERT_EQ(reassembly.bytes(), 0u);
    ASSERT_EQ(reassembly.items(), 0u);
  }
}

TEST(Reassembly, MakesRoomAtOnceForAMessageLikeTheLast) {
  Reassembly reassembly(1 << 20);
  const Buffer part(1000, 0x5a);
  std::int64_t tsn = 0;
  const auto message_of = [&](int fragments) {
    Buffer out;
    for (int i = 0; i < fragments; ++i) {
      ++tsn;
      DataChunk chunk = fragment(part, i == 0, i == fragments - 1);
      chunk.unordered = true;
      reassembly.add(tsn, chunk, tsn);
    }
    for (auto& ready : reassembly.take_ready()) out = std::move(ready.bytes);
    return out;
  };
  EXPECT_EQ(message_of(70).size(), 70'000u);
  const Buffer second = message_of(70);
  EXPECT_EQ(second.size(), 70'000u);
  EXPECT_EQ(second.capacity(), 70'000u);
  // What a large one was followed by may have its room; the next has not.
  EXPECT_EQ(message_of(2).size(), 2000u);
  EXPECT_LE(message_of(2).capacity(), 4000u);
}

// A peer that sends byte by byte and backwards must not make us copy what is there each time, nor
// keep an allocation for each byte: this takes no time or all day.
TEST(Reassembly, ManySmallFragmentsBackwardsCostLittle) {
  Reassembly reassembly(1 << 20);
  const Buffer byte = {1};
  constexpr std::int64_t kCount = 60'000;
  for (std::int64_t tsn = kCount - 1; tsn >= 0; --tsn)
    reassembly.add(tsn, fragment(byte, tsn == 0, tsn == kCount - 1), tsn == 0 ? kCount - 1 : -1);
  const auto ready = reassembly.take_ready();
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].bytes.size(), static_cast<std::size_t>(kCount));
}

TEST(Reassembly, KeepsTheOrderOfAStream) {
  Reassembly reassembly(1000);
  const Buffer a = {'a'}, b = {'b'}, c = {'c'};
  reassembly.add(3, fragment(c, true, true, 2), 0);
  reassembly.add(2, fragment(b, true, true, 1), 0);
  EXPECT_TRUE(reassembly.take_ready().empty());
  EXPECT_EQ(reassembly.bytes(), 2u);
  reassembly.add(1, fragment(a, true, true, 0), 3);
  const auto ready = reassembly.take_ready();
  ASSERT_EQ(ready.size(), 3u);
  EXPECT_EQ(ready[0].bytes, a);
  EXPECT_EQ(ready[2].bytes, c);
}

// docs/failures.md row 83: pieces whose rest was given up do not stay.
TEST(Reassembly, DropsWhatCanNotBeCompleted) {
  const Buffer part(100);
  // Skipped over as a whole.
  Reassembly reassembly(1000);
  reassembly.add(10, fragment(part, true, false), 9 + 1);
  reassembly.add(12, fragment(part, false, false), 10);
  reassembly.skip(13, 13, {});
  EXPECT_EQ(reassembly.bytes(), 0u);
  // Its rest comes after the skip.
  reassembly.add(14, fragment(part, false, false), 14);
  EXPECT_EQ(reassembly.bytes(), 0u);
  reassembly.add(16, fragment(part, false, true), 14);
  reassembly.add(15, fragment(part, false, false), 16);
  EXPECT_EQ(reassembly.bytes(), 0u);
  // Its sender went on to another message.
  reassembly.add(17, fragment(part, true, false, 1), 17);
  EXPECT_EQ(reassembly.bytes(), 100u);
  reassembly.add(18, fragment(part, true, true, 2), 18);
  EXPECT_EQ(reassembly.bytes(), 100u) << "number 2 waits, the piece is gone";
  EXPECT_TRUE(reassembly.take_ready().empty());
  EXPECT_EQ(reassembly.items(), 1u);
}

// A skip reaches to its TSN; what is beyond and came already is another message's.
TEST(Reassembly, ASkipLeavesWhatIsBeyondIt) {
  const Buffer part(100);
  Reassembly reassembly(1000);
  reassembly.add(12, fragment(part, true, false), 9);
  reassembly.skip(11, 12, {});
  EXPECT_EQ(reassembly.bytes(), 100u);
  reassembly.add(13, fragment(part, false, true), 13);
  EXPECT_EQ(reassembly.take_ready().size(), 1u);
}

// RFC 3758 §3.6: whole messages that waited for a skipped one come in their order.
TEST(Reassembly, DeliversWhatWaitedForTheSkipped) {
  const Buffer part(100);
  Reassembly reassembly(1000);
  reassembly.add(5, fragment(part, true, true, 1), 0);
  reassembly.add(7, fragment(part, true, true, 3), 0);
  const std::vector<ForwardTsnChunk::Skipped> skipped = {{StreamId{0}, 2}};
  reassembly.skip(6, 7, skipped);
  EXPECT_EQ(reassembly.take_ready().size(), 2u);
  EXPECT_EQ(reassembly.bytes(), 0u);
  reassembly.add(8, fragment(part, true, true, 4), 8);
  EXPECT_EQ(reassembly.take_ready().size(), 1u);
}

TEST(Reassembly, HasALimitOfLoosePieces) {
  Reassembly reassembly(1 << 20);
  const Buffer byte = {1};
  const DataChunk middle = fragment(byte, false, false);
  std::int64_t tsn = 10;
  for (std::size_t i = 0; i < Reassembly::kMaxRuns; ++i, tsn += 2) {
    ASSERT_TRUE(reassembly.has_place_for(middle));
    reassembly.add(tsn, middle, 0);
  }
  EXPECT_FALSE(reassembly.has_place_for(middle));
  EXPECT_TRUE(reassembly.has_place_for(fragment(byte, true, true)));
}

TEST(Reassembly, RefusesMessagesThatAreTooLarge) {
  Reassembly reassembly(250);
  const Buffer part(100), large(251);
  EXPECT_EQ(reassembly.add(1, fragment(part, true, false), 1), Reassembly::Result::Ok);
  EXPECT_EQ(reassembly.add(2, fragment(part, false, false), 2), Reassembly::Result::Ok);
  EXPECT_EQ(reassembly.add(3, fragment(part, false, false), 3),
            Reassembly::Result::MessageTooLarge);
  EXPECT_EQ(reassembly.add(9, fragment(large, true, true), 3), Reassembly::Result::MessageTooLarge);
}

}  // namespace
}  // namespace specter::sctp
