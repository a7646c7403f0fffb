// Checks of a scripted peer's, good and bad, against one agent.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/test_agents.h"
#include "stun/attributes.h"
#include "stun/integrity.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using ::testing::ElementsAre;
using enum IceConnectionState;

const Endpoint kPeer = at("10.0.0.2:6000");
const Endpoint kStranger = at("10.6.6.6:666");

// What two agents' states have in common when nothing happened.
std::string snapshot(const Agent& agent) {
  std::string text{to_string(agent.connection_state())};
  text += agent.path() ? agent.path()->remote.to_string() : "-";
  text += agent.role() == Role::Controlling ? "C" : "D";
  for (const auto& pair : agent.pair_stats()) {
    text += "|" + pair.local.to_string() + pair.remote.to_string() + pair.state;
    text += pair.nominated ? "N" : "-";
    text += std::to_string(pair.requests_received);
  }
  return text;
}

// One agent, and a peer that the test plays by hand.
struct OneAgent {
  explicit OneAgent(Role role, Agent::Config config = {}) : random(7) {
    config.role = role;
    agent.emplace(config, random);
    agent->start_gathering(now);
    agent->add_local_endpoint(now, base);
    agent->end_of_local_endpoints(now);
  }
  void learn_credentials() { agent->set_remote_credentials(now, peer); }
  void learn_candidate(const Endpoint& endpoint = kPeer) {
    Candidate candidate;
    candidate.foundation = "1";
    candidate.priority = candidate_priority(CandidateType::Host, 65'534, 1);
    candidate.host = endpoint.address.to_string();
    candidate.endpoint = endpoint;
    ASSERT_TRUE(agent->add_remote_candidate(now, candidate));
  }
  void receive(Bytes bytes, const Endpoint& from = kPeer) {
    agent->handle_datagram(now, {base, from, bytes});
  }
  std::vector<Transmit> sent() {
    std::vector<Transmit> out;
    while (auto event = agent->poll_event()) events.push_back(std::move(*event));
    while (auto transmit = agent->poll_transmit(now)) out.push_back(std::move(*transmit));
    while (auto event = agent->poll_event()) events.push_back(std::move(*event));
    return out;
  }
  void pass(Duration time) {
    now += time;
    agent->handle_timeout(now);
  }

  struct Asked {
    bool use_candidate = false;
    std::optional<std::uint64_t> controlling = std::nullopt;
    std::optional<std::uint64_t> controlled = std::nullopt;
    std::optional<std::string> username = std::nullopt;
    std::optional<std::string> password = std::nullopt;
  };
  Buffer request(const Asked& asked) {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                               stun::TransactionId::generate(peer_random));
    const Credentials& ours = agent->local_credentials();
    writer.add(stun::Username{asked.username.value_or(ours.ufrag + ":" + peer.ufrag)});
    writer.add(stun::Priority{0x6e00ffff});
    if (asked.controlling) writer.add(stun::IceControlling{*asked.controlling});
    if (asked.controlled) writer.add(stun::IceControlled{*asked.controlled});
    if (asked.use_candidate) writer.add(stun::UseCandidate{});
    writer.integrity(stun::short_term_key(asked.password.value_or(ours.pwd))).fingerprint();
    return writer.finish();
  }
  Buffer success(const Transmit& to, std::string_view password) {
    stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                               stun::Message::parse(to.bytes)->id);
    writer.add(stun::XorMappedAddress{to.local});
    writer.integrity(stun::short_term_key(password)).fingerprint();
    return writer.finish();
  }
  Buffer success(const Transmit& to) { return success(to, peer.pwd); }
  Buffer error(const Transmit& to, std::uint16_t code) {
    stun::MessageWriter writer(stun::Class::ErrorResponse, stun::Method::Binding,
                               stun::Message::parse(to.bytes)->id);
    writer.add(stun::ErrorCode{code, ""});
    writer.integrity(stun::short_term_key(peer.pwd)).fingerprint();
    return writer.finish();
  }

  Timestamp now = kStart;
  Endpoint base = at("10.0.0.1:5000");
  Credentials peer{"peer", "peerpasswordpeerpassword"};
  SeededRandom random;
  SeededRandom peer_random{8};
  std::optional<Agent> agent;
  std::vector<Agent::Event> events;
};

