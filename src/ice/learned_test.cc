// What checks from unknown addresses teach: rebindings do, replays do not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/checklist.h"
#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using ::testing::SizeIs;

Endpoint port(std::uint16_t number) { return {kPeer.address, number}; }

// Connected with a peer at kPeer.
struct Connected : OneAgent {
  explicit Connected(Role role = Role::Controlled) : OneAgent(role) {
    learn_credentials();
    learn_candidate();
    receive(success(sent().at(0)));
    receive(ask());
    answer_all(sent());
    EXPECT_TRUE(agent->path());
  }
  Buffer ask() {
    return agent->role() == Role::Controlled ? request({.controlling = 1})
                                             : request({.controlled = 1});
  }
  // The peer is where it says it is.
  void answer_all(const std::vector<Transmit>& transmits) {
    for (const Transmit& transmit : transmits) {
      const auto message = stun::Message::parse(transmit.bytes);
      if (message && message->cls == stun::Class::Request)
        receive(success(transmit), transmit.path.remote);
    }
  }
  std::size_t responses(const std::vector<Transmit>& transmits) const {
    return static_cast<std::size_t>(std::ranges::count_if(transmits, [](const Transmit& transmit) {
      return stun::Message::parse(transmit.bytes)->cls == stun::Class::SuccessResponse;
    }));
  }
  void run(Duration time) {
    const Timestamp end = now + time;
    while (true) {
      answer_kPeer(sent());
      const Deadline next = agent->next_timeout();
      if (!next || *next > end) break;
      pass(*next - now);
    }
    pass(end - now);
  }
  // Only from where it was at first.
  void answer_kPeer(const std::vector<Transmit>& transmits) {
    std::vector<Transmit> to_peer;
    for (const Transmit& transmit : transmits) {
      if (transmit.path.remote == kPeer) to_peer.push_back(transmit);
    }
    answer_all(to_peer);
  }
};

TEST(LearnedAddress, OfAReplayIsGivenBack) {
  for (const Role role : {Role::Controlled, Role::Controlling}) {
    Connected one(role);
    const Buffer seen = one.ask();
    one.receive(seen);
    one.sent();
    std::size_t answered = 0;
    for (std::uint16_t i = 1; i <= 100; ++i) {
      one.receive(seen, port(i));
      answered += one.responses(one.sent());
      EXPECT_LE(one.agent->pair_stats().size(), 3u);
    }
    EXPECT_EQ(answered, 2u);  // consent only where there is a pair
    for (std::uint16_t i = 1; i <= 100; ++i)
      EXPECT_FALSE(one.agent->is_validated({one.base, port(i)}));
    one.run(10s);
    EXPECT_THAT(one.agent->pair_stats(), SizeIs(1));
    EXPECT_EQ(one.agent->path()->remote, kPeer);

    // The peer's own new port.
    one.receive(one.ask(), port(7777));
    one.answer_all(one.sent());
    EXPECT_TRUE(one.agent->is_validated({one.base, port(7777)}));
  }
}

TEST(LearnedAddress, OfManyReplaysDoNotShutOutTheTrueOne) {
  Connected one;
  std::vector<Buffer> seen;
  for (int i = 0; i < 50; ++i) {
    seen.push_back(one.ask());
    one.receive(seen.back());
    one.sent();
  }
  for (std::uint16_t i = 0; i < 1000; ++i) {
    one.receive(seen[i % seen.size()], port(static_cast<std::uint16_t>(i + 1)));
    one.sent();
  }
  EXPECT_LE(one.agent->pair_stats().size(), 1u + Checklist::kMaxUnproved);
  one.receive(one.ask(), port(7777));
  for (int i = 0; i < 40; ++i) {
    one.answer_all(one.sent());
    one.pass(50ms);
  }
  EXPECT_TRUE(one.agent->is_validated({one.base, port(7777)}));
}

// A NAT may give a new port between a request and its repetition.
TEST(LearnedAddress, MayComeWithARepetition) {
  Connected one;
  const Buffer request = one.ask();
  one.receive(request);
  one.receive(request, port(7777));
  one.answer_all(one.sent());
  EXPECT_TRUE(one.agent->is_validated({one.base, port(7777)}));
}

TEST(LearnedAddress, IsValidAThousandTimes) {
  for (const Role role : {Role::Controlled, Role::Controlling}) {
    Connected one(role);
    for (std::uint16_t i = 1; i <= 1000; ++i) {
      one.receive(one.ask(), port(i));
      // A nomination, of whoever answers, may go first.
      for (int turn = 0; turn < 5 && !one.agent->is_validated({one.base, port(i)}); ++turn) {
        one.answer_all(one.sent());
        one.pass(50ms);
      }
      ASSERT_TRUE(one.agent->is_validated({one.base, port(i)})) << i;
      one.pass(200ms);
      one.answer_kPeer(one.sent());
    }
    EXPECT_TRUE(one.agent->is_validated({one.base, kPeer}));
    EXPECT_LE(one.agent->pair_stats().size(),
              1u + Checklist::kMaxProved + Checklist::kMaxUnproved + 1u);
  }
}

// Before the credentials are known no check of ours can prove anything; the latest are kept.
TEST(LearnedAddress, AreBoundedBeforeTheAnswerToo) {
  OneAgent one(Role::Controlling);
  for (std::uint16_t i = 1; i <= 100; ++i) {
    one.receive(one.request({.controlled = 1}), port(i));
    one.sent();
    one.pass(1ms);
  }
  EXPECT_THAT(one.agent->pair_stats(), SizeIs(Checklist::kMaxUnproved));
  one.learn_credentials();
  const auto checks = one.sent();
  ASSERT_FALSE(checks.empty());
  EXPECT_EQ(checks.back().path.remote, port(100));
  one.receive(one.success(checks.back()), checks.back().path.remote);
  EXPECT_EQ(one.agent->path()->remote, port(100));
}

}  // namespace
}  // namespace specter::ice
