#include "ice/embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stun/integrity.h"
#include "testing/hex.h"

namespace specter::ice {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using enum EmbeddingState;

Buffer datagram(std::uint8_t name, std::size_t size = 20) {
  Buffer bytes(size, name);
  bytes[0] = 22;
  return bytes;
}
std::uint32_t sum(const Buffer& bytes) { return stun::crc32(bytes); }

const Buffer kA = datagram('a'), kB = datagram('b'), kC = datagram('c');
const std::vector<Buffer> kFlight{kA, kB, kC};
constexpr std::size_t kRoom = 1000;

// What a message may bring.
const std::optional<Bytes> kNoData = std::nullopt;
const std::optional<Bytes> kEmptyData = Bytes{};
using Acks = std::optional<std::span<const std::uint32_t>>;
const Acks kNoAcks = std::nullopt;
const Acks kEmptyAcks = std::span<const std::uint32_t>{};

Embedding in(EmbeddingState state) {
  Embedding embedding(state == Off ? Embedding::Wanted::No : Embedding::Wanted::Yes);
  if (state == Off) return embedding;
  embedding.set_remote(true);
  if (state == Confirmed) embedding.handle_message(kEmptyData, kEmptyAcks);
  if (state == Pending || state == Complete) embedding.handshake_done(false);
  if (state == Complete) embedding.handle_message(kNoData, kNoAcks);
  return embedding;
}

// What next() yields; empty for nothing.
Buffer next(Embedding& embedding, std::size_t room = kRoom) {
  const auto bytes = embedding.next(room);
  return bytes ? Buffer(bytes->begin(), bytes->end()) : Buffer{};
}

// ---- the states

TEST(Embedding, BeginsWhereItIsWanted) {
  for (const EmbeddingState state : {Off, Tentative, Confirmed, Pending, Complete})
    EXPECT_EQ(in(state).state(), state);
}

TEST(Embedding, MovesAsTheDiagramSays) {
  struct Row {
    EmbeddingState from;
    bool has_data, has_acks;
    EmbeddingState to;
  };
  const auto rows = std::to_array<Row>({
      {Off, false, false, Off},
      {Off, true, true, Off},
      {Tentative, false, false, Off},
      {Tentative, true, false, Confirmed},
      {Tentative, false, true, Confirmed},
      {Tentative, true, true, Confirmed},
      {Confirmed, false, false, Confirmed},
      {Confirmed, true, false, Confirmed},
      {Confirmed, false, true, Confirmed},
      {Confirmed, true, true, Confirmed},
      {Pending, false, false, Complete},
      {Pending, true, false, Pending},
      {Pending, false, true, Complete},
      {Pending, true, true, Pending},
      {Complete, false, false, Complete},
      {Complete, true, true, Complete},
  });
  for (const Row& row : rows) {
    Embedding embedding = in(row.from);
    embedding.handle_message(row.has_data ? std::optional<Bytes>(kA) : kNoData,
                             row.has_acks ? kEmptyAcks : kNoAcks);
    EXPECT_EQ(embedding.state(), row.to)
        << static_cast<int>(row.from) << row.has_data << row.has_acks;
  }
}

TEST(Embedding, IsPendingOnceTheHandshakeIsDone) {
  for (const auto& [from, to] : std::to_array<std::pair<EmbeddingState, EmbeddingState>>(
           {{Off, Off}, {Tentative, Pending}, {Confirmed, Pending}, {Complete, Complete}})) {
    Embedding embedding = in(from);
    embedding.handshake_done(true);
    EXPECT_EQ(embedding.state(), to);
  }
}

TEST(Embedding, OfAPeerWhoseDescriptionSaysNoIsOff) {
  Embedding embedding(Embedding::Wanted::Yes);
  embedding.set_flight(1, kFlight);
  embedding.set_remote(false);
  EXPECT_EQ(embedding.state(), Off);
  EXPECT_EQ(embedding.unacknowledged(), 0u);
  EXPECT_FALSE(embedding.set_flight(2, kFlight));
  EXPECT_THAT(next(embedding), IsEmpty());
}

TEST(Embedding, OfAPeerThatHasShownItStaysWhateverTheDescriptionSays) {
  Embedding embedding(Embedding::Wanted::Yes);
  embedding.handle_message(kA, kEmptyAcks);
  embedding.set_remote(false);
  EXPECT_EQ(embedding.state(), Confirmed);
  EXPECT_TRUE(embedding.is_active());
}

// An offerer's, before the answer: nothing is said of it to a peer that has not begun.
TEST(Embedding, IsSilentUntilThePeerIsKnownToUnderstand) {
  Embedding by_description(Embedding::Wanted::Yes);
  by_description.set_flight(1, kFlight);
  EXPECT_FALSE(by_description.is_active());
  EXPECT_THAT(next(by_description), IsEmpty());
  Embedding by_message = by_description;
  by_description.set_remote(true);
  EXPECT_TRUE(by_description.is_active());
  EXPECT_EQ(next(by_description), kA);
  by_message.handle_message(kNoData, kEmptyAcks);
  EXPECT_TRUE(by_message.is_active());
  EXPECT_EQ(next(by_message), kA);
}

TEST(Embedding, SaysNothingWhenOffOrComplete) {
  for (const auto& [state, active] :
       std::to_array<std::pair<EmbeddingState, bool>>({{Off, false},
                                                       {Tentative, true},
                                                       {Confirmed, true},
                                                       {Pending, true},
                                                       {Complete, false}}))
    EXPECT_EQ(in(state).is_active(), active);
  for (const EmbeddingState state : {Off, Complete}) {
    Embedding embedding = in(state);
    embedding.received(kA);
    EXPECT_THAT(embedding.acks(), IsEmpty());
    EXPECT_EQ(embedding.handle_message(kA, kEmptyAcks), std::nullopt);
  }
}

// ---- L1

TEST(Embedding, SendsAFlightRoundRobin) {
  Embedding embedding = in(Confirmed);
  EXPECT_TRUE(embedding.set_flight(1, kFlight));
  for (const Buffer& expected : {kA, kB, kC, kA, kB}) EXPECT_EQ(next(embedding), expected);
}

TEST(Embedding, SendsWhatFitsTheRoom) {
  Embedding embedding = in(Confirmed);
  const Buffer large = datagram('L', 600);
  embedding.set_flight(1, std::vector<Buffer>{large, kA});
  EXPECT_EQ(next(embedding, 599), kA);
  EXPECT_EQ(next(embedding, 599), kA);
  EXPECT_EQ(next(embedding, 600), large);
  EXPECT_THAT(next(embedding, 19), IsEmpty());
  EXPECT_TRUE(embedding.has_waiting(20));
  EXPECT_FALSE(embedding.has_waiting(19));
}

TEST(Embedding, AnAcknowledgementEndsADatagram) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(1, kFlight);
  EXPECT_EQ(next(embedding), kA);
  const std::uint32_t acks[] = {sum(kA), 0xdeadbeef};
  embedding.handle_message(kEmptyData, acks);
  EXPECT_EQ(embedding.unacknowledged(), 2u);
  for (const Buffer& expected : {kB, kC, kB}) EXPECT_EQ(next(embedding), expected);
  const std::uint32_t rest[] = {sum(kC), sum(kB), sum(kA)};
  embedding.handle_message(kNoData, rest);
  EXPECT_EQ(embedding.unacknowledged(), 0u);
  EXPECT_THAT(next(embedding), IsEmpty());
}

