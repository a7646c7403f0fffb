// RFC 8260 §2.2.3: I-DATA to messages.
#include <algorithm>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "sctp/rx/reassembly.h"
#include "simulation/random.h"

namespace specter::sctp {
namespace {

using Result = Reassembly::Result;
using Skipped = IForwardTsnChunk::Skipped;

IDataChunk fragment(Bytes payload, std::uint32_t mid, std::uint32_t fsn, bool end,
                    std::uint16_t stream = 0) {
  IDataChunk chunk;
  chunk.stream = StreamId{stream};
  chunk.mid = mid;
  chunk.begin = fsn == 0;
  if (chunk.begin)
    chunk.ppid = Ppid{53};
  else
    chunk.fsn = fsn;
  chunk.end = end;
  chunk.payload = payload;
  return chunk;
}

const Buffer kPart(100, 0x5a);

// Gives every chunk a TSN of its own, in the order of arrival: they say nothing here.
struct Bench {
  Result add(const IDataChunk& chunk) {
    ++tsn;
    return reassembly.add(tsn, chunk, tsn);
  }
  Result add(std::uint32_t mid, std::uint32_t fsn, bool end, bool unordered = false,
             std::uint16_t stream = 0) {
    IDataChunk chunk = fragment(kPart, mid, fsn, end, stream);
    chunk.unordered = unordered;
    return add(chunk);
  }
  void skip(std::vector<Skipped> skipped) { reassembly.skip(skipped); }
  std::size_t delivered() { return reassembly.take_ready().size(); }

