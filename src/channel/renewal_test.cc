// One association after another over the same transport.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "channel/testing/two_sides.h"

namespace specter::channel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Error kRejected{ErrorCode::OperationFailed, "rejected", std::nullopt};

TEST(Renewal, EndsTheChannelsOfBothSidesAndBeginsAnew) {
  TwoSides sides;
  sides.establish();
  const auto [here, there] = sides.channel();
  sides.a.end_association(sides.pair.now(), kRejected);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(),
              ElementsAre("failed 1 OperationError", "closed 1", "ended by an error"));
  // Its ABORT has come, RFC 9260 §9.1: nobody waits for a timeout.
  EXPECT_EQ(sides.b.state(there), std::nullopt);
  sides.b.end_association(sides.pair.now(), kRejected);
  sides.take_b();

  const auto again = sides.a.create(sides.pair.now(), "again", {});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_NE(*again, here);
  sides.connect();
  ASSERT_TRUE(
      sides.pair.run_until([&] { return sides.a.state(*again) == DataChannelState::Open; }, 5s));
  // The ids are all free again.
  EXPECT_EQ(sides.a.info(*again)->options.id, 0);
}

// Whoever was told of the end by the peer's ABORT can begin anew, too.
TEST(Renewal, OfAnAssociationThatIsOver) {
  TwoSides sides;
  sides.establish();
  sides.b.end_association(sides.pair.now(), kRejected);
  sides.pair.run_for(1s);
  EXPECT_FALSE(sides.a.create(sides.pair.now(), "on what is over", {}));
  sides.take_a();
  sides.a.end_association(sides.pair.now(), kRejected);
  EXPECT_THAT(sides.take_a(), IsEmpty());
  EXPECT_TRUE(sides.a.create(sides.pair.now(), "again", {}));
}

TEST(Renewal, BeforeItBeganOnlyTheChannelsEnd) {
  TwoSides sides;
  const Buffer init = sides.a.association().local_init();
  ASSERT_TRUE(sides.a.create(sides.pair.now(), "first", {.negotiated = true, .id = 4}));
  sides.a.end_association(sides.pair.now(), kRejected);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(), ElementsAre("failed 1 OperationError", "closed 1"));
  EXPECT_EQ(sides.a.association().local_init(), init);
  EXPECT_TRUE(sides.a.create(sides.pair.now(), "again", {.negotiated = true, .id = 4}));
}

// For another peer, which knows their ids as the one before did.
TEST(Renewal, MayKeepNegotiatedChannels) {
  const DataChannelOptions in_both{.negotiated = true, .id = 4};
  TwoSides sides;
  const ChannelId here = *sides.a.create(sides.pair.now(), "both", in_both);
  const ChannelId there = *sides.b.create(sides.pair.now(), "both", in_both);
  sides.establish();
  const auto [in_band, _] = sides.channel();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(sides.send_bytes(sides.a, here, Buffer(200'000)));
  const std::size_t left = sides.a.buffered_amount(here);
  ASSERT_GT(left, 900'000u);
  sides.a.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::Negotiated);
  sides.b.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::Negotiated);
  std::string why;
  while (const auto event = sides.a.poll_event()) {
    const auto* failed = std::get_if<DataChannelError>(&*event);
    if (failed && failed->channel == here) why = failed->error.message;
    sides.pair.events_a.push_back(*event);
  }
  EXPECT_EQ(why, fmt::format("rejected; {} bytes were not sent", left));
  EXPECT_THAT(sides.take_a(), ElementsAre("failed 1 OperationError", "failed 2 OperationError",
                                          "closed 2", "ended by an error"));
  EXPECT_EQ(sides.a.state(here), DataChannelState::Connecting);
  EXPECT_EQ(sides.a.state(in_band), std::nullopt);
  EXPECT_EQ(sides.a.buffered_amount(here), 0u);
  EXPECT_FALSE(sides.send_text(sides.a, here, "to nobody"));
  EXPECT_FALSE(sides.a.create(sides.pair.now(), "its id is in use", in_both));

  sides.pair.run_for(1s);
  sides.take_b();
  sides.connect();
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(), ElementsAre("established", "opened 1"));
  EXPECT_THAT(sides.take_b(), ElementsAre("established", "opened 1"));
  ASSERT_TRUE(sides.send_text(sides.a, here, "hello"));
  ASSERT_TRUE(sides.send_text(sides.b, there, "and back"));
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_b(), ElementsAre("text 1 hello"));
  EXPECT_THAT(sides.take_a(), ElementsAre("text 1 and back"));
  // As often as peers follow each other, and each time it is told.
  sides.a.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::Negotiated);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(), ElementsAre("failed 1 OperationError", "ended by an error"));
}

// Nobody was there yet: what waits is for whoever comes, on ids of the roles then.
TEST(Renewal, KeepsWhatWaitsForTheFirstAssociation) {
  TwoSides sides;
  const ChannelId here = *sides.a.create(sides.pair.now(), "waits", {});
  sides.a.assign_streams(Parity::Odd);
  EXPECT_EQ(sides.a.info(here)->options.id, 1);
  sides.a.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::All);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(), IsEmpty());
  sides.connect();
  EXPECT_EQ(sides.a.info(here)->options.id, 0);
  sides.pair.run_for(1s);
  EXPECT_EQ(sides.a.state(here), DataChannelState::Open);
}

// What was announced to one peer, or was to be, is not another's.
TEST(Renewal, ForAnotherPeerKeepsNegotiatedOnesAlone) {
  TwoSides sides;
  const ChannelId gone = *sides.a.create(sides.pair.now(), "waits", {});
  const ChannelId kept = *sides.a.create(sides.pair.now(), "both", {.negotiated = true, .id = 4});
  sides.a.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::Negotiated);
  EXPECT_EQ(sides.a.state(gone), std::nullopt);
  EXPECT_EQ(sides.a.state(kept), DataChannelState::Connecting);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(), ElementsAre("failed 1 OperationError", "closed 1"));
}

// One that is being closed goes with its association.
TEST(Renewal, KeepsNoChannelThatWasClosed) {
  TwoSides sides;
  const ChannelId here = *sides.a.create(sides.pair.now(), "both", {.negotiated = true, .id = 4});
  sides.establish();
  sides.a.close(sides.pair.now(), here);
  sides.a.end_association(sides.pair.now(), kRejected, DataChannels::Keeps::Negotiated);
  sides.pair.run_for(1s);
  EXPECT_THAT(sides.take_a(),
              ElementsAre("failed 1 OperationError", "closed 1", "ended by an error"));
  EXPECT_TRUE(sides.a.create(sides.pair.now(), "anew", {.negotiated = true, .id = 4}));
}

}  // namespace
}  // namespace specter::channel
