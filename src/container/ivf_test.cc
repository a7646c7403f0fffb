#include "container/ivf.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "testing/data.h"
#include "testing/hex.h"

namespace specter::container {
namespace {

using specter::testing::hex;

constexpr std::string_view kHeader =
    "44 4b 49 46 00 00 20 00 56 50 38 30 a0 00 78 00 1e 00 00 00 01 00 00 00 02 00 00 00 00 00 00 "
    "00";

struct Kept {
  std::uint64_t timestamp;
  Buffer bytes;
  bool operator==(const Kept&) const = default;
};

std::expected<std::vector<Kept>, ParseError> read(IvfReader& reader, Bytes file,
                                                  std::size_t chunk = 1000) {
  std::vector<Kept> frames;
  while (true) {
    const auto frame = reader.poll();
    if (!frame) return std::unexpected(frame.error());
    if (*frame) {
      frames.push_back({(*frame)->timestamp, to_buffer((*frame)->bytes)});
    } else if (!file.empty()) {
      const Bytes more = file.first(std::min(chunk, file.size()));
      reader.append(more);
      file = file.subspan(more.size());
    } else {
      return frames;
    }
  }
}

TEST(Ivf, IsWrittenAndReadAsKnownBytes) {
  const IvfHeader header{.width = 160, .height = 120, .frames = 2};
  Buffer file;
  header.write(file);
  EXPECT_EQ(file, hex(kHeader));
  write_ivf_frame(file, {0, hex("aa bb")});
  write_ivf_frame(file, {0x0102030405, {}});
  EXPECT_EQ(Buffer(file.begin() + 32, file.end()),
            hex("02 00 00 00 00 00 00 00 00 00 00 00 aa bb  00 00 00 00 05 04 03 02 01 00 00 00"));
  for (std::size_t chunk = 1; chunk <= file.size(); ++chunk) {
    IvfReader reader;
    const auto frames = read(reader, file, chunk);
    EXPECT_EQ(reader.header(), header);
    EXPECT_EQ(frames, (std::vector<Kept>{{0, hex("aa bb")}, {0x0102030405, {}}}));
    EXPECT_FALSE(reader.is_truncated());
  }
}

TEST(Ivf, SaysThatAFileIsCut) {
  Buffer file = hex(kHeader);
  write_ivf_frame(file, {0, hex("aa bb")});
  for (std::size_t size = 0; size < file.size(); ++size) {
    IvfReader reader;
    EXPECT_EQ(read(reader, Bytes(file).first(size))->size(), 0u);
    EXPECT_EQ(reader.is_truncated(), size != 32) << size;
  }
}

TEST(Ivf, RefusesWhatItIsNot) {
  const auto error = [](std::size_t at, std::uint8_t value) {
    Buffer file = hex(kHeader);
    file[at] = value;
    IvfReader reader;
    return read(reader, file);
  };
  EXPECT_TRUE(error(0, 0x44));
  EXPECT_EQ(error(0, 0x45), std::unexpected(ParseError::WrongType));
  EXPECT_EQ(error(4, 1), std::unexpected(ParseError::BadValue));
  EXPECT_EQ(error(6, 31), std::unexpected(ParseError::BadLength));
  EXPECT_EQ(error(16, 0), std::unexpected(ParseError::BadValue));
  EXPECT_EQ(error(20, 0), std::unexpected(ParseError::BadValue));
}

TEST(Ivf, SkipsWhatALongerHeaderHas) {
  Buffer file = hex(kHeader);
  file[6] = 35;
  file.insert(file.end(), 3, 0xee);
  write_ivf_frame(file, {1, hex("aa")});
  for (const std::size_t chunk : {1, 33, 1000}) {
    IvfReader reader;
    EXPECT_EQ(read(reader, file, chunk), (std::vector<Kept>{{1, hex("aa")}}));
  }
}

// A size that lies reserves nothing, and one over the limit is the end.
TEST(Ivf, HasALimit) {
  Buffer file = hex(kHeader);
  ByteWriter(file).bytes(hex("01 00 00 01 00 00 00 00 00 00 00 00"));  // 16 MiB and one byte
  IvfReader reader;
  EXPECT_EQ(read(reader, file), std::unexpected(ParseError::TooMany));
  EXPECT_EQ(reader.poll().error(), ParseError::TooMany);
  const Buffer large(IvfReader::kMaxFrameBytes + 1, 0);
  const std::size_t before = file.size();
  EXPECT_FALSE(write_ivf_frame(file, {0, large}));
  EXPECT_EQ(file.size(), before);
  EXPECT_TRUE(write_ivf_frame(file, {0, Bytes(large).subspan(1)}));
}

TEST(Ivf, ReadsWhatFfmpegWrites) {
  IvfReader reader;
  const auto frames = read(reader, as_bytes(specter::testing::read_data("media/libvpx.ivf")), 7);
  EXPECT_EQ(reader.header(),
            (IvfHeader{.width = 160, .height = 120, .denominator = 15, .frames = 8}));
  ASSERT_TRUE(frames);
  ASSERT_EQ(frames->size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ((*frames)[i].timestamp, i);
}

}  // namespace
}  // namespace specter::container
