// The header extensions that tell of layers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/check.h"
#include "rtp/extensions/dependency_descriptor.h"
#include "rtp/extensions/video_layers_allocation.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

using specter::testing::hex;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// ---- video layers allocation

using Vla = VideoLayersAllocation;

Buffer written(const Vla& allocation) {
  Buffer bytes;
  ByteWriter out(bytes);
  allocation.write(out);
  return bytes;
}

void expect_bytes(const Vla& value, std::string_view text) {
  EXPECT_EQ(Vla::parse(hex(text)), value) << text;
  EXPECT_EQ(written(value), hex(text)) << text;
}

TEST(RtpVideoLayersAllocation, ASingleZeroIsNothingSent) {
  expect_bytes(Vla{}, "00");
  EXPECT_EQ(Vla::parse({}), std::unexpected(ParseError::Truncated));
}

TEST(RtpVideoLayersAllocation, OneStreamWithThreeTemporalLayers) {
  const Vla value{.stream = 0, .streams = 1, .layers = {{0, 0, {100, 150, 300}, {}}}};
  expect_bytes(value, "01 80 64 9601 ac02");
}

// Three streams of one layer each, with sizes: what libwebrtc sends with simulcast.
TEST(RtpVideoLayersAllocation, SimulcastWithResolutions) {
  const Vla value{.stream = 1,
                  .streams = 3,
                  .layers = {{0, 0, {100}, Vla::Resolution{320, 180, 30}},
                             {1, 0, {300}, Vla::Resolution{640, 360, 30}},
                             {2, 0, {1000}, Vla::Resolution{1280, 720, 30}}}};
  expect_bytes(value, "61 00 64 ac02 e807 013f00b31e 027f01671e 04ff02cf1e");
}

TEST(RtpVideoLayersAllocation, StreamsMayDiffer) {
  expect_bytes(
      Vla{.stream = 0, .streams = 2, .layers = {{0, 0, {1}, {}}, {0, 1, {2}, {}}, {1, 0, {3}, {}}}},
      "10 31 00 01 02 03");
  // Stream 1 of three sends nothing, so there are two bytes of masks.
  expect_bytes(Vla{.stream = 2, .streams = 3, .layers = {{0, 0, {1}, {}}, {2, 3, {2, 3}, {}}}},
               "a0 1080 10 01 02 03");
}

TEST(RtpVideoLayersAllocation, TakesAllThatFits) {
  Vla value{.stream = 3, .streams = 4, .layers = {}};
  for (std::uint8_t stream = 0; stream < 4; ++stream)
    for (std::uint8_t id = 0; id < 4; ++id)
      value.layers.push_back(
          {stream, id, {1, 2, 3, 0xffffffff}, Vla::Resolution{65'536, 65'536, 255}});
  EXPECT_EQ(Vla::parse(written(value)), value);
}

TEST(RtpVideoLayersAllocation, RefusesEachTruncationAndWhatIsLeftOver) {
  const Buffer whole = hex("61 00 64 ac02 e807 013f00b31e 027f01671e 04ff02cf1e");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (size == 7) continue;  // without the sizes, which may be missing
    EXPECT_EQ(Vla::parse(Bytes(whole).first(size)), std::unexpected(ParseError::Truncated)) << size;
  }
  EXPECT_TRUE(Vla::parse(Bytes(whole).first(7)));
  Buffer longer = whole;
  longer.push_back(0);
  EXPECT_EQ(Vla::parse(longer), std::unexpected(ParseError::BadLength));
}

TEST(RtpVideoLayersAllocation, RefusesImpossibleValues) {
  EXPECT_EQ(Vla::parse(hex("41 00 01")), std::unexpected(ParseError::BadValue));  // stream 1 of 1
  EXPECT_EQ(Vla::parse(hex("00 00 00 01")), std::unexpected(ParseError::BadValue));  // no layer
  // Rates above 32 bits, and a rate without an end.
  EXPECT_EQ(Vla::parse(hex("01 00 ffffffff1f")), std::unexpected(ParseError::Truncated));
  EXPECT_EQ(Vla::parse(hex("01 00 ffffffff0f"))->layers[0].target_kbps[0], 0xffffffff);
  EXPECT_EQ(Vla::parse(hex("01 00 808080808080808080 01")), std::unexpected(ParseError::Truncated));
  EXPECT_THROW(written(Vla{.stream = 1, .streams = 1, .layers = {{0, 0, {1}, {}}}}), Bug);
  EXPECT_THROW(written(Vla{.stream = 0, .streams = 1, .layers = {{0, 0, {}, {}}}}), Bug);
}

