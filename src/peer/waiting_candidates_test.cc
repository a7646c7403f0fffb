#include "peer/waiting_candidates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{1s};
constexpr const char* kText = "candidate:1 1 udp 2130706431 192.0.2.2 5001 typ host";

IceCandidate text_of(std::string candidate) {
  return {.candidate = std::move(candidate),
          .sdp_mid = "0",
          .sdp_mline_index = {},
          .username_fragment = {}};
}

TEST(ReadCandidate, TakesALineAndTheEnd) {
  const auto read = read_candidate(text_of(kText));
  ASSERT_TRUE(read);
  ASSERT_TRUE(read->candidate);
  EXPECT_EQ(read->candidate->endpoint, *Endpoint::parse("192.0.2.2:5001"));
  IceCandidate last = text_of("");
  last.username_fragment = "beside";
  const auto end = read_candidate(last);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->is_end());
  EXPECT_EQ(end->ufrag, "beside");
}

TEST(ReadCandidate, HasTheUserFragmentThatIsToldBesideIt) {
  IceCandidate text = text_of(kText);
  text.username_fragment = "beside";
  EXPECT_EQ(read_candidate(text)->candidate->extension("ufrag"), "beside");
  text.candidate += " ufrag within";
  EXPECT_EQ(read_candidate(text)->candidate->extension("ufrag"), "within");
}

TEST(ReadCandidate, RefusesWhatIsNone) {
  const auto read = read_candidate(text_of("candidate:1 1 udp"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::OperationFailed);
}

TEST(WaitingCandidates, GoToIceWhenTheyAreHandedOver) {
  simulation::SeededRandom random(1);
  ice::Agent ice({}, random);
  const Path path{*Endpoint::parse("192.0.2.1:5000"), *Endpoint::parse("192.0.2.2:5001")};
  ice.add_local_endpoint(kStart, path.local);
  ice.set_remote_credentials(kStart, {"peer", "a password of twenty-two"});
  WaitingCandidates waiting;
  waiting.add(*read_candidate(text_of(kText)));
  waiting.add({});
  EXPECT_FALSE(ice.knows(path));
  waiting.hand_over(kStart, ice);
  EXPECT_TRUE(ice.knows(path));
}

TEST(WaitingCandidates, ThatWereClearedGoNowhere) {
  simulation::SeededRandom random(1);
  ice::Agent ice({}, random);
  const Path path{*Endpoint::parse("192.0.2.1:5000"), *Endpoint::parse("192.0.2.2:5001")};
  ice.add_local_endpoint(kStart, path.local);
  ice.set_remote_credentials(kStart, {"peer", "a password of twenty-two"});
  WaitingCandidates waiting;
  waiting.add(*read_candidate(text_of(kText)));
  waiting.clear();
  waiting.hand_over(kStart, ice);
  EXPECT_FALSE(ice.knows(path));
}

// Those over the limit are passed over; the end never is, nor is what takes no place.
TEST(WaitingCandidates, AreSoManyAtMost) {
  simulation::SeededRandom random(1);
  ice::Agent ice({.max_remote_candidates = 1000}, random);
  ice.add_local_endpoint(kStart, *Endpoint::parse("192.0.2.1:5000"));
  ice.set_remote_credentials(kStart, {"peer", "a password of twenty-two"});
  WaitingCandidates waiting;
  const auto line = [](std::string_view protocol, std::size_t port) {
    return text_of("candidate:1 1 " + std::string(protocol) + " 2130706431 192.0.2.2 " +
                   std::to_string(port) + " typ host");
  };
  for (std::size_t i = 0; i < 1000; ++i) waiting.add(*read_candidate(line("tcp", 5000 + i)));
  for (std::size_t i = 0; i < 1000; ++i) {
    for (int section = 0; section < 3; ++section)
      waiting.add(*read_candidate(line("udp", 5000 + i)));
  }
  waiting.add({});
  waiting.hand_over(kStart, ice);
  const auto knows = [&](std::size_t i) {
    return ice.knows({*Endpoint::parse("192.0.2.1:5000"),
                      *Endpoint::parse("192.0.2.2:" + std::to_string(5000 + i))});
  };
  EXPECT_TRUE(knows(0));
  EXPECT_TRUE(knows(99));  // pairs have a limit of their own
  EXPECT_EQ(ice.remote_candidates_taken(),
            1 + WaitingCandidates::kMax + WaitingCandidates::kMaxUnusable);
}

}  // namespace
}  // namespace specter::peer
