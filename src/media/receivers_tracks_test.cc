// Tracks that begin, pause, change their source and have several encodings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/stage.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

// ---- muted and unmuted: W3C §5.3

TEST_F(Media, IsUnmutedByItsFirstPacketAndMutedByNegotiation) {
  EXPECT_THAT(receiving.states, IsEmpty());
  receiving.tell(next(true)[0]);
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false)));
  rtp::ReceiveParameters parameters = video();
  parameters.is_active = false;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.poll();
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false), Pair(kVideoTrack, true)));
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, IsEmpty());
  EXPECT_EQ(receiving.receivers.counts().inactive, 3u);
  EXPECT_EQ(receiving.receivers.next_timeout(), std::nullopt) << "no timer while it is paused";
  parameters.is_active = true;
  receiving.receivers.set(receiving.now, kVideoTrack, parameters);
  receiving.poll();
  EXPECT_THAT(receiving.states, SizeIs(2)) << "not before a packet";
  receiving.tell(next(true));
  EXPECT_THAT(receiving.states, SizeIs(3));
  EXPECT_THAT(receiving.frames, SizeIs(1));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty()) << "what came while it was paused is not missing";
}

TEST_F(Media, AByeMutesAndEndsNothing) {
  begin();
  receiving.tell(rtcp::Message(rtcp::Bye{{77, 1000}, std::nullopt}));
  EXPECT_THAT(receiving.states, ElementsAre(Pair(kVideoTrack, false), Pair(kVideoTrack, true)));
  receiving.tell(next());
  EXPECT_THAT(receiving.states, SizeIs(3));
  EXPECT_THAT(receiving.take_frames(), SizeIs(1));
}

// What comes of a source that was replaced was overtaken; of one before many others it is news.
TEST_F(Media, AFewSourcesThatWereReplacedAreRemembered) {
  constexpr std::uint32_t kFirst = 1000, kLast = kFirst + ReceiveStream::kMaxOldSources + 1;
  const auto ssrc_after = [&](std::uint32_t ssrc) {
    Source each("VP8", kVp8, ssrc);
    receiving.tell(each.frame(vp8_frame(1, true)));
    return receiving.stats().ssrc;
  };
  for (std::uint32_t ssrc = kFirst; ssrc <= kLast; ++ssrc) EXPECT_EQ(ssrc_after(ssrc), ssrc);
  EXPECT_EQ(ssrc_after(kFirst + 1), kLast);
  EXPECT_EQ(ssrc_after(kFirst), kFirst);
}

// The counters go on over another source and over numbers that begin anew.
TEST_F(Media, LossesOfEarlierSourcesAndNumbersCount) {
  begin();
  EXPECT_EQ(next().size(), 3u);
  receiving.tell(next());
  EXPECT_EQ(receiving.stats().packets_lost, 3);
  Source other("VP8", kVp8, 1001);
  const Buffer key = vp8_frame(1, true, 2500);
  receiving.tell(other.frame(key));
  receiving.tell(other.frame(key)[2]);
  EXPECT_EQ(receiving.stats().packets_lost, 5);
  other.sequence += 20'000;
  receiving.tell(other.frame(key));
  EXPECT_EQ(receiving.stats().packets_lost, 5);
  receiving.tell(other.frame(key)[1]);
  EXPECT_EQ(receiving.stats().packets_lost, 6);
}

// RFC 3264 §5.1: who answers may send before its answer is here. Without MIDs its packets go where
// their payload type is known, and to their own track once the answer has named their source.
TEST_F(Media, WhatCameBeforeItsAnswerLeavesTheTrackOfAnother) {
  begin();
  Source early("VP8", kVp8, 1001);
  early.rtx_ssrc = 2001;
  receiving.tell(early.frame(vp8_frame(1, true)));
  rtp::ReceiveParameters answered = video("2");
  answered.sources = {{.ssrc = 1001, .rtx_ssrc = 2001}};
  const TransceiverId second{7};
  receiving.receivers.set(receiving.now, second, answered);
  receiving.poll();
  receiving.frames.clear();
  early.timestamp += 3000;
  receiving.tell(early.frame(vp8_frame(2, true)));
  receiving.tell(next(true));
  ASSERT_THAT(receiving.frames, SizeIs(2));
  EXPECT_EQ(receiving.frames[0].transceiver, second);
  EXPECT_EQ(receiving.frames[1].transceiver, kVideoTrack) << "at once";
}

// docs/failures.md row 158
TEST_F(Media, AnotherSourceGoesOnWithTheTrack) {
  begin();
  const auto lost = next();
  receiving.tell(lost[0]);
  receiving.tell(lost[2]);
  Source other("VP8", kVp8, 1001);
  other.sequence = 40'000;
  other.rtx_ssrc = 2001;
  other.timestamp = 77;
  receiving.tell(other.frame(vp8_frame(1, true)));
  ASSERT_THAT(receiving.frames, SizeIs(1));
  EXPECT_TRUE(receiving.frames[0].frame.follows_loss);
  EXPECT_THAT(receiving.states, SizeIs(1)) << "neither muted nor ended";
  receiving.run(200ms);
  EXPECT_THAT(receiving.take_nacked(), IsEmpty()) << "nothing of the old source";
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), IsEmpty());

  // What the new one has overtaken is late, and so are repairs of the old one.
  receiving.tell(next());
  receiving.tell(source.repair(lost[1]));
  EXPECT_EQ(receiving.stats().ssrc, 1001u);
  EXPECT_THAT(receiving.frames, SizeIs(1));
  // After a second of silence it may come back.
  receiving.run(1s);
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, SizeIs(2));
  EXPECT_EQ(receiving.stats().ssrc, 1000u);
}

