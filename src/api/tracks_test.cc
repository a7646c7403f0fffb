// Tracks from one connection to another, over loopback.
#include <algorithm>
#include <atomic>
#include <future>
#include <thread>

#include <gmock/gmock.h>

#include "api/testing/media_files.h"
#include "api/testing/two_peers.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kOpus;
using testing::kSoon;
using testing::kVp8;
using testing::negotiate;
using ::testing::SizeIs;
using testing::TwoPeers;

using Direction = RtpTransceiverDirection;

struct Tracks : ::testing::Test, TwoPeers {
  TrackLocalStaticSample video(std::string id = "video") {
    return {kVp8, std::move(id), {"stream"}};
  }

  // Until both are connected, and what `a` sends is let through.
  void connect_tracks() {
    negotiate(inbox_a, a, inbox_b, b);
    for (auto* const inbox : {&inbox_a, &inbox_b}) {
      EXPECT_TRUE(
          inbox
              ->receive_if<event::ConnectionStateChange>(
                  [](const auto& e) { return e.state == ConnectionState::Connected; }, kSoon)
              .has_value());
    }
  }

  // Writes frames, over and over from the first, until `inbox` has an event that `accept` takes.
  template <class E, class Accept>
  std::optional<E> write_until(const TrackLocalStaticSample& track, Mailbox& inbox, Accept accept) {
    const auto frames = testing::vp8_frames();
    for (int i = 0; i < 2000; ++i) {
      EXPECT_TRUE(track.write_sample(frames[i % frames.size()], 33ms).has_value());
      if (auto event = inbox.receive_if<E>(accept, 5ms)) return std::move(*event);
    }
    return std::nullopt;
  }
  std::optional<event::Frame> write_until_frame(const TrackLocalStaticSample& track) {
    return write_until<event::Frame>(track, inbox_b, [](const auto&) { return true; });
  }
  // Candidates are known already: nothing is gathered.
  void negotiate_again() {
    ASSERT_TRUE(a.set_local_description().has_value());
    ASSERT_TRUE(inbox_a.receive<event::LocalDescriptionSet>(a, kSoon).has_value());
    ASSERT_TRUE(b.set_remote_description(*a.local_description()).has_value());
    ASSERT_TRUE(b.set_local_description().has_value());
    ASSERT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
    ASSERT_TRUE(a.set_remote_description(*b.local_description()).has_value());
    ASSERT_TRUE(inbox_a.receive<event::RemoteDescriptionSet>(a, kSoon).has_value());
    settle(inbox_a, a);
    settle(inbox_b, b);
  }
  // Everything before it has been done.
  void settle(Mailbox& inbox, const PeerConnection& pc) {
    ASSERT_TRUE(pc.ask(77).has_value());
    ASSERT_TRUE(inbox.receive<event::Asked>(pc, kSoon).has_value());
  }
};

TEST_F(Tracks, FramesArriveWholeAndInOrder) {
  const auto track = video();
  ASSERT_TRUE(a.add_track(track).has_value());
  const auto added = inbox_a.receive<event::TrackAdded>(a, kSoon);
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->transceiver.track(), TrackLocal(track));
  EXPECT_EQ(track.senders(), 1U);
  connect_tracks();
  const auto incoming = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  EXPECT_EQ(incoming->kind, MediaKind::Video);
  EXPECT_THAT(incoming->streams, ElementsAre("stream"));
  EXPECT_EQ(incoming->transceiver.mid(), incoming->mid);
  EXPECT_EQ(incoming->transceiver.current_direction(), Direction::RecvOnly);
  EXPECT_EQ(added->transceiver.current_direction(), Direction::SendOnly);

  const auto frames = testing::vp8_frames();
  for (const Buffer& frame : frames) ASSERT_TRUE(track.write_sample(frame, 33ms).has_value());
  std::optional<std::uint32_t> last;
  for (const Buffer& frame : frames) {
    const auto received = inbox_b.receive<event::Frame>(b, kSoon);
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(received->frame.bytes, frame);
    EXPECT_EQ(received->transceiver, incoming->transceiver);
    EXPECT_EQ(received->frame.codec, "VP8");
    EXPECT_EQ(received->dropped, 0U);
    if (last) {
      EXPECT_EQ(received->frame.rtp_timestamp - *last, 33 * 90U);
    }
    last = received->frame.rtp_timestamp;
  }
  EXPECT_TRUE(inbox_b.receive<event::TrackUnmuted>(b, kSoon).has_value());
}

