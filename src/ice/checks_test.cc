// Our checks, their answers, and role conflicts, with a scripted peer. RFC 8445 §7.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using ::testing::ElementsAre;
using enum IceConnectionState;

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

}  // namespace
}  // namespace specter::ice
