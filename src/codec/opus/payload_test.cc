#include "codec/opus/payload.h"

#include <gtest/gtest.h>

#include "codec/opus/toc.h"
#include "codec/testing/golden.h"
#include "codec/testing/link.h"
#include "testing/hex.h"

namespace specter::codec::opus {
namespace {

using codec::testing::Link;
using specter::testing::hex;

Buffer with_config(unsigned config, std::string_view rest = "00 00") {
  Buffer packet{static_cast<std::uint8_t>(config << 3)};
  const Buffer bytes = hex(rest);
  packet.insert(packet.end(), bytes.begin(), bytes.end());
  return packet;
}

// RFC 6716 table 2, row by row.
TEST(OpusToc, KnowsTheDurationOfEachConfiguration) {
  constexpr std::uint32_t kDurations[32] = {
      480, 960, 1920, 2880, 480, 960, 1920, 2880, 480, 960, 1920, 2880,  // SILK: 10, 20, 40, 60 ms
      480, 960, 480,  960,                                               // hybrid: 10, 20 ms
      120, 240, 480,  960,  120, 240, 480,  960,  120, 240, 480,  960,  120, 240, 480, 960};
  for (unsigned config = 0; config < 32; ++config) {
    const auto toc = Toc::parse(with_config(config));
    ASSERT_TRUE(toc);
    EXPECT_EQ(toc->frame_duration, kDurations[config]) << config;
    EXPECT_EQ(toc->duration(), kDurations[config]);
    EXPECT_EQ(toc->mode, config < 12 ? Mode::Silk : config < 16 ? Mode::Hybrid : Mode::Celt);
  }
}

// RFC 6716 §3.2.2 to §3.2.5.
TEST(OpusToc, CountsTheFramesOfEachCode) {
  const auto frames = [](std::string_view packet) { return Toc::parse(hex(packet))->frames; };
  EXPECT_EQ(frames("78 aa bb"), 1);
  EXPECT_EQ(frames("79 aa bb"), 2);
  EXPECT_EQ(frames("7a 01 aa bb"), 2);
  EXPECT_EQ(frames("7b 03 aa bb cc"), 3);                                    // equal sizes
  EXPECT_EQ(frames("7b 82 01 aa bb cc"), 2);                                 // sizes told
  EXPECT_EQ(frames("7b 42 02 aa bb 00 00"), 2);                              // two bytes of padding
  EXPECT_EQ(Toc::parse(hex("7b 06 01 02 03 04 05 06"))->duration(), 5760u);  // 120 ms, the most
  EXPECT_EQ(Toc::parse(hex("e3 30"))->duration(), 5760u);                    // 48 of 2.5 ms
  EXPECT_TRUE(Toc::parse(hex("7c aa"))->is_stereo);
}

// RFC 6716 §3.4.
TEST(OpusToc, RefusesWhatTheRfcForbids) {
  const auto error = [](std::string_view packet) { return Toc::parse(hex(packet)).error(); };
  EXPECT_EQ(error(""), ParseError::Truncated);                // R1
  EXPECT_EQ(error("79 aa bb cc"), ParseError::BadLength);     // R3: two frames of one size
  EXPECT_EQ(error("7a"), ParseError::BadLength);              // R4: no size
  EXPECT_EQ(error("7a 03 aa bb"), ParseError::BadLength);     // R4: over the end
  EXPECT_EQ(error("7b"), ParseError::Truncated);              // R6
  EXPECT_EQ(error("7b 00"), ParseError::BadValue);            // R5: no frames
  EXPECT_EQ(error("7b 07 aa"), ParseError::BadValue);         // R5: 140 ms
  EXPECT_EQ(error("7b 02 aa bb cc"), ParseError::BadLength);  // R6
  EXPECT_EQ(error("7b 42 05 aa"), ParseError::BadLength);     // R6: padding
  EXPECT_EQ(error("7b 82 05 aa"), ParseError::BadLength);     // R7
  Buffer large(1 + 1276, 0);                                  // R2
  large[0] = 0x78;
  EXPECT_EQ(Toc::parse(large).error(), ParseError::BadLength);
  large.pop_back();
  EXPECT_TRUE(Toc::parse(large));
}

TEST(OpusToc, TellsDtx) {
  EXPECT_TRUE(Toc::parse(hex("78"))->is_dtx);
  EXPECT_TRUE(Toc::parse(hex("78 aa"))->is_dtx);
  EXPECT_FALSE(Toc::parse(hex("78 aa bb"))->is_dtx);
  EXPECT_TRUE(Toc::parse(hex("7b 03"))->is_dtx);
  EXPECT_FALSE(Toc::parse(hex("7b 83 00 00 aa bb"))->is_dtx);
}

TEST(OpusPacketizer, MakesOnePayloadOfOnePacket) {
  Packetizer packetizer;
  Pieces out;
  const Buffer packet = hex("78 aa bb cc");
  ASSERT_TRUE(packetizer.packetize({packet}, {4, 4}, out));
  ASSERT_EQ(out.all.size(), 1u);
  EXPECT_EQ(out.all[0].body.data(), packet.data());
  EXPECT_EQ(out.all[0].size(), 4u);
}

// RFC 3551 §4.1.
TEST(OpusPacketizer, MarksTheFirstPacketOfATalkspurt) {
  Packetizer packetizer;
  Pieces out;
  const auto marker = [&](std::string_view packet) {
    const Buffer bytes = hex(packet);
    EXPECT_TRUE(packetizer.packetize({bytes}, {100, 100}, out));
    return out.all[0].marker;
  };
  EXPECT_TRUE(marker("78 aa bb"));
  EXPECT_FALSE(marker("78 aa bb"));
  EXPECT_FALSE(marker("78"));
  EXPECT_FALSE(marker("78"));
  EXPECT_TRUE(marker("78 aa bb"));
}

TEST(OpusPacketizer, RefusesWhatIsNoPacketOrDoesNotFit) {
  Packetizer packetizer;
  Pieces out;
  EXPECT_EQ(packetizer.packetize({}, {9, 9}, out), std::unexpected(PacketizeError::Empty));
  EXPECT_TRUE(packetizer.packetize({hex("79 aa bb")}, {9, 9}, out));
  EXPECT_EQ(packetizer.packetize({hex("79 aa bb cc")}, {9, 9}, out),
            std::unexpected(PacketizeError::Malformed));
  EXPECT_EQ(packetizer.packetize({hex("78 aa bb")}, {2, 9}, out),
            std::unexpected(PacketizeError::TooLarge));
  EXPECT_TRUE(out.all.empty());
}

TEST(OpusDepacketizer, TellsDurationAndLoss) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(hex("78 aa bb"), 0, true);
  link.lose();
  link.tell(hex("7b 03 aa bb cc"), 1920, false);
  ASSERT_EQ(link.frames.size(), 2u);
  EXPECT_FALSE(link.frames[0].frame.follows_loss);
  EXPECT_EQ(link.frames[0].frame.duration, 960u);
  EXPECT_TRUE(link.frames[0].frame.is_key_frame);
  EXPECT_TRUE(link.frames[1].frame.follows_loss);
  EXPECT_EQ(link.frames[1].frame.duration, 2880u);
}

// A packet of nothing but padding fills its place in the sequence and gives no
// frame.
TEST(OpusDepacketizer, MakesNoFrameOfPadding) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(hex("78 aa bb"), 0, true);
  link.tell({}, 960, false);
  link.tell(hex("78 aa bb"), 960, false);
  ASSERT_EQ(link.frames.size(), 2u);
  EXPECT_FALSE(link.frames[1].frame.follows_loss);
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.frames = 2}));
}