// The track event comes before the result of the call that applied the description: W3C §4.4.1.5.
TEST_F(Tracks, TheTrackComesBeforeTheResult) {
  ASSERT_TRUE(a.add_track(video()).has_value());
  ASSERT_TRUE(a.set_local_description().has_value());
  ASSERT_TRUE(inbox_a.receive<event::LocalDescriptionSet>(a, kSoon).has_value());
  ASSERT_TRUE(b.set_remote_description(*a.local_description()).has_value());
  ASSERT_TRUE(b.ask(1).has_value());
  std::vector<std::string> order;
  while (order.empty() || order.back() != "asked") {
    const auto event = inbox_b.next(kSoon);
    ASSERT_TRUE(event.has_value());
    if (std::holds_alternative<event::Track>(*event)) order.emplace_back("track");
    if (std::holds_alternative<event::RemoteDescriptionSet>(*event)) order.emplace_back("set");
    if (std::holds_alternative<event::Asked>(*event)) order.emplace_back("asked");
  }
  EXPECT_THAT(order, ElementsAre("track", "set", "asked"));
}

TEST_F(Tracks, SetLocalDescriptionMakesWhatIsNeeded) {
  ASSERT_TRUE(a.add_track(video()).has_value());
  ASSERT_TRUE(a.set_local_description().has_value());
  ASSERT_TRUE(inbox_a.receive<event::LocalDescriptionSet>(a, kSoon).has_value());
  ASSERT_EQ(a.local_description()->type, SdpType::Offer);
  ASSERT_TRUE(b.set_remote_description(*a.local_description()).has_value());
  ASSERT_TRUE(b.set_local_description().has_value());
  ASSERT_TRUE(inbox_b.receive<event::LocalDescriptionSet>(b, kSoon).has_value());
  EXPECT_EQ(b.local_description()->type, SdpType::Answer);
}

TEST_F(Tracks, AddTrackUsesATransceiverThatCanTakeIt) {
  const auto made = a.add_transceiver(MediaKind::Video, {.direction = Direction::RecvOnly});
  ASSERT_TRUE(made.has_value());
  const auto added = a.add_track(video());
  ASSERT_TRUE(added.has_value());
  const auto told = inbox_a.receive<event::TrackAdded>(a, kSoon);
  ASSERT_TRUE(told.has_value());
  EXPECT_EQ(told->transceiver, *made);
  EXPECT_EQ(*added, *made);
  EXPECT_EQ(added->id(), made->id());
  EXPECT_EQ(added->direction(), Direction::SendRecv);
  EXPECT_THAT(a.transceivers(), ElementsAre(*made));
}

TEST_F(Tracks, TheSameTrackIsAddedOnce) {
  ASSERT_TRUE(a.add_track(video()).has_value());
  const auto again = a.add_track(video());
  ASSERT_TRUE(again.has_value());
  ASSERT_TRUE(inbox_a.receive<event::TrackAdded>(a, kSoon).has_value());
  const auto refused = inbox_a.receive<event::TrackAdded>(a, kSoon);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidAccess);
  // What it returned names nothing.
  ASSERT_TRUE(again->stop().has_value());
  const auto failed = inbox_a.receive<event::OperationFailed>(a, kSoon);
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->operation, Operation::StopTransceiver);
  EXPECT_EQ(failed->error.code, ErrorCode::InvalidState);
}