std::vector<stun::Message> requests_in(const std::vector<Transmit>& sent) {
  std::vector<stun::Message> found;
  for (const Transmit& transmit : sent) {
    auto message = stun::Message::parse(transmit.bytes);
    if (message && message->cls == stun::Class::Request) found.push_back(std::move(*message));
  }
  return found;
}

std::optional<std::uint16_t> error_in(const std::vector<Transmit>& sent) {
  for (const Transmit& transmit : sent) {
    const auto message = stun::Message::parse(transmit.bytes);
    if (!message || message->cls != stun::Class::ErrorResponse) continue;
    if (const auto error = message->get<stun::ErrorCode>()) return error->code;
  }
  return std::nullopt;
}

// ---- requests of ours

// RFC 8445 §7.1, §7.2.2
TEST(Checks, HaveWhatRfc8445Asks) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].local, one.base);
  EXPECT_EQ(sent[0].remote, kPeer);
  const auto message = stun::Message::parse(sent[0].bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->get<stun::Username>(),
            stun::Username{"peer:" + one.agent->local_credentials().ufrag});
  EXPECT_EQ(message->get<stun::Priority>(),
            stun::Priority{candidate_priority(CandidateType::PeerReflexive, 65'534, 1)});
  EXPECT_TRUE(message->has(AttributeType::IceControlling));
  EXPECT_FALSE(message->has(AttributeType::IceControlled));
  EXPECT_FALSE(message->has(AttributeType::UseCandidate));
  EXPECT_TRUE(message->has(AttributeType::Fingerprint));
  EXPECT_TRUE(stun::has_integrity(sent[0].bytes, stun::short_term_key(one.peer.pwd)));
}

TEST(Checks, AreRepeatedAndThenGivenUp) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  std::vector<Duration> times;
  while (one.now < kStart + 20s) {
    if (!one.sent().empty()) times.push_back(one.now - kStart);
    const Deadline next = one.agent->next_timeout();
    ASSERT_TRUE(next);
    ASSERT_GT(*next, one.now);
    one.pass(*next - one.now);
  }
  EXPECT_THAT(times, ElementsAre(0ms, 100ms, 300ms, 700ms, 1500ms, 3100ms, 6300ms));
  EXPECT_EQ(one.agent->pair_stats()[0].state, "failed");
}

// ---- the peer's requests

TEST(BindingRequests, AreAnsweredAndTriggerACheck) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.receive(one.request({.controlling = 1}));
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 2u);
  const auto response = stun::Message::parse(sent[0].bytes);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->cls, stun::Class::SuccessResponse);
  EXPECT_EQ(response->get<stun::XorMappedAddress>(), stun::XorMappedAddress{kPeer});
  EXPECT_TRUE(
      stun::has_integrity(sent[0].bytes, stun::short_term_key(one.agent->local_credentials().pwd)));
  EXPECT_EQ(requests_in(sent).size(), 1u);

  // RFC 8445 §7.3.1.3
  const auto stats = one.agent->pair_stats();
  ASSERT_EQ(stats.size(), 1u);
  EXPECT_EQ(stats[0].remote.type, CandidateType::PeerReflexive);
  EXPECT_EQ(stats[0].remote.priority, 0x6e00ffff);
}

TEST(BindingRequests, AreAnsweredBeforeThePeersCredentialsAreKnown) {
  OneAgent one(Role::Controlled);
  one.receive(one.request({.use_candidate = true, .controlling = 1}));
  auto sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(stun::Message::parse(sent[0].bytes)->cls, stun::Class::SuccessResponse);

  one.learn_credentials();
  sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  one.receive(one.success(sent[0]));
  one.sent();
  EXPECT_EQ(one.agent->connection_state(), Connected);
  EXPECT_TRUE(one.agent->pair_stats()[0].nominated);  // USE-CANDIDATE was not forgotten
}

