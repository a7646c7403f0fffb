// Which frames pass after a loss. The rule is in frame_gate.h.
#include "media/frame_gate.h"

#include <gtest/gtest.h>

#include "codec/piece.h"
#include "codec/vp8/descriptor.h"

namespace specter::media {
namespace {

struct Told {
  std::optional<std::uint16_t> id;
  bool is_key = false;
  bool follows_loss = false;
  std::optional<std::uint8_t> layer{}, tl0{};
  bool is_sync = false;
};

struct FrameGateTest : ::testing::Test {
  // "": it does not pass; "+": it does; "+loss": and says that something is missing before it.
  std::string tell(const Told& told) {
    codec::Frame frame;
    frame.timestamp = timestamp += 3000;
    frame.is_key_frame = told.is_key;
    frame.follows_loss = told.follows_loss;
    frame.picture_id = told.id;
    frame.temporal_id = told.layer;
    frame.tl0_picture_index = told.tl0;
    frame.is_layer_sync = told.is_sync;
    if (!gate.pass(frame)) return "";
    return frame.follows_loss ? "+loss" : "+";
  }
  // A packet of a frame that is never finished.
  void lose_part_of(std::uint16_t id, bool is_non_reference) {
    codec::vp8::Descriptor descriptor;
    descriptor.is_non_reference = is_non_reference;
    descriptor.starts_partition = true;
    descriptor.picture_id = {id};
    codec::InlineBytes<24> bytes;
    descriptor.write(bytes);
    gate.handle_vp8_packet(bytes.view(), timestamp += 3000, true);
    gate.handle_incomplete();
  }

