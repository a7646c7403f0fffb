#include "ice/checklist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/priority.h"
#include "ice/testing/test_agents.h"

namespace specter::ice {
namespace {

Base base(std::string_view text, std::uint16_t preference = 65'534) {
  Base base{.endpoint = at(text), .preference = preference};
  base.foundation = base.endpoint.address.to_string();
  base.priority = candidate_priority(CandidateType::Host, preference, 1);
  base.reflexive_priority = candidate_priority(CandidateType::PeerReflexive, preference, 1);
  return base;
}

Candidate remote(std::string_view text, std::uint32_t priority, std::string foundation = "1") {
  Candidate candidate;
  candidate.foundation = std::move(foundation);
  candidate.priority = priority;
  candidate.endpoint = at(text);
  candidate.host = candidate.endpoint.address.to_string();
  return candidate;
}

constexpr std::size_t kMaxRemotes = 64;
constexpr std::size_t kMaxPairs = 100;

TEST(Checklist, OrdersPairsByPriority) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  list.add_remote(remote("10.0.0.2:1", 5));
  list.add_remote(remote("10.0.0.2:2", 7));
  list.add_remote(remote("10.0.0.2:3", 6));
  ASSERT_EQ(list.pairs().size(), 3u);
  EXPECT_EQ(list.pairs()[0]->remote.port, 2);
  EXPECT_EQ(list.pairs()[1]->remote.port, 3);
  EXPECT_EQ(list.pairs()[2]->remote.port, 1);
}

TEST(Checklist, PairsInEitherOrderOfArrival) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_remote(remote("10.0.0.2:1", 5));
  list.add_base(base("10.0.0.1:1"));
  list.add_base(base("[2001:db8::1]:1"));
  list.add_remote(remote("[2001:db8::2]:1", 5));
  EXPECT_TRUE(list.find({at("10.0.0.1:1"), at("10.0.0.2:1")}));
  EXPECT_TRUE(list.find({at("[2001:db8::1]:1"), at("[2001:db8::2]:1")}));
  EXPECT_EQ(list.pairs().size(), 2u);
}

TEST(Checklist, NeverPairsAnAddressWithItself) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  list.add_remote(remote("10.0.0.1:1", 5));
  EXPECT_TRUE(list.pairs().empty());
}

// RFC 8445 §6.1.2.6, §6.1.4.2, §7.2.5.3.3
TEST(Checklist, ChecksOneOfEachFoundationFirst) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  list.add_remote(remote("10.0.0.2:1", 9, "x"));
  list.add_remote(remote("10.0.0.2:2", 8, "x"));
  list.add_remote(remote("10.0.0.3:3", 7, "y"));
  Pair* first = list.next_ordinary();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->remote.port, 1);
  first->state = PairState::InProgress;
  Pair* second = list.next_ordinary();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->remote.port, 3);
  second->state = PairState::InProgress;
  EXPECT_EQ(list.next_ordinary(), nullptr);  // the last one waits for its foundation

  first->state = PairState::Failed;
  ASSERT_TRUE(list.next_ordinary());
  EXPECT_EQ(list.next_ordinary()->remote.port, 2);

  first->state = PairState::Succeeded;
  list.unfreeze(first->foundation);
  EXPECT_EQ(list.pairs()[1]->state, PairState::Waiting);
}

// docs/failures.md row 14
TEST(Checklist, TakesAnAddressOnce) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(list.add_remote(remote("10.0.0.2:1", 5)));
  EXPECT_EQ(list.remote_count(), 1u);
  EXPECT_EQ(list.pairs().size(), 1u);
}