TEST(Embedding, ANewFlightTakesThePlaceOfTheOldAndTheSameOneChangesNothing) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(1, kFlight);
  const std::uint32_t acks[] = {sum(kA)};
  embedding.handle_message(kEmptyData, acks);
  EXPECT_FALSE(embedding.set_flight(1, kFlight));
  EXPECT_EQ(embedding.unacknowledged(), 2u);
  EXPECT_TRUE(embedding.set_flight(2, std::vector<Buffer>{kB}));
  EXPECT_EQ(next(embedding), kB);
  EXPECT_EQ(next(embedding), kB);
  EXPECT_TRUE(embedding.set_flight(3, {}));
  EXPECT_THAT(next(embedding), IsEmpty());
}

TEST(Embedding, TheLastFlightIsKeptByWhoSentItUntilAllOfItIsAcknowledged) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(1, std::vector<Buffer>{kA, kB});
  embedding.handshake_done(true);
  const std::uint32_t first[] = {sum(kA)};
  embedding.handle_message(kEmptyData, first);
  EXPECT_EQ(embedding.state(), Pending);
  EXPECT_EQ(next(embedding), kB);
  const std::uint32_t both[] = {sum(kA), sum(kB)};
  embedding.handle_message(kEmptyData, both);
  EXPECT_EQ(embedding.state(), Complete);
}