  FrameGate gate{MediaKind::Video};
  std::uint32_t timestamp = 0xffff'0000;
};

TEST_F(FrameGateTest, NothingPassesBeforeAKeyFrame) {
  EXPECT_TRUE(gate.is_waiting());
  EXPECT_EQ(tell({.id = 1}), "");
  EXPECT_EQ(tell({.id = 2, .is_key = true}), "+loss");
  EXPECT_FALSE(gate.is_waiting());
  EXPECT_EQ(tell({.id = 3}), "+");
}

TEST_F(FrameGateTest, AfterALossNothingPassesBeforeAKeyFrame) {
  EXPECT_EQ(tell({.id = {}, .is_key = true}), "+");
  EXPECT_EQ(tell({.id = {}, .follows_loss = true}), "");
  EXPECT_TRUE(gate.is_waiting());
  EXPECT_EQ(tell({.id = {}}), "");
  EXPECT_EQ(tell({.id = {}, .is_key = true}), "+loss");
}

TEST_F(FrameGateTest, AFrameThatIsNeverFinishedIsALoss) {
  EXPECT_EQ(tell({.id = {}, .is_key = true}), "+");
  gate.handle_incomplete();
  EXPECT_TRUE(gate.is_waiting()) << "at once, and not with the next whole frame";
}

// docs/failures.md row 156: padding takes sequence numbers and no pictures.
TEST_F(FrameGateTest, PictureIdsWithoutAGapSayThatNothingWasLost) {
  EXPECT_EQ(tell({.id = 0x7ffe, .is_key = true}), "+");
  EXPECT_EQ(tell({.id = 0x7fff, .follows_loss = true}), "+");
  EXPECT_EQ(tell({.id = 0, .follows_loss = true}), "+") << "15 bits wrap";
  EXPECT_EQ(tell({.id = 2, .follows_loss = true}), "");
}

TEST_F(FrameGateTest, PictureIdsOfSevenBitsWrap) {
  EXPECT_EQ(tell({.id = 0x7e, .is_key = true}), "+");
  EXPECT_EQ(tell({.id = 0x7f, .follows_loss = true}), "+");
  EXPECT_EQ(tell({.id = 0, .follows_loss = true}), "+");
}

TEST_F(FrameGateTest, APictureIdThatMayHaveComeRoundSaysNothing) {
  EXPECT_EQ(tell({.id = 5, .is_key = true}), "+");
  timestamp += 180'000;
  EXPECT_EQ(tell({.id = 6, .follows_loss = true}), "");
}

TEST_F(FrameGateTest, NobodyNeedsALostNonReferenceFrame) {
  EXPECT_EQ(tell({.id = 5, .is_key = true}), "+");
  lose_part_of(6, true);
  EXPECT_FALSE(gate.is_waiting());
  EXPECT_EQ(tell({.id = 7, .follows_loss = true}), "+loss");
  lose_part_of(8, false);
  EXPECT_TRUE(gate.is_waiting());
}

TEST_F(FrameGateTest, ANonReferenceFrameBehindALossProvesNothing) {
  EXPECT_EQ(tell({.id = 5, .is_key = true}), "+");
  lose_part_of(7, true);  // 6 is lost and never seen
  EXPECT_TRUE(gate.is_waiting());
}

TEST_F(FrameGateTest, TheBaseLayerGoesOnWithoutWhatIsAboveIt) {
  EXPECT_EQ(tell({.id = 1, .is_key = true, .layer = 0, .tl0 = 255}), "+");
  EXPECT_EQ(tell({.id = 3, .follows_loss = true, .layer = 0, .tl0 = 0}), "+loss") << "wraps";
  EXPECT_EQ(tell({.id = 4, .layer = 1, .tl0 = 0}), "") << "it may need the lost one";
  EXPECT_EQ(tell({.id = 5, .layer = 0, .tl0 = 1}), "+loss");
  EXPECT_EQ(tell({.id = 6, .layer = 1, .tl0 = 1, .is_sync = true}), "+");
  EXPECT_EQ(tell({.id = 7, .layer = 1, .tl0 = 1}), "+");
  EXPECT_FALSE(gate.is_waiting());
}

TEST_F(FrameGateTest, AnUpperLayerIsWholeWhenThoseBelowItAre) {
  EXPECT_EQ(tell({.id = 1, .is_key = true, .layer = 0, .tl0 = 7}), "+");
  EXPECT_EQ(tell({.id = 4, .follows_loss = true, .layer = 0, .tl0 = 8}), "+loss");
  EXPECT_EQ(tell({.id = 5, .layer = 2, .tl0 = 8, .is_sync = true}), "+");
  EXPECT_EQ(tell({.id = 6, .layer = 2, .tl0 = 8}), "") << "it may need layer 1";
  EXPECT_EQ(tell({.id = 7, .layer = 1, .tl0 = 8, .is_sync = true}), "+loss");
  EXPECT_EQ(tell({.id = 8, .layer = 2, .tl0 = 8, .is_sync = true}), "+");
  EXPECT_EQ(tell({.id = 9, .layer = 2, .tl0 = 8}), "+");
}

TEST_F(FrameGateTest, ALostBaseLayerEndsAll) {
  EXPECT_EQ(tell({.id = 1, .is_key = true, .layer = 0, .tl0 = 7}), "+");
  EXPECT_EQ(tell({.id = 4, .follows_loss = true, .layer = 1, .tl0 = 8, .is_sync = true}), "");
  EXPECT_TRUE(gate.is_waiting());
  EXPECT_EQ(tell({.id = 5, .layer = 0, .tl0 = 9}), "");
}

TEST_F(FrameGateTest, AudioPassesAlways) {
  FrameGate sound(MediaKind::Audio);
  EXPECT_FALSE(sound.is_waiting());
  codec::Frame frame;
  frame.follows_loss = true;
  EXPECT_TRUE(sound.pass(frame));
  EXPECT_TRUE(frame.follows_loss);
}

// docs/failures.md row 158
TEST_F(FrameGateTest, BeginsAnewWithTheStream) {
  EXPECT_EQ(tell({.id = 1, .is_key = true}), "+");
  gate.reset();
  EXPECT_EQ(tell({.id = 2}), "");
  EXPECT_EQ(tell({.id = 3, .is_key = true}), "+loss");
}

}  // namespace
}  // namespace specter::media
