// NACK, PLI, FIR, REMB and CCFB.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "rtcp/bitrate_estimate.h"
#include "rtcp/congestion_feedback.h"
#include "rtcp/full_intra_request.h"
#include "rtcp/nack.h"
#include "rtcp/picture_loss.h"
#include "testing/hex.h"

namespace specter::rtcp {
namespace {

using namespace std::chrono_literals;
using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::SizeIs;

template <class Message>
Buffer written(const Message& message) {
  Buffer bytes;
  ByteWriter out(bytes);
  message.write(out);
  return bytes;
}

// Known bytes read, the same written, and no shorter packet read as the same.
template <class Message>
void expect_bytes(const Message& message, std::string_view text) {
  const Buffer bytes = hex(text);
  EXPECT_EQ(Message::parse(bytes), message) << text;
  EXPECT_EQ(written(message), bytes) << text;
  for (std::size_t size = 4; size + 4 <= bytes.size(); size += 4) {
    Buffer cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ByteWriter(cut).set_u16(2, static_cast<std::uint16_t>(size / 4 - 1));
    const auto parsed = Message::parse(cut);
    if (parsed) {
      EXPECT_NE(*parsed, message) << size;
    }
  }
  Buffer other = bytes;
  other[0] ^= 0x10;  // another format
  EXPECT_EQ(Message::parse(other), std::unexpected(ParseError::WrongType));
}

std::vector<std::uint16_t> missing(const Nack& nack) {
  std::vector<std::uint16_t> numbers;
  nack.for_each([&](std::uint16_t sequence) { numbers.push_back(sequence); });
  return numbers;
}

// ---- NACK

TEST(RtcpNack, ReadsAndWritesKnownBytes) {
  expect_bytes(Nack{.sender_ssrc = 1, .media_ssrc = 2, .items = {{100, 0x8001}, {0xffff, 0}}},
               "81cd0004 00000001 00000002 00648001 ffff0000");
}

// Media fact 10 (off by one): bit i is the number after the first plus i + 1; 17 numbers an item.
TEST(RtcpNack, AnItemNamesUpToSeventeenNumbers) {
  EXPECT_THAT(missing(Nack{.items = {{100, 0x8001}}}), ElementsAre(100, 101, 116));
  EXPECT_THAT(missing(Nack{.items = {{65'535, 0xffff}}}), SizeIs(17));
  EXPECT_THAT(missing(Nack{.items = {{65'534, 0x0003}}}), ElementsAre(65'534, 65'535, 0));
}

TEST(RtcpNack, PacksNumbersIntoItems) {
  Nack nack;
  const std::vector<std::uint16_t> numbers{65'530, 65'531, 65'535, 0, 10, 11, 28, 28, 1000};
  for (const std::uint16_t number : numbers) EXPECT_TRUE(nack.add(number));
  EXPECT_THAT(nack.items, ElementsAre(Nack::Item{65'530, 0x8031}, Nack::Item{11, 0},
                                      Nack::Item{28, 0}, Nack::Item{1000, 0}));
  EXPECT_THAT(missing(nack), ElementsAre(65'530, 65'531, 65'535, 0, 10, 11, 28, 1000));
}

TEST(RtcpNack, KeepsToItsLimits) {
  Nack nack;
  for (std::size_t i = 0; i < Nack::kMaxItems; ++i)
    EXPECT_TRUE(nack.add(static_cast<std::uint16_t>(i * 17)));
  EXPECT_FALSE(nack.add(static_cast<std::uint16_t>(Nack::kMaxItems * 17)));
  EXPECT_EQ(written(nack).size(), 1024u);
  EXPECT_EQ(Nack::parse(written(nack)), nack);
  nack.items.push_back({});
  EXPECT_THROW(written(nack), Bug);
  EXPECT_THROW(written(Nack{}), Bug);

  Buffer longer = written(Nack{.items = std::vector<Nack::Item>(Nack::kMaxItems)});
  longer.resize(longer.size() + 4);
  ByteWriter(longer).set_u16(2, static_cast<std::uint16_t>(longer.size() / 4 - 1));
  EXPECT_EQ(Nack::parse(longer), std::unexpected(ParseError::TooMany));
  EXPECT_EQ(Nack::parse(hex("81cd0002 00000001 00000002")), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(Nack::parse(hex("a1cd0003 00000001 00000002 00640002")),
            std::unexpected(ParseError::BadLength));
  EXPECT_EQ(Nack::parse(hex("81cd0001 00000001")), std::unexpected(ParseError::Truncated));
}

// ---- PLI, FIR

TEST(RtcpPictureLoss, ReadsAndWritesKnownBytes) {
  expect_bytes(PictureLoss{.sender_ssrc = 1, .media_ssrc = 2}, "81ce0002 00000001 00000002");
  EXPECT_EQ(PictureLoss::parse(hex("81ce0001 00000001")), std::unexpected(ParseError::Truncated));
}

// Media fact 33: the source that is wanted stands in each request, not in the header.
TEST(RtcpFullIntraRequest, NamesItsSourcesInItsRequests) {
  const FullIntraRequest request{.sender_ssrc = 1, .requests = {{2, 7}, {3, 255}}};
  expect_bytes(request, "84ce0006 00000001 00000000 00000002 07000000 00000003 ff000000");
  EXPECT_EQ(FullIntraRequest::parse(
                hex("84ce0006 00000001 deadbeef 00000002 07abcdef 00000003 ffabcdef")),
            request);
}

TEST(RtcpFullIntraRequest, KeepsToItsLimits) {
  EXPECT_EQ(FullIntraRequest::parse(hex("84ce0002 00000001 00000000")),
            std::unexpected(ParseError::BadLength));
  EXPECT_EQ(FullIntraRequest::parse(hex("84ce0003 00000001 00000000 00000002")),
            std::unexpected(ParseError::BadLength));
  EXPECT_EQ(FullIntraRequest::parse(hex("84ce0001 00000001")),
            std::unexpected(ParseError::Truncated));
  FullIntraRequest most{.sender_ssrc = 1, .requests = {}};
  EXPECT_THROW(written(most), Bug);
  most.requests.resize(FullIntraRequest::kMaxRequests);
  Buffer bytes = written(most);
  EXPECT_EQ(FullIntraRequest::parse(bytes), most);
  bytes.resize(bytes.size() + 8);
  ByteWriter(bytes).set_u16(2, static_cast<std::uint16_t>(bytes.size() / 4 - 1));
  EXPECT_EQ(FullIntraRequest::parse(bytes), std::unexpected(ParseError::TooMany));
}

// ---- REMB

// Media fact 33: the sources stand behind the rate, not in the header.
TEST(RtcpBitrateEstimate, ReadsAndWritesKnownBytes) {
  const BitrateEstimate estimate{.sender_ssrc = 1, .bits_per_second = 1'000'000, .ssrcs = {2, 3}};
  // 1,000,000 = 250,000 * 2^2
  expect_bytes(estimate, "8fce0006 00000001 00000000 52454d42 020bd090 00000002 00000003");
  EXPECT_EQ(
      BitrateEstimate::parse(hex("8fce0006 00000001 deadbeef 52454d42 020bd090 00000002 00000003")),
      estimate);
  expect_bytes(BitrateEstimate{.sender_ssrc = 1, .bits_per_second = 0, .ssrcs = {}},
               "8fce0004 00000001 00000000 52454d42 00000000");
  expect_bytes(BitrateEstimate{.sender_ssrc = 1, .bits_per_second = 0x3ffff, .ssrcs = {}},
               "8fce0004 00000001 00000000 52454d42 0003ffff");
}

TEST(RtcpBitrateEstimate, RoundsDownTo18Bits) {
  for (const std::uint64_t rate :
       {std::uint64_t{0x40000}, std::uint64_t{0x7ffff}, std::uint64_t{123'456'789'012}}) {
    const auto parsed = BitrateEstimate::parse(written(BitrateEstimate{.bits_per_second = rate}));
    ASSERT_TRUE(parsed);
    EXPECT_LE(parsed->bits_per_second, rate);
    EXPECT_GT(static_cast<double>(parsed->bits_per_second), static_cast<double>(rate) * 0.99999);
    EXPECT_EQ(BitrateEstimate::parse(written(*parsed)), parsed);
  }
}

// The exponent reaches far above 64 bits.
TEST(RtcpBitrateEstimate, ClampsWhatIsAbove64Bits) {
  const auto rate = [](std::string_view bytes) {
    return BitrateEstimate::parse(
               hex("8fce0004 00000001 00000000 52454d42 00" + std::string(bytes)))
        ->bits_per_second;
  };
  EXPECT_EQ(rate("bbffff"), BitrateEstimate::kMaxBitrate);  // 0x3ffff * 2^46
  EXPECT_EQ(rate("bc0001"), std::uint64_t{1} << 47);
  EXPECT_EQ(rate("bfffff"), BitrateEstimate::kMaxBitrate);  // 0x3ffff * 2^47
  EXPECT_EQ(rate("ffffff"), BitrateEstimate::kMaxBitrate);
  EXPECT_EQ(rate("fc0001"), std::uint64_t{1} << 63);
  EXPECT_EQ(rate("fc0002"), BitrateEstimate::kMaxBitrate);
  EXPECT_EQ(rate("fc0000"), 0u);
  const BitrateEstimate most{.bits_per_second = ~std::uint64_t{0}};
  EXPECT_EQ(BitrateEstimate::parse(written(most))->bits_per_second, BitrateEstimate::kMaxBitrate);
}

TEST(RtcpBitrateEstimate, RefusesACountThatLies) {
  for (const std::string_view bad :
       {"8fce0006 00000001 00000000 52454d42 010bd090 00000002 00000003",
        "8fce0006 00000001 00000000 52454d42 030bd090 00000002 00000003",
        "8fce0004 00000001 00000000 52454d42 ff0bd090"})
    EXPECT_EQ(BitrateEstimate::parse(hex(bad)), std::unexpected(ParseError::BadLength)) << bad;
  EXPECT_EQ(BitrateEstimate::parse(hex("8fce0003 00000001 00000000 52454d42")),
            std::unexpected(ParseError::Truncated));
  EXPECT_EQ(BitrateEstimate::parse(hex("8fce0004 00000001 00000000 52454d43 00000000")),
            std::unexpected(ParseError::WrongType));
  BitrateEstimate most;
  most.ssrcs.resize(255);
  EXPECT_EQ(BitrateEstimate::parse(written(most)), most);
  most.ssrcs.resize(256);
  EXPECT_THROW(written(most), Bug);
}

// ---- CCFB

using Ccfb = CongestionFeedback;

TEST(RtcpCongestionFeedback, ReadsAndWritesKnownBytes) {
  const Ccfb feedback{
      .sender_ssrc = 1,
      .streams = {{.ssrc = 2,
                   .first_sequence = 65'535,
                   .packets = {{true, 0, 1024}, {}, {true, 3, Ccfb::Packet::kTooOld}}},
                  {.ssrc = 3, .first_sequence = 7, .packets = {{true, 1, 0}, {true, 2, 0x1fff}}}},
      .report_time = {0xb7052000}};
  expect_bytes(
      feedback,
      "8bcd0009 00000001 00000002 ffff0003 84000000 fffe0000 00000003 00070002 a000dfff b7052000");
  expect_bytes(Ccfb{.sender_ssrc = 1, .streams = {}, .report_time = {5}},
               "8bcd0002 00000001 00000005");
  expect_bytes(Ccfb{.sender_ssrc = 1,
                    .streams = {{.ssrc = 2, .first_sequence = 3, .packets = {}}},
                    .report_time = {5}},
               "8bcd0004 00000001 00000002 00030000 00000005");
}

// RFC 8888 §3.1: without R the other bits are 0, and ignored.
TEST(RtcpCongestionFeedback, IgnoresTheRestOfWhatWasNotReceived) {
  const auto parsed = Ccfb::parse(hex("8bcd0005 00000001 00000002 00000002 7fff0000 00000000"));
  ASSERT_TRUE(parsed);
  EXPECT_THAT(parsed->streams[0].packets, ElementsAre(Ccfb::Packet{}, Ccfb::Packet{}));
}

TEST(RtcpCongestionFeedback, SaysAgesIn1024thsOfASecond) {
  using Packet = Ccfb::Packet;
  EXPECT_EQ(Packet::received(1, 1s), (Packet{true, 1, 1024}));
  EXPECT_EQ(Packet::received(0, 0s).offset, 0);
  EXPECT_EQ(Packet::received(0, 999'999us).offset, 1023);
  EXPECT_EQ(Packet::received(0, -1ns).offset, Packet::kUnknown);
  EXPECT_EQ(Packet::received(0, 7998ms).offset, 0x1ffd);
  EXPECT_EQ(Packet::received(0, 8s).offset, Packet::kTooOld);
  EXPECT_EQ(Packet::received(0, 24h).offset, Packet::kTooOld);
  EXPECT_EQ(Packet::received(0, 1s).age(), 1s);
  EXPECT_EQ((Packet{true, 0, Packet::kTooOld}).age(), std::nullopt);
  EXPECT_EQ((Packet{true, 0, Packet::kUnknown}).age(), std::nullopt);
  EXPECT_EQ(Packet{}.age(), std::nullopt);
  for (std::uint16_t offset = 0; offset <= Packet::kMaxOffset; ++offset) {
    const Packet packet{true, 0, offset};
    EXPECT_EQ(Packet::received(0, *packet.age() + 1ns), packet);
  }
}

TEST(RtcpCongestionFeedback, RefusesCountsThatLie) {
  for (const std::string_view bad :
       {"8bcd0004 00000001 00000002 00000001 00000000", "8bcd0003 00000001 00000002 00000000",
        "8bcd0001 00000001", "8bcd0005 00000001 00000002 00000003 80000000 00000000"})
    EXPECT_EQ(Ccfb::parse(hex(bad)), std::unexpected(ParseError::Truncated)) << bad;
  EXPECT_EQ(Ccfb::parse(hex("8bcd0004 00000001 00000002 00004001 00000000")),
            std::unexpected(ParseError::TooMany));
}

TEST(RtcpCongestionFeedback, KeepsToItsLimits) {
  Ccfb most{.sender_ssrc = 1,
            .streams = {{.packets = std::vector<Ccfb::Packet>(Ccfb::kMaxPackets)}}};
  EXPECT_EQ(Ccfb::parse(written(most)), most);
  most.streams[0].packets.emplace_back();
  EXPECT_THROW(written(most), Bug);
  most.streams.assign(Ccfb::kMaxStreams, {});
  Buffer bytes = written(most);
  EXPECT_EQ(Ccfb::parse(bytes), most);
  bytes.resize(bytes.size() + 8);
  ByteWriter(bytes).set_u16(2, static_cast<std::uint16_t>(bytes.size() / 4 - 1));
  EXPECT_EQ(Ccfb::parse(bytes), std::unexpected(ParseError::TooMany));
  most.streams.emplace_back();
  EXPECT_THROW(written(most), Bug);
}

}  // namespace
}  // namespace specter::rtcp