TEST_F(Tracks, WhatIsWrongIsToldAtOnce) {
  EXPECT_EQ(a.add_track(TrackLocal()).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(a.add_track(video("a space")).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(a.add_track(video(std::string(65, 'x'))).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(a.add_track(video(), {"a:b"}).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(a.add_track(video(std::string(64, 'x'))).has_value());
  const auto track = video();
  const Buffer some(10);
  EXPECT_EQ(track.write_sample(Bytes{}, 33ms).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(track.write_sample(some, -1ms).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(track.write_sample({.bytes = some, .rid = "a b"}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(track.write_sample({.bytes = some, .temporal_id = 4}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_TRUE(track.write_sample(some, 33ms).has_value());  // nobody sends it
  const TrackLocalStaticRtp packets(kVp8, "packets");
  EXPECT_EQ(packets.write_rtp(some).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(packets.write_rtp(Buffer(12)).error().code, ErrorCode::InvalidArgument);
  const auto transceiver = a.add_transceiver(MediaKind::Video);
  EXPECT_EQ(transceiver->set_direction(Direction::Stopped).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(transceiver->replace_track(TrackLocalStaticSample(kOpus, "sound")).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(b.remove_track(*transceiver).error().code, ErrorCode::InvalidAccess);
}

TEST_F(Tracks, AreOfTheKindThatTheirMimeTypeBeginsWith) {
  EXPECT_EQ(TrackLocalStaticSample(RtpCodec{.mime_type = "VIDEO/vp8"}, "t").kind(),
            MediaKind::Video);
  EXPECT_EQ(TrackLocalStaticSample(RtpCodec{.mime_type = "audio"}, "t").kind(), MediaKind::Audio);
}

TEST_F(Tracks, SeveralTracksKeepApart) {
  const auto one = video("one"), other = video("other");
  ASSERT_TRUE(a.add_track(one).has_value());
  ASSERT_TRUE(a.add_track(other).has_value());
  connect_tracks();
  const auto at_one = inbox_b.receive<event::Track>(b, kSoon);
  const auto at_other = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(at_one && at_other);
  EXPECT_NE(at_one->transceiver, at_other->transceiver);
  const auto frames = testing::vp8_frames();
  ASSERT_TRUE(one.write_sample(frames[0], 33ms).has_value());
  ASSERT_TRUE(other.write_sample(frames[0], 33ms).has_value());
  for (const auto& at : {at_one->transceiver, at_other->transceiver}) {
    EXPECT_TRUE(
        inbox_b.receive_if<event::Frame>([&](const auto& e) { return e.transceiver == at; }, kSoon)
            .has_value());
  }
}

TEST_F(Tracks, OneTrackGoesToSeveralConnections) {
  Mailbox inbox_c, inbox_d;
  const auto c = api.new_peer_connection(inbox_c), d = api.new_peer_connection(inbox_d);
  const auto track = video();
  ASSERT_TRUE(a.add_track(track).has_value());
  ASSERT_TRUE(c.add_track(track).has_value());
  connect_tracks();
  negotiate(inbox_c, c, inbox_d, d);
  EXPECT_EQ(track.senders(), 2U);
  const auto first = write_until_frame(track);
  EXPECT_TRUE(first.has_value());
  EXPECT_TRUE(write_until<event::Frame>(track, inbox_d, [](const auto&) { return true; }));
}

TEST_F(Tracks, PacketsAreDeliveredWhenTheyAreAskedFor) {
  const auto track = video();
  ASSERT_TRUE(a.add_track(track).has_value());
  connect_tracks();
  const auto incoming = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  ASSERT_TRUE(incoming->transceiver.set_delivery(MediaDelivery::Rtp).has_value());
  settle(inbox_b, b);
  const auto packets =
      write_until<event::RtpPackets>(track, inbox_b, [](const auto&) { return true; });
  ASSERT_TRUE(packets.has_value());
  ASSERT_FALSE(packets->packets.empty());
  EXPECT_EQ(packets->packets[0].at(0) >> 6, 2);
}

TEST_F(Tracks, ForwardedPacketsArriveAsFrames) {
  const TrackLocalStaticRtp forwarded(kVp8, "forwarded");
  ASSERT_TRUE(b.add_track(forwarded).has_value());
  const auto track = video();
  ASSERT_TRUE(a.add_track(track).has_value());
  connect_tracks();
  const auto incoming = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  ASSERT_TRUE(incoming->transceiver.set_delivery(MediaDelivery::Rtp).has_value());
  settle(inbox_b, b);
  const auto frames = testing::vp8_frames();
  ASSERT_TRUE(track.write_sample(frames[0], 33ms).has_value());
  for (;;) {
    const auto packets = inbox_b.receive<event::RtpPackets>(b, 200ms);
    if (!packets) break;
    for (const Buffer& packet : packets->packets)
      ASSERT_TRUE(forwarded.write_rtp(packet).has_value());
  }
  const auto back = inbox_a.receive<event::Frame>(a, kSoon);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->frame.bytes, frames[0]);
}

TEST_F(Tracks, AKeyFrameIsAskedOfTheSender) {
  const auto track = video();
  const auto added = a.add_track(track);
  ASSERT_TRUE(added.has_value());
  connect_tracks();
  const auto frame = write_until_frame(track);
  ASSERT_TRUE(frame.has_value());
  ASSERT_TRUE(frame->transceiver.request_key_frame().has_value());
  const auto wanted = inbox_a.receive<event::KeyFrameWanted>(a, kSoon);
  ASSERT_TRUE(wanted.has_value());
  EXPECT_EQ(wanted->transceiver, *added);
}

TEST_F(Tracks, ASlowReceiverLosesTheOldestAndAsksForAKeyFrame) {
  const auto track = video();
  ASSERT_TRUE(a.add_track(track).has_value());
  connect_tracks();
  ASSERT_TRUE(write_until_frame(track).has_value());
  const auto wanted =
      write_until<event::KeyFrameWanted>(track, inbox_a, [](const auto&) { return true; });
  EXPECT_TRUE(wanted.has_value());
  // It still hears of everything else.
  settle(inbox_b, b);
  const auto after =
      inbox_b.receive_if<event::Frame>([](const auto& e) { return e.frame.follows_loss; }, kSoon);
  ASSERT_TRUE(after.has_value());
  EXPECT_GT(after->dropped, 0U);
  EXPECT_EQ(after->transceiver.dropped(), after->dropped);
}

TEST_F(Tracks, AnotherTrackIsSentWithoutNegotiation) {
  const auto first = video("first"), second = video("second");
  const auto sender = a.add_track(first);
  ASSERT_TRUE(sender.has_value());
  connect_tracks();
  ASSERT_TRUE(write_until_frame(first).has_value());
  ASSERT_TRUE(sender->replace_track(second).has_value());
  const auto replaced = inbox_a.receive<event::TrackReplaced>(a, kSoon);
  ASSERT_TRUE(replaced.has_value()) << replaced.error().message;
  EXPECT_EQ(replaced->transceiver.track(), TrackLocal(second));
  EXPECT_EQ(first.senders(), 0U);
  EXPECT_EQ(second.senders(), 1U);
  settle(inbox_b, b);
  while (inbox_b.receive<event::Frame>(100ms)) {
  }
  EXPECT_TRUE(write_until_frame(second).has_value());
  ASSERT_TRUE(sender->replace_track(std::nullopt).has_value());
  ASSERT_TRUE(inbox_a.receive<event::TrackReplaced>(a, kSoon).has_value());
  EXPECT_EQ(sender->track(), std::nullopt);
  EXPECT_EQ(second.senders(), 0U);
}

TEST_F(Tracks, ARemovedTrackIsMutedAtThePeer) {
  const auto track = video();
  const auto sender = a.add_track(track);
  ASSERT_TRUE(sender.has_value());
  connect_tracks();
  ASSERT_TRUE(write_until_frame(track).has_value());
  ASSERT_TRUE(a.remove_track(*sender).has_value());
  settle(inbox_a, a);
  EXPECT_EQ(track.senders(), 0U);
  EXPECT_EQ(sender->track(), std::nullopt);
  EXPECT_EQ(sender->direction(), Direction::RecvOnly);
  negotiate_again();
  EXPECT_TRUE(inbox_b.receive<event::TrackMuted>(b, kSoon).has_value());
  EXPECT_EQ(sender->current_direction(), Direction::Inactive);
}

TEST_F(Tracks, AnotherDirectionIsNegotiated) {
  const auto track = video();
  const auto sender = a.add_track(track);
  ASSERT_TRUE(sender.has_value());
  connect_tracks();
  ASSERT_TRUE(sender->set_direction(Direction::Inactive).has_value());
  settle(inbox_a, a);
  EXPECT_EQ(sender->direction(), Direction::Inactive);
  EXPECT_EQ(sender->current_direction(), Direction::SendOnly);
  negotiate_again();
  EXPECT_EQ(sender->current_direction(), Direction::Inactive);
}

TEST_F(Tracks, AStoppedTransceiverIsGoneOnBothSides) {
  const auto track = video();
  const auto sender = a.add_track(track);
  ASSERT_TRUE(sender.has_value());
  connect_tracks();
  const auto incoming = inbox_b.receive<event::Track>(b, kSoon);
  ASSERT_TRUE(incoming.has_value());
  ASSERT_TRUE(sender->stop().has_value());
  settle(inbox_a, a);
  EXPECT_EQ(sender->direction(), Direction::Stopped);
  EXPECT_EQ(track.senders(), 0U);
  negotiate_again();
  const auto ended = inbox_b.receive<event::TrackEnded>(b, kSoon);
  ASSERT_TRUE(ended.has_value());
  EXPECT_EQ(ended->transceiver, incoming->transceiver);
  EXPECT_EQ(ended->transceiver.direction(), Direction::Stopped);
  EXPECT_THAT(a.transceivers(), IsEmpty());
  EXPECT_THAT(b.transceivers(), IsEmpty());
}

}  // namespace
}  // namespace specter