TEST(OpusDepacketizer, DropsAndCountsWhatIsMalformed) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(hex("79 aa"), 0, false);
  link.tell(hex("7b"), 960, false);
  link.tell(hex("78 aa bb"), 1920, false);
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.frames = 1, .malformed = 1 + 1}));
  ASSERT_EQ(link.frames.size(), 1u);
  EXPECT_TRUE(link.frames[0].frame.follows_loss);
}

// With DTX a packet comes each 400 ms. Numbers go on, so a minute of it is no loss.
TEST(OpusDepacketizer, TakesAMinuteOfDtxForNoLoss) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(hex("78 aa bb"), 0, true);
  for (std::uint32_t i = 1; i <= 150; ++i) link.tell(hex("78"), i * 19'200, false);
  link.tell(hex("78 aa bb"), 151 * 19'200, true);
  ASSERT_EQ(link.frames.size(), 152u);
  for (const auto& [frame, bytes] : link.frames) EXPECT_FALSE(frame.follows_loss);
  EXPECT_TRUE(link.frames[75].frame.is_dtx);
  EXPECT_FALSE(link.frames[151].frame.is_dtx);
}

TEST(OpusGolden, ReadsTheOthersPackets) {
  const std::vector<Buffer> source = codec::testing::read_opus_packets("libopus.ogg");
  ASSERT_GE(source.size(), 20u);
  for (const char* const name : {"libopus.ffmpeg.rtp", "libopus.gstreamer.rtp"}) {
    Depacketizer depacketizer;
    Link link(depacketizer);
    for (const auto& packet : codec::testing::read_packets(name))
      link.tell(packet.payload, packet.timestamp, packet.marker);
    ASSERT_EQ(link.frames.size(), source.size()) << name;
    for (std::size_t i = 0; i < source.size(); ++i) EXPECT_EQ(link.frames[i].bytes, source[i]);
  }
}

TEST(OpusGolden, FindsTheSilenceOfARealEncoder) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  std::uint32_t first = 0;
  std::uint32_t duration = 0;
  for (const auto& packet : codec::testing::read_packets("silence.gstreamer.rtp")) {
    if (link.frames.empty()) first = packet.timestamp;
    // The first packet is shorter by the encoder's delay there.
    if (link.frames.size() > 1) {
      EXPECT_EQ(packet.timestamp - first + 312, duration) << link.frames.size();
    }
    link.tell(packet.payload, packet.timestamp, packet.marker);
    duration += link.frames.back().frame.duration;
  }
  const auto silent =
      std::ranges::count_if(link.frames, [](const auto& kept) { return kept.frame.is_dtx; });
  EXPECT_EQ(silent, static_cast<std::ptrdiff_t>(std::ranges::count_if(
                        link.frames, [](const auto& kept) { return kept.bytes.size() == 1; })));
  EXPECT_GT(silent, 50);
}

}  // namespace
}  // namespace specter::codec::opus
