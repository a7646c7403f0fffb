// What an agent says of itself at debug.
#include "base/log.h"

#include <gmock/gmock.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two agents that say everything, on a network.
struct TalkingAgents {
  struct Talker final : testing::Host {
    Talker(Role role, std::uint64_t seed, LogAddresses addresses)
        : random(seed), agent({.role = role}, random, Log(log, LogModule::Ice)) {
      log.set(LogLevels(LogLevel::Debug), addresses);
    }
    void handle_datagram(Timestamp now, const Datagram& datagram) override {
      log.advance(now);
      agent.handle_datagram(now, datagram.path, datagram.bytes);
    }
    void handle_timeout(Timestamp now) override {
      log.advance(now);
      agent.handle_timeout(now);
    }
    std::optional<Transmit> poll_transmit(Timestamp now) override {
      log.advance(now);
      return agent.poll_transmit(now);
    }
    bool drain_events(Timestamp) override { return agent.poll_event().has_value(); }
    Deadline next_timeout() const override { return agent.next_timeout(); }

    SeededRandom random;
    LogBuffer log;
    Agent agent;
  };

  explicit TalkingAgents(LogAddresses addresses = LogAddresses::Hidden)
      : alice(Role::Controlling, 1, addresses), bob(Role::Controlled, 2, addresses) {
    network.attach(alice, a.address);
    network.attach(bob, b.address);
  }
  void connect() {
    const Timestamp now = network.now();
    for (Talker* one : {&alice, &bob}) one->log.advance(now);
    alice.agent.add_local_endpoint(now, a);
    alice.agent.end_of_local_endpoints(now);
    bob.agent.add_local_endpoint(now, b);
    bob.agent.end_of_local_endpoints(now);
    alice.agent.set_remote_credentials(now, bob.agent.local_credentials());
    bob.agent.set_remote_credentials(now, alice.agent.local_credentials());
    for (const Candidate& one : bob.agent.local_candidates())
      EXPECT_TRUE(alice.agent.add_remote_candidate(now, one));
    for (const Candidate& one : alice.agent.local_candidates())
      EXPECT_TRUE(bob.agent.add_remote_candidate(now, one));
    alice.agent.end_of_remote_candidates(now);
    bob.agent.end_of_remote_candidates(now);
    EXPECT_TRUE(network.run_until(
        [&] {
          return alice.agent.connection_state() == Completed &&
                 bob.agent.connection_state() == Completed;
        },
        5s));
  }

  Endpoint a = at("10.0.0.1:5000");
  Endpoint b = at("10.0.0.2:6000");
  Talker alice;
  Talker bob;
  Network network{{.latency = 10ms}};
};

// "12.3 debug text": the milliseconds since the start.
std::vector<std::string> lines(LogBuffer& log) {
  std::vector<std::string> out;
  for (const LogRecord& record : log.take()) {
    EXPECT_EQ(record.module, LogModule::Ice);
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(record.time - kStart);
    out.push_back(std::to_string(at.count()) + " " + std::string(to_string(record.level)) + " " +
                  record.text);
  }
  return out;
}

TEST(IceLog, TellsOfAWholeConnectInTheSameWordsEachTime) {
  TalkingAgents first, second;
  first.connect();
  second.connect();
  const auto said = lines(first.alice.log);
  EXPECT_THAT(said, ElementsAre("0 info gathering: gathering",
                                "0 debug local candidate: host ipv4#1, priority 2130706175",
                                "0 info gathering: complete",
                                "0 debug remote candidate: host ipv4#2, priority 2130706175",
                                "0 debug pair ipv4#1 -> ipv4#2: host with host, priority "
                                "9151313343271665150",
                                "0 info the ICE connection is checking",
                                "0 debug the peer has told of all its candidates",
                                "0 debug check ipv4#1 -> ipv4#2: sent",
                                "10 debug check of the peer's on ipv4#1 -> ipv4#2",
                                "10 debug check ipv4#1 -> ipv4#2: sent",
                                "20 debug check ipv4#1 -> ipv4#2: answered; the peer sees ipv4#1",
                                "20 debug pair ipv4#1 -> ipv4#2 is valid",
                                "20 info the first path is ipv4#1 -> ipv4#2",
                                "20 debug pair ipv4#1 -> ipv4#2 is to be nominated",
                                "20 info the ICE connection is connected",
                                "20 debug check ipv4#1 -> ipv4#2: sent, to nominate",
                                "20 debug check of the peer's on ipv4#1 -> ipv4#2",
                                "30 debug check ipv4#1 -> ipv4#2: answered; the peer sees ipv4#1",
                                "40 debug check ipv4#1 -> ipv4#2: answered; the peer sees ipv4#1",
                                "40 debug pair ipv4#1 -> ipv4#2 is nominated",
                                "40 info the selected path is ipv4#1 -> ipv4#2",
                                "40 info the ICE connection is completed"));
  EXPECT_EQ(lines(second.alice.log), said);
  EXPECT_EQ(lines(second.bob.log), lines(first.bob.log));
}

