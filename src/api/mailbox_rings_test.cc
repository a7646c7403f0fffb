// Events of tracks in a mailbox: they never wait, and nothing waits for them.
#include <thread>

#include <gmock/gmock.h>

#include "api/handles.h"
#include "api/mailbox_state.h"
#include "api/media_handles.h"

#include "specter/mailbox.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using api::ConnectionHandle;
using api::EventRing;
using api::MailboxState;
using api::TransceiverHandle;

struct MailboxRings : ::testing::Test {
  void put(std::vector<Event> events) {
    MailboxState::Charge bytes;
    for (const Event& event : events) bytes += MailboxState::charge(event);
    inbox.state()->deliver(*connection, events, bytes);
  }
  void put(Event event) {
    std::vector<Event> one;
    one.push_back(std::move(event));
    put(std::move(one));
  }
  event::Frame frame(const std::shared_ptr<TransceiverHandle>& of, std::uint32_t number,
                     std::size_t size = 10) {
    event::Frame made{name, Transceiver(of), {}, {}, 0};
    made.frame.bytes = Buffer(size);
    made.frame.rtp_timestamp = number;
    return made;
  }
  void put_frames(std::uint32_t count, std::size_t size = 10) {
    for (std::uint32_t i = 0; i < count; ++i) put(frame(video, next_++, size));
  }
  event::KeyFrameWanted wanted(std::string rid) {
    return {name, Transceiver(video), std::move(rid)};
  }
  bool has_room() {
    return inbox.state()->has_room(*connection, 0) &&
           inbox.state()->has_room_for_news(*connection, 0);
  }
  // Calls that wait for the connection's loop: requests for key frames.
  std::size_t waiting_calls() {
    std::vector<api::Call> calls;
    connection->take_calls(calls);
    return calls.size();
  }

  std::uint32_t next_ = 0;
  Mailbox inbox;
  std::shared_ptr<ConnectionHandle> connection =
      std::make_shared<ConnectionHandle>(1, nullptr, 1 << 20);
  PeerConnection name{connection};
  std::shared_ptr<TransceiverHandle> video =
      std::make_shared<TransceiverHandle>(connection, MediaKind::Video);
  std::shared_ptr<TransceiverHandle> audio =
      std::make_shared<TransceiverHandle>(connection, MediaKind::Audio);
};

constexpr auto kFrames = static_cast<std::uint32_t>(EventRing::kMedia.count);

TEST_F(MailboxRings, HoldFramesInTheirOrder) {
  put_frames(kFrames);
  EXPECT_EQ(inbox.size(), kFrames);
  for (std::uint32_t i = 0; i < kFrames; ++i) {
    const auto taken = inbox.receive<event::Frame>(0s);
    ASSERT_TRUE(taken.has_value());
    EXPECT_EQ(taken->frame.rtp_timestamp, i);
    EXPECT_EQ(taken->dropped, 0U);
    EXPECT_FALSE(taken->frame.follows_loss);
  }
  EXPECT_EQ(inbox.size(), 0U);
  EXPECT_EQ(waiting_calls(), 0U);
}

TEST_F(MailboxRings, DropTheOldestHalfPastTheLimitAndAskForAKeyFrame) {
  put_frames(kFrames + 1);
  EXPECT_EQ(inbox.size(), kFrames / 2);
  EXPECT_EQ(Transceiver(video).dropped(), kFrames / 2 + 1);
  EXPECT_EQ(waiting_calls(), 1U);
  const auto first = inbox.receive<event::Frame>(0s);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->frame.rtp_timestamp, kFrames / 2 + 1);
  EXPECT_EQ(first->dropped, kFrames / 2 + 1);
  EXPECT_TRUE(first->frame.follows_loss);
  EXPECT_FALSE(inbox.receive<event::Frame>(0s)->frame.follows_loss);
}