// shared/design/reliability.md rows 2 and 4
TEST(BindingRequests, WithWrongIntegrityChangeNothing) {
  for (const int phase : {0, 1, 2, 3}) {
    OneAgent one(Role::Controlled);
    if (phase >= 1) one.learn_credentials();
    if (phase >= 2) one.learn_candidate();
    const auto checks = one.sent();
    if (phase == 3) {
      one.receive(one.success(checks.at(0)));
      one.sent();
    }
    const std::string before = snapshot(*one.agent);
    for (const Endpoint& from : {kPeer, kStranger}) {
      one.receive(one.request({.use_candidate = true,
                               .controlling = 1,
                               .username = std::nullopt,
                               .password = "wrong password wrong password"}),
                  from);
      EXPECT_TRUE(one.sent().empty()) << phase;
    }
    EXPECT_EQ(snapshot(*one.agent), before) << phase;
    EXPECT_EQ(one.agent->counters().dropped_integrity, 2u);
  }
}

TEST(BindingRequests, ForOtherUsersAreRefusedWithoutAnyChange) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  const std::string before = snapshot(*one.agent);
  const std::string ours = one.agent->local_credentials().ufrag;
  for (const std::string& username :
       {std::string("other:peer"), ours, ours + "x:peer", ours + ":other", std::string(":")}) {
    one.receive(one.request({.controlling = 1, .username = username}));
    EXPECT_EQ(error_in(one.sent()), 401) << username;
  }
  EXPECT_EQ(snapshot(*one.agent), before);
}

TEST(BindingRequests, WithoutCredentialsGetNoLargerAnswer) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  const auto id = stun::TransactionId::generate(one.random);
  one.receive(stun::MessageWriter(stun::Class::Request, stun::Method::Binding, id).finish());
  EXPECT_TRUE(one.sent().empty());  // 20 bytes came; an error would be larger
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding, id);
  const Buffer larger = writer.add(stun::Software{std::string(60, 'x')}).finish();
  one.receive(larger);
  const auto sent = one.sent();
  EXPECT_EQ(error_in(sent), 400);
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_LE(sent[0].bytes.size(), larger.size());
}

// shared/design/reliability.md row 22
TEST(BindingRequests, AFloodOfForgedOnesIsHardlyAnswered) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  const std::string before = snapshot(*one.agent);
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t answers = 0;
  const Buffer forged = one.request({.controlling = 1, .username = "spoofed:request"});
  for (int i = 0; i < 30'000; ++i) {
    const Endpoint from{IpAddress::v4({198, 51, 100, static_cast<std::uint8_t>(i)}),
                        static_cast<std::uint16_t>(1024 + i % 50'000)};
    one.receive(forged, from);
    in += forged.size();
    for (const Transmit& transmit : one.sent()) {
      out += transmit.bytes.size();
      ++answers;
    }
    if (i % 30 == 29) one.pass(1ms);  // 30,000 a second
  }
  EXPECT_LE(out, in);
  EXPECT_LE(answers, 20u);  // ten at once and ten a second
  EXPECT_EQ(snapshot(*one.agent), before);
}

// RFC 8489 §6.3.1
TEST(BindingRequests, WithAnUnknownRequiredAttributeGet420) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  const std::string before = snapshot(*one.agent);
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                             stun::TransactionId::generate(one.random));
  writer.add(stun::Username{one.agent->local_credentials().ufrag + ":peer"})
      .add(stun::Priority{1})
      .add(stun::IceControlling{1})
      .raw(static_cast<AttributeType>(0x7abc), {})
      .raw(static_cast<AttributeType>(0xc057), Buffer{0, 0, 0, 10});
  writer.integrity(stun::short_term_key(one.agent->local_credentials().pwd)).fingerprint();
  one.receive(writer.finish());
  const auto sent = one.sent();
  EXPECT_EQ(error_in(sent), 420);
  EXPECT_EQ(stun::Message::parse(sent.at(0).bytes)->get<stun::UnknownAttributes>(),
            (stun::UnknownAttributes{{static_cast<AttributeType>(0x7abc)}}));
  EXPECT_EQ(snapshot(*one.agent), before);
}

TEST(BindingRequests, WithoutPriorityGet400) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                             stun::TransactionId::generate(one.random));
  writer.add(stun::Username{one.agent->local_credentials().ufrag + ":peer"});
  writer.integrity(stun::short_term_key(one.agent->local_credentials().pwd)).fingerprint();
  one.receive(writer.finish());
  EXPECT_EQ(error_in(one.sent()), 400);
  EXPECT_TRUE(one.agent->pair_stats().empty());
}

