#include "codec/h264/depacketizer.h"

#include <gtest/gtest.h>

#include "codec/h264/packetizer.h"
#include "codec/piece.h"
#include "codec/testing/golden.h"
#include "codec/testing/link.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::codec::h264 {
namespace {

using codec::testing::Link;
using specter::testing::hex;

struct Peer {
  Depacketizer depacketizer;
  Link<Depacketizer> link{depacketizer};
  std::uint32_t time = 0;

  // One packet, with the marker.
  void frame(std::string_view payload) { link.tell(hex(payload), time++, true); }
  void part(std::string_view payload) { link.tell(hex(payload), time, false); }
  Buffer last() const { return link.frames.empty() ? Buffer{} : link.frames.back().bytes; }
  DepacketizeCounts counts() const { return depacketizer.counts(); }
};

// RFC 6184 §5.6, §5.7.1, §5.8.
TEST(H264Depacketizer, ReadsTheThreeKindsOfPackets) {
  Peer peer;
  peer.frame("65 88 01");
  EXPECT_EQ(peer.last(), hex("00000001 658801"));
  peer.frame("78 0005 6742e01f80 0002 68ce 0003 658801");
  EXPECT_EQ(peer.last(), hex("00000001 6742e01f80 00000001 68ce 00000001 658801"));
  peer.part("7c 85 88 01");
  peer.part("7c 05 02 03");
  peer.frame("7c 45 04");
  EXPECT_EQ(peer.last(), hex("00000001 65 8801 0203 04"));
  EXPECT_EQ(peer.counts(), (DepacketizeCounts{.frames = 3}));
}

TEST(H264Depacketizer, EndsAnAccessUnitAtTheMarkerOrTheNextTimestamp) {
  Peer peer;
  peer.part("06 05");
  peer.part("41 9a");
  EXPECT_TRUE(peer.link.frames.empty());
  ++peer.time;
  peer.part("41 9b");
  EXPECT_EQ(peer.last(), hex("00000001 0605 00000001 419a"));
  peer.frame("41 5b");
  EXPECT_EQ(peer.last(), hex("00000001 419b 00000001 415b"));
  EXPECT_EQ(peer.link.frames[0].frame.timestamp, 0u);
  EXPECT_EQ(peer.link.frames[1].frame.timestamp, 1u);
}

TEST(H264Depacketizer, TellsKeyFrames) {
  Peer peer;
  const auto is_key = [&](std::string_view payload) {
    peer.frame(payload);
    return peer.link.frames.back().frame.is_key_frame;
  };
  EXPECT_TRUE(is_key("78 0005 6742e01f80 0002 68ce 0003 658801"));
  EXPECT_TRUE(is_key("65 88"));
  EXPECT_FALSE(is_key("41 9a"));
  EXPECT_FALSE(is_key("78 0005 6742e01f80 0002 68ce"));
  EXPECT_FALSE(is_key("78 0005 0606 01c480 0002 419a"));  // decoding needs an SPS, too
  // An encoder that refreshes bit by bit: SPS and recovery point.
  EXPECT_TRUE(is_key("78 0005 6742e01f80 0002 68ce 0005 060601c480 0002 419a"));
}

// A lost packet makes the access unit incomplete; what is given was sent so.
TEST(H264Depacketizer, GivesNoAccessUnitThatLacksAPacket) {
  simulation::SeededRandom random(1);
  Packetizer packetizer;
  for (int round = 0; round < 300; ++round) {
    Depacketizer depacketizer;
    Link link(depacketizer);
    std::vector<Buffer> sent;
    std::vector<bool> is_hit;
    for (std::uint32_t i = 0; i < 6; ++i) {
      Buffer& unit = sent.emplace_back();
      for (std::uint32_t slice = 0; slice < 1 + random.below(3); ++slice) {
        const Buffer head = hex(slice == 0 ? "00000001 41 9a" : "00000001 41 01");
        unit.insert(unit.end(), head.begin(), head.end());
        unit.insert(unit.end(), 1 + random.below(60), static_cast<std::uint8_t>(0x20 + i));
      }
      Pieces out;
      ASSERT_TRUE(packetizer.packetize({unit}, {20, 20}, out));
      is_hit.push_back(false);
      link.tell(out, i * 3000, [&](std::size_t) {
        const bool is_lost = i > 0 && i < 5 && random.chance(0.08);
        is_hit.back() = is_hit.back() || is_lost;
        return is_lost;
      });
    }
    std::size_t given = 0;
    for (const auto& [frame, bytes] : link.frames) {
      const std::size_t i = frame.timestamp / 3000;
      ASSERT_FALSE(is_hit[i]);
      ASSERT_EQ(bytes, sent[i]);
      ASSERT_EQ(frame.follows_loss, i != given) << i;
      given = i + 1;
    }
    ASSERT_EQ(link.frames.back().frame.timestamp, 5u * 3000) << "the last one lost nothing";
  }
}

// Where the beginning of an access unit may be missing, its first unit decides.
TEST(H264Depacketizer, WantsTheBeginningAfterAGap) {
  Peer peer;
  peer.frame("41 9a");
  peer.link.lose();
  peer.frame("41 5a");  // first_mb_in_slice is not 0
  EXPECT_EQ(peer.link.frames.size(), 1u);
  peer.link.lose();
  peer.frame("41 9b");
  EXPECT_EQ(peer.link.frames.size(), 2u);
  EXPECT_TRUE(peer.link.frames.back().frame.follows_loss);
  peer.frame("41 5a");  // no gap: it is what the sender made
  EXPECT_EQ(peer.link.frames.size(), 3u);
  peer.link.lose();
  peer.part("5c 81 5a");  // the same in a fragment
  peer.frame("5c 41 00");
  EXPECT_EQ(peer.link.frames.size(), 3u);
}

// Such a stream has its sets before each IDR picture: they are what was lost.
TEST(H264Depacketizer, MissesParameterSetsThatAStreamRepeats) {
  Peer peer;
  peer.link.lose();
  peer.frame("65 88");
  EXPECT_EQ(peer.link.frames.size(), 1u) << "nothing is known of the stream";
  peer.frame("78 0005 6742e01f80 0002 68ce 0002 6588");
  peer.frame("65 88");
  EXPECT_EQ(peer.link.frames.size(), 3u) << "no gap";
  peer.link.lose();
  peer.frame("65 88");
  EXPECT_EQ(peer.link.frames.size(), 3u);
  EXPECT_EQ(peer.counts().incomplete, 1u);
}

TEST(H264Depacketizer, GivesNothingOfFragmentsWithoutAnEnd) {
  Peer peer;
  peer.part("7c 85 88");
  peer.frame("41 9a");  // another unit in between
  peer.part("7c 85 88");
  peer.frame("7c 85 88");  // a second beginning
  peer.frame("7c 05 88");  // no beginning
  peer.part("7c 85 88");
  peer.frame("7c 41 88");  // another type
  peer.part("7c 85 88");   // cut by the marker
  peer.frame("7c 05 88");
  peer.part("7c 85 88");  // cut by the timestamp
  ++peer.time;
  peer.frame("41 9a");
  ASSERT_EQ(peer.link.frames.size(), 1u);
  EXPECT_EQ(peer.last(), hex("00000001 419a"));
  EXPECT_TRUE(peer.link.frames[0].frame.follows_loss);
  EXPECT_EQ(peer.counts(), (DepacketizeCounts{.frames = 1, .incomplete = 6}));
}

// RFC 6184 §5.8 forbids it, some senders do it, and there is one way to read it.
TEST(H264Depacketizer, TakesAUnitInOneFragment) {
  Peer peer;
  peer.frame("5c c1 9a 01");
  EXPECT_EQ(peer.last(), hex("00000001 419a01"));
}

// Sizes that lie, tails, empty units, units that may not be within others.
TEST(H264Depacketizer, DropsAndCountsWhatIsMalformed) {
  Peer peer;
  const char* const kMalformed[] = {
      "78",                 // nothing in it
      "78 00",              // half a size
      "78 0002 68",         // over the end
      "78 0002 68ce 00",    // a tail
      "78 0002 68ce 0000",  // an empty unit
      "78 0003 780001",     // an aggregate in it
      "78 0002 e8ce",       // F in it
      "7c",                 // a FU without its header
      "7c 80 aa",           // of type 0
      "7c 98 aa",           // of type 24
      "e5 88",              // F
  };
  std::uint64_t count = 0;
  for (const char* const payload : kMalformed) {
    peer.frame(payload);
    EXPECT_EQ(peer.counts().malformed, ++count) << payload;
  }
  EXPECT_TRUE(peer.link.frames.empty());
  peer.part("78 0002 68ce 00");
  peer.frame("41 9a");  // its access unit had a malformed packet
  EXPECT_TRUE(peer.link.frames.empty());
  peer.frame("41 9a");
  EXPECT_EQ(peer.link.frames.size(), 1u);
}

// RFC 6184 §5.4: the interleaved mode's packets carry parts of access units, the undefined ones
// nothing.
TEST(H264Depacketizer, DropsAndCountsOtherKinds) {
  Peer peer;
  for (const char* const payload : {"79 0000 0002 68ce", "7a 0000", "7b 0000", "7d 85 0000 88"}) {
    peer.part(payload);
    peer.frame("41 9a");
  }
  EXPECT_TRUE(peer.link.frames.empty());
  EXPECT_EQ(peer.counts(), (DepacketizeCounts{.incomplete = 4, .unsupported = 4}));
  for (const char* const payload : {"60 aa", "7e aa", "7f aa"}) {
    peer.part(payload);
    peer.frame("41 9a");
  }
  EXPECT_EQ(peer.link.frames.size(), 3u);
  EXPECT_EQ(peer.counts().unsupported, 7u);
}

// A packet of nothing but padding is in no frame, and leaves no gap.
TEST(H264Depacketizer, TakesPaddingForAPlaceInTheSequence) {
  Peer peer;
  peer.part("5c 81 9a");
  peer.part("");
  peer.frame("5c 41 01");
  EXPECT_EQ(peer.last(), hex("00000001 419a01"));
  peer.link.lose();
  peer.part("");
  peer.frame("41 5a");
  EXPECT_EQ(peer.link.frames.size(), 1u) << "the gap before the padding counts";
}

// The same where the access unit before is still open: its end is missing, or the next one's
// beginning, or both.
TEST(H264Depacketizer, WantsTheBeginningAfterAGapBeforePadding) {
  Peer peer;
  peer.part("41 9a");
  ++peer.time;
  peer.link.lose();
  peer.part("");
  peer.frame("41 5a");
  EXPECT_TRUE(peer.link.frames.empty());
  EXPECT_EQ(peer.counts(), (DepacketizeCounts{.incomplete = 2}));

  // Where the one before goes on, the gap was in it.
  peer.part("41 9a");
  peer.link.lose();
  peer.part("");
  peer.part("41 5a");
  ++peer.time;
  peer.frame("41 5a");
  EXPECT_EQ(peer.link.frames.size(), 1u);
  EXPECT_EQ(peer.counts(), (DepacketizeCounts{.frames = 1, .incomplete = 3}));
}

TEST(H264Depacketizer, DropsAccessUnitsOverItsLimits) {
  Depacketizer depacketizer;
  Buffer payload(60'000, 0x55);
  payload[0] = 0x41;
  payload[1] = 0x9a;
  for (std::size_t sent = 0; sent <= kMaxFrameBytes; sent += payload.size())
    depacketizer.handle_packet({payload, 0, false});
  depacketizer.handle_packet({payload, 0, true});
  const Buffer small = hex("41 9a");
  for (std::size_t i = 0; i <= kMaxPieces; ++i)
    depacketizer.handle_packet({small, 1, i == kMaxPieces});
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.too_large = 2}));
  EXPECT_FALSE(depacketizer.poll_frame());
}

