#include "specter/mailbox.h"

#include <functional>
#include <future>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <poll.h>

#include "api/handles.h"
#include "api/mailbox_state.h"
#include "api/media_handles.h"

#include "specter/log.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using api::ChannelHandle;
using api::ConnectionHandle;
using api::MailboxState;
using ::testing::HasSubstr;

// A connection that has no loop: enough for a name.
std::shared_ptr<ConnectionHandle> nameless(std::uint64_t id) {
  return std::make_shared<ConnectionHandle>(id, nullptr, 1 << 20);
}

struct MailboxTest : ::testing::Test {
  void put(const std::shared_ptr<ConnectionHandle>& handle, Event event) {
    std::vector<Event> events;
    const auto bytes = MailboxState::charge(event);
    events.push_back(std::move(event));
    inbox.state()->deliver(*handle, events, bytes);
  }
  DataChannel channel_of_one(std::string label = {}) {
    return DataChannel(
        std::make_shared<ChannelHandle>(handle_1, std::move(label), DataChannelOptions{}));
  }
  bool has_room() {
    return inbox.state()->has_room(*handle_1, 0) && inbox.state()->has_room_for_news(*handle_1, 0);
  }
  void put_message(const std::shared_ptr<ConnectionHandle>& handle, std::size_t size) {
    put(handle, event::Message{PeerConnection(handle), {}, MessageKind::Binary, Buffer(size)});
  }
  bool is_readable() {
    pollfd waiting{inbox.native_handle(), POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
  }

  Mailbox inbox;
  std::shared_ptr<ConnectionHandle> handle_1 = nameless(1), handle_2 = nameless(2);
  PeerConnection one{handle_1}, two{handle_2};
};

TEST_F(MailboxTest, GivesTheOldestFirst) {
  put(handle_1, event::Ready{one});
  put(handle_2, event::Ready{two});
  put(handle_1, event::NegotiationNeeded{one});
  EXPECT_EQ(inbox.size(), 3U);
  EXPECT_EQ(connection_of(*inbox.next(0s)), one);
  EXPECT_EQ(connection_of(*inbox.next(0s)), two);
  EXPECT_TRUE(std::holds_alternative<event::NegotiationNeeded>(*inbox.next(0s)));
  EXPECT_EQ(inbox.size(), 0U);
}

TEST_F(MailboxTest, TakesTheFirstThatFitsAndLeavesTheOthersInOrder) {
  put(handle_1, event::Ready{one});
  put(handle_2, event::NegotiationNeeded{two});
  put(handle_2, event::Ready{two});
  put(handle_1, event::NegotiationNeeded{one});
  EXPECT_EQ(inbox.receive<event::Ready>(two, 0s)->connection, two);
  EXPECT_EQ(inbox.receive<event::NegotiationNeeded>(0s)->connection, two);
  EXPECT_TRUE(std::holds_alternative<event::Ready>(*inbox.next(0s)));
  EXPECT_TRUE(std::holds_alternative<event::NegotiationNeeded>(*inbox.next(0s)));
}

TEST_F(MailboxTest, SaysTimeoutWhenNothingFits) {
  EXPECT_EQ(inbox.next(0s).error().code, ErrorCode::Timeout);
  EXPECT_EQ(inbox.next(-1s).error().code, ErrorCode::Timeout);
  put(handle_1, event::Ready{one});
  EXPECT_EQ(inbox.receive<event::Closed>(5ms).error().code, ErrorCode::Timeout);
  EXPECT_EQ(inbox.receive<event::Ready>(two, 5ms).error().code, ErrorCode::Timeout);
  EXPECT_EQ(inbox.size(), 1U);
}

TEST_F(MailboxTest, GivesTheErrorThatCameInsteadOfAnAnswer) {
  const auto failed = [&](const PeerConnection& pc, Operation operation) {
    return event::OperationFailed{pc, operation, {ErrorCode::InvalidState, "why", {}}};
  };
  put(handle_2, failed(two, Operation::CreateOffer));
  put(handle_1, failed(one, Operation::CreateAnswer));
  put(handle_1, failed(one, Operation::CreateOffer));
  const auto offer = inbox.receive<event::Offer>(one, 0s);
  EXPECT_EQ(offer.error(), (Error{ErrorCode::InvalidState, "why", {}}));
  EXPECT_EQ(inbox.size(), 2U) << "the failure of another call, and of another connection, stay";
  EXPECT_EQ(inbox.receive<event::OperationFailed>(one, 0s)->operation, Operation::CreateAnswer);
}

TEST_F(MailboxTest, MayBeAskedFromWithinAPredicate) {
  put(handle_1, event::Ready{one});
  const auto found = inbox.receive_if<event::Ready>(
      [&](const event::Ready&) { return inbox.size() == 1 && inbox.native_handle() >= 0; }, 0s);
  EXPECT_TRUE(found.has_value());
}

TEST_F(MailboxTest, IsReadableWhileEventsWait) {
  EXPECT_FALSE(is_readable());
  put(handle_1, event::Ready{one});
  put(handle_1, event::Closed{one});
  EXPECT_TRUE(is_readable());
  EXPECT_TRUE(inbox.receive<event::Closed>(0s).has_value());
  EXPECT_TRUE(is_readable()) << "one was looked at and left";
  EXPECT_TRUE(inbox.next(0s).has_value());
  EXPECT_FALSE(is_readable());
}

TEST_F(MailboxTest, IsReadableFromTheFirstQuestion) {
  put(handle_1, event::Ready{one});
  EXPECT_TRUE(is_readable());
}

TEST_F(MailboxTest, WakesWhoWaits) {
  std::thread sender([&] { put(handle_1, event::Ready{one}); });
  EXPECT_TRUE(inbox.receive<event::Ready>(one, 30s).has_value());
  sender.join();
}

TEST_F(MailboxTest, SharedByThreadsGivesEachEventToOne) {
  constexpr int kEvents = 2000;
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (;;) {
        const auto event = inbox.next(30s);
        if (!event || std::holds_alternative<event::Closed>(*event)) return;
        ++taken;
      }
    });
  }
  for (int i = 0; i < kEvents; ++i) put(handle_1, event::NegotiationNeeded{one});
  for (int i = 0; i < 3; ++i) put(handle_1, event::Closed{one});
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, kEvents);
  EXPECT_EQ(inbox.size(), 0U);
}

