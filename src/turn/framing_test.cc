#include "turn/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stun/turn_attributes.h"
#include "testing/hex.h"

namespace specter::turn {
namespace {

using specter::testing::hex;

const Endpoint kV4 = *Endpoint::parse("192.0.2.9:1234"),
               kV6 = *Endpoint::parse("[2001:db8::9]:1234");

TEST(ChannelDataMessage, IsReadAndWritten) {
  Buffer message = hex("40 01 00 03 aa bb cc 77");  // with a byte of padding
  const auto parsed = parse_channel_data(message);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->number, 0x4001);
  EXPECT_EQ(to_buffer(parsed->data), hex("aa bb cc"));
  EXPECT_EQ(parsed->data.data(), message.data() + 4);
  Buffer head(4);
  write_channel_header(head, 0x4fff, 0x1234);
  EXPECT_EQ(head, hex("4f ff 12 34"));
}

TEST(ChannelDataMessage, LiesWithinTheDatagram) {
  Buffer message = hex("40 01 00 03 aa bb cc");
  for (std::size_t size = 0; size < message.size(); ++size)
    EXPECT_FALSE(parse_channel_data(MutableBytes(message).first(size))) << size;
  EXPECT_TRUE(parse_channel_data(message));
}

TEST(WireKinds, AreTheFirstBytes) {
  for (int first = 0; first < 256; ++first) {
    const Buffer message{static_cast<std::uint8_t>(first)};
    const WireKind right = first < 64   ? WireKind::Stun
                           : first < 80 ? WireKind::ChannelData
                                        : WireKind::Unknown;
    EXPECT_EQ(wire_kind(message), right) << first;
  }
  EXPECT_EQ(wire_kind({}), WireKind::Unknown);
}

TEST(SendIndication, IsAMessageWithPaddedData) {
  for (const Endpoint& peer : {kV4, kV6}) {
    const std::size_t head = indication_head_size(peer.address);
    EXPECT_EQ(head, peer.address.is_v6() ? 48u : 36u);
    for (std::size_t size = 0; size < 9; ++size) {
      Buffer out(head + size + padding_of(size), 0xee);
      write_send_indication(out, peer, size, {{1, 2, 3}});
      const auto message = stun::Message::parse(out);
      ASSERT_TRUE(message);
      EXPECT_EQ(message->cls, stun::Class::Indication);
      EXPECT_EQ(message->method, stun::Method::Send);
      EXPECT_EQ(message->get<stun::XorPeerAddress>()->endpoint, peer);
      EXPECT_EQ(message->get<stun::DataAttribute>()->bytes, Buffer(size, 0xee));
    }
  }
}

Buffer indication(stun::Method method = stun::Method::Data) {
  return stun::MessageWriter(stun::Class::Indication, method, {})
      .add(stun::Software{"x"})
      .add(stun::XorPeerAddress{kV6})
      .raw(static_cast<stun::AttributeType>(0x8004), hex("00 00 03 03 00 00 00 00"))  // ICMP
      .add(stun::DataAttribute{hex("01 02 03")})
      .fingerprint()
      .finish();
}

TEST(DataIndication, IsReadWithoutACopy) {
  Buffer message = indication();
  const auto parsed = parse_data_indication(message);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->peer, kV6);
  EXPECT_EQ(to_buffer(parsed->data), hex("01 02 03"));
  EXPECT_GE(parsed->data.data(), message.data());
  EXPECT_LT(parsed->data.data(), message.data() + message.size());
}

TEST(DataIndication, IsRefusedUnlessWhole) {
  const Buffer whole = indication();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(parse_data_indication(cut)) << size;
  }
  Buffer send = indication(stun::Method::Send);
  EXPECT_FALSE(parse_data_indication(send));
  Buffer flipped = indication();
  flipped[40] ^= 1;  // FINGERPRINT
  EXPECT_FALSE(parse_data_indication(flipped));

  using stun::Class, stun::Method, stun::MessageWriter;
  Buffer no_data =
      MessageWriter(Class::Indication, Method::Data, {}).add(stun::XorPeerAddress{kV4}).finish();
  EXPECT_FALSE(parse_data_indication(no_data));
  Buffer no_peer =
      MessageWriter(Class::Indication, Method::Data, {}).add(stun::DataAttribute{{1}}).finish();
  EXPECT_FALSE(parse_data_indication(no_peer));
  // RFC 8489 §6.3.2
  Buffer unknown = MessageWriter(Class::Indication, Method::Data, {})
                       .add(stun::XorPeerAddress{kV4})
                       .add(stun::DataAttribute{{1}})
                       .raw(static_cast<stun::AttributeType>(0x7001), {})
                       .finish();
  EXPECT_FALSE(parse_data_indication(unknown));
  MessageWriter many(Class::Indication, Method::Data, {});
  many.add(stun::XorPeerAddress{kV4}).add(stun::DataAttribute{{1}});
  for (std::size_t i = 0; i < stun::Message::kMaxAttributes; ++i) many.add(stun::Software{});
  Buffer too_many = many.finish();
  EXPECT_FALSE(parse_data_indication(too_many));
}

// docs/failures.md row 29: however the stream is cut.
TEST(StreamReader, CutsTheSameMessagesFromAnyPieces) {
  const Buffer whole = [] {
    Buffer out = indication();
    for (const Buffer& next : {hex("40 01 00 03 aa bb cc 5a"), hex("40 02 00 00"), indication(),
                               hex("40 03 00 04 01 02 03 04")})
      out.insert(out.end(), next.begin(), next.end());
    return out;
  }();
  const std::vector<std::size_t> sizes{indication().size(), 8, 4, indication().size(), 8};
  for (std::size_t piece = 1; piece <= whole.size(); ++piece) {
    StreamReader reader;
    std::vector<std::size_t> found;
    for (std::size_t at = 0; at < whole.size(); at += piece) {
      reader.push(Bytes(whole).subspan(at, std::min(piece, whole.size() - at)));
      while (const auto message = reader.next()) found.push_back(message->size());
    }
    EXPECT_EQ(found, sizes) << piece;
    EXPECT_EQ(reader.waiting_bytes(), 0u);
  }
}

// What is neither, a TLS alert, and STUN without its cookie. HTTP begins as a channel would: it
// is never more than one message that does not come to its end.
TEST(StreamReader, BreaksForGood) {
  for (const Buffer& wrong : {hex("80 00 00 00"), hex("15 03 03 00 02 02 28 00"),
                              hex("01 01 00 02 21 12 a4 42"), hex("01 01 00 04 21 12 a4 43")}) {
    StreamReader reader;
    reader.push(wrong);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.is_broken());
    reader.push(hex("40 02 00 00"));
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(reader.waiting_bytes(), 0u);
  }
  StreamReader reader;
  reader.push(as_bytes("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.is_broken());
}

// A length of 65,535 and then a byte at a time: what waits is bounded by what a length can say.
TEST(StreamReader, KeepsOneMessageAtMost) {
  StreamReader reader;
  reader.push(hex("40 01 ff ff"));
  std::size_t pushed = 4;
  while (!reader.next()) {
    reader.push(hex("00"));
    ASSERT_LE(++pushed, StreamReader::kMaxMessageBytes);
  }
  EXPECT_EQ(pushed, 4u + 65'535 + 1);
}

}  // namespace
}  // namespace specter::turn
