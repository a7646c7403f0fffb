// Handshake messages in pieces: RFC 6347 §4.2.3, RFC 9147 §5.5.
#include <utility>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

class Fragments : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, Fragments, kBothVersions, version_name);

std::vector<std::size_t> sizes_to_try() { return {1, 7, 40, 100, 500}; }

// Browsers' ClientHellos come in two datagrams.
TEST_P(Fragments, EveryFlightMayComeInPiecesInAnyOrder) {
  for (const std::size_t size : sizes_to_try()) {
    for (int order = 0; order < 4; ++order) {
      SCOPED_TRACE(std::to_string(size) + " bytes, order " + std::to_string(order));
      Ends ends(GetParam());
      std::uint64_t sequence_a = 0, sequence_b = 0;
      simulation::SeededRandom random(9);
      ends.pair.filter = [&](bool from_a, Buffer& packet) {
        auto pieces = refragment(packet, size, from_a ? sequence_a : sequence_b);
        if (order == 1) std::ranges::reverse(pieces);
        if (order == 2) {
          for (std::size_t i = pieces.size(); i > 1; --i)
            std::swap(pieces[i - 1], pieces[random.below(static_cast<std::uint32_t>(i))]);
        }
        for (const Buffer& piece : pieces) {
          for (int copy = 0; copy < (order == 3 ? 3 : 1); ++copy)
            (from_a ? ends.pair.to_b() : ends.pair.to_a()).send(ends.pair.now(), piece);
        }
        return false;
      };
      ASSERT_TRUE(ends.connect(1s));
      // What comes before its hello is kept, but not any number of pieces.
      if (size < 40 && order != 0) continue;
      EXPECT_EQ(ends.pair.now() - simulation::kStart, is13() ? 30ms : 40ms);
      if (order != 3) {
        EXPECT_EQ(ends.client.counters().records_dropped, 0u);
      }
    }
  }
}

// The second time a flight is cut elsewhere, and pieces are lost each time.
TEST_P(Fragments, RetransmissionsMayBeCutDifferently) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Ends ends(GetParam(), {.loss = 0.1, .seed = seed}, seed);
    simulation::SeededRandom random(seed);
    std::uint64_t sequence_a = 0, sequence_b = 0;
    ends.pair.filter = [&](bool from_a, Buffer& packet) {
      for (const Buffer& piece :
           refragment(packet, 20 + random.below(200), from_a ? sequence_a : sequence_b))
        (from_a ? ends.pair.to_b() : ends.pair.to_a()).send(ends.pair.now(), piece);
      return false;
    };
    ASSERT_TRUE(ends.connect()) << seed;
  }
}

}  // namespace
}  // namespace specter::dtls
