#include "container/ogg_opus.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/check.h"
#include "testing/data.h"
#include "testing/hex.h"

namespace specter::container {
namespace {

using specter::testing::hex;

struct Kept {
  Buffer bytes;
  std::optional<std::int64_t> position;
  bool is_last = false;
  bool follows_loss = false;
  bool operator==(const Kept&) const = default;
};

std::expected<std::vector<Kept>, ParseError> read(OggOpusReader& reader, Bytes file,
                                                  std::size_t chunk = 1000) {
  std::vector<Kept> packets;
  while (true) {
    const auto packet = reader.poll();
    if (!packet) return std::unexpected(packet.error());
    if (*packet) {
      const OggPacket& p = **packet;
      packets.push_back({to_buffer(p.bytes), p.position, p.is_last, p.follows_loss});
    } else if (!file.empty()) {
      const Bytes more = file.first(std::min(chunk, file.size()));
      reader.append(more);
      file = file.subspan(more.size());
    } else {
      return packets;
    }
  }
}

Buffer media(const std::string& name) {
  return to_buffer(as_bytes(specter::testing::read_data("media/" + name)));
}

// `count` packets of 20 ms.
Buffer file_of(std::size_t count, std::size_t bytes = 50, std::uint32_t cut_off = 0) {
  Buffer file;
  OggOpusWriter writer(7, {.channels = 1}, {"specter", {"TITLE=a"}}, file);
  for (std::size_t i = 0; i < count; ++i)
    EXPECT_TRUE(writer.write(Buffer(bytes, static_cast<std::uint8_t>(i)), 960, file));
  writer.finish(cut_off, file);
  return file;
}

// RFC 7845 §5.1.
TEST(OpusHead, IsWrittenAndReadAsKnownBytes) {
  const OpusHead head{
      .channels = 1, .pre_skip = 0x138, .input_sample_rate = 16'000, .output_gain = -2};
  const Buffer bytes = hex("4f70757348656164 01 01 3801 803e0000 feff 00");
  Buffer written;
  head.write(written);
  EXPECT_EQ(written, bytes);
  EXPECT_EQ(OpusHead::parse(bytes), head);

  const OpusHead surround{
      .channels = 3, .mapping_family = 1, .streams = 2, .coupled_streams = 1, .mapping = {0, 2, 1}};
  written.clear();
  surround.write(written);
  EXPECT_EQ(OpusHead::parse(written), surround);
  for (std::size_t size = 8; size < written.size(); ++size)
    EXPECT_EQ(OpusHead::parse(Bytes(written).first(size)), std::unexpected(ParseError::Truncated));
}

TEST(OpusHead, RefusesWhatCannotBe) {
  const auto error = [](std::string_view text) { return OpusHead::parse(hex(text)).error(); };
  EXPECT_EQ(error("4f70757348656165 01 01 3801 803e0000 0000 00"), ParseError::WrongType);
  EXPECT_EQ(error("4f70757348656164 10 01 3801 803e0000 0000 00"), ParseError::BadValue);
  EXPECT_EQ(error("4f70757348656164 01 00 3801 803e0000 0000 00"), ParseError::BadValue);
  EXPECT_EQ(error("4f70757348656164 01 03 3801 803e0000 0000 00"), ParseError::BadValue);
  EXPECT_EQ(error("4f70757348656164 01 02 3801 803e0000 0000 01 00 00 00 00"),
            ParseError::BadValue);
  EXPECT_EQ(error("4f70757348656164 01 02 3801 803e0000 0000 01 01 02 00 00"),
            ParseError::BadValue);
  EXPECT_EQ(error("4f70757348656164 01 02 3801 803e0000 0000 01 01 00 00 01"),
            ParseError::BadValue);
}

// RFC 7845 §5.2.
TEST(OpusTags, AreWrittenAndReadAsKnownBytes) {
  const OpusTags tags{"ab", {"A=1", ""}};
  const Buffer bytes = hex("4f70757354616773 02000000 6162 02000000 03000000 413d31 00000000");
  Buffer written;
  tags.write(written);
  EXPECT_EQ(written, bytes);
  EXPECT_EQ(OpusTags::parse(bytes), tags);
  for (std::size_t size = 8; size < bytes.size(); ++size)
    EXPECT_EQ(OpusTags::parse(Bytes(bytes).first(size)), std::unexpected(ParseError::Truncated));
  EXPECT_EQ(OpusTags::parse(hex("4f70757354616773 00000000 01040000")),
            std::unexpected(ParseError::TooMany));
  EXPECT_EQ(OpusTags::parse(hex("4f70757354616773 ffffffff")),
            std::unexpected(ParseError::Truncated));
  EXPECT_EQ(OpusTags::parse(hex("00")), std::unexpected(ParseError::WrongType));
}

TEST(OggOpus, IsReadBackFromChunksOfAnySize) {
  const Buffer file = file_of(120);
  for (const std::size_t chunk : {1, 2, 27, 28, 100, 1000, 100'000}) {
    OggOpusReader reader;
    const auto packets = read(reader, file, chunk);
    ASSERT_TRUE(packets);
    ASSERT_EQ(packets->size(), 120u);
    EXPECT_EQ(reader.head(), (OpusHead{.channels = 1}));
    EXPECT_EQ(reader.tags(), (OpusTags{"specter", {"TITLE=a"}}));
    for (std::size_t i = 0; i < 120; ++i) {
      const Kept& packet = (*packets)[i];
      EXPECT_EQ(packet.bytes, Buffer(50, static_cast<std::uint8_t>(i)));
      EXPECT_EQ(packet.is_last, i == 119);
      EXPECT_FALSE(packet.follows_loss);
      if (packet.position) {
        EXPECT_EQ(*packet.position, static_cast<std::int64_t>(960 * (i + 1)));
      }
    }
    EXPECT_TRUE(packets->back().position);
    EXPECT_EQ(reader.skipped(), 0u);
  }
}

// RFC 7845 §3 and §8: each header on a page of its own, at position 0; pages of a second at most.
TEST(OggOpus, HasPagesOfASecondAtMost) {
  const Buffer file = file_of(120);
  std::vector<std::int64_t> positions;
  for (std::size_t at = 0; at < file.size();) {
    ASSERT_EQ(as_text(Bytes(file).subspan(at, 4)), "OggS");
    std::int64_t position = 0;
    for (std::size_t i = 8; i > 0; --i) position = position << 8 | file[at + 5 + i];
    positions.push_back(position);
    std::size_t body = 0;
    for (std::size_t i = 0; i < file[at + 26]; ++i) body += file[at + 27 + i];
    at += 27 + file[at + 26] + body;
  }
  ASSERT_GE(positions.size(), 5u);
  EXPECT_EQ(positions[0], 0);
  EXPECT_EQ(positions[1], 0);
  for (std::size_t i = 2; i < positions.size(); ++i) {
    EXPECT_LE(positions[i] - positions[i - 1], OggOpusWriter::kPageDuration);
    EXPECT_GT(positions[i], positions[i - 1]);
  }
}

// RFC 7845 §4.4: a last position that is less than the packets' durations cuts the end off.
TEST(OggOpus, CutsTheEndOff) {
  OggOpusReader reader;
  EXPECT_EQ(read(reader, file_of(3, 50, 100))->back().position, 3 * 960 - 100);
  OggOpusReader another;
  EXPECT_EQ(read(another, file_of(3, 50, 10'000))->back().position, 2 * 960);
}

TEST(OggOpus, WritesPacketsOverSeveralPages) {
  OggOpusReader reader;
  const auto packets = read(reader, file_of(2, 200'000));
  ASSERT_TRUE(packets);
  ASSERT_EQ(packets->size(), 2u);
  EXPECT_EQ((*packets)[1].bytes, Buffer(200'000, 1));
}

TEST(OggOpus, WritesNothingThatCannotBe) {
  Buffer file;
  EXPECT_THROW(OggOpusWriter(7, {.channels = 0}, {}, file), Bug);
  OggOpusWriter writer(7, {}, {}, file);
  const std::size_t headers = file.size();
  EXPECT_FALSE(writer.write({}, 960, file));
  EXPECT_FALSE(writer.write(Buffer(OggOpusReader::kMaxPacketBytes + 1, 0), 960, file));
  writer.finish(0, file);
  EXPECT_EQ(file.size(), headers);
  EXPECT_FALSE(writer.write(hex("78"), 960, file));
}

// RFC 3533 §6: a page with a wrong checksum is no page.
TEST(OggOpus, PassesOverWhatIsDamaged) {
  const Buffer whole = file_of(300);
  OggOpusReader before;
  const auto all = read(before, whole).value();
  Buffer file = whole;
  file[file.size() / 2] ^= 1;
  for (const std::size_t chunk : {1, 1000}) {
    OggOpusReader reader;
    const auto packets = read(reader, file, chunk).value();
    EXPECT_LT(packets.size(), all.size());
    EXPECT_GT(packets.size(), 100u);
    EXPECT_GT(reader.skipped(), 0u);
    EXPECT_EQ(std::ranges::count_if(packets, &Kept::follows_loss), 1);
    EXPECT_TRUE(packets.back().is_last);
  }
  OggOpusReader reader;
  Buffer garbage(1000, 'O');
  garbage.insert(garbage.end(), whole.begin(), whole.end());
  EXPECT_EQ(read(reader, garbage), all);
  EXPECT_EQ(reader.skipped(), 1000u);
}

TEST(OggOpus, RefusesAnOggFileWithoutOpus) {
  Buffer file = file_of(3);
  OggOpusReader reader;
  // Without the first page the stream has no beginning.
  const auto second = std::search(file.begin() + 1, file.end(), file.begin(), file.begin() + 4);
  EXPECT_EQ(
      read(reader, Bytes(file).subspan(static_cast<std::size_t>(second - file.begin())))->size(),
      0u);
  EXPECT_FALSE(reader.head());
}

// What a file can make us keep.
TEST(OggOpus, HasALimit) {
  Buffer file;
  OpusTags tags;
  tags.comments.assign(20, std::string(60'000, 'x'));  // 1.2 MB
  OggOpusWriter writer(7, {}, tags, file);
  OggOpusReader reader;
  EXPECT_EQ(read(reader, file), std::unexpected(ParseError::TooMany));
  EXPECT_EQ(reader.poll().error(), ParseError::TooMany);
}

TEST(OggOpus, ReadsWhatOthersWrite) {
  struct Known {
    const char* name;
    std::uint8_t channels;
    std::size_t packets;  // as ffprobe counts them
  };
  for (const auto& [name, channels, count] :
       {Known{"libopus.ogg", 1, 21}, Known{"libopus-60ms.ogg", 2, 7},
        Known{"gstreamer.ogg", 1, 51}}) {
    for (const std::size_t chunk : {1, 100, 100'000}) {
      OggOpusReader reader;
      const auto packets = read(reader, media(name), chunk);
      ASSERT_TRUE(packets) << name;
      EXPECT_EQ(packets->size(), count) << name;
      ASSERT_TRUE(reader.head());
      EXPECT_EQ(reader.head()->channels, channels);
      EXPECT_EQ(reader.head()->pre_skip, 312) << name;
      EXPECT_TRUE(reader.tags());
      EXPECT_TRUE(packets->back().position);
      EXPECT_TRUE(packets->back().is_last);
    }
  }
}

}  // namespace
}  // namespace specter::container