// ---- dependency descriptor

using Dd = DependencyDescriptor;

Buffer written(const Dd& descriptor, const DependencyStructure* kept = nullptr) {
  Buffer bytes;
  ByteWriter out(bytes);
  descriptor.write(out, kept);
  return bytes;
}

DecodeTargetIndications indications(std::string_view letters) {
  DecodeTargetIndications list;
  for (const char letter : letters)
    list.push_back(static_cast<DecodeTargetIndication>(std::string_view("-DSR").find(letter)));
  return list;
}

// The structure L1T3 as the AV1 RTP specification's appendix A.6 tabulates it: three decode
// targets, one chain.
DependencyStructure l1t3() {
  return {.template_id_offset = 0,
          .decode_targets = 3,
          .protected_by = {0, 0, 0},
          .chains = 1,
          .templates = {{0, 0, indications("SSS"), {}, {0}},
                        {0, 0, indications("SSS"), {4}, {4}},
                        {0, 1, indications("SSD"), {2}, {2}},
                        {0, 2, indications("SD-"), {1}, {1}},
                        {0, 2, indications("SD-"), {1}, {3}}},
          .resolutions = {{640, 360}}};
}

TEST(RtpDependencyDescriptor, ThreeBytesNeedNoStructure) {
  const Dd value{
      .is_frame_start = true, .is_frame_end = false, .template_id = 5, .frame_number = 0x1234};
  EXPECT_EQ(written(value), hex("851234"));
  EXPECT_EQ(Dd::parse(hex("851234"), nullptr), value);
  EXPECT_EQ(Dd::parse(hex("8512"), nullptr), std::unexpected(ParseError::Truncated));
}

TEST(RtpDependencyDescriptor, CarriesAStructure) {
  const Dd value{.is_frame_start = true,
                 .is_frame_end = true,
                 .template_id = 0,
                 .frame_number = 1,
                 .structure = l1t3()};
  const Buffer bytes = written(value);
  EXPECT_EQ(Dd::parse(bytes, nullptr), value);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (size == Dd::kMandatorySize) continue;
    EXPECT_EQ(Dd::parse(Bytes(bytes).first(size), nullptr), std::unexpected(ParseError::Truncated))
        << size;
  }
}

// Bytes of a second writer, which was made after the specification's pseudo-code alone. A decode
// target is protected by one of the chains, so with one chain that takes no bits: libwebrtc reads
// it so too.
TEST(RtpDependencyDescriptor, ReadsAndWritesKnownBytes) {
  const Dd value{.is_frame_start = true, .frame_number = 1, .structure = l1t3()};
  const Buffer bytes = hex("800001 800214eaaa99244d1410208427027f0167");
  EXPECT_EQ(written(value), bytes);
  EXPECT_EQ(Dd::parse(bytes, nullptr), value);
}

TEST(RtpDependencyDescriptor, TakesAFramesDependenciesFromItsTemplate) {
  const DependencyStructure kept = l1t3();
  const auto parsed = Dd::parse(hex("c30007"), &kept);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->frame(kept), kept.templates[3]);
  // Its own words go before the template's.
  Dd own = *parsed;
  own.own_differences = FrameDifferences{1, 16, 17, 256, 257, 4096};
  own.own_chains = ChainDifferences{255};
  own.own_indications = indications("RRR");
  own.active_targets = 0b011;
  EXPECT_EQ(Dd::parse(written(own, &kept), &kept), own);
  const auto frame = own.frame(kept);
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->temporal_id, 2);
  EXPECT_EQ(frame->differences, *own.own_differences);
  EXPECT_EQ(frame->chains, *own.own_chains);
  EXPECT_EQ(frame->indications, *own.own_indications);
}

