// SR, RR, SDES, BYE, APP and XR.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "rtcp/app.h"
#include "rtcp/bye.h"
#include "rtcp/extended_report.h"
#include "rtcp/receiver_report.h"
#include "rtcp/sender_report.h"
#include "rtcp/source_description.h"
#include "testing/hex.h"

namespace specter::rtcp {
namespace {

using namespace std::chrono_literals;
using specter::testing::hex;
using ::testing::SizeIs;

template <class Message>
Buffer written(const Message& message) {
  Buffer bytes;
  ByteWriter out(bytes);
  message.write(out);
  return bytes;
}

// Known bytes read, the same written, each shorter packet refused. The length is set to what is
// left, so that the message's own bounds are asked.
template <class Message>
void expect_bytes(const Message& message, std::string_view text) {
  const Buffer bytes = hex(text);
  EXPECT_EQ(Message::parse(bytes), message);
  EXPECT_EQ(written(message), bytes);
  for (std::size_t size = 4; size + 4 <= bytes.size(); size += 4) {
    Buffer cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ByteWriter(cut).set_u16(2, static_cast<std::uint16_t>(size / 4 - 1));
    const auto parsed = Message::parse(cut);
    if (parsed) {
      EXPECT_NE(*parsed, message) << size;
    }
  }
  Buffer other = bytes;
  other[1] = 199;
  EXPECT_EQ(Message::parse(other), std::unexpected(ParseError::WrongType));
}

const ReportBlock kBlock{.ssrc = 0x11111111,
                         .fraction_lost = 64,
                         .cumulative_lost = 32,
                         .highest_sequence = 0x0001007f,
                         .jitter = 5,
                         .last_sr = {0xb705'2000},
                         .delay_since_last_sr = {0x0005'4000}};
constexpr std::string_view kBlockBytes = "11111111 40000020 0001007f 00000005 b7052000 00054000 ";

// The NTP time and report block of RFC 3550 §6.4.1's figure 2.
TEST(RtcpSenderReport, ReadsAndWritesKnownBytes) {
  const SenderReport report{.ssrc = 0x12345678,
                            .ntp = {0xb44db705'20000000},
                            .rtp_timestamp = 0xdecafbad,
                            .packets = 7,
                            .octets = 1000,
                            .blocks = {kBlock}};
  expect_bytes(report, "81c8000c 12345678 b44db705 20000000 decafbad 00000007 000003e8" +
                           std::string(kBlockBytes));
  SenderReport bare = report;
  bare.blocks.clear();
  expect_bytes(bare, "80c80006 12345678 b44db705 20000000 decafbad 00000007 000003e8");
}

TEST(RtcpSenderReport, RefusesFewerBlocksThanItSays) {
  EXPECT_EQ(
      SenderReport::parse(hex("81c80006 12345678 b44db705 20000000 decafbad 00000007 000003e8")),
      std::unexpected(ParseError::Truncated));
  EXPECT_EQ(SenderReport::parse(hex("80c80005 12345678 b44db705 20000000 decafbad 00000007")),
            std::unexpected(ParseError::Truncated));
}

TEST(RtcpReceiverReport, ReadsAndWritesKnownBytes) {
  expect_bytes(ReceiverReport{.ssrc = 1, .blocks = {}}, "80c90001 00000001");
  expect_bytes(ReceiverReport{.ssrc = 1, .blocks = {kBlock}},
               "81c90007 00000001" + std::string(kBlockBytes));
}

// RFC 3550 §6.4.3: what follows the blocks is a profile's.
TEST(RtcpReceiverReport, LeavesOutProfileSpecificExtensions) {
  EXPECT_EQ(ReceiverReport::parse(hex("80c90002 00000001 deadbeef")),
            (ReceiverReport{.ssrc = 1, .blocks = {}}));
}

TEST(RtcpReceiverReport, HasAtMost31Blocks) {
  ReceiverReport report{.ssrc = 1, .blocks = std::vector<ReportBlock>(31, kBlock)};
  EXPECT_EQ(ReceiverReport::parse(written(report)), report);
  report.blocks.push_back(kBlock);
  EXPECT_THROW(written(report), Bug);
}

// Media fact 9: the cumulative loss is signed, 24 bits, clamped both ways.
TEST(RtcpReportBlock, LossIsSigned) {
  const auto lost = [](std::int32_t value) {
    const ReceiverReport report{.ssrc = 0, .blocks = {{.cumulative_lost = value}}};
    return ReceiverReport::parse(written(report))->blocks[0].cumulative_lost;
  };
  for (const std::int32_t value : {0, 1, -1, ReportBlock::kMaxLost, ReportBlock::kMinLost})
    EXPECT_EQ(lost(value), value);
  EXPECT_EQ(lost(ReportBlock::kMaxLost + 1), ReportBlock::kMaxLost);
  EXPECT_EQ(lost(ReportBlock::kMinLost - 1), ReportBlock::kMinLost);
  EXPECT_EQ(written(ReceiverReport{.ssrc = 0,
                                   .blocks = {{.fraction_lost = 255, .cumulative_lost = -1}}})[12],
            255);
}

// RFC 3550 §6.4.1, figure 2: A = b710:8000, LSR = b705:2000, DLSR = 0005:4000, so 6.125 s.
TEST(RtcpRoundTrip, IsThatOfRfc3550sExample) {
  EXPECT_EQ(round_trip({0xb710'8000}, {0xb705'2000}, {0x0005'4000}), 6125ms);
}

TEST(RtcpRoundTrip, SurvivesTheWrapAndIgnoresNonsense) {
  EXPECT_EQ(round_trip({0x0000'8000}, {0xffff'8000}, {0x0000'8000}), 500ms);
  EXPECT_EQ(round_trip({5}, {5}, {0}), 0ms);
  EXPECT_EQ(round_trip({0xb710'8000}, {0}, {0}), std::nullopt);
  EXPECT_EQ(round_trip({0xb705'2000}, {0xb705'2000}, {1}), std::nullopt);  // negative
  EXPECT_EQ(round_trip({0x0040'0000}, {0x0004'0000}, {0}), 60s);
  EXPECT_EQ(round_trip({0x0040'0001}, {0x0004'0000}, {0}), std::nullopt);
}

TEST(RtcpNtp, FollowsTheClock) {
  // 1 January 1970 in NTP time.
  constexpr NtpTime kUnix{std::uint64_t{2'208'988'800} << 32};
  EXPECT_EQ(NtpTime::at(Timestamp(0s), kUnix), kUnix);
  EXPECT_EQ(NtpTime::at(Timestamp(1s + 500ms), kUnix).value - kUnix.value, 0x1'80000000u);
  EXPECT_EQ(NtpTime{0xb44db705'20000000}.compact(), CompactNtp{0xb705'2000});
  EXPECT_EQ(compact(5250ms), CompactNtp{0x0005'4000});
  EXPECT_EQ(compact(-1ms), CompactNtp{0});
  EXPECT_EQ(compact(65'536s), CompactNtp{0xffffffff});
  EXPECT_EQ(to_duration({0x0005'4000}), 5250ms);
}

// ---- SDES

using Sdes = SourceDescription;

// Texts of each length up to the word: the items end with one to four zeros.
TEST(RtcpSourceDescription, PadsItsChunksToWords) {
  const auto sdes = [](const char* text) {
    return Sdes{{{.ssrc = 1, .items = {{ItemType::Cname, text}}}}};
  };
  expect_bytes(sdes("a"), "81ca0002 00000001 01016100");
  expect_bytes(sdes("ab"), "81ca0003 00000001 01026162 00000000");
  expect_bytes(sdes("abc"), "81ca0003 00000001 01036162 63000000");
  expect_bytes(sdes("abcd"), "81ca0003 00000001 01046162 63640000");
  expect_bytes(sdes("abcde"), "81ca0003 00000001 01056162 63646500");
  expect_bytes(sdes(""), "81ca0002 00000001 01000000");
}

TEST(RtcpSourceDescription, MayHaveSeveralChunksAndItems) {
  const Sdes sdes{{{.ssrc = 1, .items = {{ItemType::Cname, "ab"}, {ItemType::Mid, "0"}}},
                   {.ssrc = 2, .items = {}},
                   {.ssrc = 3, .items = {{static_cast<ItemType>(200), "x"}}}}};
  expect_bytes(sdes, "83ca0007 00000001 01026162 0f013000 00000002 00000000 00000003 c8017800");
  ASSERT_NE(sdes.cname(1), nullptr);
  EXPECT_EQ(*sdes.cname(1), "ab");
  EXPECT_EQ(sdes.cname(2), nullptr);
  EXPECT_EQ(sdes.cname(4), nullptr);
  expect_bytes(Sdes{}, "80ca0000");
}

TEST(RtcpSourceDescription, RefusesChunksThatDoNotEnd) {
  for (const std::string_view bad : {"81ca0002 00000001 01026162", "81ca0002 00000001 01036162",
                                     "82ca0002 00000001 01016100", "81ca0001 00000001"})
    EXPECT_EQ(Sdes::parse(hex(bad)), std::unexpected(ParseError::Truncated)) << bad;
  EXPECT_EQ(Sdes::parse(hex("81ca0003 00000001 01016100 00000000")),
            std::unexpected(ParseError::BadLength));
}

TEST(RtcpSourceDescription, KeepsToItsLimits) {
  Sdes sdes{{{.ssrc = 1,
              .items = std::vector<Sdes::Item>(Sdes::kMaxItems,
                                               {ItemType::Note, std::string(255, 'a')})}}};
  EXPECT_EQ(Sdes::parse(written(sdes)), sdes);
  sdes.chunks[0].items.push_back({ItemType::Note, "a"});
  EXPECT_EQ(Sdes::parse(written(sdes)), std::unexpected(ParseError::TooMany));
  EXPECT_THROW(written(Sdes{{{.ssrc = 1, .items = {{ItemType::Note, std::string(256, 'a')}}}}}),
               Bug);
  EXPECT_THROW(written(Sdes{{{.ssrc = 1, .items = {{ItemType{}, "a"}}}}}), Bug);
  EXPECT_THROW(written(Sdes{std::vector<Sdes::Chunk>(32)}), Bug);
  EXPECT_EQ(Sdes::parse(written(Sdes{std::vector<Sdes::Chunk>(31)}))->chunks.size(), 31u);
}

// ---- BYE, APP

TEST(RtcpBye, MayNameSeveralAndAReason) {
  expect_bytes(Bye{.ssrcs = {1, 2}, .reason = {}}, "82cb0002 00000001 00000002");
  expect_bytes(Bye{.ssrcs = {1}, .reason = "gone"}, "81cb0003 00000001 04676f6e 65000000");
  expect_bytes(Bye{.ssrcs = {1}, .reason = "bye"}, "81cb0002 00000001 03627965");
  expect_bytes(Bye{.ssrcs = {1}, .reason = ""}, "81cb0002 00000001 00000000");
  expect_bytes(Bye{}, "80cb0000");
}

TEST(RtcpBye, KeepsToItsLimits) {
  EXPECT_EQ(Bye::parse(hex("82cb0001 00000001")), std::unexpected(ParseError::Truncated));
  EXPECT_EQ(Bye::parse(hex("81cb0002 00000001 04676f6e")), std::unexpected(ParseError::Truncated));
  const Bye longest{.ssrcs = std::vector<std::uint32_t>(31, 7), .reason = std::string(255, 'a')};
  EXPECT_EQ(Bye::parse(written(longest)), longest);
  EXPECT_THROW(written(Bye{.ssrcs = std::vector<std::uint32_t>(32, 7), .reason = {}}), Bug);
  EXPECT_THROW(written(Bye{.ssrcs = {}, .reason = std::string(256, 'a')}), Bug);
}

TEST(RtcpApp, IsKeptAsItCame) {
  const App app{.subtype = 31, .ssrc = 1, .name = {'q', 't', 's', 'i'}, .data = {1, 2, 3, 4}};
  expect_bytes(app, "9fcc0003 00000001 71747369 01020304");
  EXPECT_EQ(App::parse(hex("80cc0001 00000001")), std::unexpected(ParseError::Truncated));
  EXPECT_THROW(written(App{.subtype = 32}), Bug);
}

// The packet of RFC 7714 §17.1, in the clear. Its length says one word more than there is; here it
// is.
TEST(RtcpSenderReport, ReadsThatOfRfc7714) {
  const auto report = SenderReport::parse(
      hex("81c8000d 4d617273 4e545031 4e545032 52545020 0000042a 0000e930 4c756e61"
          "deadbeef deadbeef deadbeef deadbeef deadbeef 00000000"));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->ssrc, 0x4d617273u);
  EXPECT_EQ(report->packets, 0x42au);
  EXPECT_THAT(report->blocks, SizeIs(1));
  EXPECT_EQ(report->blocks[0].ssrc, 0x4c756e61u);
  EXPECT_EQ(report->blocks[0].fraction_lost, 0xde);
}

// ---- XR

// One DLRR block has the answers to all receivers, and a packet may have both kinds of blocks.
TEST(RtcpExtendedReport, ReadsAndWritesKnownBytes) {
  expect_bytes(ExtendedReport{.ssrc = 1, .blocks = {ReceiverReferenceTime{{0xb44db705'20000000}}}},
               "80cf0004 00000001 04000002 b44db705 20000000");
  expect_bytes(
      ExtendedReport{.ssrc = 1,
                     .blocks = {DelaySinceLastRr{{{2, {0xb7052000}, {0x54000}}, {3, {}, {}}}},
                                UnknownReportBlock{42, 7, {1, 2, 3, 4}}}},
      "80cf000a 00000001 05000006 00000002 b7052000 00054000 00000003 00000000 00000000"
      "2a070001 01020304");
  expect_bytes(ExtendedReport{.ssrc = 1, .blocks = {DelaySinceLastRr{}}},
               "80cf0002 00000001 05000000");
  expect_bytes(ExtendedReport{.ssrc = 1, .blocks = {}}, "80cf0001 00000001");
}

TEST(RtcpExtendedReport, RefusesBlocksOfTheWrongLength) {
  EXPECT_EQ(ExtendedReport::parse(hex("80cf0003 00000001 04000001 b44db705")),
            std::unexpected(ParseError::BadLength));
  EXPECT_EQ(ExtendedReport::parse(hex("80cf0003 00000001 05000001 00000002")),
            std::unexpected(ParseError::BadLength));
  EXPECT_EQ(ExtendedReport::parse(hex("80cf0002 00000001 2a000001")),
            std::unexpected(ParseError::Truncated));
  EXPECT_EQ(ExtendedReport::parse(hex("80cf0000")), std::unexpected(ParseError::Truncated));
}

TEST(RtcpExtendedReport, KeepsToItsLimits) {
  ExtendedReport report{.ssrc = 1, .blocks = {}};
  report.blocks.assign(ExtendedReport::kMaxBlocks, ReceiverReferenceTime{});
  EXPECT_EQ(ExtendedReport::parse(written(report)), report);
  report.blocks.push_back(ReceiverReferenceTime{});
  EXPECT_EQ(ExtendedReport::parse(written(report)), std::unexpected(ParseError::TooMany));

  DelaySinceLastRr delays{std::vector<DelaySinceLastRr::Receiver>(DelaySinceLastRr::kMaxReceivers)};
  report.blocks = {delays};
  Buffer bytes = written(report);
  EXPECT_EQ(ExtendedReport::parse(bytes), report);
  bytes.resize(bytes.size() + 12);
  ByteWriter(bytes).set_u16(2, static_cast<std::uint16_t>(bytes.size() / 4 - 1));
  ByteWriter(bytes).set_u16(10, 3 * (DelaySinceLastRr::kMaxReceivers + 1));
  EXPECT_EQ(ExtendedReport::parse(bytes), std::unexpected(ParseError::TooMany));
}

}  // namespace
}  // namespace specter::rtcp
