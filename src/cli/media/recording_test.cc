#include "cli/media/recording.h"

#include <gtest/gtest.h>

#include "cli/media/sample_file.h"
#include "cli/testing/written_file.h"

namespace specter::cli::transfer {
namespace {

MediaFrame vp8(std::uint32_t timestamp, bool is_key_frame, std::uint8_t mark) {
  return {.bytes = {0x10, 0, mark},
          .codec = "VP8",
          .rtp_timestamp = timestamp,
          .is_key_frame = is_key_frame,
          .width = 16,
          .height = 8};
}

TEST(Recording, IsReadAsItWasWritten) {
  const WrittenFile there(".ivf", "old");
  Recording recording(there.path());
  recording.add(vp8(0xffff'ff00, true, 1));
  recording.add(vp8(0xffff'ff00 + 3000, false, 2));  // The timestamp wraps.
  recording.finish();
  EXPECT_EQ(recording.frames(), 2u);

  auto file = SampleFile::open(there.path(), std::nullopt, 25).value();
  EXPECT_EQ(file.kind(), Kind::Vp8);
  EXPECT_EQ((*file.next())->ticks, 0);
  const auto second = **file.next();
  EXPECT_EQ(second.ticks, 3000);
  EXPECT_EQ(second.bytes.back(), 2);
  EXPECT_FALSE(*file.next());
}

TEST(Recording, BeginsWithAKeyFrameAndHasOneCodec) {
  const WrittenFile there(".ivf", "");
  Recording recording(there.path());
  recording.add(vp8(0, false, 1));
  EXPECT_EQ(recording.left_out(), 1u);
  recording.add(vp8(3000, true, 2));
  MediaFrame other = vp8(6000, true, 3);
  other.codec = "H264";
  recording.add(other);
  other.codec = "AV1";
  recording.add(other);
  EXPECT_EQ(recording.left_out(), 3u);
  EXPECT_EQ(recording.frames(), 1u);
}

TEST(Recording, WithoutAFrameLeavesTheFileAsItIs) {
  const WrittenFile there(".ivf", "old");
  Recording recording(there.path());
  recording.finish();
  std::ifstream file(there.path());
  std::string text;
  file >> text;
  EXPECT_EQ(text, "old");
}

TEST(Recording, IsBrokenWhereNothingCanBeWritten) {
  Recording recording("/dev/full");
  for (int i = 0; i < 10'000 && !recording.is_broken(); ++i) recording.add(vp8(0, true, 1));
  recording.finish();
  EXPECT_TRUE(recording.is_broken());
}

}  // namespace
}  // namespace specter::cli::transfer