TEST(RtpDependencyDescriptor, TemplateIdsCountModulo64) {
  DependencyStructure kept = l1t3();
  kept.template_id_offset = 62;
  EXPECT_EQ(kept.find_template(62), &kept.templates[0]);
  EXPECT_EQ(kept.find_template(63), &kept.templates[1]);
  EXPECT_EQ(kept.find_template(0), &kept.templates[2]);
  EXPECT_EQ(kept.find_template(2), &kept.templates[4]);
  EXPECT_EQ(kept.find_template(3), nullptr);
  EXPECT_EQ(kept.find_template(61), nullptr);
  EXPECT_TRUE(Dd::parse(hex("020000"), &kept));
  EXPECT_EQ(Dd::parse(hex("030000"), &kept), std::unexpected(ParseError::BadValue));
}

TEST(RtpDependencyDescriptor, NeedsAStructureForMoreThanThreeBytes) {
  const DependencyStructure kept = l1t3();
  const Buffer bytes = written(Dd{.active_targets = 1}, &kept);
  EXPECT_TRUE(Dd::parse(bytes, &kept));
  EXPECT_EQ(Dd::parse(bytes, nullptr), std::unexpected(ParseError::BadValue));
}

// A peer's structure may have no spatial id above 3, no temporal one above 7, no more than 64
// templates. Bits: 00000001 (S, E, template) and the number; flags 10000, offset 0, one target.
TEST(RtpDependencyDescriptor, RefusesStructuresBeyondTheirBounds) {
  const auto parse_layers = [](const std::vector<int>& layers) {
    Buffer bytes;
    ByteWriter out(bytes);
    BitWriter bits(out);
    bits.bits(0, 24);
    bits.bits(0b10000, 5);
    bits.bits(0, 6 + 5);
    for (const int next : layers) bits.bits(static_cast<std::uint32_t>(next), 2);
    bits.finish();
    out.zeros(200);
    return Dd::parse(bytes, nullptr);
  };
  EXPECT_TRUE(parse_layers({2, 2, 2, 3}));
  EXPECT_EQ(parse_layers({2, 2, 2, 2, 3}), std::unexpected(ParseError::BadValue));
  EXPECT_TRUE(parse_layers({1, 1, 1, 1, 1, 1, 1, 3}));
  EXPECT_EQ(parse_layers({1, 1, 1, 1, 1, 1, 1, 1, 3}), std::unexpected(ParseError::BadValue));
  std::vector<int> most(63, 0);
  most.push_back(3);
  EXPECT_THAT(parse_layers(most)->structure->templates, SizeIs(64));
  most.insert(most.begin(), 0);
  EXPECT_EQ(parse_layers(most), std::unexpected(ParseError::TooMany));
}

TEST(RtpDependencyDescriptor, RefusesTooManyDifferences) {
  const DependencyStructure kept = l1t3();
  Buffer bytes = hex("000000");
  ByteWriter out(bytes);
  BitWriter bits(out);
  bits.bits(0b00010, 5);
  for (std::size_t i = 0; i <= kMaxFrameDifferences; ++i) bits.bits(0b010000, 6);
  bits.bits(0, 2);
  bits.finish();
  EXPECT_EQ(Dd::parse(bytes, &kept), std::unexpected(ParseError::TooMany));
}

TEST(RtpDependencyDescriptor, WithoutChainsNoneAreWritten) {
  DependencyStructure structure = l1t3();
  structure.chains = 0;
  structure.protected_by = {};
  for (FrameDependencies& one : structure.templates) one.chains = {};
  structure.resolutions.clear();
  const Dd value{.structure = structure};
  const auto parsed = Dd::parse(written(value), nullptr);
  EXPECT_EQ(parsed, value);
  structure.chains = 1;
  EXPECT_THROW(written(Dd{.structure = structure}), Bug);
}

// AV1 §4.10.10's code for a number below five: 0 to 2 in two bits, 3 and 4 in three.
TEST(RtpBits, NumbersBelowALimitTakeAsFewBitsAsTheyCan) {
  Buffer bytes;
  ByteWriter out(bytes);
  BitWriter bits(out);
  for (std::uint32_t i = 0; i < 5; ++i) bits.below(i, 5);
  bits.finish();
  EXPECT_EQ(bytes, (Buffer{0b00011011, 0b01110000}));
  BitReader r(bytes);
  for (std::uint32_t i = 0; i < 5; ++i) EXPECT_EQ(r.below(5), i);
  EXPECT_EQ(r.bits(4), 0u);
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.bits(1), 0u);
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace specter::rtp
