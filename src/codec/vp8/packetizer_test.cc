#include "codec/vp8/packetizer.h"

#include <array>

#include <gtest/gtest.h>

#include "codec/testing/golden.h"
#include "codec/testing/link.h"
#include "codec/vp8/depacketizer.h"
#include "codec/vp8/frame_header.h"
#include "testing/hex.h"

namespace specter::codec::vp8 {
namespace {

using codec::testing::Link;
using codec::testing::payload_of;
using codec::testing::stay;
using specter::testing::hex;

constexpr std::string_view kKey = "30 4a 00 9d 01 2a a0 00 78 00";  // 160x120
constexpr std::string_view kInter = "31 02 00";

Buffer frame_of(std::string_view header, std::size_t size) {
  Buffer frame = hex(header);
  for (std::size_t i = frame.size(); i < size; ++i) frame.push_back(static_cast<std::uint8_t>(i));
  return frame;
}

Packetizer plain() { return Packetizer({.first_picture_id = std::nullopt}); }

Pieces packetized(Packetizer& packetizer, const Sample& sample, Room room) {
  Pieces out;
  EXPECT_TRUE(packetizer.packetize(sample, room, out));
  return out;
}

TEST(Vp8FrameHeader, IsReadAsRfc6386Says) {
  EXPECT_EQ(FrameHeader::parse(hex(kKey)), (FrameHeader{.version = 0,
                                                        .is_shown = true,
                                                        .first_partition_bytes = 0x251,
                                                        .size = PictureSize{160, 120}}));
  const auto inter = FrameHeader::parse(hex("d7 ff ff"));
  ASSERT_TRUE(inter);
  EXPECT_FALSE(inter->is_key_frame());
  EXPECT_EQ(inter->version, 3);
  EXPECT_TRUE(inter->is_shown);
  EXPECT_EQ(inter->first_partition_bytes, 0x7fffeu);
  // The upper two bits of a dimension are a scale.
  EXPECT_EQ(FrameHeader::parse(hex("30 4a 00 9d 01 2a ff ff 01 40"))->size,
            (PictureSize{0x3fff, 1}));
}

TEST(Vp8FrameHeader, RefusesWhatIsNone) {
  for (std::size_t size = 0; size < 10; ++size)
    EXPECT_EQ(FrameHeader::parse(Bytes(hex(kKey)).first(size)),
              std::unexpected(ParseError::Truncated));
  EXPECT_EQ(FrameHeader::parse(hex("30 4a 00 9d 01 2b a0 00 78 00")),
            std::unexpected(ParseError::BadValue));
}

TEST(Vp8Packetizer, CutsAFrameIntoEqualPieces) {
  Packetizer packetizer({.first_picture_id = PictureId{0x1234}});
  const Buffer frame = frame_of(kKey, 100);
  const Pieces out = packetized(packetizer, {frame}, {40, 40});
  ASSERT_EQ(out.all.size(), 3u);
  EXPECT_EQ(to_buffer(out.all[0].prefix.view()), hex("90 80 92 34"));
  EXPECT_EQ(to_buffer(out.all[1].prefix.view()), hex("80 80 92 34"));
  EXPECT_EQ(out.all[0].size(), 38u);
  EXPECT_EQ(out.all[1].size(), 38u);
  EXPECT_EQ(out.all[2].size(), 36u);
  EXPECT_TRUE(out.is_key_frame);
  EXPECT_FALSE(out.all[0].marker);
  EXPECT_FALSE(out.all[1].marker);
  EXPECT_TRUE(out.all[2].marker);
  // Slices of the frame: nothing is copied.
  EXPECT_EQ(out.all[1].body.data(), frame.data() + out.all[0].body.size());
}

// A frame of a single packet is a frame: one implementation dropped those.
TEST(Vp8Packetizer, MakesOnePacketOfASmallFrame) {
  Packetizer packetizer = plain();
  const Pieces out = packetized(packetizer, {stay(hex(kInter))}, {40, 40});
  ASSERT_EQ(out.all.size(), 1u);
  EXPECT_TRUE(out.all[0].marker);
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(out, 7);
  ASSERT_EQ(link.frames.size(), 1u);
  EXPECT_EQ(link.frames[0].bytes, hex(kInter));
}

// RFC 7741 §4.2: TL0PICIDX counts the frames of layer 0 and wraps at 8 bits.
TEST(Vp8Packetizer, NumbersTheFramesOfLayer0) {
  Packetizer packetizer({.first_picture_id = PictureId{0x7fff}, .first_tl0_picture_index = 255});
  const Buffer frame = hex(kInter);
  const auto prefix = [&](std::uint8_t layer, bool is_sync, bool is_last) {
    const Pieces out = packetized(packetizer, {frame, layer, is_sync, is_last}, {40, 40});
    return to_buffer(out.all[0].prefix.view());
  };
  EXPECT_EQ(prefix(0, false, false), hex("90 e0 ff ff ff 00"));
  EXPECT_EQ(prefix(2, true, true), hex("b0 e0 80 00 ff a0"));
  EXPECT_EQ(prefix(1, true, false), hex("90 e0 80 01 ff 60"));
  EXPECT_EQ(prefix(0, false, false), hex("90 e0 80 02 00 00"));
}

TEST(Vp8Packetizer, RefusesWhatIsNoFrameOrHasNoRoom) {
  Packetizer packetizer;  // descriptors of 4 bytes
  Pieces out;
  const auto error = [&](Bytes frame, Room room) {
    return packetizer.packetize({frame}, room, out);
  };
  EXPECT_EQ(error({}, {9, 9}), std::unexpected(PacketizeError::Empty));
  EXPECT_EQ(error(hex("30 4a"), {9, 9}), std::unexpected(PacketizeError::Malformed));
  EXPECT_EQ(error(hex(kKey), {4, 9}), std::unexpected(PacketizeError::NoRoom));
  EXPECT_EQ(error(hex(kKey), {9, 4}), std::unexpected(PacketizeError::NoRoom));
  EXPECT_EQ(error(frame_of(kKey, kMaxPieces + 1), {5, 5}),
            std::unexpected(PacketizeError::TooMany));
  EXPECT_TRUE(out.all.empty());
  // A frame that was refused takes no number.
  ASSERT_TRUE(packetizer.packetize({stay(hex(kKey))}, {40, 40}, out));
  EXPECT_EQ(to_buffer(out.all[0].prefix.view()), hex("90 80 80 00"));
}

// 40,000 pictures, past the wrap of either width.
TEST(Vp8Depacketizer, CountsOverTheWrapsOfPictureIds) {
  for (const PictureIdBits bits : {PictureIdBits::Seven, PictureIdBits::Fifteen}) {
    Packetizer packetizer({.first_picture_id = PictureId{100, bits}});
    Depacketizer depacketizer;
    Pieces out;
    const Buffer frame = frame_of(kInter, 30);
    for (std::uint32_t i = 0; i < 40'000; ++i) {
      ASSERT_TRUE(packetizer.packetize({frame}, {25, 25}, out));
      Link link(depacketizer);
      link.tell(out, i * 3000);
      ASSERT_EQ(link.frames.size(), 1u);
      ASSERT_EQ(link.frames[0].frame.picture_id,
                (100 + i) & (bits == PictureIdBits::Seven ? 0x7fu : 0x7fffu));
      ASSERT_FALSE(link.frames[0].frame.follows_loss);
    }
  }
}

TEST(Vp8Depacketizer, TellsWhatTheDescriptorAndTheFrameSay) {
  Packetizer packetizer({.first_picture_id = PictureId{9}, .first_tl0_picture_index = 4});
  Depacketizer depacketizer;
  Link link(depacketizer);
  const Buffer key = frame_of(kKey, 100);
  const Buffer inter = frame_of(kInter, 100);
  link.tell(packetized(packetizer, {key, 0}, {40, 40}), 1000);
  link.tell(packetized(packetizer, {inter, 1, true, true}, {40, 40}), 4000);
  ASSERT_EQ(link.frames.size(), 2u);
  const Frame& first = link.frames[0].frame;
  EXPECT_EQ(link.frames[0].bytes, key);
  EXPECT_EQ(first.timestamp, 1000u);
  EXPECT_TRUE(first.is_key_frame);
  EXPECT_EQ(first.size, (PictureSize{160, 120}));
  EXPECT_EQ(first.picture_id, 9);
  EXPECT_EQ(first.tl0_picture_index, 4);
  EXPECT_EQ(first.temporal_id, 0);
  const Frame& second = link.frames[1].frame;
  EXPECT_EQ(link.frames[1].bytes, inter);
  EXPECT_FALSE(second.is_key_frame);
  EXPECT_EQ(second.size, std::nullopt);
  EXPECT_EQ(second.temporal_id, 1);
  EXPECT_TRUE(second.is_layer_sync);
  EXPECT_TRUE(second.is_non_reference);
}

// Whichever packet is lost: that frame is not given, the next one says so, nothing is ever mixed.
TEST(Vp8Depacketizer, GivesNoFrameThatLacksAPacket) {
  for (std::size_t lost = 0; lost < 9; ++lost) {
    Packetizer packetizer = plain();
    Depacketizer depacketizer;
    Link link(depacketizer);
    std::vector<Buffer> frames;
    frames.reserve(4);
    for (std::uint32_t i = 0; i < 4; ++i) {
      frames.push_back(frame_of(i == 0 ? kKey : kInter, 90 + i));
      link.tell(packetized(packetizer, {frames[i]}, {40, 40}), i * 3000,
                [&](std::size_t piece) { return i < 3 && 3 * i + piece == lost; });
    }
    ASSERT_EQ(link.frames.size(), 3u) << lost;
    for (const auto& [frame, bytes] : link.frames) {
      const std::size_t i = frame.timestamp / 3000;
      EXPECT_EQ(bytes, frames[i]);
      // Nothing was given before the first packet, if that is the one that is missing.
      const bool is_next = i == lost / 3 + 1;
      EXPECT_EQ(frame.follows_loss, is_next) << lost << " " << i;
    }
    EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.frames = 3, .incomplete = 1}));
  }
}

