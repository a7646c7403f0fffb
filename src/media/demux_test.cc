// Which section and encoding a packet belongs to: RFC 9143 §9.2 and RFC 8852, in their order.
#include "media/demux.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/source.h"

namespace specter::media {
namespace {

using namespace media::testing;
using Drop = Demux::Drop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TransceiverId kVideo{1}, kSound{2};

// A packet of one of the sources, made as each test needs it.
class Told {
 public:
  explicit Told(std::uint32_t ssrc, std::uint8_t payload_type = kVp8) {
    packet_.header.ssrc = ssrc;
    packet_.header.payload_type = payload_type;
    packet_.header.sequence = 100;
  }
  Told& sequence(std::uint16_t value) {
    packet_.header.sequence = value;
    return *this;
  }
  Told& with(std::uint8_t id, std::string_view text) {
    extensions_.add(id, as_bytes(text));
    return *this;
  }
  Told& mid(std::string_view text) { return with(kMidId, text); }
  Told& rid(std::string_view text) { return with(kRidId, text); }
  Told& repaired(std::string_view text) { return with(kRepairedRidId, text); }

  const rtp::Packet& get() {
    block_.clear();
    ByteWriter out(block_);
    extensions_.write(out);
    if (!block_.empty()) packet_.extension = {rtp::kOneByteProfile, Bytes(block_).subspan(4)};
    return packet_;
  }

 private:
  rtp::Packet packet_;
  rtp::Extensions extensions_;
  Buffer block_;
};

struct DemuxTest : ::testing::Test {
  std::expected<Demux::Route, Demux::Refusal> route(Told told) { return demux.route(told.get()); }
  Demux::Route at(std::size_t section, std::size_t encoding = 0, bool is_rtx = false) {
    return {section, encoding, is_rtx};
  }
  Drop drop(Told told) { return route(std::move(told)).error().drop; }

