#include "cli/media/sample_file.h"

#include <fstream>
#include <iterator>
#include <vector>

#include <gmock/gmock.h>

#include "cli/testing/written_file.h"

namespace specter::cli::transfer {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string media(const std::string& name) { return SPECTER_TEST_DATA "/media/" + name; }

SampleFile open(const std::string& path, double fps = 15) {
  return SampleFile::open(path, std::nullopt, fps).value();
}

std::vector<std::int64_t> times(SampleFile& file) {
  std::vector<std::int64_t> out;
  while (const auto sample = file.next().value()) out.push_back(sample->ticks);
  return out;
}

TEST(SampleFile, GivesAccessUnitsBySoManyASecond) {
  SampleFile file = open(media("x264.h264"));
  EXPECT_THAT(times(file), ElementsAre(0, 6000, 12000, 18000, 24000, 30000, 36000, 42000));
  EXPECT_EQ(file.end_ticks(), 48'000);
}

TEST(SampleFile, GivesFramesOfIvfByItsTimebase) {
  SampleFile file = open(media("libvpx.ivf"));
  EXPECT_THAT(times(file), ElementsAre(0, 6000, 12000, 18000, 24000, 30000, 36000, 42000));
  EXPECT_EQ(file.end_ticks(), 48'000);
}

TEST(SampleFile, GivesOpusPacketsByTheirDurations) {
  SampleFile file = open(media("libopus-60ms.ogg"));
  const auto all = times(file);
  ASSERT_GT(all.size(), 2U);
  EXPECT_EQ(all[1] - all[0], 2880);
  EXPECT_EQ(file.end_ticks(), static_cast<std::int64_t>(all.size()) * 2880);
}

TEST(SampleFile, GoesOnInTimeWhenItIsReadAgain) {
  for (const char* name : {"openh264.h264", "libvpx.ivf", "libopus.ogg"}) {
    SampleFile file = open(media(name));
    const auto once = times(file);
    const std::int64_t end = file.end_ticks();
    ASSERT_TRUE(file.rewind());
    const auto again = times(file);
    ASSERT_EQ(again.size(), once.size()) << name;
    for (std::size_t i = 0; i < once.size(); ++i) EXPECT_EQ(again[i], once[i] + end) << name;
  }
}

TEST(SampleFile, SaysWhatIsWrongWithAFile) {
  const auto error_of = [](const std::string& path, std::optional<Kind> kind = std::nullopt) {
    auto file = SampleFile::open(path, kind, 30);
    if (!file) return file.error();
    while (true) {
      const auto sample = file->next();
      if (!sample) return sample.error();
      if (!*sample) return std::string("nothing");
    }
  };
  EXPECT_THAT(error_of("/nowhere/a.ivf"), HasSubstr("No such file"));
  EXPECT_THAT(error_of(::testing::TempDir()), HasSubstr("is a folder"));
  EXPECT_THAT(error_of("/dev/zero", Kind::H264), HasSubstr("is no ordinary file"));
  EXPECT_THAT(error_of(WrittenFile(".ivf", "").path()), HasSubstr("is empty"));
  const WrittenFile text(".txt", "hello world, this is a text of more than a header");
  EXPECT_THAT(error_of(text.path()), HasSubstr("is of an unknown kind"));
  EXPECT_THAT(error_of(text.path(), Kind::Vp8), HasSubstr("is no IVF file"));
  EXPECT_THAT(error_of(text.path(), Kind::H264), HasSubstr("is no Annex B file"));
  EXPECT_THAT(error_of(text.path(), Kind::Opus), HasSubstr("nothing to send"));
  EXPECT_THAT(error_of(media("libvpx.ivf"), Kind::H264), HasSubstr("is no Annex B file"));
}

TEST(SampleFile, GivesWhatIsWholeOfAFileThatIsCut) {
  std::ifstream in(media("libvpx.ivf"), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  bytes.resize(bytes.size() - 10);
  const WrittenFile cut(".ivf", bytes);
  SampleFile file = open(cut.path());
  EXPECT_EQ(times(file).size(), 7U);
  EXPECT_TRUE(file.is_cut());
}

TEST(IvfTimes, PassOverNonsense) {
  const container::IvfHeader header{.denominator = 30, .numerator = 1};
  IvfTimes times(header, 0);
  EXPECT_EQ(times.next(100), 0);
  EXPECT_EQ(times.next(101), 3000);
  EXPECT_EQ(times.next(99), 6000);   // back
  EXPECT_EQ(times.next(100), 9000);  // goes on from there
  EXPECT_EQ(times.next(~std::uint64_t{0}), 12'000);
  EXPECT_EQ(times.next(0), 15'000);
  EXPECT_EQ(times.next(0), 18'000);              // the same
  EXPECT_EQ(times.next(300), 18'000 + 900'000);  // 10 s are believed
  EXPECT_EQ(times.next(601), 2 * (18'000 + 900'000) - 18'000);
}

TEST(IvfTimes, OfATimebaseThatCantBeStillMoveOn) {
  IvfTimes small({.denominator = 0xffff'ffff, .numerator = 1}, 0);
  EXPECT_EQ(small.next(0), 0);
  EXPECT_EQ(small.next(1), 90);
  IvfTimes large({.denominator = 1, .numerator = 0xffff'ffff}, 0);
  EXPECT_EQ(large.next(0), 0);
  EXPECT_EQ(large.next(1), 90'000);
}

}  // namespace
}  // namespace specter::cli::transfer