TEST(Vp8Depacketizer, EndsAFrameAtTheNextTimestampToo) {
  Packetizer packetizer = plain();
  Depacketizer depacketizer;
  Link link(depacketizer);
  Pieces out = packetized(packetizer, {stay(frame_of(kKey, 100))}, {40, 40});
  out.all.back().marker = false;
  link.tell(out, 0);
  EXPECT_TRUE(link.frames.empty());
  link.tell(packetized(packetizer, {stay(hex(kInter))}, {40, 40}), 3000);  // two frames end with it
  ASSERT_EQ(link.frames.size(), 2u);
  EXPECT_EQ(link.frames[0].bytes, frame_of(kKey, 100));
  EXPECT_EQ(link.frames[1].bytes, hex(kInter));
}

// Payloads that end within or right behind the descriptor, and frames without a
// header.
TEST(Vp8Depacketizer, DropsAndCountsWhatIsTooShort) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  link.tell(hex("90"), 0, true);
  link.tell(hex("90 80"), 1, true);
  link.tell(hex("90 80 80"), 2, true);
  link.tell(hex("10"), 3, true);
  EXPECT_EQ(depacketizer.counts().malformed, 4u);
  link.tell(hex("10 30"), 4, true);
  link.tell(hex("10 30 4a 00 9d 01 2b a0 00 78 00"), 5, true);
  EXPECT_TRUE(link.frames.empty());
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.incomplete = 6, .malformed = 4}));
  link.tell(hex("10 31 02 00"), 6, true);
  ASSERT_EQ(link.frames.size(), 1u);
  EXPECT_TRUE(link.frames[0].frame.follows_loss);
}

