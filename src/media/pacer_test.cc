#include "media/pacer.h"

#include <gmock/gmock.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr Timestamp kStart{1000s};

// A pacer that is polled as a driver would.
struct Rig {
  explicit Rig(PacerOptions options = {}) : pacer(options) {}

  // A frame of equal packets, of a timestamp of its own.
  Pacer::Room push(Lane& lane, int packets, bool stands_alone = false, std::uint32_t bytes = 1000) {
    const auto room = pacer.make_room(now, lane, static_cast<std::size_t>(packets) * bytes);
    if (!room.fits) return room;
    ++timestamp;
    for (int i = 0; i < packets; ++i) {
      Draft draft;
      draft.header.timestamp = timestamp;
      draft.bytes = bytes;
      draft.stands_alone = stands_alone;
      draft.body = Bytes(body).first(bytes);
      pacer.push(now, lane, std::move(draft));
    }
    return room;
  }

  struct Left {
    Timestamp at;
    Lane* lane;
    std::uint32_t timestamp;  // 0: a repair
    std::size_t bytes;
  };
  std::vector<Left> drain() {
    std::vector<Left> out;
    while (auto turn = pacer.next(now)) {
      const std::size_t bytes = turn->draft ? turn->draft->bytes : 1000;
      out.push_back({now, turn->lane, turn->draft ? turn->draft->header.timestamp : 0, bytes});
      pacer.spend(now, bytes);
    }
    return out;
  }
  std::vector<Left> run(Duration duration) {
    const Timestamp end = now + duration;
    auto out = drain();
    while (const Deadline next = pacer.next_timeout()) {
      if (*next > end) break;
      EXPECT_GT(*next, now);  // or the driver would spin
      now = std::max(now, *next);
      for (const Left& left : drain()) out.push_back(left);
    }
    now = end;
    return out;
  }

  Buffer body = Buffer(2000);
  Pacer pacer;
  Timestamp now = kStart;
  std::uint32_t timestamp = 0;
};

std::vector<std::size_t> bursts(const std::vector<Rig::Left>& left) {
  std::vector<std::size_t> out;
  Deadline last;
  for (const auto& each : left) {
    if (last != each.at) out.push_back(0);
    last = each.at;
    ++out.back();
  }
  return out;
}

TEST(Pacer, LetsAFrameGoAtOnceAndSpreadsAKeyFrame) {
  Rig rig;
  Lane lane(MediaKind::Video);
  rig.pacer.add(lane);
  rig.push(lane, 3);
  EXPECT_EQ(rig.drain().size(), 3u);
  rig.now += 1s;
  // 2.5 Mbit/s are 12,500 bytes in 40 ms, and 1562 in each 5 ms after that.
  rig.push(lane, 30);
  const auto left = rig.run(1s);
  ASSERT_EQ(left.size(), 30u);
  EXPECT_EQ(bursts(left).front(), 13u);
  EXPECT_GE(left.back().at - left.front().at, 40ms);
  EXPECT_LE(left.back().at - left.front().at, 60ms);
}