  std::int64_t tsn = 1000;
  Reassembly reassembly{1 << 20};
};

TEST(InterleavedReassembly, PutsMixedFragmentsTogetherInAnyOrder) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    simulation::SeededRandom random(seed);
    struct Message {
      Buffer bytes;
      std::uint16_t stream;
      std::uint32_t mid;
      bool unordered;
    };
    std::vector<Message> messages;
    std::vector<IDataChunk> chunks;
    for (std::uint16_t stream = 0; stream < 4; ++stream) {
      for (std::uint32_t mid = 0; mid < 6; ++mid) {
        Message m{Buffer(1 + random.below(20'000)), stream, mid / 2, mid % 2 == 1};
        random.fill(m.bytes);
        messages.push_back(std::move(m));
      }
    }
    for (const Message& m : messages) {
      std::uint32_t fsn = 0;
      for (std::size_t at = 0; at < m.bytes.size(); ++fsn) {
        const std::size_t size = std::min<std::size_t>(m.bytes.size() - at, 1 + random.below(2500));
        IDataChunk chunk = fragment(Bytes(m.bytes).subspan(at, size), m.mid, fsn,
                                    at + size == m.bytes.size(), m.stream);
        chunk.unordered = m.unordered;
        chunks.push_back(chunk);
        at += size;
      }
    }
    if (seed % 3 == 0) std::ranges::reverse(chunks);
    if (seed % 3 == 1)
      for (std::size_t i = chunks.size(); i > 1; --i)
        std::swap(chunks[i - 1], chunks[random.below(static_cast<std::uint32_t>(i))]);

    Bench bench;
    std::map<std::pair<std::uint16_t, bool>, std::vector<Buffer>> got;
    for (const IDataChunk& chunk : chunks) ASSERT_EQ(bench.add(chunk), Result::Ok);
    for (auto& ready : bench.reassembly.take_ready()) {
      ASSERT_EQ(ready.ppid, Ppid{53});
      got[{std::to_underlying(ready.stream), ready.unordered}].push_back(std::move(ready.bytes));
    }
    for (auto& [key, list] : got)
      if (key.second) std::ranges::sort(list);
    std::map<std::pair<std::uint16_t, bool>, std::vector<Buffer>> sent;
    for (const Message& m : messages) sent[{m.stream, m.unordered}].push_back(m.bytes);
    for (auto& [key, list] : sent)
      if (key.second) std::ranges::sort(list);
    ASSERT_EQ(got, sent) << seed;
    ASSERT_EQ(bench.reassembly.bytes(), 0u);
    ASSERT_EQ(bench.reassembly.items(), 0u);
  }
}

// RFC 8260 §2.1: two counters a stream, and each wraps.
TEST(InterleavedReassembly, OrderedAndUnorderedAreCountedApart) {
  Bench bench;
  bench.add(0, 0, false, false);
  bench.add(0, 0, false, true);
  bench.add(0, 1, true, true);
  EXPECT_EQ(bench.delivered(), 1u);
  bench.add(0, 1, true, false);
  EXPECT_EQ(bench.delivered(), 1u);
}

TEST(InterleavedReassembly, MidsWrap) {
  for (const bool unordered : {false, true}) {
    Bench bench;
    // No hurry on the way there: a message every 2^30.
    for (std::uint64_t mid = 0; mid <= 0xc0000000; mid += 0x40000000) {
      bench.skip({{StreamId{0}, unordered, static_cast<std::uint32_t>(mid)}});
      bench.add(static_cast<std::uint32_t>(mid) + 1, 0, false, unordered);
      bench.add(static_cast<std::uint32_t>(mid) + 1, 1, true, unordered);
      EXPECT_EQ(bench.delivered(), 1u) << mid;
    }
    bench.skip({{StreamId{0}, unordered, 0xfffffffd}});
    for (std::uint32_t mid = 0xfffffffe; mid != 3; ++mid) {
      bench.add(mid, 1, true, unordered);
      bench.add(mid, 0, false, unordered);
      EXPECT_EQ(bench.delivered(), 1u) << mid;
    }
    EXPECT_EQ(bench.reassembly.items(), 0u);
  }
}

// A whole unordered message says where the numbers are, too.
TEST(InterleavedReassembly, UnorderedMidsWrapWithWholeMessages) {
  Bench bench;
  for (const std::uint32_t mid : {0u, 0x7fffff00u, 0xfffffe00u, 0x10u}) {
    bench.add(mid, 0, true, true);
    bench.add(mid + 1, 0, false, true);
    bench.add(mid + 1, 1, true, true);
    EXPECT_EQ(bench.delivered(), 2u) << mid;
  }
}

TEST(InterleavedReassembly, FragmentsThatContradictEachOtherAreFound) {
  struct Fragment {
    std::uint32_t fsn;
    bool end;
  };
  const auto last_of = [](std::initializer_list<Fragment> fragments) {
    Bench bench;
    Result result = Result::Ok;
    for (const Fragment& f : fragments) {
      EXPECT_EQ(result, Result::Ok);
      result = bench.add(0, f.fsn, f.end);
    }
    return result;
  };
  EXPECT_EQ(last_of({{0, false}, {0, false}}), Result::Contradiction) << "two beginnings";
  EXPECT_EQ(last_of({{3, false}, {3, false}}), Result::Contradiction) << "twice the same";
  EXPECT_EQ(last_of({{2, false}, {3, false}, {4, false}, {3, false}}), Result::Contradiction);
  EXPECT_EQ(last_of({{2, true}, {3, false}}), Result::Contradiction) << "behind the end";
  EXPECT_EQ(last_of({{2, true}, {7, false}}), Result::Contradiction) << "far behind the end";
  EXPECT_EQ(last_of({{2, true}, {3, true}}), Result::Contradiction) << "two ends";
  EXPECT_EQ(last_of({{7, false}, {2, true}}), Result::Contradiction) << "an end before others";
  EXPECT_EQ(last_of({{1, false}, {2, true}}), Result::Ok);
  Bench bench;
  IDataChunk second = fragment(kPart, 0, 0, false);
  second.begin = false;  // FSN 0 without the B bit
  EXPECT_EQ(bench.add(second), Result::Contradiction);
}

TEST(InterleavedReassembly, AnotherStreamOrUIsAnotherMessage) {
  Bench bench;
  EXPECT_EQ(bench.add(0, 1, false, false, 1), Result::Ok);
  EXPECT_EQ(bench.add(0, 1, false, true, 1), Result::Ok);
  EXPECT_EQ(bench.add(0, 1, false, false, 2), Result::Ok);
  EXPECT_EQ(bench.add(1, 1, false, false, 1), Result::Ok);
  EXPECT_EQ(bench.reassembly.items(), 4u);
}

TEST(InterleavedReassembly, AMessageHasALimit) {
  Reassembly reassembly(250);
  EXPECT_EQ(reassembly.add(1, fragment(kPart, 0, 0, false), 1), Result::Ok);
  EXPECT_EQ(reassembly.add(2, fragment(kPart, 0, 1, false), 2), Result::Ok);
  EXPECT_EQ(reassembly.add(3, fragment(kPart, 0, 2, false), 3), Result::MessageTooLarge);
  const Buffer large(251, 1);
  EXPECT_EQ(reassembly.add(4, fragment(large, 1, 0, true), 4), Result::MessageTooLarge);
  // RFC 8260 §2.1 lets FSNs wrap: here so many fragments are more than a message has bytes.
  EXPECT_EQ(reassembly.add(5, fragment(kPart, 2, 250, false), 5), Result::MessageTooLarge);
  EXPECT_EQ(reassembly.add(6, fragment(kPart, 2, 0xffffffff, false), 6), Result::MessageTooLarge);
}

// RFC 8260 §2.3.1.
TEST(InterleavedReassembly, WhatIsSkippedIsDropped) {
  for (const bool unordered : {false, true}) {
    Bench bench;
    bench.add(0, 0, false, unordered);
    bench.add(1, 0, false, unordered);
    bench.add(2, 0, false, unordered);
    bench.add(0, 0, false, !unordered);
    bench.add(0, 0, false, unordered, 5);
    bench.skip({{StreamId{0}, unordered, 1}});
    EXPECT_EQ(bench.reassembly.items(), 3u);
    EXPECT_EQ(bench.reassembly.bytes(), 300u);
    // A fragment that was under way for longer comes to nothing.
    bench.add(1, 1, true, unordered);
    EXPECT_EQ(bench.reassembly.items(), 3u);
    EXPECT_EQ(bench.reassembly.bytes(), 300u);
    bench.add(2, 1, true, unordered);
    EXPECT_EQ(bench.delivered(), 1u);
    // An old one changes nothing.
    bench.skip({{StreamId{0}, unordered, 0}});
    bench.add(3, 0, true, unordered);
    EXPECT_EQ(bench.delivered(), 1u);
  }
}

TEST(InterleavedReassembly, WhatWaitedForSkippedMessagesIsDelivered) {
  Bench bench;
  bench.add(1, 0, true);
  bench.add(3, 0, true);
  EXPECT_EQ(bench.delivered(), 0u);
  bench.skip({{StreamId{0}, false, 0}});
  EXPECT_EQ(bench.delivered(), 1u);
  bench.skip({{StreamId{0}, false, 2}});
  EXPECT_EQ(bench.delivered(), 1u);
  EXPECT_EQ(bench.reassembly.items(), 0u);
}

TEST(InterleavedReassembly, MidsFarAwayAreKeptApartAndCountToTheLimits) {
  Bench bench;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(bench.add(i * 2'000'003, 0, true, false), Result::Ok);
    EXPECT_EQ(bench.add(i * 4'000'007, 3, false, true), Result::Ok);
  }
  EXPECT_LE(bench.reassembly.items(), 2000u);
  EXPECT_GE(bench.reassembly.items(), 1000u);
  EXPECT_EQ(bench.reassembly.bytes(), 100 * bench.reassembly.items());
}

// RFC 6525 §5.2.2 E3: what comes for a stream that waits for its reset is held; RFC 8260 §2.3.2:
// and both its counters begin at 0.
TEST(InterleavedReassembly, AResetKeepsOldAndNewNumbersApart) {
  for (const bool all : {false, true}) {
    Reassembly reassembly(1 << 20);
    const StreamId stream{3};
    const auto chunk = [&](std::uint32_t mid, std::uint32_t fsn, bool end, bool unordered) {
      IDataChunk out = fragment(kPart, mid, fsn, end, 3);
      out.unordered = unordered;
      return out;
    };
    reassembly.add(1, chunk(0, 0, true, false), 1);
    reassembly.add(2, chunk(1, 0, false, false), 2);  // never to be completed
    EXPECT_EQ(reassembly.take_ready().size(), 1u);
    reassembly.begin_reset(5, all ? std::vector<StreamId>{} : std::vector{stream});
    reassembly.add(10, chunk(0, 0, false, false), 2);
    reassembly.add(11, chunk(0, 0, false, true), 2);
    reassembly.add(12, chunk(0, 1, true, true), 2);
    reassembly.add(13, chunk(1, 0, true, false), 2);
    EXPECT_TRUE(reassembly.take_ready().empty());
    reassembly.add(4, chunk(1, 2, true, false), 4);
    EXPECT_FALSE(reassembly.finish_reset(4));
    EXPECT_EQ(reassembly.finish_reset(5), std::vector{stream});
    EXPECT_EQ(reassembly.take_ready().size(), 1u);  // the unordered one
    reassembly.add(14, chunk(0, 1, true, false), 14);
    EXPECT_EQ(reassembly.take_ready().size(), 2u);
    EXPECT_EQ(reassembly.items(), 0u);
    EXPECT_EQ(reassembly.bytes(), 0u);
  }
}

}  // namespace
}  // namespace specter::sctp