TEST_F(MailboxRings, AskOnceForAKeyFrameUntilItIsAskedFor) {
  put_frames(10 * kFrames);
  EXPECT_EQ(waiting_calls(), 1U);
  EXPECT_LE(inbox.size(), kFrames);
  EXPECT_EQ(Transceiver(video).dropped() + inbox.size(), 10 * kFrames);
}

TEST_F(MailboxRings, AskForNoKeyFrameOfSound) {
  for (std::uint32_t i = 0; i <= kFrames; ++i) put(frame(audio, i));
  EXPECT_GT(Transceiver(audio).dropped(), 0U);
  EXPECT_EQ(waiting_calls(), 0U);
}

TEST_F(MailboxRings, CountBytesToo) {
  const std::size_t half = EventRing::kMedia.bytes / 2;
  put_frames(1, half);
  EXPECT_EQ(inbox.size(), 1U);
  put_frames(1, half);  // with their own size, they are over it
  EXPECT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox.receive<event::Frame>(0s)->frame.rtp_timestamp, 1U);
}

TEST_F(MailboxRings, KeepTheNewestHoweverLargeItIs) {
  put_frames(3, 2 * EventRing::kMedia.bytes);
  EXPECT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox.receive<event::Frame>(0s)->frame.rtp_timestamp, 2U);
}

TEST_F(MailboxRings, LeaveOtherTracksAndOtherEventsAlone) {
  put(event::Ready{name});
  put(frame(audio, 7));
  put_frames(5 * kFrames);
  put(event::NegotiationNeeded{name});
  EXPECT_TRUE(std::holds_alternative<event::Ready>(*inbox.next(0s)));
  EXPECT_EQ(std::get<event::Frame>(*inbox.next(0s)).frame.rtp_timestamp, 7U);
  EXPECT_TRUE(inbox.receive<event::NegotiationNeeded>(0s).has_value());
  EXPECT_EQ(Transceiver(audio).dropped(), 0U);
}