TEST(IceLog, HasNoAddressAndNoCredential) {
  TalkingAgents agents;
  agents.connect();
  for (auto* one : {&agents.alice, &agents.bob}) {
    const auto records = one->log.take();
    EXPECT_FALSE(records.empty());
    for (const LogRecord& record : records) {
      EXPECT_THAT(record.text, Not(HasSubstr("10.0.0.")));
      for (const auto* other : {&agents.alice, &agents.bob}) {
        EXPECT_THAT(record.text, Not(HasSubstr(other->agent.local_credentials().ufrag)));
        EXPECT_THAT(record.text, Not(HasSubstr(other->agent.local_credentials().pwd)));
      }
    }
  }
}

TEST(IceLog, ShowsAddressesWhenAsked) {
  TalkingAgents agents(LogAddresses::Shown);
  agents.connect();
  EXPECT_THAT(lines(agents.alice.log), Contains(HasSubstr("10.0.0.1:5000 -> 10.0.0.2:6000")));
}

// ---- drops

struct TalkingAgent {
  TalkingAgent() : agent({.role = Role::Controlled}, random, Log(log, LogModule::Ice)) {
    agent.add_local_endpoint(kStart, base);
    agent.set_remote_credentials(kStart, {"peer", "peerpasswordpeerpassword"});
    log.set(LogLevels(LogLevel::Debug), LogAddresses::Hidden);
  }
  Buffer request(const std::string& username, const std::string& password) {
    stun::MessageWriter writer(stun::Class::Request, stun::Method::Binding,
                               stun::TransactionId::generate(random));
    writer.add(stun::Username{username});
    writer.add(stun::Priority{1});
    writer.integrity(stun::short_term_key(password)).fingerprint();
    return writer.finish();
  }
  std::string ours() const { return agent.local_credentials().ufrag; }

  Endpoint base = at("10.0.0.1:5000");
  SeededRandom random{7};
  LogBuffer log;
  Agent agent;
};

TEST(IceLog, SaysWhyAMessageIsDroppedOnceASecond) {
  TalkingAgent one;
  const auto receive = [&](Timestamp now, Bytes bytes) {
    one.log.advance(now);
    one.agent.handle_datagram(now, {one.base, kStranger}, bytes);
  };
  const Buffer garbage{0, 1, 0, 0};
  for (int i = 0; i < 100; ++i) receive(kStart, garbage);
  receive(kStart, one.request("other:peer", "whatever"));
  receive(kStart, one.request(one.ours() + ":peer", "wrongpasswordwrongpassword"));
  receive(kStart + 1s, garbage);
  EXPECT_THAT(lines(one.log),
              ElementsAre("0 debug dropped: no STUN message, from ipv4#1",
                          "0 debug dropped: a check with another USERNAME, from ipv4#1",
                          "0 debug dropped: a check with a wrong integrity, from ipv4#1",
                          "1000 debug dropped 99 more: no STUN message"));
  EXPECT_EQ(one.agent.counters().dropped_malformed, 101u);
}

TEST(IceLog, SaysNothingWhenItIsOff) {
  TalkingAgents agents;
  agents.alice.log.set(LogLevels(), LogAddresses::Hidden);
  agents.connect();
  EXPECT_THAT(lines(agents.alice.log), IsEmpty());
}

}  // namespace
}  // namespace specter::ice