TEST_F(MailboxTest, AConnectionHasAShare) {
  std::size_t put_in = 0;
  while (inbox.state()->has_room(*handle_1, 0)) {
    put_message(handle_1, 64 << 10);
    put_in += 64 << 10;
  }
  EXPECT_GT(put_in, MailboxState::kMaxOfConnection / 2);
  EXPECT_LE(put_in, MailboxState::kMaxOfConnection + (64 << 10));
  EXPECT_TRUE(handle_1->is_paused);
  EXPECT_TRUE(inbox.state()->has_room(*handle_2, 0)) << "the share of one is not that of another";
  while (handle_1->waiting_bytes >= MailboxState::kMaxOfConnection / 2) {
    EXPECT_TRUE(handle_1->is_paused);
    ASSERT_TRUE(inbox.next(0s).has_value());
  }
  EXPECT_FALSE(handle_1->is_paused) << "woken at the half";
}

TEST_F(MailboxTest, MessagesOfNoByteCountToo) {
  std::size_t count = 0;
  while (inbox.state()->has_room(*handle_1, 0)) {
    put_message(handle_1, 0);
    ++count;
  }
  EXPECT_LE(count, MailboxState::kMaxOfConnection / sizeof(Event) + 1);
}

// One of each kind but Message, made anew each time.
std::vector<std::function<Event()>> all_but_messages(const PeerConnection& pc,
                                                     const DataChannel& channel) {
  const Transceiver transceiver(
      std::make_shared<api::TransceiverHandle>(pc.handle(), MediaKind::Video));
  std::vector<std::function<Event()>> makers = {
      [=] { return event::Ready{pc}; },
      [=] { return event::DataChannelCreated{pc, channel}; },
      [=] { return event::Offer{pc, {}}; },
      [=] { return event::Answer{pc, {}}; },
      [=] { return event::LocalDescriptionSet{pc}; },
      [=] { return event::RemoteDescriptionSet{pc}; },
      [=] { return event::IceCandidateAdded{pc}; },
      [=] { return event::Stats{pc, {}}; },
      [=] { return event::Asked{pc, 1}; },
      [=] { return event::OperationFailed{pc, Operation::Send, {}}; },
      [=] { return event::Closed{pc}; },
      [=] { return event::LocalCandidate{pc, {}}; },
      [=] { return event::NegotiationNeeded{pc}; },
      [=] { return event::SignalingStateChange{pc, SignalingState::Stable}; },
      [=] { return event::IceGatheringStateChange{pc, IceGatheringState::New}; },
      [=] { return event::IceConnectionStateChange{pc, IceConnectionState::New}; },
      [=] { return event::ConnectionStateChange{pc, ConnectionState::New, {}}; },
      [=] { return event::IncomingDataChannel{pc, channel}; },
      [=] { return event::DataChannelOpen{pc, channel}; },
      [=] { return event::BufferedAmountLow{pc, channel}; },
      [=] { return event::DataChannelClosing{pc, channel}; },
      [=] { return event::DataChannelError{pc, channel, {}}; },
      [=] { return event::DataChannelClosed{pc, channel}; },
      [=] { return event::DataChannelRefused{pc, 7, {}}; },
      [=] { return event::TrackAdded{pc, transceiver}; },
      [=] { return event::TransceiverAdded{pc, transceiver}; },
      [=] { return event::TrackReplaced{pc, transceiver}; },
      [=] { return event::SendParametersSet{pc, transceiver}; },
      [=] { return event::Track{pc, transceiver, MediaKind::Video, "0", {}}; },
      [=] { return event::TrackStreamsChange{pc, transceiver, {}}; },
      [=] { return event::TrackMuted{pc, transceiver}; },
      [=] { return event::TrackUnmuted{pc, transceiver}; },
      [=] { return event::TrackEnded{pc, transceiver}; },
      [=] { return event::Frame{pc, transceiver, {}, {}, 0}; },
      [=] { return event::RtpPackets{pc, transceiver, {}, {}, 0}; },
      [=] { return event::KeyFrameWanted{pc, transceiver, {}}; },
      [=] { return event::EncodingWanted{pc, transceiver, {}, true}; },
      [=] { return event::BitrateFeedback{pc, {}}; },
      [=] { return event::IceCandidateError{pc}; },
      [=] { return event::ConnectionReport{pc, {}}; }};
  EXPECT_EQ(makers.size() + 1, std::variant_size_v<Event>);
  return makers;
}

