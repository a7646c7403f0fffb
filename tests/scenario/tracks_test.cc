// Tracks between two whole peers: frames that are written come out whole, once and in order.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/testing/golden.h"
#include "testing/media.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::audio_track;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::PeerHost;
using testing::PeerPair;
using testing::video_track;

// What a side was told of one transceiver.
std::vector<MediaFrame> frames_of(const PeerHost& host, TransceiverId transceiver) {
  std::vector<MediaFrame> out;
  for (const core::Frame* event : host.all<core::Frame>()) {
    if (event->transceiver == transceiver) out.push_back(event->frame);
  }
  return out;
}

class Tracks : public ::testing::Test {
 protected:
  static constexpr Duration kFrame = 33ms;

  // Writes the next picture each 33 ms.
  void send_video(PeerHost& from, TransceiverId transceiver, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Buffer& picture = pictures_[sent_++ % pictures_.size()];
      ASSERT_TRUE(from.connection.write_sample(pair_.now(), transceiver,
                                               {.bytes = picture, .duration = kFrame}));
      pair_.network.settle();
      pair_.network.run_for(kFrame);
    }
  }
  void send_audio(PeerHost& from, TransceiverId transceiver, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_TRUE(from.connection.write_sample(
          pair_.now(), transceiver, {.bytes = sounds_[i % sounds_.size()], .duration = 20ms}));
      pair_.network.settle();
      pair_.network.run_for(20ms);
    }
  }
  // That what came is a run of what was sent, whole, once and in order; how many.
  std::size_t expect_run_of_pictures(const std::vector<MediaFrame>& frames) {
    std::size_t next = 0;
    for (const MediaFrame& frame : frames) {
      while (next < sent_ && pictures_[next % pictures_.size()] != frame.bytes) ++next;
      EXPECT_LT(next, sent_) << "a frame that was not sent, or came again";
      ++next;
    }
    return frames.size();
  }
  TransceiverId only(const PeerHost& host) {
    const auto all = host.connection.transceivers();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? TransceiverId{} : all[0].id;
  }

  const std::vector<Buffer> pictures_ = testing::vp8_frames(1000, 3000);
  const std::vector<Buffer> sounds_ = codec::testing::read_opus_packets("libopus.ogg");
  std::size_t sent_ = 0;
  PeerPair pair_{{}, testing::with_media()};
};

TEST_F(Tracks, APictureGoesFromOneSideToTheOther) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {"stream"});
  ASSERT_TRUE(sender);
  ASSERT_TRUE(pair_.connect());
  ASSERT_EQ(pair_.b.all<core::Track>().size(), 1u);
  const core::Track track = *pair_.b.all<core::Track>()[0];
  EXPECT_EQ(track.kind, MediaKind::Video);
  EXPECT_THAT(track.streams, ElementsAre("stream"));

  send_video(pair_.a, *sender, 60);
  const auto frames = frames_of(pair_.b, track.transceiver);
  ASSERT_EQ(expect_run_of_pictures(frames), 60u);
  EXPECT_TRUE(frames.front().is_key_frame);
  EXPECT_EQ(frames.front().codec, "VP8");
  EXPECT_EQ(pair_.b.all<core::TrackUnmuted>().size(), 1u);
}

TEST_F(Tracks, SoundAndPicturesBothWaysBesideData) {
  const auto of_a = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  const auto sound_of_a = pair_.a.connection.add_track(pair_.now(), audio_track(), {});
  const auto of_b = pair_.b.connection.add_track(pair_.now(), video_track(), {});
  const auto channel = pair_.a.connection.create_data_channel(pair_.now(), "data");
  ASSERT_TRUE(of_a && sound_of_a && of_b && channel);
  ASSERT_TRUE(pair_.connect());
  ASSERT_TRUE(pair_.network.run_until([&] { return pair_.a.has<core::DataChannelOpen>(); }, 5s));
  EXPECT_EQ(pair_.b.connection.transceivers().size(), 2u);

  ASSERT_TRUE(pair_.a.connection.send(pair_.now(), *channel, MessageKind::Text, as_bytes("hello")));
  send_audio(pair_.a, *sound_of_a, 50);
  send_video(pair_.b, *of_b, 30);
  EXPECT_EQ(pair_.b.all<core::Frame>().size(), 50u);
  EXPECT_EQ(frames_of(pair_.a, *of_a).size(), 30u);
  EXPECT_EQ(pair_.b.all<core::Message>().size(), 1u);
}

TEST_F(Tracks, LossIsRepaired) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 30);  // a round trip is measured
  pair_.network.link().options().loss = 0.05;
  send_video(pair_.a, *sender, 300);
  pair_.network.link().options().loss = 0;
  send_video(pair_.a, *sender, 30);
  const std::size_t came = expect_run_of_pictures(frames_of(pair_.b, only(pair_.b)));
  EXPECT_GT(came, 360 * 99 / 100u);
  const Stats stats = pair_.b.connection.stats();
  ASSERT_EQ(stats.inbound_rtp.size(), 1u);
  EXPECT_GT(stats.inbound_rtp[0].nack_count, 0u);
  EXPECT_GT(stats.inbound_rtp[0].retransmitted_packets_received, 0u);
}

