// Streams that begin near the first rollover. RFC 3711 §3.3.1 leaves to a receiver what it missed.
#include <deque>

#include <gtest/gtest.h>

#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::Ends;
using testing::kProfiles;
using testing::rtp_packet;

class YoungStream : public ::testing::TestWithParam<Profile> {};
INSTANTIATE_TEST_SUITE_P(Each, YoungStream, ::testing::ValuesIn(kProfiles),
                         [](const auto& parameter) { return testing::name_of(parameter.param); });

std::uint16_t wrapped(std::uint32_t index) { return static_cast<std::uint16_t>(index); }

// Streams that start at 65,400 to 65,535, of which 30 % are lost and come again later, before the
// wrap as well as after it: each packet is opened in the end, at its index.
TEST_P(YoungStream, SurvivesTheWrapWithLossAndRetransmissions) {
  constexpr std::uint32_t kCount = 300, kLate = 60;
  for (std::uint32_t first = 65'400; first <= 65'535; first += 3) {
    simulation::SeededRandom random(first);
    Ends ends(GetParam());
    OpenBatch batch(ends.cipher);
    struct Sent {
      std::uint32_t index;
      Buffer sealed;
    };
    std::deque<Sent> arrivals, late;
    std::size_t opened = 0;
    const auto open_all = [&] {
      for (Sent& each : arrivals) batch.add_rtp(ends.opener, each.sealed, each.sealed);
      const auto results = batch.run();
      for (std::size_t i = 0; i < results.size(); ++i) {
        ASSERT_TRUE(results[i]) << first << " " << arrivals[i].index << " "
                                << to_string(results[i].error());
        EXPECT_EQ(results[i]->index, arrivals[i].index);
        EXPECT_EQ(to_buffer(results[i]->packet), rtp_packet(1, wrapped(arrivals[i].index)));
        ++opened;
      }
      arrivals.clear();
    };
    for (std::uint32_t i = 0; i < kCount; ++i) {
      Sent sent{first + i, ends.seal(rtp_packet(1, wrapped(first + i))).value()};
      (random.chance(0.3) ? late : arrivals).push_back(std::move(sent));
      if (!late.empty() && (late.front().index + kLate < first + i || random.chance(0.1))) {
        arrivals.push_back(std::move(late.front()));
        late.pop_front();
      }
      if (random.chance(0.3)) open_all();
    }
    while (!late.empty()) {
      arrivals.push_back(std::move(late.front()));
      late.pop_front();
    }
    open_all();
    EXPECT_EQ(opened, kCount);
  }
}

// All of before the wrap is lost: the first packet that comes has the rollover counter 1.
TEST_P(YoungStream, FindsTheCounterWhenEverythingBeforeTheWrapIsLost) {
  Ends ends(GetParam());
  std::vector<Buffer> sealed;
  for (std::uint32_t index = 65'400; index < 65'600; ++index)
    sealed.push_back(ends.seal(rtp_packet(1, wrapped(index))).value());
  EXPECT_EQ(ends.open(sealed[65'540 - 65'400]), rtp_packet(1, 4));
  // What was repeated of before the wrap comes after it.
  EXPECT_EQ(ends.open(sealed[65'450 - 65'400]), rtp_packet(1, 65'450));
  EXPECT_EQ(ends.open(sealed[65'541 - 65'400]), rtp_packet(1, 5));
}

// A sender that begins at 20 and then repeats 65,500, a packet of before it joined, may take that
// for a packet to come, and 22 for one after the rollover: libsrtp 2.5 does, libsrtp_test.cc. Then
// the sender's counter is one more than any rule says.
TEST_P(YoungStream, FollowsASenderWhoCountedARolloverTooMany) {
  Ends ends(GetParam());
  EXPECT_TRUE(ends.open(ends.seal(rtp_packet(1, 20)).value()));
  EXPECT_TRUE(ends.open(ends.seal(rtp_packet(1, 21)).value()));
  ends.sealer.skip_rtp_to(1, 65'500);
  for (std::uint16_t sequence = 22; sequence < 200; ++sequence)
    ASSERT_TRUE(ends.open(ends.seal(rtp_packet(1, sequence)).value())) << sequence;
}

// The same, and what was taken for a packet to come arrives.
TEST_P(YoungStream, TakesAPacketOfBeforeTheFirstOne) {
  Ends ends(GetParam());
  EXPECT_TRUE(ends.open(ends.seal(rtp_packet(1, 20)).value()));
  ends.sealer.skip_rtp_to(1, 65'499);
  EXPECT_TRUE(ends.open(ends.seal(rtp_packet(1, 65'500)).value()));
  EXPECT_TRUE(ends.open(ends.seal(rtp_packet(1, 21)).value()));
}

// Past its youth a stream's packet is tried once.
TEST_P(YoungStream, IsOverAfterEnoughPackets) {
  Ends ends(GetParam());
  std::uint16_t sequence = 0;
  while (sequence < Opener::kYoungPackets)
    ASSERT_TRUE(ends.open(ends.seal(rtp_packet(1, sequence++)).value()));
  ends.sealer.skip_rtp_to(1, kRollover + sequence);
  EXPECT_EQ(ends.open(ends.seal(rtp_packet(1, sequence + 1)).value()),
            std::unexpected(Refusal::BadTag));
  EXPECT_EQ(ends.open(rtp_packet(1, 65'500)), std::unexpected(Refusal::Replayed));
}

}  // namespace
}  // namespace specter::srtp
