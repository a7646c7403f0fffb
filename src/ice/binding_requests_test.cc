// The peer's checks, good and bad. RFC 8445 §7.3.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/error_budget.h"
#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;
using enum IceConnectionState;

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

// docs/failures.md rows 2 and 4
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
    one.pass(ErrorBudget::kIntervalOfOne);
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

// docs/failures.md row 22
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

// docs/failures.md row 5
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
  one.agent->handle_datagram(one.now, {at("10.0.0.9:9"), kPeer}, one.request({.controlling = 1}));
  EXPECT_TRUE(one.sent().empty());
  EXPECT_EQ(one.agent->counters().dropped_unexpected, 1u);
}

TEST(BindingRequests, OfOneTurnAreAnsweredUpToTheLimit) {
  OneAgent one(Role::Controlled);
  for (int i = 0; i < 1000; ++i) one.receive(one.request({.controlling = 1}));
  EXPECT_EQ(one.sent().size(), 64u);
}

}  // namespace
}  // namespace specter::ice