// shared/design/reliability.md row 5
TEST(BindingRequests, AUseCandidateBehindTheIntegrityIsIgnored) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                             stun::TransactionId::generate(one.random));
  writer.add(stun::Username{one.agent->local_credentials().ufrag + ":peer"})
      .add(stun::Priority{1})
      .add(stun::IceControlling{1});
  writer.integrity(stun::short_term_key(one.agent->local_credentials().pwd));
  writer.add(stun::UseCandidate{}).fingerprint();
  one.receive(writer.finish());
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 2u);
  one.receive(one.success(sent[1]));
  EXPECT_EQ(one.agent->connection_state(), Connected);
  EXPECT_FALSE(one.agent->pair_stats()[0].nominated);
}

TEST(BindingRequests, ToAnAddressThatIsNotOursAreDropped) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.agent->handle_datagram(one.now, {at("10.0.0.9:9"), kPeer, one.request({.controlling = 1})});
  EXPECT_TRUE(one.sent().empty());
  EXPECT_EQ(one.agent->counters().dropped_unexpected, 1u);
}

TEST(BindingRequests, OfOneTurnAreAnsweredUpToTheLimit) {
  OneAgent one(Role::Controlled);
  for (int i = 0; i < 1000; ++i) one.receive(one.request({.controlling = 1}));
  EXPECT_EQ(one.sent().size(), 64u);
}

// ---- responses

// shared/design/reliability.md row 3
TEST(Responses, ThatAreForgedMakeNoPairValid) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  const std::string before = snapshot(*one.agent);

  one.receive(one.success(sent[0], "wrong password wrong password"));
  EXPECT_EQ(one.agent->counters().dropped_integrity, 1u);

  stun::MessageWriter stranger(stun::Class::SuccessResponse, stun::Method::Binding,
                               stun::TransactionId::generate(one.random));
  stranger.add(stun::XorMappedAddress{one.base});
  stranger.integrity(stun::short_term_key(one.peer.pwd)).fingerprint();
  one.receive(stranger.finish());

  stun::MessageWriter bare(stun::Class::SuccessResponse, stun::Method::Binding,
                           stun::Message::parse(sent[0].bytes)->id);
  one.receive(bare.add(stun::XorMappedAddress{one.base}).fingerprint().finish());

  // An error without integrity: RFC 8489 §9.1.4
  stun::MessageWriter error(stun::Class::ErrorResponse, stun::Method::Binding,
                            stun::Message::parse(sent[0].bytes)->id);
  one.receive(error.add(stun::ErrorCode{400, ""}).fingerprint().finish());

  EXPECT_EQ(snapshot(*one.agent), before);
  EXPECT_FALSE(one.agent->is_validated({one.base, kPeer}));
  one.receive(one.success(sent[0]));
  EXPECT_TRUE(one.agent->is_validated({one.base, kPeer}));
}

// RFC 8445 §7.2.5.2.1
TEST(Responses, FromElsewhereFailThePair) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto sent = one.sent();
  one.receive(one.success(sent.at(0)), kStranger);
  EXPECT_EQ(one.agent->pair_stats()[0].state, "failed");
  one.receive(one.success(sent.at(0)));
  EXPECT_FALSE(one.agent->path());
}

TEST(Responses, ReplayedFromElsewhereDoNotEndAValidPair) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  auto sent = one.sent();
  one.receive(one.success(sent.at(0)));
  EXPECT_TRUE(one.agent->path());
  one.sent();
  one.pass(6s);
  sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);  // for consent
  one.receive(one.success(sent[0]), kStranger);
  EXPECT_TRUE(one.agent->path());
  EXPECT_FALSE(one.agent->is_validated({one.base, kStranger}));
}

TEST(Responses, WithAnErrorFailThePair) {
  for (const std::uint16_t code : {400, 401, 420, 500}) {
    OneAgent one(Role::Controlled);
    one.learn_credentials();
    one.learn_candidate();
    one.receive(one.error(one.sent().at(0), code));
    EXPECT_EQ(one.agent->pair_stats()[0].state, "failed") << code;
  }
}