TEST_F(Tracks, NothingOfARemovedTrackIsSent) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 10);
  ASSERT_TRUE(pair_.a.connection.remove_track(pair_.now(), *sender));
  EXPECT_EQ(pair_.a.connection
                .write_sample(pair_.now(), *sender, {.bytes = pictures_[0], .duration = kFrame})
                .error()
                .code,
            ErrorCode::InvalidState);
  ASSERT_TRUE(pair_.negotiate());
  pair_.network.run_for(1s);
  EXPECT_EQ(pair_.b.all<core::TrackMuted>().size(), 1u);
  EXPECT_EQ(pair_.b.all<core::Frame>().size(), 10u);
}

TEST_F(Tracks, AStoppedTransceiverEndsThePeersTrack) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 10);
  ASSERT_TRUE(pair_.a.connection.stop_transceiver(pair_.now(), *sender));
  ASSERT_TRUE(pair_.negotiate());
  EXPECT_EQ(pair_.b.all<core::TrackEnded>().size(), 1u);
  EXPECT_THAT(pair_.a.connection.transceivers(), IsEmpty());
  EXPECT_THAT(pair_.b.connection.transceivers(), IsEmpty());
  // The section is used again.
  const auto next = pair_.a.connection.add_track(pair_.now(), video_track("other"), {});
  ASSERT_TRUE(next);
  // No section was left: this is another transport (RFC 9429 §5.11).
  ASSERT_TRUE(pair_.connect());
  const std::size_t before = pair_.b.all<core::Frame>().size();
  sent_ = 0;
  send_video(pair_.a, *next, 10);
  EXPECT_EQ(pair_.b.all<core::Frame>().size(), before + 10);
}

// W3C §5.1.2: the transceiver that receives takes it.
TEST_F(Tracks, ATrackOnATransceiverThatIsThereIsSentOnceNegotiated) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  const auto back = pair_.b.connection.add_track(pair_.now(), video_track("back"), {});
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, only(pair_.b));
  send_video(pair_.b, *back, 3);  // is not negotiated yet
  EXPECT_THAT(pair_.a.all<core::Frame>(), IsEmpty());
  ASSERT_TRUE(pair_.negotiate(pair_.b, pair_.a));
  sent_ = 0;
  send_video(pair_.b, *back, 3);
  EXPECT_EQ(pair_.a.all<core::Frame>().size(), 3u);
  sent_ = 0;
  send_video(pair_.a, *sender, 3);
  EXPECT_EQ(pair_.b.all<core::Frame>().size(), 3u);
}

TEST_F(Tracks, AnIceRestartUnderMediaLosesNoFrame) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 30);
  pair_.b.connection.restart_ice();
  ASSERT_TRUE(pair_.negotiate(pair_.b, pair_.a));
  send_video(pair_.a, *sender, 30);
  pair_.trickle();
  send_video(pair_.a, *sender, 30);
  EXPECT_EQ(expect_run_of_pictures(frames_of(pair_.b, only(pair_.b))), 90u);
}

TEST_F(Tracks, AKeyFrameIsAskedForAndHeard) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 10);
  const std::size_t before = pair_.a.all<core::KeyFrameWanted>().size();
  ASSERT_TRUE(pair_.b.connection.request_key_frame(pair_.now(), only(pair_.b)));
  send_video(pair_.a, *sender, 3);
  EXPECT_EQ(pair_.a.all<core::KeyFrameWanted>().size(), before + 1);
}

TEST_F(Tracks, FeedbackAndEstimatesOfThePeerAreTold) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  pair_.b.connection.set_bitrate_estimate(pair_.now(), 1'000'000);
  send_video(pair_.a, *sender, 60);
  std::uint64_t packets = 0, estimates = 0;
  for (const core::BitrateFeedback* told : pair_.a.all<core::BitrateFeedback>()) {
    packets += told->packets;
    if (!told->estimate) continue;
    ++estimates;
    EXPECT_NEAR(static_cast<double>(*told->estimate), 1e6, 1e4);
  }
  EXPECT_GT(packets, 50u);
  EXPECT_GE(estimates, 1u);
}

TEST_F(Tracks, ReportsTellTheRoundTripAndTheLoss) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  pair_.network.link().options().latency = 20ms;
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 150);
  const Stats stats = pair_.a.connection.stats();
  ASSERT_EQ(stats.remote_inbound_rtp.size(), 1u);
  ASSERT_TRUE(stats.remote_inbound_rtp[0].round_trip_time);
  EXPECT_NEAR(std::chrono::duration<double>(*stats.remote_inbound_rtp[0].round_trip_time).count(),
              0.04, 0.002);
}

TEST_F(Tracks, TheClosingSideSaysGoodbyeToItsSources) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 10);
  pair_.a.connection.close(pair_.now());
  pair_.network.run_for(100ms);
  EXPECT_EQ(pair_.b.all<core::TrackMuted>().size(), 1u);
}

TEST_F(Tracks, ASampleBeforeThereIsAConnectionIsNoError) {
  const auto sender = pair_.a.connection.add_track(pair_.now(), video_track(), {});
  ASSERT_TRUE(sender);
  EXPECT_TRUE(pair_.a.connection.write_sample(pair_.now(), *sender,
                                              {.bytes = pictures_[0], .duration = kFrame}));
  ASSERT_TRUE(pair_.connect());
  send_video(pair_.a, *sender, 3);
  EXPECT_EQ(pair_.b.all<core::Frame>().size(), 3u);
}

}  // namespace
}  // namespace specter
