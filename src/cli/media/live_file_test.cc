#include "cli/media/live_file.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cli/testing/written_file.h"
#include "container/ivf.h"

namespace specter::cli::transfer {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kBegin{1h};

// The first bytes of VP8 frames of 16 x 16 pixels; RFC 6386 §9.1.
Buffer key_frame(std::uint8_t mark) { return {0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0, mark}; }
Buffer delta_frame(std::uint8_t mark) { return {0x11, 0, 0, mark}; }

// Of 25 frames a second.
WrittenFile ivf(const std::vector<Buffer>& frames) {
  Buffer out;
  container::IvfHeader header{.width = 16, .height = 16, .denominator = 25, .numerator = 1};
  header.write(out);
  for (std::uint64_t i = 0; i < frames.size(); ++i) container::write_ivf_frame(out, {i, frames[i]});
  return out;
}

LiveFile open(const WrittenFile& file, LiveFile::Repeat repeat) {
  auto opened = LiveFile::open(file.path(), repeat, 25);
  if (!opened) throw std::runtime_error(opened.error());
  return std::move(*opened);
}

// The marks of what is given until `end`, and when.
std::vector<std::pair<Duration, int>> given(LiveFile& file, Duration end) {
  std::vector<std::pair<Duration, int>> out;
  for (Timestamp now = kBegin; now < kBegin + end;) {
    while (const auto sample = file.poll(now).value()) {
      EXPECT_EQ(sample->duration, 40ms);
      out.emplace_back(sample->due - kBegin, sample->bytes.back());
    }
    if (!file.next_timeout()) break;
    now = *file.next_timeout();
  }
  return out;
}

using Given = std::vector<std::pair<Duration, int>>;

TEST(LiveFile, GivesEachSampleWhenItIsDueAndEnds) {
  const WrittenFile written = ivf({key_frame(1), delta_frame(2), delta_frame(3)});
  LiveFile file = open(written, LiveFile::Repeat::Once);
  EXPECT_EQ(given(file, 1s), (Given{{0ms, 1}, {40ms, 2}, {80ms, 3}}));
  EXPECT_TRUE(file.is_over());
}

TEST(LiveFile, BeginsAnewForever) {
  const WrittenFile written = ivf({key_frame(1), delta_frame(2)});
  LiveFile file = open(written, LiveFile::Repeat::Forever);
  EXPECT_EQ(given(file, 200ms), (Given{{0ms, 1}, {40ms, 2}, {80ms, 1}, {120ms, 2}, {160ms, 1}}));
  EXPECT_FALSE(file.is_over());
}

TEST(LiveFile, JumpsToTheNextKeyFrameWithoutAPause) {
  const WrittenFile written =
      ivf({key_frame(1), delta_frame(2), delta_frame(3), key_frame(4), delta_frame(5)});
  LiveFile file = open(written, LiveFile::Repeat::Once);
  EXPECT_EQ(file.poll(kBegin).value()->bytes.back(), 1);
  ASSERT_TRUE(file.jump_to_key_frame());
  EXPECT_EQ(given(file, 1s), (Given{{40ms, 4}, {80ms, 5}}));
}

TEST(LiveFile, BeginsAnewWhereNoKeyFrameFollows) {
  const WrittenFile written = ivf({key_frame(1), delta_frame(2), delta_frame(3)});
  LiveFile file = open(written, LiveFile::Repeat::Once);
  EXPECT_EQ(file.poll(kBegin).value()->bytes.back(), 1);
  ASSERT_TRUE(file.jump_to_key_frame());
  EXPECT_EQ(given(file, 1s), (Given{{40ms, 1}, {80ms, 2}, {120ms, 3}}));
}

TEST(LiveFile, StaysWhereItIsBeforeAKeyFrame) {
  const WrittenFile written = ivf({key_frame(1), key_frame(2), delta_frame(3)});
  LiveFile file = open(written, LiveFile::Repeat::Once);
  ASSERT_TRUE(file.jump_to_key_frame());
  EXPECT_EQ(given(file, 1s), (Given{{0ms, 1}, {40ms, 2}, {80ms, 3}}));
}

// Past kMaxSkipped samples without a key frame.
TEST(LiveFile, LooksForAKeyFrameForSoManySamplesAndNoMore) {
  std::vector<Buffer> frames(LiveFile::kMaxSkipped + 2, delta_frame(2));
  frames.front() = key_frame(1);
  frames.push_back(key_frame(9));
  const WrittenFile written = ivf(frames);
  LiveFile file = open(written, LiveFile::Repeat::Once);
  EXPECT_EQ(file.poll(kBegin).value()->bytes.back(), 1);
  ASSERT_TRUE(file.jump_to_key_frame());
  EXPECT_EQ(file.poll(kBegin + 40ms).value()->bytes.back(), 1);
}

TEST(LiveFile, GoesOnFromNowWhenItWasAskedMuchTooLate) {
  const WrittenFile written = ivf({key_frame(1), delta_frame(2), delta_frame(3)});
  LiveFile file = open(written, LiveFile::Repeat::Once);
  EXPECT_TRUE(file.poll(kBegin).value());
  EXPECT_TRUE(file.poll(kBegin + 1min).value());
  EXPECT_FALSE(file.poll(kBegin + 1min).value());
  EXPECT_EQ(file.next_timeout(), kBegin + 1min + 40ms);
}

TEST(LiveFile, AnIdrPictureOrARecoveryPointIsAKeyFrame) {
  EXPECT_TRUE(is_key_frame(Kind::H264, Buffer{0, 0, 0, 1, 0x67, 1, 0, 0, 0, 1, 0x65, 0x88}));
  EXPECT_TRUE(
      is_key_frame(Kind::H264, Buffer{0, 0, 0, 1, 0x06, 6, 1, 0x84, 0x80, 0, 0, 1, 0x41, 0x9a}));
  EXPECT_FALSE(is_key_frame(Kind::H264, Buffer{0, 0, 0, 1, 0x41, 0x9a}));
  EXPECT_FALSE(is_key_frame(Kind::H264, {}));
  EXPECT_TRUE(is_key_frame(Kind::Vp8, key_frame(1)));
  EXPECT_FALSE(is_key_frame(Kind::Vp8, delta_frame(1)));
  EXPECT_TRUE(is_key_frame(Kind::Opus, Buffer{0xfc}));
}

}  // namespace
}  // namespace specter::cli::transfer
