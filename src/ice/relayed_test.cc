// Relayed candidates: RFC 8445 §5.1.1.2. What they are sent through is not ICE's to know.
#include <gmock/gmock.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

const Endpoint kRelayed = at("198.51.100.7:49152");

// One agent with a host candidate, unless it may use relays alone, and a relayed one.
struct Relayed {
  explicit Relayed(Role role, bool has_host = true) : random(7) {
    agent.emplace(Agent::Config{.role = role}, random);
    agent->start_gathering(now);
    if (has_host) agent->add_local_endpoint(now, base);
    agent->add_relayed_endpoint(now, kRelayed, base);
    agent->end_of_local_endpoints(now);
    agent->set_remote_credentials(now, peer);
  }
  void learn_candidate() {
    const auto candidate = Candidate::parse("candidate:1 1 udp 2130706431 10.0.0.2 6000 typ host");
    ASSERT_TRUE(agent->add_remote_candidate(now, *candidate));
  }
  // The checks that leave, each answered when its pair may answer.
  std::vector<Path> check(bool over_relay, bool over_host) {
    std::vector<Path> nominated;
    while (auto sent = agent->poll_transmit(now)) {
      const auto message = stun::Message::parse(sent->bytes);
      if (!message || message->cls != stun::Class::Request) continue;
      if (message->has(stun::AttributeType::UseCandidate)) nominated.push_back(sent->path);
      if (!(sent->path.local == kRelayed ? over_relay : over_host)) continue;
      stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding, message->id);
      writer.add(stun::XorMappedAddress{sent->path.local});
      writer.integrity(stun::short_term_key(peer.pwd)).fingerprint();
      agent->handle_datagram(now, sent->path, writer.finish());
    }
    return nominated;
  }
  void pass(Duration time) {
    now += time;
    agent->handle_timeout(now);
  }

  Timestamp now = kStart;
  Endpoint base = at("10.0.0.1:5000");
  Credentials peer{"peer", "peerpasswordpeerpassword"};
  SeededRandom random;
  std::optional<Agent> agent;
};

TEST(RelayedCandidate, IsToldAndTellsNoAddressOfOurs) {
  Relayed one(Role::Controlling);
  const auto& candidates = one.agent->local_candidates();
  ASSERT_EQ(candidates.size(), 2U);
  EXPECT_EQ(candidates[1].type, CandidateType::Relayed);
  EXPECT_EQ(candidates[1].endpoint, kRelayed);
  EXPECT_LT(candidates[1].priority, candidates[0].priority);
  EXPECT_NE(candidates[1].foundation, candidates[0].foundation);
  EXPECT_THAT(candidates[1].to_string(), ::testing::Not(::testing::HasSubstr("10.0.0.1")));
  EXPECT_TRUE(Candidate::parse(candidates[1].to_string()));
}

TEST(RelayedCandidate, IsCheckedFromItsAddress) {
  Relayed one(Role::Controlling, false);
  one.learn_candidate();
  const auto sent = one.agent->poll_transmit(one.now);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->path.local, kRelayed);
  EXPECT_TRUE(one.agent->is_relayed(sent->path));
}

TEST(RelayedCandidate, AloneConnects) {
  Relayed one(Role::Controlling, false);
  one.learn_candidate();
  for (int i = 0; i < 100 && one.agent->connection_state() != Connected; ++i) {
    one.check(true, false);
    one.pass(20ms);
  }
  ASSERT_TRUE(one.agent->path());
  EXPECT_EQ(one.agent->path()->local, kRelayed);
}

// Data flow over it at once; the better kinds have half a second until it is nominated.
TEST(RelayedCandidate, GivesTheBetterKindsHalfASecond) {
  Relayed one(Role::Controlling);
  one.learn_candidate();
  std::vector<Path> nominated;
  const Timestamp begun = one.now;
  while (nominated.empty() && one.now < begun + 2s) {
    nominated = one.check(true, false);
    if (one.now > begun + 100ms) {
      EXPECT_TRUE(one.agent->path());
    }
    if (nominated.empty()) one.pass(10ms);
  }
  ASSERT_FALSE(nominated.empty());
  EXPECT_EQ(nominated[0].local, kRelayed);
  EXPECT_GE(one.now - begun, 450ms);
  EXPECT_LE(one.now - begun, 700ms);
}

TEST(RelayedCandidate, MakesWayForAPairThatAnswersInThatTime) {
  Relayed one(Role::Controlling);
  one.learn_candidate();
  std::vector<Path> nominated;
  const Timestamp begun = one.now;
  while (nominated.empty() && one.now < begun + 2s) {
    nominated = one.check(true, one.now > begun + 200ms);
    if (nominated.empty()) one.pass(10ms);
  }
  ASSERT_FALSE(nominated.empty());
  EXPECT_EQ(nominated[0].local, one.base);
}

TEST(RelayedCandidate, ThatIsLostEndsItsPairs) {
  Relayed one(Role::Controlling, false);
  one.learn_candidate();
  for (int i = 0; i < 50; ++i) {
    one.check(true, false);
    one.pass(20ms);
  }
  ASSERT_TRUE(one.agent->path());
  one.agent->remove_local_endpoint(one.now, kRelayed);
  EXPECT_FALSE(one.agent->path());
  EXPECT_TRUE(one.agent->pair_stats().empty());
  EXPECT_TRUE(one.agent->local_candidates().empty());
}