// ---- what others send

std::vector<codec::testing::KeptFrame> read(const std::string& name) {
  Depacketizer depacketizer;
  Link link(depacketizer);
  for (const auto& packet : codec::testing::read_packets(name))
    link.tell(packet.payload, packet.timestamp, packet.marker);
  EXPECT_EQ(depacketizer.counts(), (DepacketizeCounts{.frames = link.frames.size()})) << name;
  return std::move(link.frames);
}

// GStreamer's parser puts a delimiter before each access unit; what the encoder made comes behind
// it.
Buffer without_delimiter(const Buffer& unit) {
  if (unit.size() < 6 || unit[4] != 0x09) return unit;
  return Buffer(unit.begin() + 6, unit.end());
}

// In mode 0 FFmpeg leaves out what does not fit a packet: x264's message about itself.
Buffer without_long_sei(const Buffer& unit) {
  std::vector<Bytes> nals;
  EXPECT_TRUE(split_annex_b(unit, nals));
  Buffer out;
  for (const Bytes nal : nals)
    if (type_of(nal) != NalType::Sei || nal.size() <= 588) container::write_nal(out, nal);
  return out;
}

TEST(H264Golden, ReadsTheOthersPackets) {
  const std::pair<const char*, const char*> kFiles[] = {
      {"x264", "x264.ffmpeg.rtp"},
      {"x264", "x264.gstreamer.rtp"},
      {"x264-slices", "x264-slices.ffmpeg.rtp"},
      {"x264-slices", "x264-slices.ffmpeg-mode0.rtp"},
      {"x264-slices", "x264-slices.gstreamer.rtp"},
      {"openh264", "openh264.ffmpeg.rtp"},
      {"openh264", "openh264.gstreamer.rtp"},
      {"openh264", "openh264.gstreamer-single.rtp"},
  };
  for (const auto& [stem, name] : kFiles) {
    auto source = codec::testing::read_access_units(std::string(stem) + ".h264");
    if (std::string_view(name).find("mode0") != std::string_view::npos)
      std::ranges::transform(source, source.begin(), without_long_sei);
    const auto frames = read(name);
    ASSERT_EQ(frames.size(), source.size()) << name;
    for (std::size_t i = 0; i < source.size(); ++i) {
      EXPECT_EQ(without_delimiter(frames[i].bytes), without_delimiter(source[i]))
          << name << " " << i;
      EXPECT_EQ(frames[i].frame.is_key_frame,
                i % (source.size() == 8 || stem[4] == '-' ? 4 : 3) == 0)
          << name << " " << i;
    }
  }
}

// A stream with one IDR picture: FFmpeg's parser finds its second key frame at picture 8.
TEST(H264Golden, FindsTheRecoveryPointsOfARealEncoder) {
  const auto source = codec::testing::read_access_units("x264-refresh.h264");
  ASSERT_EQ(source.size(), 12u);
  Packetizer packetizer;
  Depacketizer depacketizer;
  Link link(depacketizer);
  Pieces out;
  for (std::uint32_t i = 0; i < source.size(); ++i) {
    ASSERT_TRUE(packetizer.packetize({source[i]}, {580, 600}, out));
    link.tell(out, i * 6000);
  }
  ASSERT_EQ(link.frames.size(), source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    EXPECT_EQ(link.frames[i].bytes, source[i]);
    EXPECT_EQ(link.frames[i].frame.is_key_frame, i == 0 || i == 8) << i;
  }
}

}  // namespace
}  // namespace specter::codec::h264
