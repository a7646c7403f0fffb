#include "cli/media/frame_file.h"

#include <vector>

#include <gmock/gmock.h>

#include "codec/opus/toc.h"

namespace specter::cli::transfer {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kStart = 0xffff'f000;  // the timestamps wrap

class OpusFile {
 public:
  void add(std::uint32_t timestamp) {
    const Buffer bytes{0xf8, 0xff, 0xfe};  // 20 ms, of silence
    EXPECT_TRUE(file_.add({.bytes = bytes, .timestamp = kStart + timestamp, .duration = 960}));
  }
  // How long its packets are; those that were not added are negative.
  std::vector<int> durations() {
    file_.finish();
    container::OggOpusReader reader;
    reader.append(file_.bytes());
    std::vector<int> out;
    std::int64_t sum = 0;
    while (const auto packet = reader.poll().value()) {
      const auto toc = codec::opus::Toc::parse(packet->bytes).value();
      const auto duration = static_cast<int>(toc.duration());
      sum += duration;
      if (packet->position) {
        EXPECT_EQ(packet->position, sum);
      }
      out.push_back(packet->bytes.size() == 3 ? duration : -duration);
    }
    return out;
  }
  std::uint64_t frames() const { return file_.frames(); }

 private:
  FrameFile file_{Kind::Opus};
};

// RFC 7845 §4.1: what was lost, or not sent since there was nothing to hear, has its place.
TEST(FrameFile, FillsTheGapsOfOpus) {
  OpusFile file;
  file.add(0);
  file.add(960);
  file.add(960 + 19'200);
  EXPECT_EQ(file.frames(), 3U);
  EXPECT_THAT(file.durations(), ElementsAre(960, 960, -5760, -5760, -5760, -960, 960));
}

// Gaps that are no multiple of 2.5 ms do not add up to an error.
TEST(FrameFile, KeepsTheRestOfAGapForTheNext) {
  OpusFile file;
  file.add(0);
  file.add(960 + 100);
  file.add(2 * (960 + 100));
  file.add(3 * (960 + 100));
  EXPECT_THAT(file.durations(), ElementsAre(960, 960, -120, 960, -120, 960));
}

TEST(FrameFile, TakesAJumpOfTimestampsForANewBeginning) {
  OpusFile file;
  file.add(0);
  file.add(960 + FrameFile::kMaxGap + 1);
  file.add(0);
  file.add(960 + 960);
  EXPECT_THAT(file.durations(), ElementsAre(960, 960, 960, -960, 960));
}

}  // namespace
}  // namespace specter::cli::transfer
