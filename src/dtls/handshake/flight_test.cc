#include "dtls/handshake/flight.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "dtls/handshake/assembly.h"
#include "dtls/testing/test_cipher.h"
#include "dtls/wire/messages.h"

namespace specter::dtls {
namespace {

using namespace std::chrono_literals;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Le;
using ::testing::SizeIs;

const SuiteTraits& kSuite = traits(CipherSuite::Aes128GcmSha256);
RecordKeys zero_keys() { return {crypto::Secret(16), crypto::Secret(12), crypto::Secret(16)}; }

struct Sent {
  std::vector<std::size_t> sizes;                   // of datagrams
  std::vector<std::vector<std::uint64_t>> numbers;  // of records, by datagram
  std::vector<HandshakeMessage> messages;
};
Sent drain(Outbox& outbox) {
  Sent out;
  Assembly assembly;
  Opener opener(test_cipher(), kSuite, 2, zero_keys());
  while (const auto datagram = outbox.poll()) {
    out.sizes.push_back(datagram->size());
    auto& numbers = out.numbers.emplace_back();
    Bytes rest = *datagram;
    while (const auto record = next_record(rest)) {
      Buffer text(record->fragment.size());
      const auto opened = opener.open(*record, text);
      if (!opened) continue;  // it comes twice
      numbers.push_back(opened->number.sequence);
      ByteReader in(opened->payload);
      assembly.take(HandshakeFragment::read(in), 2);
    }
  }
  while (auto message = assembly.next()) out.messages.push_back(std::move(*message));
  return out;
}
Flight three_messages() {
  Flight flight;
  flight.add_message(2, HandshakeType::EncryptedExtensions, 0, Buffer(100, 1));
  flight.add_message(2, HandshakeType::Certificate, 1, Buffer(700, 2));
  flight.add_message(2, HandshakeType::Finished, 2, {});
  return flight;
}

TEST(Flight, IsCutToTheMtu) {
  for (const std::size_t mtu : {256u, 300u, 500u, 700u, 901u, 902u, 1200u}) {
    Outbox outbox(mtu);
    RecordWriter writer(outbox);
    writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
    Flight flight = three_messages();
    flight.send(writer, false);
    const Sent sent = drain(outbox);
    EXPECT_THAT(sent.sizes, Each(Le(mtu)));
    // No more datagrams than the bytes need, and one.
    EXPECT_LE(sent.sizes.size(), 902 / (mtu - 34) + 1) << mtu;
    ASSERT_THAT(sent.messages, SizeIs(3)) << mtu;
    EXPECT_EQ(sent.messages[0].body, Buffer(100, 1));
    EXPECT_EQ(sent.messages[1].body, Buffer(700, 2));
    EXPECT_EQ(sent.messages[2].body, Buffer());
  }
}

TEST(Flight, ComesAgainWithNewNumbersAndTheSamePieces) {
  Outbox outbox(300);
  RecordWriter writer(outbox);
  writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
  Flight flight = three_messages();
  flight.send(writer, false);
  const Sent first = drain(outbox);
  flight.send(writer, true);
  const Sent second = drain(outbox);
  // Twice, one whole flight after the other.
  ASSERT_EQ(second.sizes.size(), 2 * first.sizes.size());
  for (std::size_t i = 0; i < first.sizes.size(); ++i) {
    EXPECT_EQ(second.sizes[i], first.sizes[i]);
    EXPECT_EQ(second.sizes[i], second.sizes[i + first.sizes.size()]);
    // The same records: who had the first drops the second.
    EXPECT_THAT(second.numbers[i + first.sizes.size()], SizeIs(0));
    ASSERT_EQ(second.numbers[i].size(), first.numbers[i].size());
    for (std::size_t k = 0; k < first.numbers[i].size(); ++k)
      EXPECT_GT(second.numbers[i][k], first.numbers.back().back());
  }
}

// RFC 9147 §7.2: only what is missing.
TEST(Flight, WhatIsAcknowledgedDoesNotComeAgain) {
  Outbox outbox(300);
  RecordWriter writer(outbox);
  writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
  Flight flight = three_messages();
  flight.send(writer, false);
  const Sent first = drain(outbox);
  ASSERT_THAT(first.numbers, SizeIs(4));
  EXPECT_FALSE(flight.acknowledged());
  std::vector<RecordNumber> had;
  for (const std::size_t i : {0u, 1u, 3u})
    for (const std::uint64_t number : first.numbers[i]) had.push_back({2, number});
  EXPECT_TRUE(flight.acknowledge(had));
  EXPECT_FALSE(flight.acknowledge(had));  // nothing new
  EXPECT_FALSE(flight.acknowledged());
  flight.send(writer, false);
  const Sent second = drain(outbox);
  ASSERT_THAT(second.numbers, SizeIs(1));
  EXPECT_EQ(second.sizes[0], first.sizes[2]);
  ASSERT_THAT(second.numbers[0], SizeIs(1));
  EXPECT_TRUE(flight.acknowledge(std::vector{RecordNumber{2, second.numbers[0][0]}}));
  EXPECT_TRUE(flight.acknowledged());
  flight.send(writer, false);
  EXPECT_EQ(outbox.poll(), std::nullopt);
}

TEST(Flight, AnAckOfAnEarlierSendingCounts) {
  Outbox outbox(1200);
  RecordWriter writer(outbox);
  writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
  Flight flight = three_messages();
  for (int i = 0; i < 8; ++i) flight.send(writer, false);
  const Sent sent = drain(outbox);
  std::vector<RecordNumber> had;
  for (const std::uint64_t number : sent.numbers[0]) had.push_back({2, number});
  EXPECT_TRUE(flight.acknowledge(had));
  EXPECT_TRUE(flight.acknowledged());
}

TEST(Flight, AnAckOfAnotherEpochOrNumberSaysNothing) {
  Outbox outbox(1200);
  RecordWriter writer(outbox);
  writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
  Flight flight = three_messages();
  flight.send(writer, false);
  EXPECT_FALSE(
      flight.acknowledge(std::vector<RecordNumber>{{3, 0}, {0, 1}, {2, 4}, {2, 1u << 20}}));
  EXPECT_FALSE(flight.acknowledge({}));
}

// RFC 9147 §7: the hellos' records can't be named by one who reads no number of theirs, and
// needn't.
TEST(Flight, AnyAckTellsThatTheHelloCame) {
  Outbox outbox(1200);
  RecordWriter writer(outbox);
  writer.add(Sealer(test_cipher(), kSuite, 2, zero_keys()));
  Flight flight;
  flight.add_message(0, HandshakeType::ServerHello, 0, Buffer(100, 1));
  flight.add_message(2, HandshakeType::Finished, 1, Buffer(32, 1));
  flight.send(writer, false);
  outbox.poll();
  EXPECT_TRUE(flight.acknowledge({}));
  flight.send(writer, false);
  const auto rest = outbox.poll();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->size(), 32u + HandshakeFragment::kHeaderSize + 22);
}

TEST(Acknowledgement, FitsIntoADatagramWithTheLatest) {
  const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
  const RecordKeys keys{crypto::Secret(16), crypto::Secret(12), crypto::Secret(16)};
  for (const std::size_t mtu : {256u, 1200u}) {
    Outbox outbox(mtu);
    RecordWriter writer(outbox);
    writer.add(Sealer(test_cipher(), suite, 2, keys));
    std::vector<RecordNumber> records;
    for (std::uint64_t i = 100; i-- > 0;) records.push_back({2, i});
    write_ack(writer, records);
    const auto datagram = outbox.poll();
    ASSERT_TRUE(datagram);
    EXPECT_LE(datagram->size(), mtu);
    Bytes rest = *datagram;
    Opener opener(test_cipher(), suite, 2, keys);
    Buffer text(mtu);
    const auto record = next_record(rest);
    const auto opened = opener.open(*record, text);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->type, ContentType::Ack);
    const auto ack = Ack::parse(opened->payload);
    ASSERT_TRUE(ack);
    const std::size_t count = mtu == 256 ? (256 - 22 - 2) / 16 : Ack::kMaxRecords;
    ASSERT_THAT(ack->records, SizeIs(count));
    EXPECT_EQ(ack->records.back(), (RecordNumber{2, 99}));
    EXPECT_TRUE(std::ranges::is_sorted(ack->records));
  }
}

TEST(ResendTimer, DoublesToItsCap) {
  const Timestamp start{1h};
  ResendTimer timer;
  EXPECT_EQ(timer.deadline(), std::nullopt);
  EXPECT_FALSE(timer.is_due(start + 1000h));
  timer.start(start, 100ms);
  Timestamp now = start;
  std::vector<Duration> waits;
  for (int i = 0; i < 6; ++i) {
    waits.push_back(*timer.deadline() - now);
    EXPECT_FALSE(timer.is_due(*timer.deadline() - 1ns));
    now = *timer.deadline();
    EXPECT_TRUE(timer.is_due(now));
    timer.back_off(now, 1s);
  }
  EXPECT_THAT(waits, ElementsAre(100ms, 200ms, 400ms, 800ms, 1s, 1s));
  EXPECT_FALSE(timer.may_repeat(now + 49ms));
  EXPECT_TRUE(timer.may_repeat(now + 50ms));
  timer.stop();
  EXPECT_FALSE(timer.is_due(now + 1h));
}

}  // namespace
}  // namespace specter::dtls
