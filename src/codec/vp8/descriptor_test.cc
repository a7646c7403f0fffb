#include "codec/vp8/descriptor.h"

#include <gtest/gtest.h>

#include "testing/hex.h"

namespace specter::codec::vp8 {
namespace {

using specter::testing::hex;

Buffer written(const Descriptor& descriptor) {
  InlineBytes<24> out;
  descriptor.write(out);
  return to_buffer(out.view());
}

std::expected<Descriptor, ParseError> parsed(std::string_view text) {
  const Buffer bytes = hex(text);
  ByteReader in(bytes);
  return Descriptor::parse(in);
}

struct Known {
  const char* bytes;
  Descriptor descriptor;
};

// By the drawings of RFC 7741 §4.2.
const Known kKnown[] = {
    {"10", {.starts_partition = true}},
    {"90 80 11", {.starts_partition = true, .picture_id = PictureId{0x11, PictureIdBits::Seven}}},
    {"90 80 92 34", {.starts_partition = true, .picture_id = PictureId{0x1234}}},
    {"00", {}},
    {"30", {.is_non_reference = true, .starts_partition = true}},
    {"05", {.partition = 5}},
    {"90 40 2a", {.starts_partition = true, .tl0_picture_index = 0x2a}},
    {"90 20 a0", {.starts_partition = true, .temporal_id = 2, .is_layer_sync = true}},
    {"90 10 1f", {.starts_partition = true, .key_index = 31}},
    {"b7 f0 ff ff ff ff",
     {.is_non_reference = true,
      .starts_partition = true,
      .partition = 7,
      .picture_id = PictureId{0x7fff},
      .tl0_picture_index = 255,
      .temporal_id = 3,
      .is_layer_sync = true,
      .key_index = 31}},
};

TEST(Vp8Descriptor, IsWrittenAndReadAsKnownBytes) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(written(known.descriptor), hex(known.bytes)) << known.bytes;
    EXPECT_EQ(parsed(known.bytes), known.descriptor) << known.bytes;
  }
}

TEST(Vp8Descriptor, RefusesEachTruncation) {
  for (const Known& known : kKnown) {
    const Buffer whole = hex(known.bytes);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      ByteReader in(Bytes(whole).first(size));
      EXPECT_EQ(Descriptor::parse(in), std::unexpected(ParseError::Truncated));
    }
  }
}

TEST(Vp8Descriptor, LeavesThePayloadToTheReader) {
  const Buffer payload = hex("90 80 11 aa bb");
  ByteReader in(payload);
  ASSERT_TRUE(Descriptor::parse(in));
  EXPECT_EQ(to_buffer(in.rest()), hex("aa bb"));
}

// What is reserved or has no meaning without its flag is not told.
TEST(Vp8Descriptor, IgnoresReservedBits) {
  EXPECT_EQ(parsed("50"), (Descriptor{.starts_partition = true}));
  EXPECT_EQ(parsed("90 0f"), (Descriptor{.starts_partition = true}));
  EXPECT_EQ(parsed("90 10 e5"), (Descriptor{.starts_partition = true, .key_index = 5}));
  EXPECT_EQ(parsed("90 20 7f"),
            (Descriptor{.starts_partition = true, .temporal_id = 1, .is_layer_sync = true}));
}

// Who forwards frames writes other numbers in the width that was there.
TEST(Vp8Descriptor, KeepsTheWidthOfAPictureIdThatIsRewritten) {
  auto narrow = *parsed("90 80 7f");
  narrow.picture_id->value = 128 & narrow.picture_id->mask();
  EXPECT_EQ(written(narrow), hex("90 80 00"));
  auto wide = *parsed("90 80 80 7f");
  wide.picture_id->value = 128 & wide.picture_id->mask();
  EXPECT_EQ(written(wide), hex("90 80 80 80"));
}

}  // namespace
}  // namespace specter::codec::vp8