TEST_F(MailboxRings, NeverStopDataOrStates) {
  put_frames(kFrames, EventRing::kMedia.bytes / kFrames / 2);
  for (int i = 0; i < 10'000; ++i) put(wanted("h"));
  EXPECT_TRUE(has_room());
  EXPECT_EQ(connection->waiting_bytes, 0U);
  EXPECT_EQ(connection->unseen_news_bytes, 0U);
}

TEST_F(MailboxRings, TakeFramesWhenMessagesHaveFilledTheirShare) {
  put(event::Message{name, {}, MessageKind::Binary, Buffer(MailboxState::kMaxOfConnection)});
  EXPECT_FALSE(has_room());
  put_frames(3);
  EXPECT_TRUE(inbox.receive<event::Frame>(0s).has_value());
  EXPECT_EQ(Transceiver(video).dropped(), 0U);
}

// A receiver that waits for something else sees each frame, and leaves it.
TEST_F(MailboxRings, AreBoundedForASelectiveReceiver) {
  for (int i = 0; i < 20; ++i) {
    put_frames(kFrames);
    EXPECT_FALSE(inbox.receive<event::Closed>(0s).has_value());
  }
  EXPECT_LE(inbox.size(), kFrames);
  EXPECT_EQ(Transceiver(video).dropped() + inbox.size(), 20 * kFrames);
  put(event::Closed{name});
  EXPECT_TRUE(inbox.receive<event::Closed>(0s).has_value());
  const auto oldest = inbox.receive<event::Frame>(0s);
  ASSERT_TRUE(oldest.has_value());
  EXPECT_EQ(oldest->dropped, Transceiver(video).dropped());
  EXPECT_EQ(oldest->frame.rtp_timestamp, oldest->dropped);
}

// What accept() has seen is not offered to it again, also when older events were dropped meanwhile.
TEST_F(MailboxRings, OfferEachEventOnceToAReceiverThatWaits) {
  put_frames(kFrames);
  std::vector<std::uint32_t> seen;
  const auto remember = [&](const event::Frame& event) {
    seen.push_back(event.frame.rtp_timestamp);
    if (seen.size() == kFrames) put_frames(kFrames);
    return false;
  };
  EXPECT_FALSE(inbox.receive_if<event::Frame>(remember, 0s).has_value());
  EXPECT_EQ(seen.size(), 2 * kFrames - kFrames / 2);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST_F(MailboxRings, CountPacketsNotEvents) {
  for (std::uint32_t i = 0; i <= kFrames; ++i)
    put(event::RtpPackets{name, Transceiver(video), {}, {Buffer(20), Buffer(20)}, 0});
  EXPECT_EQ(Transceiver(video).dropped(), 2 * (kFrames / 2 + 1));
  EXPECT_EQ(inbox.receive<event::RtpPackets>(0s)->dropped, 2 * (kFrames / 2 + 1));
}

TEST_F(MailboxRings, AddWhatTheCoreHasDropped) {
  event::Frame one = frame(video, 0);
  one.dropped = 5;
  put(std::move(one));
  EXPECT_EQ(inbox.receive<event::Frame>(0s)->dropped, 5U);
}

TEST_F(MailboxRings, HaveOneKeyFrameWantedAnEncoding) {
  put(wanted("h"));
  put(wanted("f"));
  put(wanted("h"));
  EXPECT_EQ(inbox.size(), 2U);
  EXPECT_EQ(inbox.receive<event::KeyFrameWanted>(0s)->rid, "h");
  put(wanted("h"));
  EXPECT_EQ(inbox.receive<event::KeyFrameWanted>(0s)->rid, "f");
  EXPECT_EQ(inbox.receive<event::KeyFrameWanted>(0s)->rid, "h");
  EXPECT_EQ(inbox.size(), 0U);
}

TEST_F(MailboxRings, KeepTheLatestStates) {
  for (int i = 0; i < 1000; ++i) {
    put(event::TrackMuted{name, Transceiver(video)});
    put(event::TrackUnmuted{name, Transceiver(video)});
  }
  EXPECT_LE(inbox.size(), EventRing::kStates.count);
  std::optional<Event> last;
  while (auto event = inbox.next(0s)) last = std::move(*event);
  EXPECT_TRUE(last && std::holds_alternative<event::TrackUnmuted>(*last));
}

TEST_F(MailboxRings, KeepTheLatestFeedback) {
  for (std::uint32_t i = 0; i < 1000; ++i) {
    event::BitrateFeedback feedback{name, {}};
    feedback.packets = i;
    put(std::move(feedback));
  }
  EXPECT_LE(inbox.size(), EventRing::kFeedback.count);
  std::uint32_t last = 0;
  while (auto event = inbox.next(0s)) last = std::get<event::BitrateFeedback>(*event).packets;
  EXPECT_EQ(last, 999U);
}

TEST_F(MailboxRings, OfManyTracksHaveALimitTogether) {
  constexpr std::size_t kSize = 2 << 20;
  constexpr std::size_t kTracks = 200;
  std::vector<std::shared_ptr<TransceiverHandle>> tracks;
  for (std::size_t i = 0; i < kTracks; ++i) {
    tracks.push_back(std::make_shared<TransceiverHandle>(connection, MediaKind::Video));
    put(frame(tracks.back(), 0, 10));
  }
  std::size_t most = 0;
  for (std::uint32_t i = 1; i < 100; ++i) {
    put(frame(tracks[i % 50], i, kSize));
    most = std::max(most, inbox.size());
  }
  std::size_t bytes = 0;
  while (auto event = inbox.next(0s)) bytes += std::get<event::Frame>(*event).frame.bytes.size();
  EXPECT_LE(bytes, MailboxState::kMaxMedia + 50 * kSize);
}

TEST_F(MailboxRings, EndWithTheMailbox) {
  put_frames(3 * kFrames);
  inbox = Mailbox();
  EXPECT_EQ(video.use_count(), 1);
}

}  // namespace
}  // namespace specter
