// What a peer or a stranger can make an agent hold and send. RFC 8445 §19.5.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using enum IceConnectionState;

// docs/failures.md row 15
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
  constexpr int kFirstChecks = 64;  // of each pair, at first
  std::vector<int> by_second(30);
  while (one.now < kStart + 30s) {
    for (const Transmit& transmit : one.sent()) {
      ++by_target[transmit.path.remote];
      ++by_second[static_cast<std::size_t>((one.now - kStart) / 1s)];
    }
    const Deadline next = one.agent->next_timeout();
    if (!next) break;
    ASSERT_GT(*next, one.now);
    one.pass(*next - one.now);
  }
  for (const auto& [target, count] : by_target) EXPECT_LE(count, 7) << target.to_string();
  EXPECT_LE(by_second[0], 20 + kFirstChecks + 20);
  int total = 0;
  for (const int count : by_second) total += count;
  for (std::size_t i = 1; i < by_second.size(); ++i) EXPECT_LE(by_second[i], 20);
  EXPECT_LE(total, 30 * 20 + kFirstChecks);
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
  EXPECT_LE(checks, 20u + 20u + 1u);  // a burst, and twenty in the one second
}

// A kind that has more than its share gives way to one that has less, though no kind has the half.
TEST(Limits, ARelayFindsAPlaceAmongHostsAndReflexiveOnes) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  const auto tell = [&](CandidateType type, std::uint16_t port) {
    Candidate candidate;
    candidate.foundation = "1";
    candidate.priority = candidate_priority(type, port, 1);
    candidate.endpoint = {kPeer.address, port};
    candidate.type = type;
    return one.agent->add_remote_candidate(one.now, candidate).has_value();
  };
  std::map<CandidateType, int> counts;
  for (std::uint16_t i = 1; i <= 32; ++i) {
    EXPECT_TRUE(tell(CandidateType::Host, i));
    EXPECT_TRUE(tell(CandidateType::ServerReflexive, 100 + i));
  }
  for (std::uint16_t i = 1; i <= 20; ++i)
    EXPECT_EQ(tell(CandidateType::Relayed, 200 + i), i <= 16) << i;
  for (const auto& pair : one.agent->pair_stats()) ++counts[pair.remote.type];
  EXPECT_EQ(counts[CandidateType::Host], 24);
  EXPECT_EQ(counts[CandidateType::ServerReflexive], 24);
  EXPECT_EQ(counts[CandidateType::Relayed], 16);
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

// docs/failures.md row 6: a stranger is sent nothing but errors.
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
