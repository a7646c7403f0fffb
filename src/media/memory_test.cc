// Nothing is allocated for a packet once the largest frame has been there, RTX and reports of the
// peer's included.
#include <gtest/gtest.h>

#include "media/testing/send_rig.h"
#include "testing/counting_allocator.h"

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using namespace media::testing;

TEST(MediaMemory, OfSendingIsThatOfTheLargestFrame) {
  SendRig rig;
  SendRig::connect(rig);
  rig.senders.set(rig.now, kAudio, audio());
  const Buffer key = key_frame(60'000), delta = delta_frame(5'000), sound = opus_packet();
  rtcp::Message message = rtcp::Nack{.sender_ssrc = 9, .media_ssrc = kVideoSsrc, .items = {{0, 0}}};
  rtcp::Nack& nack = std::get<rtcp::Nack>(message);
  std::uint64_t packets = 0, repairs = 0;
  const auto turn = [&](int frames) {
    for (int i = 0; i < frames; ++i) {
      ASSERT_TRUE(rig.write(i % 50 == 0 ? key : delta));
      ASSERT_TRUE(rig.write(sound, {.duration = 20ms}, kAudio));
      for (int step = 0; step < 20; ++step) {
        rig.senders.handle_timeout(rig.now);
        while (const Departure* const departure = rig.senders.poll_packet(rig.now)) {
          ++packets;
          repairs += departure->is_retransmission ? 1 : 0;
          if (departure->ssrc == kVideoSsrc) nack.items[0].sequence = departure->sequence;
          rig.senders.handle_sent(rig.now);
        }
        rig.now += 1ms;
      }
      if (i % 4 == 0) rig.senders.handle(rig.now, message);
      while (rig.senders.poll_event()) {
      }
    }
  };
  turn(500);
  packets = repairs = 0;
  const std::int64_t before = specter::testing::allocations;
  const std::int64_t live = specter::testing::live_bytes;
  turn(15'000);
  EXPECT_EQ(specter::testing::allocations - before, 0);
  EXPECT_EQ(specter::testing::live_bytes - live, 0);
  EXPECT_GT(packets, 100'000u);
  EXPECT_GT(repairs, 3'000u);
}

// docs/failures.md row 208: streams that go leave nothing behind.
TEST(MediaMemory, IsFlatOverThousandsOfTracks) {
  SendRig rig;
  rig.senders.set_connected(rig.now, true);
  std::int64_t after_ten = 0;
  for (int i = 0; i < 10'000; ++i) {
    const TransceiverId id{static_cast<std::uint64_t>(i)};
    auto parameters = video();
    parameters.encodings[0].ssrc = static_cast<std::uint32_t>(2 * i + 100);
    parameters.encodings[0].rtx_ssrc = static_cast<std::uint32_t>(2 * i + 101);
    rig.senders.set(rig.now, id, parameters);
    ASSERT_TRUE(rig.write(key_frame(20'000), {}, id));
    while (rig.senders.poll_packet(rig.now)) rig.senders.handle_sent(rig.now);
    rig.now += 1ms;
    rig.senders.remove(rig.now, id);
    rig.reports.clear();
    rig.senders.write_reports(rig.now, rig.reports);
    while (rig.senders.poll_event()) {
    }
    if (i == 10) after_ten = specter::testing::live_bytes;
  }
  EXPECT_LE(specter::testing::live_bytes - after_ten, 0);
}

}  // namespace
}  // namespace specter::media
