#include "container/annex_b.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/start_code.h"
#include "testing/data.h"
#include "testing/hex.h"

namespace specter::container {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;

// All units of a stream that comes in chunks of this size.
std::expected<std::vector<Buffer>, ParseError> nals(Bytes stream, std::size_t chunk = 1000) {
  NalReader reader;
  std::vector<Buffer> out;
  while (true) {
    const auto nal = reader.poll();
    if (!nal) return std::unexpected(nal.error());
    if (*nal) {
      out.push_back(to_buffer(**nal));
    } else if (!stream.empty()) {
      const Bytes more = stream.first(std::min(chunk, stream.size()));
      reader.append(more);
      stream = stream.subspan(more.size());
      if (stream.empty()) reader.finish();
    } else {
      return out;
    }
  }
}

std::vector<Buffer> nals(std::string_view text) { return nals(hex(text)).value(); }

TEST(StartCode, IsFoundWhereverItStands) {
  for (std::size_t at = 0; at < 12; ++at) {
    for (const std::uint8_t around : {0, 1, 2, 255}) {
      Buffer bytes(15, around);
      std::ranges::copy(hex("ff 00 00 01"), bytes.begin() + static_cast<std::ptrdiff_t>(at));
      if (at + 1 > 12) continue;
      EXPECT_EQ(find_start_code(bytes, 0), at + 1) << int{around};
      EXPECT_EQ(find_start_code(bytes, at + 1), at + 1);
      EXPECT_EQ(find_start_code(bytes, at + 2), bytes.size());
    }
  }
  EXPECT_EQ(find_start_code({}, 0), 0u);
  EXPECT_EQ(find_start_code(hex("00 00"), 0), 2u);
}

// H.264 §B.1, figure B-1: zero_byte, leading and trailing zeros.
TEST(NalReader, CutsAtStartCodesOfThreeAndFourBytes) {
  EXPECT_THAT(nals("000001 67aa 00000001 68bb 000001 65cc"),
              ElementsAre(hex("67aa"), hex("68bb"), hex("65cc")));
  EXPECT_THAT(nals("0000000000 000001 67aa 00000000 000001 65 000000"),
              ElementsAre(hex("67aa"), hex("65")));
  EXPECT_THAT(nals("000001 000001 67"), ElementsAre(hex("67")));
}

TEST(NalReader, LeavesEmulationPreventionBytes) {
  EXPECT_THAT(nals("000001 6500000301000003"), ElementsAre(hex("6500000301000003")));
}

TEST(NalReader, HasNoUnitsInNothing) {
  EXPECT_THAT(nals(""), ElementsAre());
  EXPECT_THAT(nals("0000"), ElementsAre());
  EXPECT_THAT(nals("000001"), ElementsAre());
}

TEST(NalReader, RefusesWhatIsNoByteStream) {
  EXPECT_EQ(nals(hex("67 000001 65")), std::unexpected(ParseError::BadValue));
  EXPECT_EQ(nals(hex("00 00 00 15 67 42"), 1), std::unexpected(ParseError::BadValue));
  NalReader reader;
  reader.append(hex("ff"));
  EXPECT_EQ(reader.poll().error(), ParseError::BadValue);
  reader.append(hex("000001 67 000001"));
  EXPECT_EQ(reader.poll().error(), ParseError::BadValue) << "an error stays";
}

TEST(NalReader, GivesTheSameOfChunksOfAnySize) {
  const Buffer stream = hex(
      "00 00000001 6742e01f 000001 68ce 00000001 65000003010203 0000 00000001 419a0000 000001 0c");
  const auto whole = nals(stream, stream.size()).value();
  EXPECT_EQ(whole.size(), 5u);
  for (std::size_t chunk = 1; chunk < stream.size(); ++chunk)
    EXPECT_EQ(nals(stream, chunk), whole) << chunk;
}

TEST(NalReader, HasALimit) {
  NalReader reader;
  reader.append(hex("000001 65"));
  const Buffer chunk(1 << 20, 0x55);
  std::size_t sent = 1;
  for (; sent + chunk.size() <= NalReader::kMaxNalBytes; sent += chunk.size()) {
    reader.append(chunk);
    ASSERT_TRUE(reader.poll());
  }
  reader.append(chunk);
  EXPECT_EQ(reader.poll().error(), ParseError::TooMany);
  // Zeros count: they may be followed by anything.
  NalReader zeros;
  zeros.append(hex("000001 65"));
  for (std::size_t i = 0; i <= NalReader::kMaxNalBytes / chunk.size(); ++i) {
    zeros.append(Buffer(chunk.size(), 0));
    if (!zeros.poll()) return;
  }
  FAIL() << "zeros without an end";
}

// ---- access units

struct Unit {
  std::vector<Buffer> nals;
  bool is_key_frame = false;
  bool operator==(const Unit&) const = default;
};

std::vector<Unit> units(Bytes stream, std::size_t chunk = 1000) {
  AccessUnitReader reader;
  std::vector<Unit> out;
  while (true) {
    const auto unit = reader.poll().value();
    if (unit) {
      Unit& kept = out.emplace_back();
      for (const Bytes nal : unit->nals) kept.nals.push_back(to_buffer(nal));
      kept.is_key_frame = unit->is_key_frame;
    } else if (!stream.empty()) {
      const Bytes more = stream.first(std::min(chunk, stream.size()));
      reader.append(more);
      stream = stream.subspan(more.size());
      if (stream.empty()) reader.finish();
    } else {
      return out;
    }
  }
}

// H.264 §7.4.1.2.3: a delimiter, a parameter set, SEI or types 14 to 18 behind a picture begin the
// next access unit, and so does the first slice of a picture.
TEST(AccessUnitReader, CutsBeforeEachPicture) {
  const auto read =
      units(hex("000001 6742 000001 68ce 000001 6588 000001 6540"  // two slices
                "000001 419a 000001 415a"
                "000001 0605 000001 419b"
                "000001 09f0 000001 419c 000001 0cff"  // filler belongs to what it follows
                "000001 6e40 000001 419d"
                "000001 0a"));
  EXPECT_EQ(read, (std::vector<Unit>{
                      {{hex("6742"), hex("68ce"), hex("6588"), hex("6540")}, true},
                      {{hex("419a"), hex("415a")}, false},
                      {{hex("0605"), hex("419b")}, false},
                      {{hex("09f0"), hex("419c"), hex("0cff")}, false},
                      {{hex("6e40"), hex("419d"), hex("0a")}, false},
                  }));
}

// H.264 §7.4.1.2.3 has type 14 begin an access unit behind the LAST slice of a picture, and
// §7.4.1.1 has one before each slice of the base layer: the slice behind it says which it is.
TEST(AccessUnitReader, LeavesAPrefixWithItsSlice) {
  const Buffer stream =
      hex("000001 6e40 000001 6588 000001 6e40 000001 6540 000001 6e40 000001 419a"
          "000001 6e40 000001 0605 000001 419b 000001 6e40");
  for (const std::size_t chunk : {1, 2, 3, 100}) {
    EXPECT_EQ(units(stream, chunk),
              (std::vector<Unit>{
                  {{hex("6e40"), hex("6588"), hex("6e40"), hex("6540")}, true},
                  {{hex("6e40"), hex("419a")}, false},
                  {{hex("6e40"), hex("0605"), hex("419b"), hex("6e40")}, false},
              }));
  }
}

// A source that is asked for a key frame jumps to the next one, so it must know
// them, those of encoders without a second IDR picture too.
TEST(AccessUnitReader, TellsKeyFrames) {
  const auto is_key = [](std::string_view text) { return units(hex(text)).at(0).is_key_frame; };
  EXPECT_TRUE(is_key("000001 6588"));
  EXPECT_TRUE(is_key("000001 6742 000001 68ce 000001 060601c480 000001 419a"));
  EXPECT_FALSE(is_key("000001 060601c480 000001 419a"));
  EXPECT_FALSE(is_key("000001 6742 000001 419a"));
}

// Two start codes with nothing between them: found by the fuzzer.
TEST(AccessUnitReader, CutsBehindAnEmptyUnit) {
  const Buffer stream = hex("000001 6588 000001 0000 000001 6742 000001 419a");
  for (const std::size_t chunk : {1, 100}) {
    EXPECT_EQ(units(stream, chunk),
              (std::vector<Unit>{{{hex("6588")}, true}, {{hex("6742"), hex("419a")}, false}}));
  }
}

// An encoder's output is sent as it comes: two bytes of the next picture are enough.
TEST(AccessUnitReader, GivesAnAccessUnitAsSoonAsTheNextBegins) {
  AccessUnitReader reader;
  reader.append(hex("000001 6588 000001 41"));
  EXPECT_FALSE(reader.poll().value());
  reader.append(hex("9a"));
  const auto unit = reader.poll().value();
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->nals.size(), 1u);
  EXPECT_FALSE(reader.poll().value());
  reader.append(hex("01 000001 09"));
  EXPECT_TRUE(reader.poll().value()) << "a delimiter says it with its first byte";
}

