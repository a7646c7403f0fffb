#include "dtls/record_filter.h"

#include "dtls/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint8_t kOne[] = {1};

Buffer plus(Buffer first, const Buffer& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// What comes out, as "type/epoch/sequence".
std::vector<std::string> shape(Bytes records) {
  std::vector<std::string> out;
  for (ByteReader in(records); in.remaining() > 0;) {
    const int type = in.u8();
    in.u16();
    const int epoch = in.u16();
    const auto sequence = in.u48();
    in.skip(in.u16());
    out.push_back(std::to_string(type) + "/" + std::to_string(epoch) + "/" +
                  std::to_string(sequence));
  }
  return out;
}

Buffer flight_up_to_verify() {
  return plus(plus(record(22, message(1, 0, 50), 7), record(22, message(11, 1, 50), 8)),
              plus(record(22, message(16, 2, 50), 9), record(22, message(15, 3, 50), 10)));
}
const Buffer& finished() {
  static const Buffer bytes = record(22, Buffer(40, 9), 0, 1);
  return bytes;
}

TEST(RecordFilter, WhatPassesInTheClearIsNumberedByUs) {
  RecordFilter filter(Role::Server);
  EXPECT_THAT(shape(filter.filter(record(22, message(1, 0, 50), 0xffff'ffff'ffff))),
              ElementsAre("22/0/0"));
  EXPECT_THAT(shape(filter.filter(record(22, message(11, 1, 50), 3))), ElementsAre("22/0/1"));
  EXPECT_THAT(filter.filter(record(22, message(11, 1, 50), 4)), IsEmpty());  // had already
  EXPECT_EQ(filter.dropped(), 0u);
}

TEST(RecordFilter, DuringAHandshakeWhatProvesNothingIsDropped) {
  const Buffer alert{2, 40};
  for (const Buffer& forged : {
           record(21, alert),                            // a fatal alert
           record(21, Buffer{1, 0}),                     // close_notify
           record(21, Buffer{}),                         // no alert at all
           record(23, Buffer(20, 1)),                    // data
           record(20, Buffer{}),                         // an empty ChangeCipherSpec
           record(20, Buffer{2}),                        // and wrong ones
           record(20, Buffer{1, 1}),                     //
           record(22, Buffer{}),                         // an empty handshake record
           record(22, message(2, 0, 20)),                // a ServerHello
           record(22, message(20, 0, 12)),               // a Finished in the clear
           record(22, message(0, 0, 0)),                 // a HelloRequest
           record(22, message(1, 1, 20)),                // a second ClientHello
           record(24, Buffer(20, 1)),                    // a heartbeat
           record(25, Buffer(20, 1)),                    // tls12_cid
           record(99, Buffer(20, 1)),                    // an unknown type
           record(22, message(1, 0, 20), 0, 2),          // an epoch that can't be
           record(22, message(1, 0, 20), 0, 0, 0x0303),  // TLS
           record(22, message(1, 0, 20), 0, 0, 0xfefe),  // no version
           record(22, Buffer(40, 1), 0, 1, 0xfeff),      // the keys are of DTLS 1.2
           record(22, Buffer(RecordFilter::kMaxHeldBytes + 1), 0, 1),
           record(23, Buffer(20, 1), 0, 1),  // data before its keys
           record(20, Buffer{1}, 0, 1),
           Buffer{22},
           Buffer(12, 22),
           Buffer(2000, 0),
       }) {
    RecordFilter filter(Role::Server);
    EXPECT_THAT(filter.filter(forged), IsEmpty());
    EXPECT_EQ(filter.dropped(), 1u);
    // It changed nothing.
    EXPECT_THAT(shape(filter.filter(plus(flight_up_to_verify(), record(20, kOne, 11)))),
                ElementsAre("22/0/0", "22/0/1", "22/0/2", "22/0/3", "20/0/4"));
  }
}

TEST(RecordFilter, RemembersTheLastPlaintextAlertForPeople) {
  RecordFilter filter(Role::Client);
  EXPECT_EQ(filter.plaintext_alert(), std::nullopt);
  filter.filter(record(21, Buffer{2, 42}));
  EXPECT_EQ(filter.plaintext_alert(), 42);
}

TEST(RecordFilter, EveryTruncationAndLyingLengthIsDropped) {
  const Buffer good = record(22, message(1, 0, 50));
  for (std::size_t size = 1; size < good.size(); ++size) {
    RecordFilter filter(Role::Server);
    EXPECT_THAT(filter.filter(Bytes(good).first(size)), IsEmpty()) << size;
    EXPECT_EQ(filter.dropped(), 1u) << size;
  }
  for (int length = 0; length < 65'536; ++length) {
    Buffer lying = good;
    lying[11] = static_cast<std::uint8_t>(length >> 8);
    lying[12] = static_cast<std::uint8_t>(length);
    RecordFilter filter(Role::Server);
    EXPECT_EQ(filter.filter(lying).empty(), length != 62) << length;
  }
  EXPECT_THAT(RecordFilter(Role::Server).filter({}), IsEmpty());
}

TEST(RecordFilter, GoodRecordsBesideBadOnesPass) {
  RecordFilter filter(Role::Server);
  const Buffer mixed = plus(plus(record(21, Buffer{2, 40}), record(22, message(1, 0, 50))),
                            plus(record(99, Buffer(3)), record(22, message(11, 1, 50))));
  EXPECT_THAT(shape(filter.filter(mixed)), ElementsAre("22/0/0", "22/0/1"));
  EXPECT_EQ(filter.dropped(), 2u);
}

TEST(RecordFilter, TheChangeCipherSpecWaitsForItsTurn) {
  RecordFilter filter(Role::Server);
  EXPECT_THAT(filter.filter(record(20, kOne, 11)), IsEmpty());
  EXPECT_EQ(filter.dropped(), 0u);
  EXPECT_THAT(shape(filter.filter(flight_up_to_verify())),
              ElementsAre("22/0/0", "22/0/1", "22/0/2", "22/0/3", "20/0/4"));
  // Once is enough.
  EXPECT_THAT(filter.filter(record(20, kOne, 12)), IsEmpty());
}

TEST(RecordFilter, TheFinishedWaitsForItsTurn) {
  RecordFilter filter(Role::Server);
  EXPECT_THAT(filter.filter(finished()), IsEmpty());
  EXPECT_THAT(filter.filter(record(20, kOne, 11)), IsEmpty());
  EXPECT_THAT(shape(filter.filter(flight_up_to_verify())),
              ElementsAre("22/0/0", "22/0/1", "22/0/2", "22/0/3", "20/0/4", "22/1/0"));
  EXPECT_EQ(filter.dropped(), 0u);
  // From now on it is OpenSSL's to judge what the keys protect.
  EXPECT_THAT(shape(filter.filter(record(22, Buffer(40, 8), 1, 1))), ElementsAre("22/1/1"));
  EXPECT_THAT(shape(filter.filter(record(23, Buffer(400, 8), 2, 1))), ElementsAre("23/1/2"));
}

TEST(RecordFilter, WhatWaitsIsBounded) {
  RecordFilter filter(Role::Server);
  for (std::uint64_t i = 0; i < RecordFilter::kMaxHeldRecords; ++i) {
    for (int copy = 0; copy < 3; ++copy) filter.filter(record(22, Buffer(40, 1), i, 1));
  }
  EXPECT_EQ(filter.dropped(), 2 * RecordFilter::kMaxHeldRecords);  // the copies
  filter.filter(record(22, Buffer(40, 1), 99, 1));
  EXPECT_EQ(filter.dropped(), 2 * RecordFilter::kMaxHeldRecords + 1);
  filter.filter(flight_up_to_verify());
  EXPECT_EQ(shape(filter.filter(record(20, kOne, 11))).size(), 1 + RecordFilter::kMaxHeldRecords);
}

TEST(RecordFilter, AMessageLargerThanARecordIsCutAgain) {
  RecordFilter filter(Role::Server);
  filter.filter(record(22, message(1, 0, 50)));
  const Buffer body(16 * 1024, 3);
  Bytes out;
  for (std::uint32_t at = 0; at < body.size(); at += 1024)
    out = filter.filter(record(22, fragment(11, 16 * 1024, 1, at, Bytes(body).subspan(at, 1024))));
  EXPECT_THAT(shape(out), ElementsAre("22/0/1", "22/0/2"));
}

// RFC 6347 §4.1: the epoch of the agreed keys alone counts.
TEST(RecordFilter, OnceDoneOnlyItsEpochPasses) {
  RecordFilter filter(Role::Server);
  filter.handshake_done();
  const Buffer data = record(23, Buffer(30, 1), 5, 1);
  EXPECT_EQ(filter.filter(data).data(), data.data());  // not copied
  for (const Buffer& late :
       {record(22, message(1, 0, 50)), record(21, Buffer{2, 40}), record(20, kOne),
        record(23, Buffer(30, 1)), record(23, Buffer(30, 1), 0, 2), record(20, kOne, 0, 1),
        record(99, Buffer(30, 1), 0, 1), record(23, Buffer(30, 1), 0, 1, 0xfeff), Buffer(30, 23)}) {
    const std::uint64_t before = filter.dropped();
    EXPECT_THAT(filter.filter(late), IsEmpty());
    EXPECT_EQ(filter.dropped(), before + 1);
    EXPECT_THAT(shape(filter.filter(plus(data, late))), ElementsAre("23/1/5"));
  }
  EXPECT_THAT(shape(filter.filter(plus(record(22, message(1, 0, 50)), data))),
              ElementsAre("23/1/5"));
}

TEST(RecordFilter, OnceDoneRepeatsPassUntilTheyAreRefused) {
  RecordFilter filter(Role::Server);
  filter.handshake_done();
  EXPECT_THAT(shape(filter.filter(finished())), ElementsAre("22/1/0"));
  filter.refuse_repeats();
  EXPECT_THAT(filter.filter(finished()), IsEmpty());
  EXPECT_THAT(shape(filter.filter(record(21, Buffer(20, 1), 6, 1))), ElementsAre("21/1/6"));
}

TEST(RecordFilter, AFloodOfFragmentsTakesNoMemory) {
  RecordFilter filter(Role::Server);
  const Buffer body(100, 1);
  for (int i = 0; i < 100'000; ++i)
    filter.filter(record(22, fragment(1, 0xffffff, static_cast<std::uint16_t>(i % 10), 0, body)));
  EXPECT_EQ(filter.dropped(), 100'000u);
}

}  // namespace
}  // namespace specter::dtls
