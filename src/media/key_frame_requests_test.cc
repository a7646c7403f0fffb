// When a key frame is asked for. docs/failures.md row 160.
#include "media/key_frame_requests.h"

#include <vector>

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<Duration>;

struct KeyFrameRequestsTest : ::testing::Test {
  Timestamp at(Duration after) const { return Timestamp{} + 1s + after; }
  // Packets each 20 ms from `from` to `to`, and when requests leave.
  Times packets(Duration from, Duration to, bool is_waiting) {
    Times sent;
    for (Duration t = from; t < to; t += 1ms) {
      if (t % 20ms == 0ms) requests.handle_packet(at(t), is_waiting);
      if (requests.poll(at(t))) sent.push_back(t);
    }
    return sent;
  }

  KeyFrameRequests requests;
};

TEST_F(KeyFrameRequestsTest, TheBeginningHas200Milliseconds) {
  requests.begin(at(0ms));
  EXPECT_EQ(packets(0ms, 1300ms, true), (Times{200ms, 700ms, 1200ms})) << "then each 500 ms";
}

TEST_F(KeyFrameRequestsTest, ALossAsksAtOnceAndOnceEach500Milliseconds) {
  requests.want(at(0ms));
  requests.want(at(0ms));
  EXPECT_TRUE(requests.poll(at(0ms)));
  requests.want(at(10ms));
  requests.want(at(20ms));
  EXPECT_FALSE(requests.poll(at(499ms)));
  EXPECT_EQ(requests.next_timeout(), at(500ms));
  EXPECT_TRUE(requests.poll(at(500ms)));
  EXPECT_EQ(requests.next_timeout(), std::nullopt);
}

TEST_F(KeyFrameRequestsTest, AKeyFrameAnswersAll) {
  requests.want(at(0ms));
  EXPECT_TRUE(requests.poll(at(0ms)));
  requests.want(at(10ms));
  requests.handle_frame(at(100ms), true);
  EXPECT_EQ(requests.next_timeout(), std::nullopt);
}

TEST_F(KeyFrameRequestsTest, OneOnItsWayIsWaitedFor) {
  requests.begin(at(0ms));
  requests.handle_key_frame_begins(at(150ms));
  EXPECT_EQ(requests.next_timeout(), at(350ms));
}

TEST_F(KeyFrameRequestsTest, WhoIsPausedIsNotAsked) {
  requests.want(at(0ms));
  EXPECT_TRUE(requests.poll(at(0ms)));
  EXPECT_EQ(requests.next_timeout(), std::nullopt) << "no timer without packets";
  requests.handle_packet(at(10s), true);
  EXPECT_TRUE(requests.poll(at(10s)));
}

TEST_F(KeyFrameRequestsTest, PacketsThatMakeNoFrameForThreeSecondsAreAReason) {
  EXPECT_EQ(packets(0ms, 6001ms, false), (Times{3s, 6s}));
  requests.handle_frame(at(6100ms), false);
  EXPECT_EQ(packets(6100ms, 9s, false), Times{});
  EXPECT_EQ(packets(20s, 22s, false), Times{}) << "a pause is no such time";
}

}  // namespace
}  // namespace specter::media
