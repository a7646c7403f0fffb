#include "peer/local_candidates.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Timestamp kStart{1s};
constexpr CandidateSection kSection{"data", 1};
constexpr const char* kSdp =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:audio\r\n"
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:data\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:video\r\n";

class LocalCandidatesTest : public ::testing::Test {
 protected:
  // The agent's events are not looked at: tell() is what its owner calls for them.
  void add_endpoint(std::string_view endpoint) {
    ice_.add_local_endpoint(kStart, *Endpoint::parse(endpoint));
    candidates_.tell(kSection, events_);
  }
  void end() {
    ice_.end_of_local_endpoints(kStart);
    candidates_.tell(kSection, events_);
  }
  // One word each: what was told since the last call.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    while (!events_.empty()) {
      const core::Event event = events_.take_front();
      if (const auto* found = std::get_if<core::LocalCandidate>(&event)) {
        EXPECT_EQ(found->candidate.sdp_mid, "data");
        EXPECT_EQ(found->candidate.sdp_mline_index, 1);
        EXPECT_EQ(found->candidate.username_fragment, ice_.local_credentials().ufrag);
        out.push_back(found->candidate.candidate.empty() ? "end" : found->candidate.candidate);
      } else if (const auto* state = std::get_if<core::IceGatheringStateChange>(&event)) {
        out.emplace_back(to_string(state->state));
      } else {
        out.emplace_back(std::holds_alternative<core::GatherCandidates>(event) ? "gather" : "?");
      }
    }
    return out;
  }

  simulation::SeededRandom random_{1};
  ice::Agent ice_{{}, random_};
  LocalCandidates candidates_{ice_};
  Events events_;
};

TEST_F(LocalCandidatesTest, AreToldOneByOneAndTheirEndWhileGathering) {
  candidates_.gather(kStart, kSection, events_);
  EXPECT_THAT(told(), ElementsAre("gather"));
  add_endpoint("192.0.2.1:5000");
  EXPECT_THAT(told(), ElementsAre("gathering", HasSubstr("192.0.2.1 5000")));
  add_endpoint("192.0.2.1:5001");
  EXPECT_THAT(told(), ElementsAre(HasSubstr("192.0.2.1 5001")));
  end();
  EXPECT_THAT(told(), ElementsAre("end", "complete"));
  candidates_.tell(kSection, events_);
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(LocalCandidatesTest, AreNotToldWithoutADescription) {
  add_endpoint("192.0.2.1:5000");
  end();
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(candidates_.gathering_state(), IceGatheringState::New);
}

// W3C §4.4.1.5: a rollback's state is `new`, and the next description tells them anew.
TEST_F(LocalCandidatesTest, ThatWereDroppedAreToldAnewAndNotGatheredAnew) {
  candidates_.gather(kStart, kSection, events_);
  add_endpoint("192.0.2.1:5000");
  end();
  const auto first = told();
  candidates_.drop(events_);
  EXPECT_THAT(told(), ElementsAre("new"));
  EXPECT_EQ(candidates_.gathering_state(), IceGatheringState::New);
  candidates_.gather(kStart, kSection, events_);
  EXPECT_THAT(told(), ElementsAre("gathering", first[2], "end", "complete"));
}

// RFC 8445 §9: candidates of another generation are told anew, those that are the same ones too.
TEST_F(LocalCandidatesTest, OfAnotherGenerationAreGatheredAndToldAnew) {
  candidates_.gather(kStart, kSection, events_);
  add_endpoint("192.0.2.1:5000");
  end();
  (void)told();
  ice_.set_remote_credentials(kStart, {"peer", "a password of twenty-two"});
  ice_.set_local_credentials(kStart, ice::Credentials::generate(random_));
  candidates_.gather_anew(events_);
  EXPECT_THAT(told(), ElementsAre("gathering", "gather"));
  candidates_.gather(kStart, kSection, events_);
  add_endpoint("192.0.2.1:5001");
  end();
  EXPECT_THAT(told(), ElementsAre(HasSubstr("192.0.2.1 5000"), HasSubstr("192.0.2.1 5001"), "end",
                                  "complete"));
}

TEST_F(LocalCandidatesTest, StandAtTheEndOfTheirSection) {
  const SessionDescription description{SdpType::Offer, kSdp};
  EXPECT_EQ(candidates_.shown_in(description, 1)->sdp, kSdp);
  candidates_.gather(kStart, kSection, events_);
  add_endpoint("192.0.2.1:5000");
  const auto before = candidates_.revision();
  const std::string line = "a=" + ice_.local_candidates().front().to_string() + "\r\n";
  EXPECT_THAT(candidates_.shown_in(description, 1)->sdp,
              HasSubstr("a=mid:data\r\n" + line + "m=video"));
  end();
  EXPECT_NE(candidates_.revision(), before);
  EXPECT_THAT(candidates_.shown_in(description, 1)->sdp,
              HasSubstr("a=mid:data\r\n" + line + "a=end-of-candidates\r\nm=video"));
}

TEST_F(LocalCandidatesTest, StandInNoSectionThatIsRejectedOrMissing) {
  candidates_.gather(kStart, kSection, events_);
  add_endpoint("192.0.2.1:5000");
  std::string rejected = kSdp;
  rejected.replace(rejected.find("application 9"), 13, "application 0");
  EXPECT_EQ(candidates_.shown_in(SessionDescription{SdpType::Offer, rejected}, 1)->sdp, rejected);
  EXPECT_EQ(candidates_.shown_in(SessionDescription{SdpType::Offer, kSdp}, 3)->sdp, kSdp);
  EXPECT_FALSE(candidates_.shown_in(std::nullopt, 1));
}

}  // namespace
}  // namespace specter::peer
