#include "rtcp/transport_feedback.h"

#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/sequence.h"
#include "rtcp/status_chunks.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::rtcp {
namespace {

using namespace std::chrono_literals;
using specter::simulation::SeededRandom;
using specter::testing::hex;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Feedback = TransportFeedback;
using Bounds = TransportFeedbackBounds;

Buffer written(const Feedback& feedback) {
  Buffer bytes;
  ByteWriter out(bytes);
  feedback.write(out);
  return bytes;
}

// Four packets, 1, 2 and 4 of which came at 64.00, 65.00 and 70.25 ms. Made by hand; tshark 4.0
// reads the same of it.
const Feedback kKnown{.sender_ssrc = 1,
                      .media_ssrc = 2,
                      .first_sequence = 1,
                      .count = 4,
                      .reference = 1,
                      .feedback_count = 0,
                      .arrivals = {{1, 0}, {2, 4}, {4, 21}}};
constexpr std::string_view kNarrow =
    "afcd0006 00000001 00000002 00010004 00000100 b4000004 15000003";
constexpr std::string_view kWide = "afcd0006 00000001 00000002 00010004 00000100 d4400004 15000003";

TEST(RtcpTransportFeedback, ReadsAndWritesKnownBytes) {
  EXPECT_EQ(Feedback::parse(hex(kNarrow)), kKnown);
  EXPECT_EQ(Feedback::parse(hex(kWide)), kKnown);
  EXPECT_EQ(written(kKnown), hex(kNarrow));
}

TEST(RtcpTransportFeedback, ReadsRuns) {
  // A run of four small ones; one longer than there are packets; one of none before it.
  Feedback all = kKnown;
  all.arrivals = {{1, 0}, {2, 4}, {3, 21}, {4, 5}};
  EXPECT_EQ(Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 2004 00041505 0000")),
            all);
  EXPECT_EQ(Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 3fff 00041505 0000")),
            all);
  EXPECT_EQ(Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 0000 2004 00041505")),
            all);
  Feedback none = kKnown;
  none.arrivals.clear();
  EXPECT_EQ(Feedback::parse(hex("8fcd0005 00000001 00000002 00010004 00000100 0004 0000")), none);
}

TEST(RtcpTransportFeedback, ReadsDistancesOfTwoBytesAsSigned) {
  Feedback feedback = kKnown;
  feedback.arrivals = {{1, 0}, {2, -1}, {3, 256}, {4, -32'768}};
  EXPECT_EQ(Feedback::parse(
                hex("afcd0007 00000001 00000002 00010004 00000100 da80 00 ffff 0100 8000 000003")),
            feedback);
  EXPECT_EQ(Feedback::parse(written(feedback)), feedback);
}

TEST(RtcpTransportFeedback, RefusesWhatIsMalformed) {
  // Symbol 3, in a run and in a vector; behind the last packet it means nothing.
  EXPECT_EQ(Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 6004 00000000 0000")),
            std::unexpected(ParseError::BadValue));
  EXPECT_EQ(Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 f000 00000000 0000")),
            std::unexpected(ParseError::BadValue));
  EXPECT_TRUE(
      Feedback::parse(hex("8fcd0006 00000001 00000002 00010004 00000100 d57f 00000000 0000")));
  // No packets; fewer chunks than packets; fewer distances.
  EXPECT_EQ(Feedback::parse(hex("8fcd0005 00000001 00000002 00010000 00000100 00000000")),
            std::unexpected(ParseError::BadValue));
  EXPECT_EQ(Feedback::parse(hex("8fcd0005 00000001 00000002 0001ffff 00000100 1fff 1fff")),
            std::unexpected(ParseError::Truncated));
  EXPECT_EQ(Feedback::parse(hex("8fcd0005 00000001 00000002 00010004 00000100 2004 0001")),
            std::unexpected(ParseError::Truncated));
  for (std::size_t size = 4; size < 24; size += 4) {
    Buffer cut = hex(kWide);
    cut.resize(size);
    cut[0] = 0x8f;
    ByteWriter(cut).set_u16(2, static_cast<std::uint16_t>(size / 4 - 1));
    EXPECT_EQ(Feedback::parse(cut), std::unexpected(ParseError::Truncated)) << size;
  }
  Buffer other = hex(kWide);
  other[0] = 0xa1;
  EXPECT_EQ(Feedback::parse(other), std::unexpected(ParseError::WrongType));
}

// Media fact 14: numbers above 32767 may be first, and wrap within a message.
TEST(RtcpTransportFeedback, MayBeginAnywhere) {
  for (const std::uint16_t first : {0, 32'767, 32'768, 65'533, 65'535}) {
    Feedback feedback = kKnown;
    feedback.first_sequence = first;
    for (std::size_t i = 0; i < feedback.arrivals.size(); ++i)
      feedback.arrivals[i].sequence =
          static_cast<std::uint16_t>(first + kKnown.arrivals[i].sequence - 1);
    EXPECT_EQ(Feedback::parse(written(feedback)), feedback) << first;
  }
}

// docs/failures.md row 70: 65,535 statuses in a packet of 36 bytes take no memory of
// that size; and as many packets that came are written and read.
TEST(RtcpTransportFeedback, TellsOfUpTo65535Packets) {
  Feedback feedback = kKnown;
  feedback.count = 65'535;
  feedback.arrivals = {{1, 5}, {65'535, 7}};
  const Buffer bytes = written(feedback);
  EXPECT_LE(bytes.size(), 48u);
  EXPECT_EQ(Feedback::parse(bytes), feedback);

  feedback.arrivals.clear();
  for (std::uint32_t i = 1; i <= 65'535; ++i)
    feedback.arrivals.push_back({static_cast<std::uint16_t>(i), -1});
  EXPECT_EQ(Feedback::parse(written(feedback)), feedback);
  // All came, says the message, and has no distances.
  EXPECT_EQ(Feedback::parse(hex("8fcd0008 00000001 00000002 0001ffff 00000100"
                                "3fff3fff 3fff3fff 3fff3fff 3fff3fff")),
            std::unexpected(ParseError::Truncated));
}

TEST(RtcpTransportFeedback, WritesNoNonsense) {
  Feedback out_of_order = kKnown;
  std::swap(out_of_order.arrivals[0], out_of_order.arrivals[1]);
  EXPECT_THROW(written(out_of_order), Bug);
  Feedback out_of_range = kKnown;
  out_of_range.count = 3;
  EXPECT_THROW(written(out_of_range), Bug);
  Feedback twice = kKnown;
  twice.arrivals[1].sequence = 1;
  EXPECT_THROW(written(twice), Bug);
  EXPECT_THROW(written(Feedback{}), Bug);
}

// ---- Chunks

std::vector<std::uint16_t> chunks_of(std::string_view symbols) {
  StatusChunkWriter writer;
  for (const char c : symbols) writer.add(static_cast<Symbol>(c - '0'));
  EXPECT_EQ(writer.symbols(), symbols.size());
  const std::size_t bytes = writer.bytes();
  const auto chunks = writer.finish();
  EXPECT_EQ(chunks.size() * 2, bytes);
  return chunks;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(RtcpStatusChunks, AreRunsWhereSymbolsAreAlike) {
  EXPECT_THAT(chunks_of(""), IsEmpty());
  EXPECT_THAT(chunks_of("1"), ElementsAre(0x2001));
  EXPECT_THAT(chunks_of(std::string(100, '0')), ElementsAre(0x0064));
  EXPECT_THAT(chunks_of(std::string(8191, '2')), ElementsAre(0x5fff));
  EXPECT_THAT(chunks_of(std::string(8192, '1')), ElementsAre(0x3fff, 0x2001));
  EXPECT_THAT(chunks_of(std::string(20, '1') + std::string(20, '0')), ElementsAre(0x2014, 0x0014));
}

TEST(RtcpStatusChunks, AreVectorsWhereTheyDiffer) {
  EXPECT_THAT(chunks_of("1101"), ElementsAre(0xb400));
  EXPECT_THAT(chunks_of("10101010101010"), ElementsAre(0xaaaa));
  EXPECT_THAT(chunks_of("101010101010101"), ElementsAre(0xaaaa, 0x2001));
  EXPECT_THAT(chunks_of("0120120"), ElementsAre(0xc000 | 0b00011000011000));
  EXPECT_THAT(chunks_of("1212121"
                        "2"),
              ElementsAre(0xc000 | 0b01100110011001, 0x4001));
}

// A large distance comes when ten narrow symbols wait: the first seven go into a wide vector.
TEST(RtcpStatusChunks, BecomeWideWhenALargeSymbolComes) {
  EXPECT_THAT(chunks_of("1010101"
                        "0102"),
              ElementsAre(0xc000 | 0b01000100010001, 0xc000 | 0b00010010000000));
  EXPECT_THAT(chunks_of("1011111"
                        "1112"),
              ElementsAre(0xc000 | 0b01000101010101, 0xc000 | 0b01010110000000));
}

TEST(RtcpStatusChunks, SayWhatWasAdded) {
  SeededRandom random(11);
  for (int round = 0; round < 2000; ++round) {
    std::string symbols;
    while (symbols.size() < 200 && !random.chance(0.02))
      symbols += repeated(std::string(1, static_cast<char>('0' + random.below(3))),
                          1 + random.below(round % 40 + 1u));
    std::string read;
    for (const std::uint16_t bits : chunks_of(symbols)) {
      const StatusChunk chunk(bits);
      for (std::size_t i = 0; i < chunk.size(); ++i)
        read += static_cast<char>('0' + static_cast<int>(chunk[i]));
    }
    ASSERT_GE(read.size(), symbols.size());
    ASSERT_EQ(read.substr(0, symbols.size()), symbols);
    EXPECT_EQ(read.find_first_not_of('0', symbols.size()), std::string::npos);
  }
}

TEST(RtcpStatusChunks, AreTheSameWhenManyAreAddedAtOnce) {
  SeededRandom random(12);
  for (int round = 0; round < 2000; ++round) {
    StatusChunkWriter at_once, one_by_one;
    for (std::uint32_t parts = random.below(40); parts > 0; --parts) {
      const auto symbol = static_cast<Symbol>(random.below(3));
      const std::size_t count =
          random.chance(0.05) ? random.below(20'000) : random.below(round % 30 + 1u);
      at_once.add(symbol, count);
      for (std::size_t i = 0; i < count; ++i) one_by_one.add(symbol);
      ASSERT_EQ(at_once.symbols(), one_by_one.symbols());
      ASSERT_EQ(at_once.bytes(), one_by_one.bytes());
    }
    ASSERT_EQ(at_once.finish(), one_by_one.finish());
  }
}

// ---- What a gap costs

// Of the processor, so that other processes do not count.
template <class F>
std::clock_t cost_of(F&& work) {
  const std::clock_t begun = std::clock();
  for (int i = 0; i < 4096; ++i) work(i);
  return std::clock() - begun;
}

// A peer may leave out as many numbers as it likes: a step for each of them would be 10,000 times
// as much.
constexpr int kFewTimes = 50;

TEST(RtcpTransportFeedback, TellsOfALongGapInFewSteps) {
  const auto tell = [](std::int64_t distance) {
    return cost_of([&](std::int64_t i) {
      Feedback feedback;
      const std::vector<TransportArrival> arrivals{{i * distance, Timestamp(1s)},
                                                   {(i + 1) * distance, Timestamp(1s)}};
      EXPECT_EQ(fill(feedback, arrivals, {.first_sequence = i * distance}), 2u);
      EXPECT_EQ(written(feedback).size() % 4, 0u);
    });
  };
  EXPECT_LT(tell(32'766), tell(2) * kFewTimes);
}

TEST(RtcpTransportFeedback, ReadsALongGapInFewSteps) {
  const auto read = [](std::string_view text) {
    const Buffer bytes = hex(text);
    return cost_of([&](int) { EXPECT_THAT(Feedback::parse(bytes)->arrivals, IsEmpty()); });
  };
  const auto few = read("8fcd0005 00000001 00000002 00010004 00000100 0004 0000");
  const auto many = read(
      "8fcd0009 00000001 00000002 0001ffff 00000100"
      "1fff1fff 1fff1fff 1fff1fff 1fff1fff 00070000");
  EXPECT_LT(many, few * kFewTimes);
}

// ---- Messages of arrival times

std::vector<TransportArrival> every(Duration interval, std::int64_t first, int count) {
  std::vector<TransportArrival> arrivals;
  for (int i = 0; i < count; ++i) arrivals.push_back({first + i, Timestamp(1s) + i * interval});
  return arrivals;
}

TEST(RtcpTransportFeedbackFill, MakesTheKnownMessage) {
  Feedback feedback{.sender_ssrc = 1, .media_ssrc = 2};
  const std::vector<TransportArrival> arrivals{
      {1, Timestamp(64ms)}, {2, Timestamp(65ms)}, {4, Timestamp(70'250us)}};
  EXPECT_EQ(fill(feedback, arrivals, {.first_sequence = 1}), 3u);
  EXPECT_EQ(feedback, kKnown);
}

TEST(RtcpTransportFeedbackFill, TellsWhatWasLostSinceTheLastMessage) {
  Feedback feedback;
  fill(feedback, std::vector<TransportArrival>{{100, Timestamp(1s)}}, {.first_sequence = 90});
  EXPECT_EQ(feedback.first_sequence, 90);
  EXPECT_EQ(feedback.count, 11);
  EXPECT_THAT(feedback.arrivals, SizeIs(1));
}

// Media fact 14: a gap that no message can tell of begins a new one.
TEST(RtcpTransportFeedbackFill, SplitsAtLongGaps) {
  Feedback feedback;
  const std::int64_t far = 10 + 32'766;
  std::vector<TransportArrival> arrivals{{10, Timestamp(1s)}, {far, Timestamp(1s)}};
  EXPECT_EQ(fill(feedback, arrivals, {.first_sequence = 10}), 2u);
  EXPECT_EQ(feedback.count, 32'767);
  EXPECT_EQ(Feedback::parse(written(feedback)), feedback);
  arrivals[1].sequence = far + 1;
  EXPECT_EQ(fill(feedback, arrivals, {.first_sequence = 10}), 1u);
  EXPECT_EQ(feedback.count, 1);
  // The gap is too long for the next message, too: it begins behind it.
  EXPECT_EQ(fill(feedback, std::span(arrivals).subspan(1), {.first_sequence = 11 - 1}), 1u);
  EXPECT_EQ(feedback.first_sequence, far + 1);
  EXPECT_EQ(feedback.count, 1);
}

TEST(RtcpTransportFeedbackFill, SplitsAtDistancesThatDoNotFit) {
  Feedback feedback;
  const auto taken = [&](Duration distance) {
    const std::vector<TransportArrival> arrivals{{1, Timestamp(64s)},
                                                 {2, Timestamp(64s) + distance}};
    return fill(feedback, arrivals, {.first_sequence = 1});
  };
  EXPECT_EQ(taken(32'767 * Feedback::kTick), 2u);
  EXPECT_EQ(taken(32'768 * Feedback::kTick), 1u);
  EXPECT_EQ(taken(-32'768 * Feedback::kTick), 2u);
  EXPECT_EQ(taken(-32'769 * Feedback::kTick), 1u);
}

// Media fact 14: no message is longer than asked, and nothing is left out.
TEST(RtcpTransportFeedbackFill, SplitsAtItsSize) {
  SeededRandom random(3);
  for (const std::size_t max_bytes :
       {Bounds::kMinBytes, std::size_t{41}, std::size_t{100}, std::size_t{1200}}) {
    std::vector<TransportArrival> arrivals;
    std::int64_t sequence = 65'000;
    Timestamp at(1s);
    for (int i = 0; i < 3000; ++i) {
      sequence += 1 + (random.chance(0.1) ? random.below(20) : 0);
      at += std::chrono::microseconds(random.below(random.chance(0.1) ? 200'000 : 2'000));
      arrivals.push_back({sequence, at});
    }
    std::int64_t first = 64'990;
    std::span<const TransportArrival> left = arrivals;
    std::size_t told = 0;
    while (!left.empty()) {
      Feedback feedback;
      const std::size_t taken =
          fill(feedback, left, {.first_sequence = first, .max_bytes = max_bytes});
      const Buffer bytes = written(feedback);
      ASSERT_LE(bytes.size(), max_bytes);
      ASSERT_EQ(Feedback::parse(bytes), feedback);
      ASSERT_EQ(feedback.first_sequence, static_cast<std::uint16_t>(first));
      told += feedback.arrivals.size();
      left = left.subspan(taken);
      first += feedback.count;
    }
    EXPECT_EQ(told, arrivals.size());
    EXPECT_EQ(first, arrivals.back().sequence + 1);
  }
}

TEST(RtcpTransportFeedbackFill, NeedsAnArrivalAndRoom) {
  Feedback feedback;
  EXPECT_THROW(fill(feedback, {}, {}), Bug);
  EXPECT_THROW(fill(feedback, every(1ms, 0, 1), {.max_bytes = Bounds::kMinBytes - 1}), Bug);
  EXPECT_THROW(fill(feedback, every(1ms, 0, 1), {.first_sequence = 1}), Bug);
  // The longest gap there is, in the least room.
  EXPECT_EQ(
      fill(feedback, every(1ms, 32'766, 1), {.first_sequence = 0, .max_bytes = Bounds::kMinBytes}),
      1u);
  EXPECT_LE(written(feedback).size(), Bounds::kMinBytes);
}

// Media fact 14: over a day, and over the wrap of the reference time after 12.4 days, each time
// that is read lies within a tick of what was written; errors do not add up.
TEST(RtcpTransportFeedbackFill, TimesStayWithinATickForThirteenDays) {
  SeededRandom random(7);
  const Duration end = 24h * 13;
  Timestamp at(12'345'678ns);
  std::int64_t sequence = 0;
  std::int64_t next = 0;
  std::int64_t last_reference = 0;
  std::size_t messages = 0;
  while (at.time_since_epoch() < end) {
    std::vector<TransportArrival> arrivals;
    for (int i = 0; i < 20; ++i) {
      at += std::chrono::nanoseconds(random.below(40'000'000) + 33);
      arrivals.push_back({sequence += 1 + random.below(2), at});
    }
    // A busy minute at times, and silence for hours between them.
    if (random.chance(0.02)) at += std::chrono::hours(random.below(6));
    Feedback made;
    ASSERT_EQ(fill(made, arrivals, {.first_sequence = next}), arrivals.size());
    next = sequence + 1;
    const auto feedback = Feedback::parse(written(made));
    ASSERT_TRUE(feedback);
    std::int64_t ticks = feedback->reference_ticks(last_reference);
    last_reference = ticks;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      ticks += feedback->arrivals[i].delta;
      ASSERT_LE(std::chrono::abs(Timestamp(ticks * Feedback::kTick) - arrivals[i].at),
                Feedback::kTick / 2);
      ASSERT_EQ(feedback->arrivals[i].sequence, static_cast<std::uint16_t>(arrivals[i].sequence));
    }
    ++messages;
  }
  EXPECT_GT(messages, 1000u);
  EXPECT_GT(last_reference, std::int64_t{1} << 32);  // the 24 bits have wrapped
}

}  // namespace
}  // namespace specter::rtcp