TEST(AccessUnitReader, GivesTheSameOfChunksOfAnySize) {
  for (const char* const name :
       {"x264.h264", "x264-slices.h264", "openh264.h264", "x264-refresh.h264"}) {
    const Buffer stream =
        to_buffer(as_bytes(specter::testing::read_data(std::string("media/") + name)));
    const auto whole = units(stream, stream.size());
    for (const std::size_t chunk : {1, 2, 3, 7, 100, 1000})
      EXPECT_EQ(units(stream, chunk), whole) << name;
  }
}

// What FFmpeg's parser says of the same files.
TEST(AccessUnitReader, ReadsWhatEncodersWrite) {
  struct Known {
    const char* name;
    std::size_t units;
    std::vector<std::size_t> keys;
  };
  for (const auto& [name, count, keys] :
       {Known{"x264.h264", 8, {0, 4}}, Known{"x264-slices.h264", 6, {0, 4}},
        Known{"openh264.h264", 6, {0, 3}}, Known{"x264-refresh.h264", 12, {0, 8}}}) {
    const auto read = units(as_bytes(specter::testing::read_data(std::string("media/") + name)));
    EXPECT_EQ(read.size(), count) << name;
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < read.size(); ++i)
      if (read[i].is_key_frame) found.push_back(i);
    EXPECT_EQ(found, keys) << name;
  }
}

TEST(AccessUnitReader, HasLimits) {
  AccessUnitReader reader;
  Buffer stream;
  for (std::size_t i = 0; i <= AccessUnitReader::kMaxNals; ++i) write_nal(stream, hex("0cff"));
  reader.append(stream);
  reader.finish();
  EXPECT_EQ(reader.poll().error(), ParseError::TooMany);
  EXPECT_EQ(reader.poll().error(), ParseError::TooMany);

  AccessUnitReader bytes;
  Buffer nal(6 << 20, 0x55);
  nal[0] = 0x0c;
  std::optional<ParseError> error;
  for (int i = 0; i < 4 && !error; ++i) {
    stream.clear();
    write_nal(stream, nal);
    bytes.append(stream);
    if (const auto unit = bytes.poll(); !unit) error = unit.error();
  }
  EXPECT_EQ(error, ParseError::TooMany);
}

TEST(AnnexBWriting, IsReadBack) {
  Buffer stream;
  write_nal(stream, hex("6588"));
  EXPECT_EQ(stream, hex("00000001 6588"));
  write_nal(stream, hex("419a"));
  EXPECT_EQ(nals(stream, 3), (std::vector<Buffer>{hex("6588"), hex("419a")}));
}

}  // namespace
}  // namespace specter::container