// docs/failures.md row 12
TEST(Checklist, MergesALearnedCandidateWithTheSignalledOne) {
  Checklist list(Role::Controlled, kMaxRemotes, kMaxPairs);
  const Base first = base("10.0.0.1:1");
  list.add_base(first);
  list.add_base(base("10.0.0.9:1", 65'532));
  Pair* pair = list.pair_for_check(first, list.learn_remote(at("10.0.0.2:1"), 1000));
  ASSERT_TRUE(pair);
  EXPECT_EQ(list.pairs().size(), 1u);
  pair->is_valid = pair->is_nominated = true;
  pair->state = PairState::Succeeded;
  const std::uint64_t before = pair->priority;

  EXPECT_TRUE(list.add_remote(remote("10.0.0.2:1", 2'000'000, "h")));
  EXPECT_EQ(list.remote_count(), 1u);
  EXPECT_EQ(list.remote(0).type, CandidateType::Host);
  EXPECT_EQ(list.find({at("10.0.0.1:1"), at("10.0.0.2:1")}), pair);
  EXPECT_TRUE(pair->is_nominated);
  EXPECT_EQ(pair->state, PairState::Succeeded);
  EXPECT_GT(pair->priority, before);
  EXPECT_EQ(list.pairs().size(), 2u);  // with the other base, too
}

TEST(Checklist, TakesNoMoreCandidatesThanItsLimits) {
  Checklist list(Role::Controlling, 4, kMaxPairs);
  for (std::uint16_t i = 1; i <= 4; ++i)
    EXPECT_TRUE(list.add_remote(remote("10.0.0.2:" + std::to_string(i), i)));
  EXPECT_FALSE(list.add_remote(remote("10.0.0.2:99", 99)));
  EXPECT_TRUE(list.add_remote(remote("10.0.0.2:1", 1)));  // known already
}

// RFC 8445 §6.1.2.5
TEST(Checklist, KeepsTheBestPairsAndThoseInUse) {
  Checklist list(Role::Controlling, kMaxRemotes, 3);
  list.add_base(base("10.0.0.1:1"));
  for (std::uint16_t i = 1; i <= 3; ++i)
    list.add_remote(remote("10.0.0.2:" + std::to_string(i), 10u * i));
  list.find({at("10.0.0.1:1"), at("10.0.0.2:1")})->requests_received = 1;
  list.add_remote(remote("10.0.0.2:4", 5));   // worse than all
  list.add_remote(remote("10.0.0.2:5", 50));  // takes the place of 2
  std::vector<std::uint16_t> ports;
  for (const auto& pair : list.pairs()) ports.push_back(pair->remote.port);
  EXPECT_THAT(ports, ::testing::ElementsAre(5, 3, 1));
}

// A quarter of the candidates, and a place near the front, is kept for what comes late.
TEST(Checklist, KeepsRoomForKindsThatAreRare) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  for (std::uint8_t i = 1; i <= 40; ++i)
    list.add_base(
        base("10.1." + std::to_string(i) + ".1:1", static_cast<std::uint16_t>(65'534 - i)));
  for (std::uint16_t i = 1; i <= kMaxRemotes; ++i)
    EXPECT_TRUE(list.add_remote(remote("10.2.0.1:" + std::to_string(i), 1000u + i)));
  EXPECT_FALSE(list.add_remote(remote("10.2.0.1:999", 5000)));
  std::size_t taken = 0;
  for (std::uint16_t i = 1; i <= 30; ++i) {
    Candidate reflexive = remote("203.0.113.1:" + std::to_string(i), 31u - i);
    reflexive.type = CandidateType::ServerReflexive;
    taken += list.add_remote(reflexive) ? 1 : 0;
  }
  EXPECT_EQ(taken, kMaxRemotes / 4);
  EXPECT_EQ(list.remote_count(), kMaxRemotes);
  EXPECT_FALSE(list.find_remote(at("10.2.0.1:1")));  // of the least priority
  EXPECT_EQ(list.pairs().size(), kMaxPairs);
  const Pair* best = list.find({at("10.1.1.1:1"), at("203.0.113.1:1")});
  ASSERT_TRUE(best);
  EXPECT_LE(best->turn, 2u);
}

TEST(Checklist, GivesALearnedAddressTheOldestsPlace) {
  Checklist list(Role::Controlled, kMaxRemotes, kMaxPairs);
  const Base first = base("10.0.0.1:1");
  list.add_base(first);
  const auto learn = [&](std::uint16_t port) {
    const std::size_t index = list.learn_remote({at("10.0.0.3:1").address, port}, 1);
    Pair* pair = list.pair_for_check(first, index);
    pair->consent.last_sign_of_life = kStart + std::chrono::seconds(port);
    return pair;
  };
  learn(1)->is_valid = true;
  for (std::uint16_t port = 2; port < 2 + Checklist::kMaxUnproved; ++port) learn(port);
  EXPECT_TRUE(list.find({first.endpoint, at("10.0.0.3:2")}));
  learn(100);
  EXPECT_TRUE(list.find({first.endpoint, at("10.0.0.3:1")}));  // valid
  EXPECT_FALSE(list.find({first.endpoint, at("10.0.0.3:2")}));
  EXPECT_TRUE(list.find({first.endpoint, at("10.0.0.3:3")}));
  EXPECT_TRUE(list.take_removal());
  EXPECT_EQ(list.remote_count(), 1 + Checklist::kMaxUnproved);
  list.remove(*list.find({first.endpoint, at("10.0.0.3:100")}));
  EXPECT_EQ(list.remote_count(), Checklist::kMaxUnproved);
}

TEST(Checklist, TriggeredPairsAreQueuedOnceAndInOrder) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  list.add_remote(remote("10.0.0.2:1", 1));
  list.add_remote(remote("10.0.0.2:2", 2));
  Pair& better = *list.pairs()[0];
  Pair& worse = *list.pairs()[1];
  worse.state = PairState::Failed;
  list.trigger(worse);
  list.trigger(better);
  list.trigger(worse);
  EXPECT_EQ(worse.state, PairState::Waiting);
  EXPECT_EQ(list.next_ordinary(), nullptr);  // both are in the queue
  EXPECT_EQ(list.take_triggered(), &worse);
  EXPECT_EQ(list.take_triggered(), &better);
  EXPECT_EQ(list.take_triggered(), nullptr);
}

TEST(Checklist, ARemovedBaseTakesItsPairsAlong) {
  Checklist list(Role::Controlling, kMaxRemotes, kMaxPairs);
  list.add_base(base("10.0.0.1:1"));
  list.add_base(base("10.0.0.9:1", 65'532));
  list.add_remote(remote("10.0.0.2:1", 1));
  list.trigger(*list.pairs()[0]);
  list.remove_base(at("10.0.0.1:1"));
  EXPECT_EQ(list.pairs().size(), 1u);
  EXPECT_EQ(list.take_triggered(), nullptr);
  list.add_remote(remote("10.0.0.2:2", 1));
  EXPECT_EQ(list.pairs().size(), 2u);
}

}  // namespace
}  // namespace specter::ice