// docs/failures.md row 203: a queue of 100 kB on the way, drained at the rate of the stream times
// 1.2, never overflows.
TEST(Pacer, NeverFillsAQueueOfAHundredKilobytes) {
  for (const int packets : {4, 8, 40}) {  // 1, 2, 10 Mbit/s at 30 frames a second
    Rig rig;
    Lane lane(MediaKind::Video);
    rig.pacer.add(lane);
    const double rate = 1.2 * 30 * packets * 1000;  // bytes a second
    double queue = 0, most = 0;
    Timestamp last = rig.now;
    std::size_t sent = 0;
    for (int frame = 0; frame < 900; ++frame) {
      rig.push(lane, frame % 300 == 299 ? std::min(5 * packets, 100) : packets);
      for (const auto& left : rig.run(Duration(1s) / 30)) {
        queue = std::max(0.0, queue - rate * std::chrono::duration<double>(left.at - last).count());
        last = left.at;
        queue += 1000;
        most = std::max(most, queue);
        ++sent;
      }
    }
    EXPECT_LE(most, 100'000) << packets;
    EXPECT_GE(sent, 900u * static_cast<unsigned>(packets));
  }
}

TEST(Pacer, FollowsTheRateThatIsWritten) {
  Rig rig;
  Lane lane(MediaKind::Video);
  rig.pacer.add(lane);
  EXPECT_EQ(rig.pacer.rate(rig.now), 2'500'000);
  for (int i = 0; i < 100; ++i) {  // 8 Mbit/s
    rig.push(lane, 10);
    rig.run(10ms);
  }
  EXPECT_EQ(rig.pacer.rate(rig.now - 1ms), 20'000'000);
}

TEST(Pacer, MakesRunsOfThreeAtTwoAndAHalfMegabits) {
  // Bursts of one tick: a video of 2.5 Mbit/s, 9 packets a frame, at 2.5 times its rate.
  Rig rig({.max_burst = 5ms});
  Lane lane(MediaKind::Video);
  rig.pacer.add(lane);
  std::vector<std::size_t> runs;
  for (int frame = 0; frame < 90; ++frame) {
    rig.push(lane, 9, false, 1157);
    const auto burst = bursts(rig.run(Duration(1s) / 30));
    if (frame >= 60) runs.insert(runs.end(), burst.begin(), burst.end());
  }
  const double mean = 30.0 * 9 / static_cast<double>(runs.size());
  EXPECT_GE(mean, 2.9);
  EXPECT_LE(mean, 4.6);
}

TEST(Pacer, TakesAudioFirstThenRepairsThenVideo) {
  Rig rig;
  Lane audio(MediaKind::Audio), video(MediaKind::Video);
  rig.pacer.add(video);
  rig.pacer.add(audio);
  rig.push(video, 1);
  video.push_repair(7);
  rig.push(audio, 1);
  const auto left = rig.drain();
  ASSERT_EQ(left.size(), 3u);
  EXPECT_EQ(left[0].lane, &audio);
  EXPECT_EQ(left[1].timestamp, 0u);
  EXPECT_EQ(left[2].timestamp, 1u);
}

TEST(Pacer, NeverHoldsAudioBack) {
  Rig rig;
  Lane audio(MediaKind::Audio), video(MediaKind::Video);
  rig.pacer.add(audio);
  rig.pacer.add(video);
  rig.push(video, 100);
  rig.drain();
  ASSERT_FALSE(video.empty());
  for (int i = 0; i < 50; ++i) {
    rig.push(audio, 1, true, 200);
    EXPECT_EQ(rig.pacer.next_timeout(), Timestamp::min());
    const auto left = rig.drain();
    ASSERT_FALSE(left.empty());
    EXPECT_EQ(left.front().lane, &audio);
    rig.now += 1ms;
  }
}

TEST(Pacer, GivesSourcesTheirTurnsByFrames) {
  Rig rig({.max_burst = 1s});
  Lane one(MediaKind::Video), two(MediaKind::Video);
  rig.pacer.add(one);
  rig.pacer.add(two);
  for (int i = 0; i < 2; ++i) {
    rig.push(one, 3);
    rig.push(two, 2);
  }
  std::vector<std::uint32_t> order;
  for (const auto& left : rig.drain()) order.push_back(left.timestamp);
  EXPECT_THAT(order, ElementsAre(1, 1, 1, 2, 2, 3, 3, 3, 4, 4));
}

TEST(Pacer, HoldsASourceToItsLimit) {
  Rig rig;
  Lane lane(MediaKind::Video);
  lane.set_max_rate(800'000);  // 100,000 bytes a second
  rig.pacer.add(lane);
  std::size_t left = 0;
  for (int frame = 0; frame < 300; ++frame) {  // twice as much
    rig.push(lane, 2, true, 3'333 / 2);
    left += rig.run(Duration(1s) / 60).size();
  }
  // 5 s, and the second that it may be ahead.
  EXPECT_NEAR(static_cast<double>(left) * 1666, 600'000, 5'000);
}

TEST(Pacer, StopsASourceWhoseLimitIsZero) {
  Rig rig;
  Lane lane(MediaKind::Video);
  lane.set_max_rate(0);
  rig.pacer.add(lane);
  rig.push(lane, 1);
  EXPECT_TRUE(rig.run(10s).empty());
  EXPECT_EQ(rig.pacer.next_timeout(), std::nullopt);
}

// docs/failures.md row 207
TEST(Pacer, DropsTheOldestFramesWhereThereIsNoRoom) {
  Rig rig({.max_bytes = 10'000});
  Lane lane(MediaKind::Video);
  lane.set_max_rate(0);
  rig.pacer.add(lane);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(rig.push(lane, 3, true).has_dropped);
  const auto room = rig.push(lane, 3, true);
  EXPECT_TRUE(room.fits);
  EXPECT_TRUE(room.has_dropped);
  EXPECT_FALSE(room.is_broken);
  EXPECT_EQ(lane.bytes(), 9000u);
  EXPECT_EQ(lane.dropped_frames(), 1u);
  EXPECT_FALSE(rig.push(lane, 11, true).fits);  // more than there can ever be
  EXPECT_LE(lane.bytes(), 10'000u);
}

TEST(Pacer, DropsWhatHasWaitedTwoSeconds) {
  Rig rig;
  Lane lane(MediaKind::Video);
  lane.set_max_rate(0);
  rig.pacer.add(lane);
  rig.push(lane, 1, true);
  rig.now += 2s;
  EXPECT_FALSE(rig.pacer.make_room(rig.now, lane, 0).has_dropped);
  rig.now += 1ns;
  const auto room = rig.pacer.make_room(rig.now, lane, 0);
  EXPECT_TRUE(room.has_dropped);
  EXPECT_TRUE(room.is_broken);
  EXPECT_TRUE(lane.empty());
}

// What follows a dropped frame can't be decoded, up to the next that stands alone.
TEST(Pacer, DropsUpToTheNextKeyFrame) {
  Rig rig({.max_bytes = 10'000});
  Lane lane(MediaKind::Video);
  lane.set_max_rate(0);
  rig.pacer.add(lane);
  for (const bool is_key : {true, false, false, true, false}) rig.push(lane, 2, is_key);
  const auto room = rig.push(lane, 2, false);
  EXPECT_TRUE(room.has_dropped);
  EXPECT_FALSE(room.is_broken);
  EXPECT_EQ(lane.packets(), 6u);  // the second key frame and what follows it
  EXPECT_EQ(lane.dropped_frames(), 3u);
}

// A frame that has begun is finished: cut off, it would look whole.
TEST(Pacer, FinishesWhatHasBegun) {
  Rig rig({.max_bytes = 20'000});
  Lane lane(MediaKind::Video);
  rig.pacer.add(lane);
  rig.push(lane, 20, true);
  const auto first = rig.drain();
  EXPECT_EQ(first.size(), 13u);
  EXPECT_TRUE(lane.is_in_frame());
  rig.push(lane, 10, false);
  const auto room = rig.push(lane, 10, true);
  EXPECT_TRUE(room.has_dropped);
  EXPECT_TRUE(room.is_broken);
  std::vector<std::uint32_t> order;
  for (const auto& left : rig.run(1s)) order.push_back(left.timestamp);
  EXPECT_EQ(std::ranges::count(order, 1u), 7);
  EXPECT_EQ(std::ranges::count(order, 2u), 0);
  EXPECT_EQ(std::ranges::count(order, 3u), 10);
}

TEST(Pacer, ForgetsALaneThatIsGone) {
  Rig rig;
  Lane keeps(MediaKind::Video);
  {
    Lane goes(MediaKind::Video);
    rig.pacer.add(goes);
    rig.pacer.add(keeps);
    rig.push(goes, 20);
    rig.drain();  // in the middle of a frame
    rig.pacer.remove(goes);
  }
  rig.push(keeps, 1);
  EXPECT_EQ(rig.run(1s).size(), 1u);
}

TEST(Pacer, ClearsALaneAndCountsFrames) {
  Rig rig;
  Lane lane(MediaKind::Video);
  rig.pacer.add(lane);
  rig.push(lane, 20);
  rig.drain();
  rig.push(lane, 2);
  rig.push(lane, 2);
  lane.push_repair(1);
  lane.clear();
  EXPECT_EQ(lane.dropped_frames(), 3u);
  EXPECT_EQ(lane.bytes(), 0u);
  EXPECT_TRUE(rig.run(1s).empty());
}

}  // namespace
}  // namespace specter::media