  Demux demux;
};

TEST_F(DemuxTest, TheMidSaysTheSectionAndBindsTheSource) {
  const std::size_t v = demux.set(kVideo, video());
  const std::size_t a = demux.set(kSound, audio());
  EXPECT_EQ(route(Told(5, kOpus).mid("1")), at(a));
  EXPECT_EQ(route(Told(6).mid("0")), at(v));
  // From now on without it.
  EXPECT_EQ(route(Told(5, kOpus)), at(a));
  EXPECT_EQ(demux.sources(), 2u);
}

// RFC 9143 §9.2: it must not fall through to the payload type, which would fit here.
TEST_F(DemuxTest, AnUnknownMidIsDroppedWhateverElseFits) {
  demux.set(kVideo, video());
  EXPECT_EQ(drop(Told(5).mid("x")), Drop::UnknownMid);
  EXPECT_EQ(demux.sources(), 0u);
  EXPECT_TRUE(route(Told(5)));
  EXPECT_EQ(drop(Told(5).mid("x")), Drop::UnknownMid) << "of a bound source too";
}

TEST_F(DemuxTest, ALaterMidMovesTheSourceAndAnOlderOneDoesNot) {
  rtp::ReceiveParameters second = video("2");
  const std::size_t v = demux.set(kVideo, video());
  const std::size_t w = demux.set(kSound, second);
  EXPECT_EQ(route(Told(5).mid("0").sequence(65535)), at(v));
  EXPECT_EQ(route(Told(5).mid("2").sequence(2)), at(w)) << "newer over the wrap";
  EXPECT_EQ(route(Told(5).mid("0").sequence(1)), at(w)) << "older: nothing changes";
  EXPECT_EQ(route(Told(5).sequence(3)), at(w));
}

TEST_F(DemuxTest, DescribedSourcesNeedNoExtension) {
  rtp::ReceiveParameters first = video(), second = video("2");
  first.sources = {{.ssrc = 10, .rtx_ssrc = 11}};
  second.sources = {{.ssrc = 20, .rtx_ssrc = 21}};
  const std::size_t v = demux.set(kVideo, first);
  const std::size_t w = demux.set(kSound, second);
  EXPECT_EQ(route(Told(10)), at(v));
  EXPECT_EQ(route(Told(20)), at(w));
  EXPECT_EQ(route(Told(21, kVp8Rtx)), at(w, 0, true));
  EXPECT_EQ(route(Told(11, kVp8Rtx)), at(v, 0, true));
}

TEST_F(DemuxTest, AUniquePayloadTypeIsTheLastThatIsTried) {
  const std::size_t v = demux.set(kVideo, video());
  const std::size_t a = demux.set(kSound, audio());
  EXPECT_EQ(route(Told(5, kOpus)), at(a));
  EXPECT_EQ(route(Told(6)), at(v));
  demux.set(TransceiverId{3}, video("2"));
  EXPECT_EQ(drop(Told(7)), Drop::UnknownSource) << "two sections have it now";
  EXPECT_EQ(route(Told(6)), at(v)) << "bound before";
  EXPECT_EQ(drop(Told(7, 33)), Drop::UnknownSource);
}

// Who answers may send before its answer is here, without MIDs as webrtcbin does, and by a payload
// type that only one section has so far.
TEST_F(DemuxTest, ADescriptionMovesASourceThatWasGuessed) {
  const std::size_t v = demux.set(kVideo, video());
  EXPECT_EQ(route(Told(20)), at(v));
  EXPECT_EQ(route(Told(21, kVp8Rtx)), at(v, 0, true));
  EXPECT_EQ(route(Told(30).mid("0")), at(v));
  rtp::ReceiveParameters second = video("2");
  second.sources = {{.ssrc = 20, .rtx_ssrc = 21}, {.ssrc = 30}};
  const std::size_t w = demux.set(kSound, second);
  EXPECT_EQ(route(Told(20)), at(w));
  EXPECT_EQ(route(Told(21, kVp8Rtx)), at(w, 0, true));
  EXPECT_EQ(route(Told(30)), at(v)) << "its MID was heard";
  EXPECT_THAT(demux.take_moved(), ElementsAre(Demux::Moved{v, 20}));
  EXPECT_THAT(demux.take_moved(), IsEmpty());
}

TEST_F(DemuxTest, AMidMovesASourceThatWasGuessedInPacketsAndInSdes) {
  const std::size_t v = demux.set(kVideo, video());
  EXPECT_EQ(route(Told(5)), at(v));
  EXPECT_EQ(route(Told(6)), at(v));
  const std::size_t w = demux.set(kSound, video("2"));
  EXPECT_EQ(route(Told(5).mid("2")), at(w));
  demux.bind(6, "2", "");
  EXPECT_EQ(route(Told(6)), at(w));
  EXPECT_THAT(demux.take_moved(), ElementsAre(Demux::Moved{v, 5}, Demux::Moved{v, 6}));
}

TEST_F(DemuxTest, APayloadTypeThatTheSectionLacksIsDropped) {
  demux.set(kVideo, video());
  demux.set(kSound, audio());
  EXPECT_EQ(drop(Told(5, kOpus).mid("0")), Drop::UnknownPayload);
  EXPECT_EQ(demux.sources(), 0u) << "and binds nothing";
}

TEST_F(DemuxTest, TheRidSaysTheEncodingWithMidAndAlone) {
  const std::size_t v = demux.set(kVideo, simulcast());
  EXPECT_EQ(route(Told(5).mid("0").rid("h")), at(v, 1));
  EXPECT_EQ(route(Told(6).rid("l")), at(v, 0));
  EXPECT_EQ(route(Told(5)), at(v, 1)) << "without both";
  EXPECT_EQ(drop(Told(7).mid("0").rid("x")), Drop::UnknownRid);
  const auto refused = route(Told(8).mid("0"));
  EXPECT_EQ(refused.error(), (Demux::Refusal{Drop::UnknownEncoding, v}));
}

TEST_F(DemuxTest, ARidAloneThatTwoSectionsHaveSaysNothing) {
  demux.set(kVideo, simulcast());
  rtp::ReceiveParameters second = simulcast();
  second.mid = "2";
  demux.set(kSound, second);
  EXPECT_EQ(drop(Told(5).rid("l")), Drop::UnknownSource);
}

// docs/failures.md row 151: repairs are paired by the repaired RID, whoever comes first, and are
// never a new primary.
TEST_F(DemuxTest, RepairsArePairedByTheRepairedRid) {
  const std::size_t v = demux.set(kVideo, simulcast());
  EXPECT_EQ(route(Told(9, kVp8Rtx).mid("0").repaired("h")), at(v, 1, true));
  EXPECT_EQ(route(Told(9, kVp8Rtx)), at(v, 1, true));
  EXPECT_EQ(route(Told(8, kVp8Rtx).repaired("l")), at(v, 0, true)) << "without a MID";
}

TEST_F(DemuxTest, ARepairInASectionOfOnePrimaryIsThatOnes) {
  const std::size_t v = demux.set(kVideo, video());
  EXPECT_EQ(route(Told(9, kVp8Rtx).mid("0")), at(v, 0, true));
  EXPECT_EQ(route(Told(5).mid("0")), at(v));
}

// docs/failures.md row 152: one URI may have another number in each section, and a number may mean
// the MID in one section alone.
TEST_F(DemuxTest, EachSectionHasItsOwnNumbers) {
  rtp::ReceiveParameters second = audio();
  second.extensions = {};
  second.extensions.bind(rtp::uri_of(rtp::ExtensionKind::Mid), 9);
  second.extensions.bind(rtp::uri_of(rtp::ExtensionKind::AudioLevel), kMidId);
  const std::size_t v = demux.set(kVideo, video());
  const std::size_t a = demux.set(kSound, second);
  EXPECT_EQ(route(Told(5, kOpus).with(kMidId, "\x7f").with(9, "1")), at(a));
  EXPECT_EQ(route(Told(6).mid("0")), at(v));
  EXPECT_EQ(demux.common_id(rtp::ExtensionKind::Mid), std::nullopt);
  EXPECT_EQ(demux.common_id(rtp::ExtensionKind::TransportSequence), kTransportId);
}

TEST_F(DemuxTest, ForgetsWhoWasHeardLongestAgoPastItsLimit) {
  demux.set(kVideo, video());
  rtp::ReceiveParameters sound = audio();
  const std::size_t a = demux.set(kSound, sound);
  EXPECT_EQ(route(Told(1, kOpus).mid("1")), at(a));
  for (std::uint32_t ssrc = 10; ssrc < 10 + 2 * Demux::kMaxSources; ++ssrc) {
    EXPECT_TRUE(route(Told(ssrc).mid("0")));
    EXPECT_EQ(route(Told(1, kOpus)), at(a)) << "who speaks is not forgotten";
  }
  EXPECT_EQ(demux.sources(), Demux::kMaxSources);
}

TEST_F(DemuxTest, SourceDescriptionsBindWhatIsNotBound) {
  const std::size_t v = demux.set(kVideo, simulcast());
  const std::size_t w = demux.set(kSound, video("2"));
  demux.bind(5, "0", "h");
  EXPECT_EQ(demux.find(5), at(v, 1));
  EXPECT_EQ(route(Told(5)), at(v, 1));
  demux.bind(5, "2", "");
  EXPECT_EQ(demux.find(5), at(v, 1));
  demux.bind(6, "0", "");
  EXPECT_EQ(demux.find(6), std::nullopt) << "of the section, of no encoding yet";
  EXPECT_EQ(route(Told(6).rid("l")), at(v, 0));
  demux.bind(7, "9", "");
  EXPECT_EQ(drop(Told(7)), Drop::UnknownSource);
  (void)w;
}

TEST_F(DemuxTest, ASectionThatGoesTakesItsSourcesWithIt) {
  demux.set(kVideo, video());
  EXPECT_TRUE(route(Told(5).mid("0")));
  demux.remove(kVideo);
  EXPECT_EQ(demux.sources(), 0u);
  EXPECT_EQ(drop(Told(5)), Drop::UnknownSource);
  EXPECT_EQ(demux.set(kSound, audio()), 0u) << "its number is used again";
}

TEST_F(DemuxTest, OtherRidsMakeWhatWasLearntVoid) {
  const std::size_t v = demux.set(kVideo, simulcast({"l", "h"}));
  EXPECT_EQ(route(Told(5).rid("h")), at(v, 1));
  demux.set(kVideo, simulcast({"h"}));
  EXPECT_EQ(route(Told(5).rid("h")), at(v, 0));
  EXPECT_EQ(drop(Told(6).mid("0").rid("l")), Drop::UnknownRid);
}

// libwebrtc tells a source's rid until a report acknowledges it, and never again.
TEST_F(DemuxTest, ASourceKeepsItsRidOverAHoldAndInAnotherList) {
  const std::size_t v = demux.set(kVideo, simulcast({"l", "h"}));
  EXPECT_EQ(route(Told(5).rid("h")), at(v, 1));
  EXPECT_EQ(route(Told(6).rid("l")), at(v, 0));
  auto hold = simulcast({"l", "h"});
  hold.rids.clear();
  hold.is_active = false;
  demux.set(kVideo, hold);
  demux.set(kVideo, simulcast({"l", "h"}));
  EXPECT_EQ(route(Told(5)), at(v, 1));
  EXPECT_EQ(route(Told(6)), at(v, 0));
  demux.set(kVideo, simulcast({"h", "m"}));
  EXPECT_EQ(route(Told(5)), at(v, 0));
  EXPECT_EQ(drop(Told(6)), Drop::UnknownEncoding);
}

}  // namespace
}  // namespace specter::media