// A packet of nothing but padding is in no frame, and leaves no gap.
TEST(Vp8Depacketizer, TakesPaddingForAPlaceInTheSequence) {
  Packetizer packetizer = plain();
  Depacketizer depacketizer;
  Link link(depacketizer);
  const Pieces out = packetized(packetizer, {stay(frame_of(kKey, 100))}, {40, 40});
  link.tell(payload_of(out.all[0]), 0, false);
  link.tell({}, 0, false);  // between the packets of a frame
  link.tell(payload_of(out.all[1]), 0, false);
  link.tell(payload_of(out.all[2]), 0, true);
  link.tell({}, 0, false);  // and behind it
  EXPECT_EQ(link.frames.size(), 1u);
  link.lose();
  link.tell({}, 3000, false);  // a gap before padding is a gap
  link.tell(packetized(packetizer, {stay(hex(kInter))}, {40, 40}), 3000);
  ASSERT_EQ(link.frames.size(), 2u);
  EXPECT_TRUE(link.frames[1].frame.follows_loss);
}

// What a peer can make us keep has its limits.
TEST(Vp8Depacketizer, DropsFramesOverItsLimits) {
  Depacketizer depacketizer;
  Buffer payload(60'000, 0x55);
  payload[0] = 0x10;
  for (std::size_t sent = 0; sent <= kMaxFrameBytes; sent += payload.size())
    depacketizer.handle_packet({payload, 0, false});
  depacketizer.handle_packet({payload, 0, true});
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.too_large = 1}));
  const Buffer small = hex("10 31");
  for (std::size_t i = 0; i <= kMaxPieces; ++i)
    depacketizer.handle_packet({small, 3000, i == kMaxPieces});
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.too_large = 2}));
  EXPECT_FALSE(depacketizer.poll_frame());
}