TEST(Responses, WithoutAMappedAddressAreNone) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                             stun::Message::parse(one.sent().at(0).bytes)->id);
  one.receive(writer.integrity(stun::short_term_key(one.peer.pwd)).fingerprint().finish());
  EXPECT_FALSE(one.agent->path());
  EXPECT_EQ(one.agent->pair_stats()[0].state, "in-progress");
}

// RFC 8445 §7.3.1.4: the first check's answer still counts after a second one was triggered.
TEST(Responses, ToASupersededCheckCount) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto first = one.sent();
  ASSERT_EQ(first.size(), 1u);
  one.receive(one.request({.controlling = 1}));
  EXPECT_EQ(requests_in(one.sent()).size(), 1u);
  one.receive(one.success(first[0]));
  EXPECT_EQ(one.agent->connection_state(), Connected);
}

// ---- role conflicts, RFC 8445 §7.3.1.1 and §7.2.5.1

TEST(RoleConflict, TheLargerTiebreakerKeepsControlling) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.receive(one.request({.controlling = 0}));
  EXPECT_EQ(error_in(one.sent()), 487);
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  one.receive(one.request({.controlling = ~std::uint64_t{0}}));
  EXPECT_EQ(error_in(one.sent()), std::nullopt);
  EXPECT_EQ(one.agent->role(), Role::Controlled);
}

TEST(RoleConflict, TheSmallerTiebreakerStaysControlled) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.receive(one.request({.controlled = ~std::uint64_t{0}}));
  EXPECT_EQ(error_in(one.sent()), 487);
  EXPECT_EQ(one.agent->role(), Role::Controlled);
  one.receive(one.request({.controlled = 0}));
  EXPECT_EQ(error_in(one.sent()), std::nullopt);
  EXPECT_EQ(one.agent->role(), Role::Controlling);
}