TEST(RelayedCandidate, StaysThroughARestart) {
  Relayed one(Role::Controlling);
  while (one.agent->poll_event()) {
  }
  one.agent->set_local_credentials(one.now, Credentials::generate(one.random));
  std::vector<CandidateType> told;
  while (auto event = one.agent->poll_event()) {
    if (const auto* found = std::get_if<LocalCandidateFound>(&*event))
      told.push_back(found->candidate.type);
  }
  EXPECT_THAT(told, ElementsAre(CandidateType::Host, CandidateType::Relayed));
}

TEST(RelayedCandidate, KnowsItsServerUntilItIsGone) {
  Relayed one(Role::Controlling);
  const Endpoint other = at("198.51.100.7:49153");
  one.agent->add_relayed_endpoint(one.now, other, one.base, "turn:one");
  EXPECT_EQ(one.agent->server_of(other), "turn:one");
  EXPECT_EQ(one.agent->server_of(kRelayed), "");
  one.agent->remove_local_endpoint(one.now, other);
  EXPECT_EQ(one.agent->server_of(other), "");
}

// RFC 8656 §9: a relay needs a permission for each.
TEST(RelayedCandidate, RemoteAddressesAreToldOnceEach) {
  Relayed one(Role::Controlling);
  const auto before = one.agent->remote_candidates_taken();
  one.learn_candidate();
  const auto second = Candidate::parse("candidate:2 1 udp 2130706430 10.0.0.2 6001 typ host");
  ASSERT_TRUE(one.agent->add_remote_candidate(one.now, *second));
  EXPECT_NE(one.agent->remote_candidates_taken(), before);
  EXPECT_THAT(one.agent->remote_addresses(), ::testing::ElementsAre(at("10.0.0.2:1").address));
}

// docs/failures.md row 168: whichever comes last, every base is paired with every remote candidate.
TEST(RelayedCandidate, ThatComesAfterThePeersIsPairedWithThem) {
  for (const bool is_relay_last : {true, false}) {
    SeededRandom random(3);
    Agent agent({.role = Role::Controlling}, random);
    const Endpoint base = at("10.0.0.1:5000");
    const auto bases = [&] {
      agent.add_local_endpoint(kStart, base);
      agent.add_relayed_endpoint(kStart, kRelayed, base);
    };
    if (!is_relay_last) bases();
    agent.set_remote_credentials(kStart, {"peer", "peerpasswordpeerpassword"});
    for (const char* text : {"candidate:1 1 udp 2130706431 10.0.0.2 6000 typ host",
                             "candidate:2 1 udp 1694498815 203.0.113.9 6000 typ srflx",
                             "candidate:3 1 udp 16777215 198.51.100.9 6000 typ relay"})
      ASSERT_TRUE(agent.add_remote_candidate(kStart, *Candidate::parse(text)));
    if (is_relay_last) bases();
    EXPECT_EQ(agent.pair_stats().size(), 6U);
    std::size_t of_the_relay = 0;
    while (const auto sent = agent.poll_transmit(kStart))
      of_the_relay += sent->path.local == kRelayed ? 1 : 0;
    EXPECT_EQ(of_the_relay, 3U);
  }
}

// Candidates that came before the peer's credentials count from then on.
TEST(RelayedCandidate, RemoteAddressesMayComeBeforeCredentials) {
  SeededRandom random(3);
  Agent agent({.role = Role::Controlling}, random);
  const auto early = Candidate::parse("candidate:1 1 udp 2130706431 10.0.0.2 6000 typ host");
  ASSERT_TRUE(agent.add_remote_candidate(kStart, *early));
  const auto before = agent.remote_candidates_taken();
  EXPECT_TRUE(agent.remote_addresses().empty());
  agent.set_remote_credentials(kStart, {"peer", "peerpasswordpeerpassword"});
  EXPECT_NE(agent.remote_candidates_taken(), before);
  EXPECT_EQ(agent.remote_addresses().size(), 1u);
}

// RFC 8445 §7.3.1.3, docs/failures.md row 149: who asks through the relay is learnt and asked back.
TEST(RelayedCandidate, IsCheckedThroughByStrangers) {
  Relayed one(Role::Controlled);
  const Path path{kRelayed, at("203.0.113.5:7000")};
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                             stun::TransactionId::generate(one.random));
  writer.add(stun::Username{one.agent->local_credentials().ufrag + ":" + one.peer.ufrag})
      .add(stun::Priority{1})
      .add(stun::IceControlling{1});
  writer.integrity(stun::short_term_key(one.agent->local_credentials().pwd)).fingerprint();
  one.agent->handle_datagram(one.now, path, writer.finish());
  (void)one.check(true, false);
  EXPECT_TRUE(one.agent->is_validated(path));
  const auto pairs = one.agent->pair_stats();
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_EQ(pairs[0].remote.type, CandidateType::PeerReflexive);
  EXPECT_EQ(pairs[0].local.type, CandidateType::Relayed);
}

}  // namespace
}  // namespace specter::ice
