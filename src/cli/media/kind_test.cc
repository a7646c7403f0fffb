#include "cli/media/kind.h"

#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

namespace specter::cli::transfer {
namespace {

std::optional<Kind> by_content(const std::string& name) {
  std::ifstream file(SPECTER_TEST_DATA "/media/" + name, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  return kind_of_file(as_bytes(bytes), "no.ending");
}

TEST(KindOfFile, IsTakenFromTheFirstBytes) {
  EXPECT_EQ(by_content("x264.h264"), Kind::H264);
  EXPECT_EQ(by_content("x264-slices.h264"), Kind::H264);
  EXPECT_EQ(by_content("libvpx.ivf"), Kind::Vp8);
  EXPECT_EQ(by_content("gstreamer.ogg"), Kind::Opus);
}

TEST(KindOfFile, IsTakenFromTheEndingWhereTheBytesSayNothing) {
  EXPECT_EQ(kind_of_file({}, "a.264"), Kind::H264);
  EXPECT_EQ(kind_of_file({}, "A.H264"), Kind::H264);
  EXPECT_EQ(kind_of_file({}, "a.ivf"), Kind::Vp8);
  EXPECT_EQ(kind_of_file({}, "a.opus"), Kind::Opus);
  EXPECT_EQ(kind_of_file(as_bytes("what?"), "a.txt"), std::nullopt);
}

TEST(KindOfFile, BytesWinOverTheEnding) {
  EXPECT_EQ(kind_of_file(as_bytes("OggS"), "a.ivf"), Kind::Opus);
  EXPECT_EQ(kind_of_file(as_bytes("DKIF\0\0 \0AV01"), "a.ivf"), std::nullopt);
}

TEST(Kind, HasItsNameInAnyCase) {
  EXPECT_EQ(kind_of("VP8"), Kind::Vp8);
  EXPECT_EQ(kind_of("Opus"), Kind::Opus);
  EXPECT_EQ(kind_of("h265"), std::nullopt);
  EXPECT_EQ(kind_of(""), std::nullopt);
}

}  // namespace
}  // namespace specter::cli::transfer
