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
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->endpoint, *Endpoint::parse("192.0.2.2:5001"));
  const auto end = read_candidate(text_of(""));
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST(ReadCandidate, HasTheUserFragmentThatIsToldBesideIt) {
  IceCandidate text = text_of(kText);
  text.username_fragment = "beside";
  EXPECT_EQ((*read_candidate(text))->extension("ufrag"), "beside");
  text.candidate += " ufrag within";
  EXPECT_EQ((*read_candidate(text))->extension("ufrag"), "within");
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
  EXPECT_TRUE(waiting.add(*read_candidate(text_of(kText))));
  EXPECT_TRUE(waiting.add(std::nullopt));
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
  EXPECT_TRUE(waiting.add(*read_candidate(text_of(kText))));
  waiting.clear();
  waiting.hand_over(kStart, ice);
  EXPECT_FALSE(ice.knows(path));
}

TEST(WaitingCandidates, AreSixtyFourAtMost) {
  WaitingCandidates waiting;
  for (std::size_t i = 0; i < WaitingCandidates::kMax; ++i) EXPECT_TRUE(waiting.add(std::nullopt));
  const auto refused = waiting.add(std::nullopt);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::OperationFailed);
  waiting.clear();
  EXPECT_TRUE(waiting.add(std::nullopt));
}

}  // namespace
}  // namespace specter::peer
