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

}  // namespace
}  // namespace specter::channel