TEST(Embedding, TheLastFlightMayBeToldAfterTheHandshakeIsDone) {
  Embedding sender = in(Confirmed);
  sender.handshake_done(true);
  EXPECT_TRUE(sender.set_flight(7, kFlight));
  EXPECT_EQ(next(sender), kA);
  Embedding receiver = in(Confirmed);
  receiver.set_flight(6, kFlight);
  receiver.handshake_done(false);
  EXPECT_EQ(receiver.unacknowledged(), 0u);
  EXPECT_FALSE(receiver.set_flight(7, kFlight));
  EXPECT_THAT(next(receiver), IsEmpty());
}

TEST(Embedding, TheLastFlightGoesWithAPeerThatHasCompleted) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(1, kFlight);
  embedding.handshake_done(true);
  embedding.handle_message(kNoData, kNoAcks);
  EXPECT_EQ(embedding.state(), Complete);
  EXPECT_THAT(next(embedding), IsEmpty());
}

TEST(Embedding, HoldsSixteenDatagramsAndSixteenKibibytesAtMost) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(1, std::vector<Buffer>(40, kA));
  EXPECT_EQ(embedding.unacknowledged(), Embedding::kMaxDatagrams);
  embedding.set_flight(2, std::vector<Buffer>(16, datagram('x', 1100)));
  EXPECT_EQ(embedding.unacknowledged(), 14u);  // 15,400 bytes
  embedding.set_flight(3, std::vector<Buffer>{datagram('x', Embedding::kMaxBytes + 1), kA});
  EXPECT_EQ(embedding.unacknowledged(), 1u);
}

TEST(Embedding, EmbedsNothingButDtls) {
  Embedding embedding = in(Confirmed);
  embedding.set_flight(
      1, std::vector<Buffer>{
             {}, hex("13 00"), hex("40 00"), hex("80 00"), hex("14 01"), hex("3f 02")});
  EXPECT_EQ(next(embedding), hex("14 01"));
  EXPECT_EQ(next(embedding), hex("3f 02"));
  EXPECT_EQ(next(embedding), hex("14 01"));
}

// ---- L2

TEST(Embedding, AcknowledgesTheLatestFourInOrderOfArrival) {
  Embedding embedding = in(Tentative);
  std::vector<Buffer> came;
  for (std::uint8_t i = 0; i < 6; ++i) came.push_back(datagram(i));
  EXPECT_THAT(embedding.acks(), IsEmpty());
  for (const Buffer& bytes : came) embedding.received(bytes);
  EXPECT_THAT(embedding.acks(),
              ElementsAre(sum(came[2]), sum(came[3]), sum(came[4]), sum(came[5])));
  // Twice is once, and later.
  embedding.received(came[3]);
  EXPECT_THAT(embedding.acks(),
              ElementsAre(sum(came[2]), sum(came[4]), sum(came[5]), sum(came[3])));
  embedding.received(hex("80 00"));
  embedding.received({});
  EXPECT_THAT(embedding.acks(), SizeIs(4));
}

TEST(Embedding, HandsOnDtlsAndNothingElse) {
  Embedding embedding = in(Confirmed);
  const auto handed = [&](const Buffer& bytes) {
    const auto out = embedding.handle_message(Bytes(bytes), kEmptyAcks);
    return out && std::ranges::equal(*out, bytes);
  };
  EXPECT_TRUE(handed(kA));
  EXPECT_TRUE(handed(kA));  // again
  EXPECT_TRUE(handed(hex("14")));
  EXPECT_TRUE(handed(hex("3f")));
  EXPECT_FALSE(handed({}));
  for (const std::string_view other : {"00 01", "13", "40", "80", "ff"})
    EXPECT_FALSE(handed(hex(other))) << other;
}

}  // namespace
}  // namespace specter::ice
