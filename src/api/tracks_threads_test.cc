// Tracks that are written by several threads, by handlers on a loop, and until the very end; run
// under ThreadSanitizer.
#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "api/testing/media_files.h"
#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::kSoon;
using testing::kVp8;
using testing::negotiate;
using testing::TwoPeers;

struct TracksThreads : ::testing::Test, TwoPeers {
  TracksThreads() : TwoPeers({.loops = 2}) {}

  void connect_tracks() {
    ASSERT_TRUE(a.add_track(track).has_value());
    negotiate(inbox_a, a, inbox_b, b);
    ASSERT_TRUE(inbox_a
                    .receive_if<event::ConnectionStateChange>(
                        [](const auto& e) { return e.state == ConnectionState::Connected; }, kSoon)
                    .has_value());
  }

  const TrackLocalStaticSample track{kVp8, "video", {"stream"}};
  const std::vector<Buffer> frames = testing::vp8_frames();
};

TEST_F(TracksThreads, OneTrackIsWrittenByMany) {
  connect_tracks();
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([this] {
      for (int n = 0; n < 200; ++n) EXPECT_TRUE(track.write_sample(frames[0], 1ms).has_value());
    });
  }
  EXPECT_TRUE(inbox_b.receive<event::Frame>(b, kSoon).has_value());
  for (auto& writer : writers) writer.join();
}

TEST_F(TracksThreads, WritingGoesOnWhileConnectionsCloseAndComeAgain) {
  std::atomic<bool> is_over = false;
  std::thread writer([&] {
    while (!is_over) {
      EXPECT_TRUE(track.write_sample(frames[0], 1ms).has_value());
      std::this_thread::yield();
    }
  });
  connect_tracks();
  EXPECT_TRUE(inbox_b.receive<event::Frame>(b, kSoon).has_value());
  a.close();
  EXPECT_TRUE(inbox_a.receive<event::Closed>(a, kSoon).has_value());
  EXPECT_EQ(track.senders(), 0U);
  for (int i = 0; i < 20; ++i) {
    const auto another = api.new_peer_connection(inbox_a);
    EXPECT_TRUE(another.add_track(track).has_value());
    if (i % 2 == 0)
      another.abort();
    else
      another.close();
    EXPECT_TRUE(inbox_a.receive<event::Closed>(another, kSoon).has_value());
  }
  is_over = true;
  writer.join();
  EXPECT_EQ(track.senders(), 0U);
}

TEST_F(TracksThreads, GettersAreReadWhileThingsChange) {
  const auto transceiver = a.add_transceiver(MediaKind::Video);
  ASSERT_TRUE(transceiver.has_value());
  std::atomic<bool> is_over = false;
  std::thread reader([&] {
    while (!is_over) {
      for (const Transceiver& one : a.transceivers()) {
        (void)one.mid();
        (void)one.send_parameters();
        (void)one.track();
      }
      (void)transceiver->direction();
    }
  });
  connect_tracks();
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(transceiver
                    ->set_direction(i % 2 ? RtpTransceiverDirection::SendRecv
                                          : RtpTransceiverDirection::Inactive)
                    .has_value());
  }
  EXPECT_TRUE(transceiver->stop().has_value());
  EXPECT_TRUE(a.ask().has_value());
  EXPECT_TRUE(inbox_a.receive<event::Asked>(a, kSoon).has_value());
  is_over = true;
  reader.join();
  EXPECT_EQ(transceiver->direction(), RtpTransceiverDirection::Stopped);
}

// On the loop itself a sample goes into the core at once.
TEST_F(TracksThreads, AHandlerAnswersAKeyFrameRequestOnTheSpot) {
  std::promise<void> answered;
  std::atomic<bool> is_answered = false;
  const auto sender = api.new_peer_connection([&](Event&& event) {
    testing::answer_from_handler(event, b);
    if (std::holds_alternative<event::KeyFrameWanted>(event)) {
      EXPECT_TRUE(track.write_sample(frames[0], 33ms).has_value());
      if (!is_answered.exchange(true)) answered.set_value();
    }
  });
  ASSERT_TRUE(b.add_transceiver(MediaKind::Video, {.direction = RtpTransceiverDirection::RecvOnly})
                  .has_value());
  ASSERT_TRUE(sender.add_track(track).has_value());
  ASSERT_TRUE(b.set_local_description().has_value());
  ASSERT_TRUE(sender.set_remote_description(testing::gathered(inbox_b, b)).has_value());
  ASSERT_TRUE(inbox_b.receive<event::RemoteDescriptionSet>(b, kSoon).has_value());
  ASSERT_TRUE(inbox_b
                  .receive_if<event::ConnectionStateChange>(
                      [](const auto& e) { return e.state == ConnectionState::Connected; }, kSoon)
                  .has_value());
  const auto incoming = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  std::optional<event::Frame> frame;
  for (int i = 0; i < 100 && !frame; ++i) {
    EXPECT_TRUE(track.write_sample(frames[0], 33ms).has_value());
    if (auto one = inbox_b.receive<event::Frame>(b, 50ms)) frame = std::move(*one);
  }
  ASSERT_TRUE(frame.has_value());
  ASSERT_TRUE(incoming->transceiver.request_key_frame().has_value());
  EXPECT_EQ(answered.get_future().wait_for(kSoon), std::future_status::ready);
  sender.close();
}

TEST_F(TracksThreads, HandlesOutliveEverything) {
  Transceiver transceiver;
  {
    const Specter another(testing::on_loopback());
    Mailbox inbox;
    const auto pc = testing::default_api(another).new_peer_connection(inbox);
    const auto added = pc.add_track(track);
    ASSERT_TRUE(added.has_value());
    ASSERT_TRUE(inbox.receive<event::TrackAdded>(pc, kSoon).has_value());
    transceiver = *added;
    EXPECT_EQ(track.senders(), 1U);
  }
  EXPECT_EQ(transceiver.stop().error().code, ErrorCode::Closed);
  EXPECT_EQ(transceiver.direction(), RtpTransceiverDirection::Stopped);
  EXPECT_TRUE(track.write_sample(frames[0], 33ms).has_value());
}

TEST_F(TracksThreads, HandlesOfNothingAnswerClosed) {
  const Transceiver none;
  EXPECT_EQ(none.stop().error().code, ErrorCode::Closed);
  EXPECT_EQ(none.replace_track(track).error().code, ErrorCode::Closed);
  EXPECT_EQ(none.id(), 0U);
  EXPECT_EQ(none, Transceiver());
  EXPECT_EQ(PeerConnection().add_track(track).error().code, ErrorCode::Closed);
  EXPECT_FALSE(TrackLocal());
}

}  // namespace
}  // namespace specter
