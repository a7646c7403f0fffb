// Nothing is allocated a packet once the largest frame has been there: only what a frame's event
// owns, its bytes.
#include <gtest/gtest.h>

#include "media/receivers.h"
#include "media/testing/source.h"
#include "rtp/extensions/video_orientation.h"
#include "simulation/random.h"
#include "testing/counting_allocator.h"

namespace specter::media {
namespace {

using namespace media::testing;
using namespace std::chrono_literals;

TEST(MediaMemory, IsThatOfTheFramesThatAreTold) {
  simulation::SeededRandom random(1);
  Receivers receivers({}, random);
  Timestamp now = Timestamp{} + 1000s;
  receivers.set(now, TransceiverId{1}, video());
  Source source;
  source.extensions.add(kMidId, rtp::Mid{"0"});
  source.extensions.add(kOrientationId, rtp::VideoOrientation{.quarter_turns = 1});
  std::vector<rtcp::Message> feedback;
  std::int64_t in_packets = 0, frames = 0, in_frames = 0;
  std::uint32_t number = 0;
  const auto turn = [&](bool has_loss) {
    source.timestamp += 3000;
    auto packets = source.frame(vp8_frame(++number, number == 1, 20'000));
    // Two of them change places, and one comes as its own repair.
    std::swap(packets[5], packets[6]);
    if (has_loss) {
      packets.push_back(source.repair(packets[10]));
      packets.erase(packets.begin() + 10);
    }
    for (const Buffer& packet : packets) {
      now += 1ms;
      const std::int64_t before = specter::testing::allocations;
      receivers.handle_packet(now, packet);
      receivers.handle_timeout(now);
      (void)receivers.next_timeout();
      const std::int64_t cost = specter::testing::allocations - before;
      if (auto event = receivers.poll_event()) {
        if (std::holds_alternative<core::Frame>(*event)) ++frames;
        in_frames += cost;
      } else {
        in_packets += cost;
      }
    }
    receivers.write_feedback(now, feedback);
    feedback.clear();
  };
  for (int i = 0; i < 100; ++i) turn(true);
  in_packets = frames = in_frames = 0;
  for (int i = 0; i < 200; ++i) turn(i % 2 == 0);
  EXPECT_EQ(in_packets, 0);
  EXPECT_EQ(frames, 200);
  EXPECT_EQ(in_frames, 200) << "the bytes of each";
}

}  // namespace
}  // namespace specter::media