TEST_F(Media, NumbersThatBeginAnewAreANewBeginning) {
  begin();
  source.sequence = 30'000;
  receiving.tell(next());  // the first packet is refused, the second one confirms
  receiving.tell(next());
  receiving.tell(next(true));
  EXPECT_THAT(receiving.frames, SizeIs(1));
  EXPECT_THAT(receiving.take_nacked(), IsEmpty());
}

// ---- simulcast

struct Simulcast : ::testing::Test {
  Simulcast() { receiving.receivers.set(receiving.now, kVideoTrack, simulcast()); }

  std::vector<Buffer> frame(Source& source, bool is_key, bool with_rid, const char* rid) {
    source.extensions.clear();
    source.extensions.add(kMidId, rtp::Mid{"0"});
    if (with_rid) source.extensions.add(kRidId, rtp::Rid{rid});
    source.timestamp += 3000;
    return source.frame(vp8_frame(++number, is_key, 2500));
  }

  Source low{"VP8", kVp8, 1000}, high{"VP8", kVp8, 1001};
  std::uint32_t number = 0;
  Receiving receiving;
};

TEST_F(Simulcast, EachEncodingIsAStream) {
  receiving.tell(frame(low, true, true, "l"));
  receiving.tell(frame(high, true, true, "h"));
  receiving.tell(frame(high, false, false, ""));
  ASSERT_THAT(receiving.frames, SizeIs(3));
  EXPECT_EQ(receiving.frames[0].rid, "l");
  EXPECT_EQ(receiving.frames[1].rid, "h");
  EXPECT_EQ(receiving.frames[2].rid, "h");
  EXPECT_THAT(receiving.states, SizeIs(1));
  ASSERT_TRUE(receiving.receivers.request_key_frame(receiving.now, kVideoTrack, "h"));
  EXPECT_THAT(receiving.take<rtcp::PictureLoss>(), ElementsAre(rtcp::PictureLoss{1, 1001}));
  receiving.tell(rtcp::Message(rtcp::Bye{{1001}, std::nullopt}));
  EXPECT_THAT(receiving.states, SizeIs(1)) << "the other one goes on";
  receiving.tell(rtcp::Message(rtcp::Bye{{1000}, std::nullopt}));
  EXPECT_THAT(receiving.states, SizeIs(2));
}

// docs/failures.md row 150: the first packet has lost its RID on the way, or never had one.
TEST_F(Simulcast, WhatComesBeforeTheRidIsKept) {
  auto first = frame(high, true, false, "");
  ASSERT_EQ(first.size(), 3u);
  receiving.tell(first[0]);
  receiving.tell(first[1]);
  EXPECT_THAT(receiving.states, IsEmpty()) << "no track before a RID";
  high.sequence -= 1;
  receiving.run(400ms);
  high.timestamp -= 3000;
  auto again = frame(high, true, true, "h");
  (void)again;
  // The third packet of the same frame, with its RID.
  rtp::Packet last = rtp::Packet::parse(first[2]).value();
  rtp::Extensions extensions;
  extensions.add(kRidId, rtp::Rid{"h"});
  Buffer block;
  ByteWriter out(block);
  extensions.write(out);
  last.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
  receiving.tell(bytes_of(last));
  ASSERT_THAT(receiving.frames, SizeIs(1)) << "whole, from its first packet on";
  EXPECT_EQ(receiving.frames[0].rid, "h");
}

TEST_F(Simulcast, WhatWaitsForItsRidIsBounded) {
  for (int i = 0; i < 200; ++i) receiving.tell(frame(high, true, false, ""));
  EXPECT_GT(receiving.receivers.counts().unknown_encoding, 400u);
  receiving.run(ReceiveTrack::kSoughtLife);
  const auto before = receiving.receivers.counts().unknown_encoding;
  receiving.tell(frame(high, true, false, ""));
  EXPECT_EQ(receiving.receivers.counts().unknown_encoding, before) << "the old ones have gone";
}

// docs/failures.md row 151
TEST_F(Simulcast, RepairsAreThoseOfTheirEncoding) {
  low.rtx_ssrc = 2000;
  high.rtx_ssrc = 2001;
  receiving.tell(frame(low, true, true, "l"));
  receiving.tell(frame(high, true, true, "h"));
  for (Source* source : {&low, &high}) {
    auto lost = frame(*source, false, false, "");
    receiving.tell(lost[0]);
    receiving.tell(lost[2]);
    rtp::Packet repair;
    const Buffer bytes = source->repair(lost[1]);
    repair = rtp::Packet::parse(bytes).value();
    rtp::Extensions extensions;
    extensions.add(kRepairedRidId, rtp::RepairedRid{source == &low ? "l" : "h"});
    Buffer block;
    ByteWriter out(block);
    extensions.write(out);
    repair.extension = {rtp::kOneByteProfile, Bytes(block).subspan(4)};
    receiving.tell(bytes_of(repair));
  }
  EXPECT_THAT(receiving.frames, SizeIs(4));
}

}  // namespace
}  // namespace specter::media
