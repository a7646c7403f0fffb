// What a connection with many tracks does for each of them does not grow with their number. Work is
// counted in allocations, of the whole process: nothing else runs.
#include <future>
#include <string>
#include <vector>

#include <gtest/gtest.h>

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
    if (std::holds_alternative<event::Closed>(event)) closed.set_value();
    if (const auto* asked = std::get_if<event::Asked>(&event))
      answered.at(asked->question).set_value();
    if (std::holds_alternative<event::RemoteDescriptionSet>(event)) is_set.set_value();
  }
  // Everything before was made and told.
  void settle() {
    ASSERT_TRUE(connection.ask(questions).has_value());
    ASSERT_EQ(answered.at(questions++).get_future().wait_for(kSoon), std::future_status::ready);
  }

  std::size_t tracks = 0;
  std::uint64_t questions = 0;
  std::vector<std::promise<void>> answered = std::vector<std::promise<void>>(4);
  std::promise<void> is_set, closed;
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

}  // namespace
}  // namespace specter
