// What a connection with many tracks does for each of them does not grow with their number. Work is
// counted in allocations, of the whole process: nothing else runs.
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/connection.h"
#include "api/handles.h"
#include "api/media_handles.h"
#include "api/testing/media_files.h"
#include "api/testing/two_peers.h"
#include "testing/counting_allocator.h"

namespace specter {
namespace {

using testing::kSoon;

// An owner that is told at once, as Elixir's is.
struct Owned {
  explicit Owned(const Api& api)
      : connection(api.new_peer_connection([this](Event&& event) { handle(event); })) {}
  ~Owned() {
    connection.close();
    EXPECT_EQ(closed.get_future().wait_for(kSoon), std::future_status::ready);
  }

  void handle(const Event& event) {
    tracks += std::holds_alternative<event::Track>(event) ? 1 : 0;
    if (std::holds_alternative<event::TrackEnded>(event) && ++ended == 600) all_ended.set_value();
    if (std::holds_alternative<event::Closed>(event)) closed.set_value();
    if (const auto* asked = std::get_if<event::Asked>(&event))
      answered.at(asked->question).set_value();
    if (std::holds_alternative<event::RemoteDescriptionSet>(event) && sets++ == 0)
      is_set.set_value();
  }
  // Everything before was made and told.
  void settle() {
    ASSERT_TRUE(connection.ask(questions).has_value());
    ASSERT_EQ(answered.at(questions++).get_future().wait_for(kSoon), std::future_status::ready);
  }

  std::size_t tracks = 0, ended = 0;
  int sets = 0;
  std::uint64_t questions = 0;
  std::vector<std::promise<void>> answered = std::vector<std::promise<void>>(4);
  std::promise<void> is_set, all_ended, closed;
  PeerConnection connection;
};

struct MediaWork : ::testing::Test, testing::TwoPeers {
  // Of a connection that sends `count` tracks.
  SessionDescription offer(int count) {
    Mailbox inbox;
    const auto pc = api.new_peer_connection(inbox);
    for (int i = 0; i < count; ++i) {
      const TrackLocalStaticSample track(testing::kOpus, "track" + std::to_string(i));
      EXPECT_TRUE(pc.add_transceiver(track).has_value());
    }
    EXPECT_TRUE(pc.create_offer().has_value());
    const auto made = inbox.receive<event::Offer>(pc, kSoon);
    EXPECT_TRUE(made.has_value());
    return made ? made->description : SessionDescription{};
  }

  std::int64_t work_of_taking(const SessionDescription& offer, std::size_t count) {
    Owned owned(api);
    owned.settle();
    const std::int64_t before = testing::allocations;
    EXPECT_TRUE(owned.connection.set_remote_description(offer).has_value());
    EXPECT_EQ(owned.is_set.get_future().wait_for(6 * kSoon), std::future_status::ready);
    EXPECT_EQ(owned.tracks, count);
    EXPECT_EQ(owned.connection.transceivers().size(), count);
    return testing::allocations - before;
  }

  std::int64_t work_of_adding(std::size_t count) {
    Owned owned(api);
    owned.settle();
    const std::int64_t before = testing::allocations;
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_TRUE(owned.connection.add_transceiver(MediaKind::Video).has_value());
    owned.settle();
    EXPECT_EQ(owned.connection.transceivers().size(), count);
    return testing::allocations - before;
  }
};

TEST_F(MediaWork, OfAnOfferIsThatOfItsTracks) {
  const auto some = offer(100), many = offer(400);
  (void)work_of_taking(some, 100);
  const auto of_some = work_of_taking(some, 100), of_many = work_of_taking(many, 400);
  EXPECT_LT(of_many, 5 * of_some);
}

TEST_F(MediaWork, OfMakingTransceiversIsThatOfEach) {
  (void)work_of_adding(100);
  const auto of_some = work_of_adding(100), of_many = work_of_adding(400);
  EXPECT_LT(of_many, 5 * of_some);
}

// W3C §5.4.2: each track that ends is told, however many one description ends.
TEST_F(MediaWork, EachTrackThatEndsIsTold) {
  const auto many = offer(600);
  Owned owned(api);
  ASSERT_TRUE(owned.connection.set_remote_description(many).has_value());
  ASSERT_TRUE(
      owned.connection.set_remote_description({SdpType::Rollback, std::string()}).has_value());
  // A turn tells 1,024 events at most.
  ASSERT_EQ(owned.all_ended.get_future().wait_for(kSoon), std::future_status::ready);
  owned.settle();
  EXPECT_EQ(owned.tracks, 600U);
  EXPECT_EQ(owned.ended, 600U);
  EXPECT_TRUE(owned.connection.transceivers().empty());
}

// Handles name each other: none of that is set again after the end.
TEST_F(MediaWork, WhatEndsInTheMiddleOfACallLeavesNothing) {
  std::weak_ptr<api::ConnectionHandle> handle;
  std::weak_ptr<api::TransceiverHandle> transceiver;
  {
    std::promise<void> closed;
    std::optional<Transceiver> added;
    const auto pc = api.new_peer_connection([&](Event&& event) {
      const PeerConnection own = connection_of(event);
      if (std::holds_alternative<event::Ready>(event)) {
        EXPECT_TRUE(own.create_data_channel("data").has_value());
        added = own.add_transceiver(MediaKind::Audio).value();
        EXPECT_TRUE(own.ask().has_value());
      }
      if (std::holds_alternative<event::Asked>(event)) {
        // Between a description and what would be told of it.
        EXPECT_TRUE(own.handle()
                        ->call([](api::Connection* connection) {
                          connection->media().note_change();
                          throw std::runtime_error("(this line belongs to a test)");
                        })
                        .has_value());
      }
      if (std::holds_alternative<event::Closed>(event)) closed.set_value();
    });
    ASSERT_EQ(closed.get_future().wait_for(kSoon), std::future_status::ready);
    handle = pc.handle();
    transceiver = added->handle();
    EXPECT_TRUE(pc.transceivers().empty());
  }
  // Its loop lets go of it after Closed.
  for (int i = 0; i < 1000 && !handle.expired(); ++i) {
    ASSERT_TRUE(a.ask().has_value());
    ASSERT_TRUE(inbox_a.receive<event::Asked>(a, kSoon).has_value());
  }
  EXPECT_TRUE(handle.expired());
  EXPECT_TRUE(transceiver.expired());
}

}  // namespace
}  // namespace specter
