#include "codec/h264/packetizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/testing/link.h"
#include "testing/hex.h"

namespace specter::codec::h264 {
namespace {

using codec::testing::payloads_of;
using codec::testing::stay;
using specter::testing::hex;
using ::testing::ElementsAre;

constexpr std::string_view kSps = "67 42e01f 80";
constexpr std::string_view kPps = "68 ce";
constexpr std::string_view kStart = "00000001";

Buffer annex_b(std::initializer_list<std::string_view> nals) {
  Buffer out;
  for (const std::string_view nal : nals) {
    for (const std::string_view part : {kStart, nal}) {
      const Buffer bytes = hex(part);
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
  }
  return out;
}

std::vector<Buffer> packetized(Packetizer& packetizer, std::initializer_list<std::string_view> nals,
                               Room room) {
  Pieces out;
  const Buffer unit = annex_b(nals);
  EXPECT_TRUE(packetizer.packetize({unit}, room, out));
  for (std::size_t i = 0; i < out.all.size(); ++i)
    EXPECT_EQ(out.all[i].marker, i + 1 == out.all.size());
  return payloads_of(out);
}

// RFC 6184 §5.6.
TEST(H264Packetizer, SendsASmallUnitAsItIs) {
  Packetizer packetizer;
  EXPECT_THAT(packetized(packetizer, {"41 9a 01 02"}, {4, 4}), ElementsAre(hex("41 9a 01 02")));
}

// RFC 6184 §5.7.1, figure 7: STAP-A, each unit behind its size. NRI is the highest of them.
TEST(H264Packetizer, SendsSmallUnitsTogether) {
  Packetizer packetizer;
  EXPECT_THAT(packetized(packetizer, {kSps, kPps, "25 88 01"}, {100, 100}),
              ElementsAre(hex("78 0005 6742e01f80 0002 68ce 0003 258801")));
  // Two fit, the third begins a packet of its own.
  EXPECT_THAT(packetized(packetizer, {"06 05", "01 88", "01 44"}, {9, 9}),
              ElementsAre(hex("18 0002 0605 0002 0188"), hex("0144")));
}

// RFC 6184 §5.8: F and NRI in the indicator, the type in the header, S first and E last.
TEST(H264Packetizer, CutsALargeUnitIntoEqualFragments) {
  Packetizer packetizer;
  EXPECT_THAT(packetized(packetizer, {"65 01 02 03 04 05 06 07"}, {5, 5}),
              ElementsAre(hex("7c 85 01 02 03"), hex("7c 05 04 05 06"), hex("7c 45 07")));
  EXPECT_THAT(packetized(packetizer, {"41 01 02 03 04 05 06"}, {6, 6}),
              ElementsAre(hex("5c 81 01 02 03"), hex("5c 41 04 05 06")));
}

TEST(H264Packetizer, CountsTheFirstPacketsRoom) {
  Packetizer packetizer;
  // The first one has two bytes less.
  EXPECT_THAT(packetized(packetizer, {"41 01 02 03 04 05 06"}, {4, 6}),
              ElementsAre(hex("5c 81 01 02"), hex("5c 41 03 04 05 06")));
  // A unit that is not the first has the room of the others.
  EXPECT_THAT(packetized(packetizer, {"06 05 09", "41 01 02 03 04 05"}, {4, 6}),
              ElementsAre(hex("06 05 09"), hex("41 01 02 03 04 05")));
}

// Nothing is copied but what aggregates and repeated sets need.
TEST(H264Packetizer, CopiesNoSlice) {
  Packetizer packetizer;
  const Buffer unit = annex_b({kSps, kPps, "65 88 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"});
  Pieces out;
  ASSERT_TRUE(packetizer.packetize({unit}, {14, 14}, out));
  EXPECT_EQ(out.written, hex("0005 6742e01f80 0002 68ce"));
  for (std::size_t i = 1; i < out.all.size(); ++i) {
    EXPECT_GE(out.all[i].body.data(), unit.data());
    EXPECT_LE(out.all[i].body.data() + out.all[i].body.size(), unit.data() + unit.size());
  }
}

// Who joins late has nothing to decode with, unless each IDR picture has its sets.
TEST(H264Packetizer, PutsParameterSetsBeforeAnIdrPictureThatLacksThem) {
  Packetizer packetizer;
  packetized(packetizer, {kSps, kPps, "65 88"}, {100, 100});
  EXPECT_THAT(packetized(packetizer, {"41 9a"}, {100, 100}), ElementsAre(hex("41 9a")));
  EXPECT_THAT(packetized(packetizer, {"65 88 02"}, {100, 100}),
              ElementsAre(hex("78 0005 6742e01f80 0002 68ce 0003 658802")));
  EXPECT_THAT(packetized(packetizer, {"09 10", "06 05", "65 88"}, {100, 100}),
              ElementsAre(hex("78 0002 0910 0005 6742e01f80 0002 68ce 0002 0605 0002 6588")));
  // One of them is there: the other one is added behind or before it.
  EXPECT_THAT(packetized(packetizer, {"67 42e01f 80 aa", "65 88"}, {100, 100}),
              ElementsAre(hex("78 0006 6742e01f80aa 0002 68ce 0002 6588")));
  EXPECT_THAT(packetized(packetizer, {"68 ce bb", "65 88"}, {100, 100}),
              ElementsAre(hex("78 0006 6742e01f80aa 0003 68cebb 0002 6588")));
  // The last ones count, in packets of their own too.
  EXPECT_THAT(packetized(packetizer, {"65 88"}, {6, 6}),
              ElementsAre(hex("67 42e01f 80 aa"), hex("68 ce bb"), hex("65 88")));
}

// A stream's first picture may be without: there is nothing to put before it.
TEST(H264Packetizer, HasNoParameterSetsBeforeItSawSome) {
  Packetizer packetizer;
  EXPECT_THAT(packetized(packetizer, {"65 88"}, {100, 100}), ElementsAre(hex("65 88")));
}

// Repeated sets are the pieces' own: the next access unit may bring others before they are sent.
TEST(H264Packetizer, GivesPiecesOfTheirOwnToRepeatedSets) {
  Packetizer packetizer;
  packetized(packetizer, {kSps, kPps, "65 88"}, {100, 100});
  Pieces out;
  Pieces next;
  const Buffer idr = annex_b({"65 88"});
  ASSERT_TRUE(packetizer.packetize({idr}, {5, 5}, out));
  ASSERT_TRUE(packetizer.packetize({stay(annex_b({"67 64001f 80", "68 ff"}))}, {5, 5}, next));
  EXPECT_THAT(payloads_of(out), ElementsAre(hex("67 42e01f 80"), hex("68 ce"), hex("65 88")));
}

// Delimiters (9) and filler (12) are sent: a stream of constant rate needs the latter (media
// section 1.8).
TEST(H264Packetizer, SendsDelimitersAndFiller) {
  Packetizer packetizer;
  EXPECT_THAT(packetized(packetizer, {"09 f0", "41 9a", "0c ff ff 80"}, {5, 5}),
              ElementsAre(hex("09 f0"), hex("41 9a"), hex("0c ff ff 80")));
}

// RFC 6184 §6.2.
TEST(H264Packetizer, SendsSingleUnitsOnlyInMode0) {
  Packetizer packetizer(PacketizationMode::SingleNal);
  EXPECT_THAT(packetized(packetizer, {kSps, kPps, "65 88"}, {100, 100}),
              ElementsAre(hex("67 42e01f 80"), hex("68 ce"), hex("65 88")));
  EXPECT_THAT(packetized(packetizer, {"65 88"}, {100, 100}),
              ElementsAre(hex("67 42e01f 80"), hex("68 ce"), hex("65 88")));
  Pieces out;
  EXPECT_EQ(packetizer.packetize({annex_b({"41 9a", "41 01 02 03"})}, {3, 3}, out),
            std::unexpected(PacketizeError::TooLarge));
  EXPECT_TRUE(out.all.empty());
}

TEST(H264Packetizer, RefusesWhatIsNoAccessUnit) {
  Packetizer packetizer;
  Pieces out;
  const auto error = [&](Bytes unit, Room room = {100, 100}) {
    return packetizer.packetize({unit}, room, out).error();
  };
  EXPECT_EQ(error({}), PacketizeError::Empty);
  EXPECT_EQ(error(hex("000001")), PacketizeError::Empty);
  EXPECT_EQ(error(hex("41 9a")), PacketizeError::Malformed);
  EXPECT_EQ(error(annex_b({"c1 9a"})), PacketizeError::Malformed);  // F
  for (const char* const nal : {"80 aa", "20 aa", "78 aa", "7c 85 aa", "7f"})
    EXPECT_EQ(error(annex_b({nal})), PacketizeError::Malformed) << nal;  // types 0 and 24 to 31
  EXPECT_EQ(error(annex_b({"41 9a"}), {2, 9}), PacketizeError::NoRoom);
  EXPECT_EQ(error(annex_b({"41 9a"}), {9, 2}), PacketizeError::NoRoom);
  Buffer large = annex_b({"41"});
  large.resize(large.size() + kMaxPieces + 1, 0xff);
  EXPECT_EQ(error(large, {3, 3}), PacketizeError::TooMany);
  EXPECT_EQ(packetizer.packetize_nals({}, {9, 9}, out).error(), PacketizeError::Empty);
  const Bytes empty[] = {Bytes{}};
  EXPECT_EQ(packetizer.packetize_nals(empty, {9, 9}, out).error(), PacketizeError::Malformed);
}

// An aggregate has 16 bits for a unit's size; a stream's packet (RFC 4571) may be larger.
TEST(H264Packetizer, PutsNoUnitOver64KiBIntoAnAggregate) {
  Packetizer packetizer;
  Buffer large(70'000, 0x55);
  large[0] = 0x41;
  const Buffer sei = hex("06 05");
  const Bytes nals[] = {sei, sei, large};
  Pieces out;
  ASSERT_TRUE(packetizer.packetize_nals(nals, {100'000, 100'000}, out));
  ASSERT_EQ(out.all.size(), 2u);
  EXPECT_EQ(out.all[1].body.data(), large.data());
}

TEST(H264Packetizer, TellsKeyFrames) {
  Packetizer packetizer;
  const auto is_key = [&](std::initializer_list<std::string_view> nals) {
    Pieces out;
    const Buffer unit = annex_b(nals);
    EXPECT_TRUE(packetizer.packetize({unit}, {100, 100}, out));
    return out.is_key_frame;
  };
  EXPECT_TRUE(is_key({"65 88"}));
  EXPECT_FALSE(is_key({"41 9a"}));
  EXPECT_FALSE(is_key({kSps, kPps, "41 9a"}));
  EXPECT_FALSE(is_key({"06 06 01 c4 80", "41 9a"}));
  EXPECT_TRUE(is_key({kSps, kPps, "06 06 01 c4 80", "41 9a"}));
}

TEST(H264Packetizer, TakesUnitsWithoutStartCodes) {
  Packetizer packetizer;
  const Buffer slice = hex("41 9a 01");
  const Buffer sei = hex("06 05");
  const Bytes nals[] = {sei, slice};
  Pieces out;
  ASSERT_TRUE(packetizer.packetize_nals(nals, {100, 100}, out));
  EXPECT_THAT(payloads_of(out), ElementsAre(hex("58 0002 0605 0003 419a01")));
}

}  // namespace
}  // namespace specter::codec::h264
