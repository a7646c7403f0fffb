#include "dtls/wire/record.h"

#include <array>

#include "dtls/testing/codec_checks.h"

namespace specter::dtls {
namespace {

using ::testing::IsEmpty;

Buffer joined(std::initializer_list<Buffer> parts) {
  Buffer out;
  for (const Buffer& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

Buffer plain(std::uint8_t type, const Buffer& fragment) {
  const PlainHeader header{.type = type, .length = static_cast<std::uint16_t>(fragment.size())};
  Buffer out(PlainHeader::kSize);
  header.write(std::span<std::uint8_t, PlainHeader::kSize>(out));
  return joined({out, fragment});
}

// With a length of 16 bits.
Buffer unified(const Buffer& fragment) {
  Buffer out = hex("2e 00 01");
  ByteWriter(out).u16(static_cast<std::uint16_t>(fragment.size()));
  return joined({out, fragment});
}

void expect_no_record(Bytes datagram) {
  Bytes rest = datagram;
  EXPECT_FALSE(next_record(rest));
  EXPECT_THAT(rest, IsEmpty());
}

TEST(Record, WritesAndReadsThePlainHeader) {
  const PlainHeader header{
      .type = 22, .version = 0xfeff, .epoch = 0x0102, .sequence = 0x0304'0506'0708, .length = 3};
  const Buffer bytes = hex("16 feff 0102 030405060708 0003");
  Buffer written(PlainHeader::kSize);
  header.write(std::span<std::uint8_t, PlainHeader::kSize>(written));
  EXPECT_EQ(written, bytes);

  const Buffer datagram = joined({bytes, hex("aa bb cc")});
  Bytes rest = datagram;
  const auto record = next_record(rest);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->plain, header);
  EXPECT_FALSE(record->unified);
  EXPECT_EQ(to_buffer(record->header), bytes);
  EXPECT_EQ(to_buffer(record->fragment), hex("aa bb cc"));
  EXPECT_THAT(rest, IsEmpty());
  EXPECT_FALSE(next_record(rest));
}

// RFC 9147 §4, figure 3: S and L in all four ways, with each epoch.
TEST(Record, ReadsEachFormOfTheUnifiedHeader) {
  const Buffer fragment(16, 0x77);
  struct Form {
    std::uint8_t first;
    Buffer tail;
    bool long_sequence;
    std::uint16_t sequence_bits;
    std::optional<std::uint16_t> length;
  };
  const Form forms[] = {
      {0x20, hex("ab"), false, 0xab, std::nullopt},
      {0x24, hex("ab 0010"), false, 0xab, 16},
      {0x28, hex("abcd"), true, 0xabcd, std::nullopt},
      {0x2c, hex("abcd 0010"), true, 0xabcd, 16},
  };
  for (const Form& form : forms) {
    for (std::uint8_t epoch = 0; epoch < 4; ++epoch) {
      const Buffer header = joined({{static_cast<std::uint8_t>(form.first | epoch)}, form.tail});
      const Buffer datagram = joined({header, fragment});
      Bytes rest = datagram;
      const auto record = next_record(rest);
      ASSERT_TRUE(record);
      ASSERT_TRUE(record->unified);
      EXPECT_FALSE(record->plain);
      EXPECT_EQ(record->unified->epoch_bits, epoch);
      EXPECT_EQ(record->unified->long_sequence, form.long_sequence);
      EXPECT_EQ(record->unified->sequence_bits, form.sequence_bits);
      EXPECT_EQ(record->unified->length, form.length);
      EXPECT_EQ(record->unified->size(), header.size());
      EXPECT_EQ(to_buffer(record->header), header);
      EXPECT_EQ(to_buffer(record->fragment), fragment);
      EXPECT_THAT(rest, IsEmpty());

      for (std::size_t size = 0; size < datagram.size(); ++size)
        expect_no_record(Bytes(datagram).first(size));
    }
  }
}

// RFC 9147 §4.1, figure 5. 25 has a connection id, and so have 48 to 63 (the C bit).
TEST(Record, TheFirstByteTellsTheForm) {
  for (unsigned first = 0; first < 256; ++first) {
    Buffer datagram(64, 0x00);  // a plain record of length 0, or a unified one
    datagram[0] = static_cast<std::uint8_t>(first);
    if (first >= 32 && (first & 0x04) != 0) datagram[first & 0x08 ? 4 : 3] = 20;
    Bytes rest = datagram;
    const auto record = next_record(rest);
    const bool is_plain = first >= 20 && first <= 26 && first != 25;
    const bool is_unified = first >= 32 && first <= 47;
    EXPECT_EQ(record && record->plain, is_plain) << first;
    EXPECT_EQ(record && record->unified, is_unified) << first;
    if (!record) {
      EXPECT_THAT(rest, IsEmpty()) << first;
    }
  }
}

TEST(Record, OneDatagramHoldsMany) {
  const Buffer last = joined({hex("21 07"), Buffer(30, 4)});  // no length: to the end
  const Buffer datagram = joined({plain(22, Buffer(50, 1)), plain(20, Buffer{}),
                                  unified(Buffer(20, 2)), plain(26, Buffer(2, 3)), last});
  Bytes rest = datagram;
  std::vector<std::pair<bool, std::size_t>> seen;  // plain?, size
  while (const auto record = next_record(rest))
    seen.emplace_back(record->plain.has_value(), record->fragment.size());
  EXPECT_THAT(seen,
              ::testing::ElementsAre(std::pair(true, 50), std::pair(true, 0), std::pair(false, 20),
                                     std::pair(true, 2), std::pair(false, 30)));
}

TEST(Record, ALengthThatLiesEndsTheDatagram) {
  const Buffer good = plain(22, Buffer(5, 1));
  Buffer longer = good;
  longer[12] = 6;
  expect_no_record(longer);

  // What came before it is taken.
  const Buffer datagram = joined({good, longer});
  Bytes rest = datagram;
  EXPECT_TRUE(next_record(rest));
  EXPECT_FALSE(next_record(rest));
  EXPECT_THAT(rest, IsEmpty());

  // A shorter one leaves bytes, which are then no record.
  Buffer shorter = good;
  shorter[12] = 4;
  rest = shorter;
  EXPECT_EQ(next_record(rest)->fragment.size(), 4u);
  EXPECT_EQ(rest.size(), 1u);
  EXPECT_FALSE(next_record(rest));
}

TEST(Record, EachTruncationOfAPlainRecordIsRefused) {
  const Buffer datagram = plain(22, Buffer(5, 1));
  for (std::size_t size = 0; size < datagram.size(); ++size)
    expect_no_record(Bytes(datagram).first(size));
}

// RFC 5246 §6.2.3, RFC 8446 §5.2.
TEST(Record, AFragmentHasItsMostBytes) {
  const auto taken = [](const Buffer& datagram) {
    Bytes rest = datagram;
    return next_record(rest).has_value();
  };
  EXPECT_TRUE(taken(plain(23, Buffer((1 << 14) + 2048))));
  EXPECT_FALSE(taken(plain(23, Buffer((1 << 14) + 2049))));
  EXPECT_TRUE(taken(unified(Buffer((1 << 14) + 256))));
  EXPECT_FALSE(taken(unified(Buffer((1 << 14) + 257))));
  EXPECT_TRUE(taken(joined({hex("20 01"), Buffer((1 << 14) + 256)})));
  EXPECT_FALSE(taken(joined({hex("20 01"), Buffer((1 << 14) + 257)})));
}

// RFC 9147 §4.2.3: its number is masked with 16 bytes of it.
TEST(Record, AProtectedFragmentHas16BytesAtLeast) {
  expect_no_record(unified(Buffer(15)));
  expect_no_record(unified(Buffer{}));
  expect_no_record(joined({hex("20 01"), Buffer(15)}));
  Buffer lying = unified(Buffer(40));
  lying[4] = 15;
  expect_no_record(lying);
}

TEST(Record, RecordsAreThereWhateverTheirSeed) {
  for (std::uint64_t seed = 0; seed < kRoundTrips; ++seed) {
    Values values(seed);
    PlainHeader header{.type = static_cast<std::uint8_t>(20 + values.u8() % 4),
                       .version = values.u16(),
                       .epoch = values.u16(),
                       .sequence = values.u64() >> 16};
    const Buffer fragment = values.bytes(0, 2000);
    header.length = static_cast<std::uint16_t>(fragment.size());
    Buffer datagram(PlainHeader::kSize);
    header.write(std::span<std::uint8_t, PlainHeader::kSize>(datagram));
    datagram.insert(datagram.end(), fragment.begin(), fragment.end());
    Bytes rest = datagram;
    const auto record = next_record(rest);
    ASSERT_TRUE(record) << "seed " << seed;
    EXPECT_EQ(record->plain, header) << "seed " << seed;
    EXPECT_EQ(to_buffer(record->fragment), fragment) << "seed " << seed;
  }
}

// ---- fragments of handshake messages

Buffer bytes_of_fragment(const HandshakeFragment& fragment) {
  Buffer out;
  ByteWriter writer(out);
  fragment.write(writer);
  return out;
}

bool is_read(Bytes payload) {
  ByteReader in(payload);
  HandshakeFragment::read(in);
  return in.ok();
}

// RFC 6347 §4.2.2.
TEST(HandshakeFragment, WritesAndReadsKnownBytes) {
  const Buffer body = hex("aa bb cc");
  const Buffer bytes = hex("01 012345 0607 000102 000003 aabbcc");
  EXPECT_EQ(bytes_of_fragment({.type = 1,
                               .message_size = 0x012345,
                               .message_seq = 0x0607,
                               .offset = 0x000102,
                               .body = body}),
            bytes);
  ByteReader in(bytes);
  const HandshakeFragment fragment = HandshakeFragment::read(in);
  ASSERT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_EQ(fragment.type, 1);
  EXPECT_EQ(fragment.message_size, 0x012345u);
  EXPECT_EQ(fragment.message_seq, 0x0607);
  EXPECT_EQ(fragment.offset, 0x000102u);
  EXPECT_EQ(to_buffer(fragment.body), body);

  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(is_read(Bytes(bytes).first(size))) << size;
}

TEST(HandshakeFragment, OnePayloadHoldsMany) {
  const Buffer payload = joined({hex("0e 000000 0001 000000 000000"),  // ServerHelloDone
                                 hex("14 00000c 0002 000004 000002 aabb")});
  ByteReader in(payload);
  EXPECT_EQ(HandshakeFragment::read(in).type, 14);
  EXPECT_EQ(HandshakeFragment::read(in).offset, 4u);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(HandshakeFragment, NoPartLiesOutsideOfItsMessage) {
  EXPECT_TRUE(is_read(hex("01 000004 0000 000002 000002 aabb")));
  EXPECT_FALSE(is_read(hex("01 000003 0000 000002 000002 aabb")));  // ends behind it
  EXPECT_FALSE(is_read(hex("01 000004 0000 000005 000000")));       // begins behind it
  EXPECT_FALSE(is_read(hex("01 000001 0000 ffffff 000002 aabb")));  // would wrap in 24 bits
  EXPECT_FALSE(is_read(hex("01 000000 0000 ffffff ffffff")));
  // A reader that failed yields nothing.
  const Buffer bytes = hex("01 000003 0000 000002 000002 aabb");
  ByteReader in(bytes);
  EXPECT_THAT(HandshakeFragment::read(in).body, IsEmpty());
}

// An empty part moves the reader on all the same: nobody loops on it.
TEST(HandshakeFragment, AnEmptyPartIsReadOver) {
  const Buffer payload = hex("01 000010 0000 000010 000000");
  ByteReader in(payload);
  EXPECT_THAT(HandshakeFragment::read(in).body, IsEmpty());
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(in.remaining(), 0u);
}

}  // namespace
}  // namespace specter::dtls