TEST_F(MailboxTest, WhatASelectiveReceiverLeavesNeverStopsWhatItWaitsFor) {
  for (const auto& make : all_but_messages(one, channel_of_one())) {
    for (int round = 0; round < 40; ++round) {
      for (int i = 0; i < 1'000; ++i) put(handle_1, make());
      put_message(handle_1, 100);
      ASSERT_TRUE(inbox.receive<event::Message>(one, 0s).has_value());
      EXPECT_FALSE(inbox.receive<event::Message>(one, 0s).has_value()) << "and all was looked at";
      ASSERT_TRUE(has_room()) << make().index();
      ASSERT_FALSE(handle_1->is_paused) << make().index();
    }
    while (inbox.next(0s)) {
    }
  }
}

TEST_F(MailboxTest, OneBufferedAmountLowOfAChannelWaits) {
  const DataChannel first = channel_of_one(), second = channel_of_one();
  put(handle_1, event::BufferedAmountLow{one, first});
  put(handle_1, event::BufferedAmountLow{one, second});
  put(handle_1, event::BufferedAmountLow{one, first});
  EXPECT_EQ(inbox.size(), 2U);
  EXPECT_EQ(inbox.receive<event::BufferedAmountLow>(0s)->channel, first);
  put(handle_1, event::BufferedAmountLow{one, first});
  EXPECT_EQ(inbox.receive<event::BufferedAmountLow>(0s)->channel, second);
  EXPECT_EQ(inbox.receive<event::BufferedAmountLow>(0s)->channel, first) << "told anew once taken";
  EXPECT_EQ(inbox.size(), 0U);
  EXPECT_FALSE(is_readable());
}

TEST_F(MailboxTest, NewsThatNobodyLooksAtHaveAShare) {
  std::size_t count = 0;
  for (; inbox.state()->has_room_for_news(*handle_1, 0); ++count)
    put(handle_1, event::IncomingDataChannel{one, channel_of_one(std::string(60'000, 'x'))});
  EXPECT_LE(count, MailboxState::kMaxUnseenNews / 60'000 + 1) << "their names count too";
  EXPECT_TRUE(handle_1->is_paused);
  EXPECT_TRUE(inbox.state()->has_room(*handle_1, 0));
  EXPECT_FALSE(inbox.receive<event::Message>(0s).has_value());
  EXPECT_FALSE(handle_1->is_paused) << "woken as they were looked at";
}

// A peer that opens and closes channels for ever, and a receiver that asks for messages alone.
TEST_F(MailboxTest, ChannelsThatCameAndWentUntoldAreForgotten) {
  const DataChannel lives = channel_of_one("lives");
  put(handle_1, event::IncomingDataChannel{one, lives});
  put(handle_1, event::DataChannelOpen{one, lives});
  const DataChannel ours = channel_of_one("ours");
  put(handle_1, event::DataChannelClosed{one, ours});
  constexpr int kChannels = 20'000;
  std::size_t most = 0;
  for (int i = 0; i < kChannels; ++i) {
    const DataChannel channel = channel_of_one(std::string(10'000, 'x'));
    put(handle_1, event::IncomingDataChannel{one, channel});
    put(handle_1, event::DataChannelOpen{one, channel});
    put(handle_1, event::BufferedAmountLow{one, channel});
    put(handle_1, event::DataChannelClosing{one, channel});
    put(handle_1, event::DataChannelClosed{one, channel});
    if (i % 50 == 0) {
      EXPECT_FALSE(inbox.receive<event::Message>(0s).has_value());
    }
    most = std::max(most, inbox.size());
  }
  EXPECT_LE(most, 5 * (MailboxState::kMaxLeftNews + MailboxState::kMaxUnseenNews) / 10'000);
  EXPECT_EQ(inbox.receive<event::IncomingDataChannel>(0s)->channel, lives);
  EXPECT_EQ(inbox.receive<event::DataChannelOpen>(0s)->channel, lives);
  EXPECT_EQ(inbox.receive<event::DataChannelClosed>(0s)->channel, ours);
}

// What the library logs while it lives.
struct LogOfLibrary {
  LogOfLibrary() {
    set_log(LogLevels(LogLevel::Warning),
            [lines = lines](const LogRecord& record) { lines->push_back(record); });
  }
  ~LogOfLibrary() { set_log(LogLevels(LogLevel::Warning)); }
  std::shared_ptr<std::vector<LogRecord>> lines = std::make_shared<std::vector<LogRecord>>();
};

TEST_F(MailboxTest, ALogLineSaysThatItIsFullOfWhatNobodyTakes) {
  LogOfLibrary log;
  for (int i = 0; i < 8; ++i) put_message(handle_1, 1 << 20);
  EXPECT_FALSE(inbox.receive<event::Stats>(one, 1ms).has_value());
  ASSERT_EQ(log.lines->size(), 1u);
  const LogRecord& said = log.lines->front();
  EXPECT_EQ(said.level, LogLevel::Warning);
  EXPECT_EQ(said.module, LogModule::Api);
  EXPECT_EQ(said.connection, 1u);
  EXPECT_THAT(said.text, HasSubstr("of messages of connection 1 wait in a mailbox"));
  log.lines->clear();
  EXPECT_FALSE(inbox.receive<event::Stats>(one, 1ms).has_value());
  EXPECT_TRUE(log.lines->empty()) << "once is enough";
}

TEST_F(MailboxTest, AllConnectionsTogetherHaveAShareAndNobodyStarves) {
  std::vector<std::shared_ptr<ConnectionHandle>> many;
  for (std::uint64_t id = 10; id < 10 + 2 * MailboxState::kMaxOfAll / (1 << 20); ++id) {
    many.push_back(nameless(id));
    if (inbox.state()->has_room(*many.back(), 0)) put_message(many.back(), 1 << 20);
  }
  // Full, and yet a connection of which nothing waits may always put a turn's worth in.
  EXPECT_FALSE(inbox.state()->has_room(*many.front(), 0));
  EXPECT_TRUE(inbox.state()->has_room(*handle_1, 0));
  put_message(handle_1, 100);
  EXPECT_FALSE(inbox.state()->has_room(*handle_1, 0));
  EXPECT_TRUE(handle_1->is_paused);
  // Its own is taken: nothing of it waits, so it goes on although the whole is full.
  ASSERT_TRUE(inbox.receive<event::Message>(one, 0s).has_value());
  EXPECT_FALSE(handle_1->is_paused);
  // The others go on when half of the whole is free.
  const auto& last = many.back();
  EXPECT_TRUE(last->is_paused);
  while (inbox.size() > 1) ASSERT_TRUE(inbox.next(0s).has_value());
  for (const auto& handle : many) EXPECT_FALSE(handle->is_paused);
}

TEST_F(MailboxTest, TheLastCopyClosesItsConnections) {
  auto copy = std::make_unique<Mailbox>();
  copy->state()->join(handle_1);
  auto other = std::make_unique<Mailbox>(*copy);
  copy.reset();
  EXPECT_FALSE(handle_1->is_closed());
  other.reset();
  EXPECT_TRUE(handle_1->is_closed());
}

}  // namespace
}  // namespace specter
