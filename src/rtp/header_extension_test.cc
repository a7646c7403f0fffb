#include "rtp/header_extension.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Read = std::vector<std::pair<int, Buffer>>;

struct Reading {
  Read elements;
  bool is_cut = false;
};

Reading read(std::uint16_t profile, std::string_view body) {
  const Buffer bytes = hex(body);
  ExtensionReader reader(ExtensionBlock{profile, bytes});
  Reading reading;
  while (const auto element = reader.next())
    reading.elements.emplace_back(element->id, to_buffer(element->value));
  reading.is_cut = reader.is_cut();
  return reading;
}

Buffer written(const Extensions& extensions) {
  Buffer bytes;
  ByteWriter out(bytes);
  extensions.write(out);
  EXPECT_EQ(bytes.size(), extensions.size());
  return bytes;
}

// The drawing of RFC 8285 §4.2: three elements, of one, two and four bytes, with padding between.
TEST(RtpHeaderExtension, ReadsTheOneByteForm) {
  const auto [elements, is_cut] = read(kOneByteProfile, "10aa 21bbcc 0000 33ddddeeee");
  EXPECT_THAT(elements,
              ElementsAre(Pair(1, hex("aa")), Pair(2, hex("bbcc")), Pair(3, hex("ddddeeee"))));
  EXPECT_FALSE(is_cut);
}

// That of §4.3: an element without a value is one.
TEST(RtpHeaderExtension, ReadsTheTwoByteForm) {
  for (const std::uint16_t profile : {0x1000, 0x1001, 0x100f}) {
    const auto [elements, is_cut] = read(profile, "0100 0201bb 00 ff04ddddeeee 0000");
    EXPECT_THAT(elements,
                ElementsAre(Pair(1, Buffer()), Pair(2, hex("bb")), Pair(255, hex("ddddeeee"))));
    EXPECT_FALSE(is_cut);
  }
}

TEST(RtpHeaderExtension, OtherProfilesHaveNoElements) {
  for (const std::uint16_t profile : {0x0000, 0xbedd, 0x0fff, 0x1010, 0xc0de, 0xc2de}) {
    EXPECT_EQ(form_of(profile), std::nullopt);
    EXPECT_TRUE(read(profile, "10aa0000").is_cut);
    EXPECT_THAT(read(profile, "10aa0000").elements, IsEmpty());
  }
}

// RFC 8285 §4.2: id 15, and id 0 with a length, end the reading; what stands before counts.
TEST(RtpHeaderExtension, EndsAtReservedIds) {
  for (const std::string_view body :
       {"10aa f0bb 20cc 0000", "10aa ffbb 20cc 0000", "10aa 01bb 20cc 0000"}) {
    const auto [elements, is_cut] = read(kOneByteProfile, body);
    EXPECT_THAT(elements, ElementsAre(Pair(1, hex("aa"))));
    EXPECT_TRUE(is_cut);
  }
}

TEST(RtpHeaderExtension, EndsWhereAnElementIsLongerThanTheBlock) {
  const auto one = read(kOneByteProfile, "10aa 23bbcc");
  EXPECT_THAT(one.elements, ElementsAre(Pair(1, hex("aa"))));
  EXPECT_TRUE(one.is_cut);
  const auto two = read(kTwoByteProfile, "0101aa 0203bbcc");
  EXPECT_THAT(two.elements, ElementsAre(Pair(1, hex("aa"))));
  EXPECT_TRUE(two.is_cut);
  EXPECT_TRUE(read(kTwoByteProfile, "0101aa 02").is_cut);
}

TEST(RtpHeaderExtension, FindsTheFirstOfAnId) {
  const Buffer body = hex("10aa 20bb 10cc 0000");
  const ExtensionBlock block{kOneByteProfile, body};
  EXPECT_THAT(find(block, 1).value(), ElementsAre(0xaa));
  EXPECT_THAT(find(block, 2).value(), ElementsAre(0xbb));
  EXPECT_FALSE(find(block, 3));
}

TEST(RtpHeaderExtension, WritesTheShortestFormThatHoldsAll) {
  Extensions extensions;
  EXPECT_THAT(written(extensions), IsEmpty());
  extensions.add(1, hex("aa"));
  extensions.add(14, Buffer(16, 0xbb));
  EXPECT_EQ(extensions.form(), ExtensionForm::OneByte);
  EXPECT_EQ(written(extensions), hex("bede0005 10aa ef" + std::string(32, 'b') + "00"));

  Extensions longer = extensions;
  longer.add(2, Buffer(17, 0xcc));
  EXPECT_EQ(longer.form(), ExtensionForm::TwoByte);
  EXPECT_EQ(written(longer),
            hex("1000000a 0101aa 0e10" + std::string(32, 'b') + "0211" + std::string(34, 'c')));
  Extensions empty_value = extensions;
  empty_value.add(2, Bytes());
  EXPECT_EQ(empty_value.form(), ExtensionForm::TwoByte);
  Extensions high_id = extensions;
  high_id.add(15, hex("aa"));
  EXPECT_EQ(high_id.form(), ExtensionForm::TwoByte);
}

TEST(RtpHeaderExtension, DropsWhatTheOneByteFormCannotHave) {
  Extensions extensions;
  extensions.add(15, hex("aa"));
  extensions.add(1, hex("bb"));
  extensions.add(2, Buffer(17, 0xcc));
  extensions.add(3, hex("dd"));
  extensions.add(4, Bytes());
  EXPECT_EQ(extensions.keep_one_byte(), 3u);
  EXPECT_EQ(written(extensions), hex("bede0001 10bb 30dd"));
}

TEST(RtpHeaderExtension, RefusesImpossibleElements) {
  Extensions extensions;
  EXPECT_THROW(extensions.add(0, hex("aa")), Bug);
  EXPECT_THROW(extensions.add(1, Buffer(256, 0)), Bug);
}

TEST(RtpHeaderExtension, IsWrittenBehindAHeader) {
  Buffer bytes = hex("ff");  // another packet may stand before it in the buffer
  ByteWriter out(bytes);
  Extensions extensions;
  extensions.add(5, hex("01 02"));
  Header{.sequence = 7}.write(out, {.has_extension = !extensions.empty()});
  extensions.write(out);
  const auto packet = Packet::parse(Bytes(bytes).subspan(1));
  ASSERT_TRUE(packet);
  ASSERT_TRUE(packet->extension);
  EXPECT_THAT(find(*packet->extension, 5).value(), ElementsAre(1, 2));
  EXPECT_THAT(packet->payload, IsEmpty());
}

}  // namespace
}  // namespace specter::rtp
