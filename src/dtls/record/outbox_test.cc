#include "dtls/record/outbox.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "base/check.h"
#include "dtls/testing/test_cipher.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;

void put(Outbox& outbox, std::size_t size, std::uint8_t value) {
  std::ranges::fill(outbox.add(size), value);
}
std::vector<std::size_t> polled_sizes(Outbox& outbox) {
  std::vector<std::size_t> out;
  while (auto datagram = outbox.poll()) out.push_back(datagram->size());
  return out;
}

TEST(Outbox, RecordsShareADatagramAsFarAsTheyFit) {
  Outbox outbox(100);
  EXPECT_EQ(outbox.room(), 100u);
  put(outbox, 60, 1);
  EXPECT_EQ(outbox.room(), 40u);
  put(outbox, 40, 2);
  EXPECT_EQ(outbox.room(), 0u);
  put(outbox, 99, 3);
  put(outbox, 2, 4);
  EXPECT_THAT(polled_sizes(outbox), ElementsAre(100, 99, 2));
}

TEST(Outbox, ADatagramCanBeEnded) {
  Outbox outbox(100);
  put(outbox, 10, 1);
  outbox.end_datagram();
  put(outbox, 10, 2);
  EXPECT_THAT(polled_sizes(outbox), ElementsAre(10, 10));
}

TEST(Outbox, NothingIsPutBehindWhatWasPolled) {
  Outbox outbox(100);
  put(outbox, 10, 1);
  put(outbox, 10, 2);
  EXPECT_EQ(outbox.poll()->size(), 20u);
  put(outbox, 10, 3);
  EXPECT_EQ(*outbox.poll(), Buffer(10, 3));
}

TEST(Outbox, ALargerRecordThanTheMtuHasADatagramOfItsOwn) {
  Outbox outbox(100);
  put(outbox, 10, 1);
  put(outbox, 500, 2);
  put(outbox, 10, 3);
  EXPECT_THAT(polled_sizes(outbox), ElementsAre(10, 500, 10));
}

TEST(Outbox, SaysWhenItIsFull) {
  Outbox outbox(100);
  for (std::size_t i = 0; i < Outbox::kMaxDatagrams; ++i) {
    EXPECT_FALSE(outbox.full());
    put(outbox, 1, 1);
    outbox.end_datagram();
  }
  EXPECT_TRUE(outbox.full());
  outbox.poll();
  EXPECT_FALSE(outbox.full());
}

TEST(Outbox, AFlightGoesOutTwiceAndIsKeptOnRequest) {
  Outbox outbox(100);
  outbox.keep_flights(true);
  put(outbox, 5, 9);
  outbox.begin_flight();
  put(outbox, 70, 1);
  put(outbox, 70, 2);
  outbox.end_flight(true);
  EXPECT_THAT(outbox.flight(), ElementsAre(Buffer(70, 1), Buffer(70, 2)));
  EXPECT_THAT(polled_sizes(outbox), ElementsAre(5, 70, 70, 70, 70));
  const std::uint32_t generation = outbox.flight_generation();
  outbox.forget_flight();
  EXPECT_NE(outbox.flight_generation(), generation);
  EXPECT_TRUE(outbox.flight().empty());
}

TEST(RecordWriter, CountsRecordsInTheClearForAllWhoWriteThem) {
  Outbox outbox(1200);
  RecordWriter one(outbox), two(outbox);
  EXPECT_EQ(one.write(0, ContentType::Alert, Buffer(2)), (RecordNumber{0, 0}));
  EXPECT_EQ(two.write(0, ContentType::Alert, Buffer(2)), (RecordNumber{0, 1}));
  EXPECT_EQ(one.write(0, ContentType::Alert, Buffer(2)), (RecordNumber{0, 2}));
}

TEST(RecordWriter, WritesWithTheKeysOfTheEpochThatIsAskedFor) {
  const SuiteTraits& suite = traits(CipherSuite::Aes128GcmSha256);
  const RecordKeys keys{crypto::Secret(16), crypto::Secret(12), crypto::Secret(16)};
  Outbox outbox(1200);
  RecordWriter writer(outbox);
  EXPECT_EQ(writer.epoch(), 0u);
  writer.add(Sealer(test_cipher(), suite, 2, keys));
  writer.add(Sealer(test_cipher(), suite, 3, keys));
  EXPECT_EQ(writer.epoch(), 3u);
  EXPECT_EQ(writer.overhead(0), 13u);
  EXPECT_EQ(writer.overhead(2), 22u);
  EXPECT_EQ(writer.write(2, ContentType::Ack, Buffer(2)), (RecordNumber{2, 0}));
  EXPECT_EQ(writer.write(3, ContentType::Ack, Buffer(2)), (RecordNumber{3, 0}));
  EXPECT_EQ(writer.write(2, ContentType::Ack, Buffer(2)), (RecordNumber{2, 1}));
  writer.drop_before(3);
  EXPECT_THROW(writer.write(2, ContentType::Ack, Buffer(2)), Bug);
}

}  // namespace
}  // namespace specter::dtls