TEST(RoleConflict, A487SwitchesTheRoleAndRepeatsTheCheck) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  const auto first = one.sent();
  const auto before = stun::Message::parse(first.at(0).bytes)->get<stun::IceControlled>();
  one.receive(one.error(first[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  const auto again = requests_in(one.sent());
  ASSERT_EQ(again.size(), 1u);
  const auto after = again[0].get<stun::IceControlling>();
  ASSERT_TRUE(before && after);
  EXPECT_NE(after->tiebreaker, before->tiebreaker);
}

TEST(RoleConflict, ANominationThatWasInTheWayIsMadeAgainAfterTheSwitchBack) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  one.learn_candidate();
  one.receive(one.success(one.sent().at(0)));
  auto sent = one.sent();
  ASSERT_TRUE(requests_in(sent).at(0).has(AttributeType::UseCandidate));
  one.receive(one.error(sent[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlled);
  sent = one.sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_FALSE(requests_in(sent)[0].has(AttributeType::UseCandidate));
  one.receive(one.error(sent[0], 487));
  EXPECT_EQ(one.agent->role(), Role::Controlling);
  sent = one.sent();
  ASSERT_GE(sent.size(), 1u);
  EXPECT_TRUE(requests_in(sent).back().has(AttributeType::UseCandidate));
}

// ---- limits

// shared/design/reliability.md row 15
TEST(Limits, TenThousandCandidatesAreAFewPacketsASecond) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  std::size_t refused = 0;
  for (int i = 0; i < 10'000; ++i) {
    Candidate candidate;
    candidate.foundation = std::to_string(i);
    candidate.priority = static_cast<std::uint32_t>(i + 1);
    candidate.endpoint = {IpAddress::v4({203, 0, 113, static_cast<std::uint8_t>(i)}),
                          static_cast<std::uint16_t>(1000 + i)};
    if (!one.agent->add_remote_candidate(one.now, candidate)) ++refused;
  }
  EXPECT_EQ(refused, 10'000u - 64);
  EXPECT_EQ(one.agent->pair_stats().size(), 64u);
  std::map<Endpoint, int> by_target;
  std::vector<int> by_second(30);
  while (one.now < kStart + 30s) {
    for (const Transmit& transmit : one.sent()) {
      ++by_target[transmit.remote];
      ++by_second[static_cast<std::size_t>((one.now - kStart) / 1s)];
    }
    const Deadline next = one.agent->next_timeout();
    if (!next) break;
    ASSERT_GT(*next, one.now);
    one.pass(*next - one.now);
  }
  for (const auto& [target, count] : by_target) EXPECT_LE(count, 7) << target.to_string();
  int total = 0;
  for (const int count : by_second) {
    EXPECT_LE(count, 20 + 8);
    total += count;
  }
  EXPECT_LE(total, 30 * 20 + 8);
  EXPECT_GT(total, 64);
}

TEST(Limits, PairsAreAHundredAtMost) {
  OneAgent one(Role::Controlling);
  for (std::uint16_t port = 1; port <= 20; ++port)
    one.agent->add_local_endpoint(one.now, {one.base.address, port});
  one.learn_credentials();
  for (std::uint16_t i = 1; i <= 64; ++i) one.learn_candidate({kPeer.address, i});
  EXPECT_EQ(one.agent->pair_stats().size(), 100u);
}

TEST(Limits, AnAuthenticatedFloodFromManyPortsIsBounded) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  std::size_t checks = 0;
  for (std::uint16_t i = 0; i < 5000; ++i) {
    one.receive(one.request({.controlling = 1}),
                {kPeer.address, static_cast<std::uint16_t>(1000 + i)});
    checks += requests_in(one.sent()).size();
    if (i % 5 == 4) one.pass(1ms);
  }
  EXPECT_EQ(one.agent->pair_stats().size(), 16u);
  EXPECT_LE(checks, 8u + 20u + 1u);  // a burst, and twenty in the one second
}

TEST(Limits, UnusableCandidatesAreTakenAndIgnored) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  for (const std::string_view text :
       {"1 1 udp 1 abc.local 5000 typ host", "1 1 tcp 1 10.0.0.2 9 typ host tcptype active",
        "1 2 udp 1 10.0.0.2 5001 typ host", "1 1 udp 1 0.0.0.0 5000 typ host",
        "1 1 udp 1 224.0.0.1 5000 typ host", "1 1 udp 1 ::ffff:127.0.0.1 5000 typ host",
        "1 1 udp 1 10.0.0.2 0 typ host", "1 1 udp 1 10.0.0.2 5000 typ host ufrag other"})
    EXPECT_TRUE(one.agent->add_remote_candidate(one.now, *Candidate::parse(text)));
  EXPECT_TRUE(one.agent->pair_stats().empty());
  EXPECT_TRUE(one.sent().empty());
}

TEST(Limits, LoopbackIsByConfiguration) {
  for (const bool allowed : {true, false}) {
    OneAgent one(Role::Controlling, {.allow_loopback = allowed});
    one.agent->add_local_endpoint(one.now, at("127.0.0.1:5000"));
    one.learn_credentials();
    one.learn_candidate(at("127.0.0.1:6000"));
    EXPECT_EQ(one.agent->pair_stats().empty(), !allowed);
  }
}

TEST(Limits, EarlyCandidatesAreBounded) {
  OneAgent one(Role::Controlling, {.max_remote_candidates = 2});
  one.learn_candidate(at("10.0.0.2:1"));
  one.learn_candidate(at("10.0.0.2:2"));
  Candidate third;
  third.endpoint = at("10.0.0.2:3");
  EXPECT_FALSE(one.agent->add_remote_candidate(one.now, third));
  one.learn_credentials();
  EXPECT_EQ(one.agent->pair_stats().size(), 2u);
}

// shared/design/reliability.md row 6: a stranger is sent nothing but errors.
TEST(Limits, StrangersGetNothing) {
  OneAgent one(Role::Controlled);
  one.learn_credentials();
  one.learn_candidate();
  one.receive(one.success(one.sent().at(0)));
  one.sent();
  one.receive(as_bytes("\x01\x01not stun at all, but it begins like it"), kStranger);
  one.receive({}, kStranger);
  stun::MessageWriter indication(stun::Class::Indication, stun::Method::Binding,
                                 stun::TransactionId::generate(one.random));
  one.receive(indication.finish(), kStranger);
  stun::MessageWriter allocate(stun::Class::Request, stun::Method::Allocate,
                               stun::TransactionId::generate(one.random));
  one.receive(allocate.finish(), kStranger);
  EXPECT_TRUE(one.sent().empty());
  EXPECT_EQ(one.agent->path()->remote, kPeer);
  EXPECT_EQ(one.agent->counters().dropped_malformed, 2u);
}

}  // namespace
}  // namespace specter::ice