TEST(Vp8Golden, ReadsTheOthersPackets) {
  const std::vector<Buffer> source = codec::testing::read_ivf_frames("libvpx.ivf");
  ASSERT_EQ(source.size(), 8u);
  const std::pair<const char*, int> kFiles[] = {{"libvpx.ffmpeg.rtp", 15},
                                                {"libvpx.gstreamer-0.rtp", 0},
                                                {"libvpx.gstreamer-7.rtp", 7},
                                                {"libvpx.gstreamer-15.rtp", 15}};
  for (const auto& [name, bits] : kFiles) {
    Depacketizer depacketizer;
    Link link(depacketizer);
    for (const auto& packet : codec::testing::read_packets(name))
      link.tell(packet.payload, packet.timestamp, packet.marker);
    ASSERT_EQ(link.frames.size(), source.size()) << name;
    for (std::size_t i = 0; i < source.size(); ++i) {
      const Frame& frame = link.frames[i].frame;
      EXPECT_EQ(link.frames[i].bytes, source[i]);
      EXPECT_EQ(frame.is_key_frame, i % 4 == 0);
      EXPECT_EQ(frame.picture_id.has_value(), bits != 0);
      EXPECT_EQ(frame.size.has_value(), frame.is_key_frame);
      EXPECT_EQ(frame.size.value_or(PictureSize{160, 120}), (PictureSize{160, 120}));
      if (bits == 0 || i == 0) continue;
      const int mask = (1 << bits) - 1;
      EXPECT_EQ(*frame.picture_id, (*link.frames[i - 1].frame.picture_id + 1) & mask);
    }
  }
}

// Three temporal layers of a real encoder, as its payloader tells them; and ours tells the same.
TEST(Vp8Golden, ReadsAndWritesTemporalLayers) {
  constexpr std::array<std::uint8_t, 4> kLayers = {0, 2, 1, 2};
  Depacketizer depacketizer;
  Link theirs(depacketizer);
  for (const auto& packet : codec::testing::read_packets("libvpx-layers.gstreamer.rtp"))
    theirs.tell(packet.payload, packet.timestamp, packet.marker);
  ASSERT_EQ(theirs.frames.size(), 13u);

  Packetizer packetizer({.first_picture_id = PictureId{*theirs.frames[0].frame.picture_id},
                         .first_tl0_picture_index = *theirs.frames[0].frame.tl0_picture_index});
  Depacketizer own;
  Link ours(own);
  Buffer all;
  std::size_t since_key = 0;
  for (const auto& [frame, bytes] : theirs.frames) {
    since_key = frame.is_key_frame ? 0 : since_key + 1;
    EXPECT_EQ(frame.temporal_id, kLayers[since_key % 4]);
    all.insert(all.end(), bytes.begin(), bytes.end());
    ours.tell(packetized(packetizer,
                         {.bytes = bytes,
                          .temporal_id = frame.temporal_id,
                          .is_layer_sync = frame.is_layer_sync,
                          .is_non_reference = frame.is_non_reference},
                         {600, 600}),
              frame.timestamp);
  }
  EXPECT_EQ(all, codec::testing::read_media("libvpx-layers.vp8"));

  ASSERT_EQ(ours.frames.size(), theirs.frames.size());
  for (std::size_t i = 0; i < ours.frames.size(); ++i) {
    const Frame& read = theirs.frames[i].frame;
    const Frame& written = ours.frames[i].frame;
    EXPECT_EQ(ours.frames[i].bytes, theirs.frames[i].bytes);
    EXPECT_EQ(written.picture_id, read.picture_id) << i;
    EXPECT_EQ(written.tl0_picture_index, read.tl0_picture_index) << i;
    EXPECT_EQ(written.temporal_id, read.temporal_id);
    EXPECT_EQ(written.is_layer_sync, read.is_layer_sync);
    EXPECT_EQ(written.is_key_frame, read.is_key_frame);
  }
}

}  // namespace
}  // namespace specter::codec::vp8
