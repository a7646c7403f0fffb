// Local candidates, alone and behind NATs.
#include "ice/gathering.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ice/testing/test_agents.h"
#include "testing/nat.h"
#include "testing/stun_server.h"

namespace specter::ice {
namespace {

using specter::testing::Nat;
using specter::testing::StunServer;
using ::testing::ElementsAre;

const Endpoint kServer = at("192.0.2.53:3478");

std::vector<IceGatheringState> gathering_states(const AgentHost& host) {
  std::vector<IceGatheringState> states;
  for (const auto& change : all<GatheringStateChanged>(host.events)) states.push_back(change.state);
  return states;
}

TEST(Gathering, WithoutServersItIsCompleteAtOnce) {
  TwoAgents two;
  two.gather(two.alice, two.a);
  two.network.settle();
  EXPECT_THAT(gathering_states(two.alice),
              ElementsAre(IceGatheringState::Gathering, IceGatheringState::Complete));
  const auto found = all<LocalCandidateFound>(two.alice.events);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].candidate.to_string(), "candidate:1 1 udp 2130706175 10.0.0.1 5000 typ host");
}

TEST(Gathering, WithoutAnyAddressItIsCompleteToo) {
  TwoAgents two;
  two.alice.agent.start_gathering(two.now());
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  two.alice.agent.end_of_local_endpoints(two.now());
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
}

TEST(Gathering, EachBaseHasAPreferenceAndAFoundationOfItsOwn) {
  TwoAgents two;
  for (const std::string_view text :
       {"10.0.0.1:1", "10.0.0.3:1", "[2001:db8::1]:1", "[2001:db8::3]:1", "10.0.0.1:2"})
    two.alice.agent.add_local_endpoint(two.now(), at(text));
  std::vector<std::uint32_t> preferences;
  std::vector<std::string> foundations;
  for (const Candidate& candidate : two.alice.agent.local_candidates()) {
    preferences.push_back(candidate.priority >> 8 & 0xffff);
    foundations.push_back(candidate.foundation);
  }
  EXPECT_THAT(preferences, ElementsAre(65534, 65532, 65535, 65533, 65530));
  EXPECT_THAT(foundations, ElementsAre("1", "2", "3", "4", "1"));
}

TEST(Gathering, BehindANatItFindsTheOutsideAddress) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };

  two.alice.agent.add_stun_server(two.now(), kServer);
  two.gather(two.alice, two.a);
  two.network.run_for(19ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  two.network.run_for(1ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
  ASSERT_EQ(two.alice.agent.local_candidates().size(), 2u);
  EXPECT_EQ(two.alice.agent.local_candidates()[1].to_string(),
            "candidate:2 1 udp 1694498559 203.0.113.1 40000 typ srflx raddr 10.0.0.1 rport 5000");
}

// W3C §4.8.3: what each server said to each base; candidates know who led to them.
TEST(Gathering, TellsWhatServersSaid) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
  two.alice.agent.add_stun_server(two.now(), kServer, "stun:here");
  two.alice.agent.add_stun_server(two.now(), at("192.0.2.99:3478"), "stun:gone");
  two.alice.agent.add_stun_server(two.now(), at("192.0.2.98:3478"));  // of no name: not told
  two.gather(two.alice, two.a);
  two.network.run_for(10s);
  const auto answers = all<ServerAnswer>(two.alice.events);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].url, "stun:here");
  EXPECT_EQ(answers[0].code, 0);
  EXPECT_EQ(answers[1].url, "stun:gone");
  EXPECT_EQ(answers[1].code, 701);
  EXPECT_EQ(answers[1].base, two.a);
  EXPECT_FALSE(answers[1].text.empty());
  EXPECT_EQ(two.alice.agent.server_of(at("203.0.113.1:40000")), "stun:here");
  EXPECT_EQ(two.alice.agent.server_of(two.a), "");
  // Its candidates go with the base.
  two.alice.agent.remove_local_endpoint(two.now(), two.a);
  EXPECT_EQ(two.alice.agent.server_of(at("203.0.113.1:40000")), "");
}

// RFC 8445 §5.1.3
TEST(Gathering, WithoutANatTheServerTellsNothingNew) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  two.gather(two.alice, two.a);
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.network.run_for(1s);
  EXPECT_EQ(server.requests, 1);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 1u);
}

TEST(Gathering, TwoServersThatSayTheSameGiveOneCandidate) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.alice.agent.add_stun_server(two.now(), at("192.0.2.53:3479"));
  two.gather(two.alice, two.a);
  two.network.run_for(1s);
  EXPECT_EQ(server.requests, 2);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 2u);
}

TEST(Gathering, ADeadServerHoldsItNoLongerThanItsTimeout) {
  TwoAgents two;
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.gather(two.alice, two.a);
  two.network.run_for(3999ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  two.network.run_for(1ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
}

// Its name may have been slow to resolve: the gathering is over in the time that it has all the
// same.
TEST(Gathering, AServerThatIsKnownLateMakesItNoLonger) {
  TwoAgents two;
  two.alice.agent.start_gathering(two.now());
  two.alice.agent.add_local_endpoint(two.now(), two.a);
  two.network.run_for(3s);
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.network.run_for(999ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  two.network.run_for(1ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
}

// Its owner was slow to hear that it is to gather: the time for servers begins with the first
// address.
TEST(Gathering, AnAddressThatComesLateHasAllTheTimeThereIs) {
  TwoAgents two;
  two.alice.agent.start_gathering(two.now());
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.network.run_for(10s);
  two.alice.agent.add_local_endpoint(two.now(), two.a);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.network.run_for(3999ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Gathering);
  two.network.run_for(1ms);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
}

// An interface that comes up later asks anew, with all the time there is.
TEST(Gathering, AnEndpointThatComesAfterTheEndHasTimeOfItsOwn) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
  two.alice.agent.start_gathering(two.now());
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.alice.agent.end_of_local_endpoints(two.now());
  two.network.run_for(10s);
  two.gather(two.alice, two.a);
  two.network.run_for(1s);
  EXPECT_EQ(server.requests, 1);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 2u);
}

TEST(Gathering, AsksServersOfItsOwnFamilyAndScope) {
  TwoAgents two;
  std::vector<Flight> sent;
  two.network.filter = [&](Flight& flight) {
    sent.push_back(flight);
    return false;
  };
  two.alice.agent.add_local_endpoint(two.now(), at("127.0.0.1:5000"));
  two.alice.agent.add_local_endpoint(two.now(), at("[fe80::1]:5000"));
  two.alice.agent.add_local_endpoint(two.now(), at("[2001:db8::1]:5000"));
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.alice.agent.add_stun_server(two.now(), at("[2001:db8::53]:3478"));
  two.network.settle();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].from, at("[2001:db8::1]:5000"));
  EXPECT_EQ(sent[0].to, at("[2001:db8::53]:3478"));
}

TEST(Gathering, BelievesTheServerItAskedAndNobodyElse) {
  TwoAgents two;
  std::vector<Flight> sent;
  two.network.filter = [&](Flight& flight) {
    sent.push_back(flight);
    return false;
  };
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.gather(two.alice, two.a);
  two.network.settle();
  ASSERT_EQ(sent.size(), 1u);

  StunServer liar;
  Buffer asked = sent[0].bytes;
  liar.handle_datagram(two.now(), {{kServer, at("198.51.100.66:66")}, asked});
  const Buffer lie = liar.poll_transmit(two.now())->bytes;
  two.alice.agent.handle_datagram(two.now(), {two.a, at("198.51.100.1:3478")}, lie);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 1u);
  two.alice.agent.handle_datagram(two.now(), {two.a, kServer}, lie);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 2u);
}

// RFC 8445 §5.1.1.4: an answer that comes a minute after the offer finds the mapping still there.
TEST(Gathering, KeepsTheMappingUntilItIsConnected) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
  two.alice.agent.add_stun_server(two.now(), kServer, "stun:one");
  two.alice.agent.add_stun_server(two.now(), at("192.0.2.53:3479"), "stun:two");
  two.gather(two.alice, two.a);
  two.network.run_for(2min);
  // Two of the gathering, and then one server is enough.
  EXPECT_GE(server.requests, 2 + 4);
  EXPECT_LE(server.requests, 2 + 8);  // RFC 8445 §14: not more than one in 15 s
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 2u);
  EXPECT_THAT(gathering_states(two.alice),
              ElementsAre(IceGatheringState::Gathering, IceGatheringState::Complete));
  EXPECT_EQ(all<ServerAnswer>(two.alice.events).size(), 2u);
}

TEST(Gathering, KeepsNoMappingWhereThereIsNone) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.gather(two.alice, two.a);
  two.network.run_for(2min);
  EXPECT_EQ(server.requests, 1);
}

// Its silence ends nothing either: what is sent keeps the mapping all the same.
TEST(Gathering, AsksAServerThatHasFallenSilentNoMoreOftenThanItWould) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  int asked = 0;
  two.network.filter = [&](Flight& flight) {
    if (flight.to == kServer) ++asked;
    return nat.translate(flight) && (two.now() < kStart + 1s || flight.to != kServer);
  };
  two.alice.agent.add_stun_server(two.now(), kServer);
  two.gather(two.alice, two.a);
  two.network.run_for(10min);
  EXPECT_GE(asked, 10);
  EXPECT_LE(asked, 100);
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 2u);
  EXPECT_EQ(two.alice.agent.gathering_state(), IceGatheringState::Complete);
  two.alice.agent.close();
  EXPECT_FALSE(two.alice.agent.next_timeout());
}

// The NAT was restarted. The new address is a candidate; of a NAT that changes it time and again
// there are so many, and no more.
TEST(Gathering, AMappingThatHasChangedIsAnotherCandidate) {
  TwoAgents two;
  StunServer server;
  two.network.attach(server, kServer.address);
  Nat nat(at("203.0.113.1:1").address);
  nat.add_inside(two.a.address);
  two.network.filter = [&](Flight& flight) { return nat.translate(flight); };
  two.alice.agent.add_stun_server(two.now(), kServer, "stun:here");
  two.gather(two.alice, two.a);
  two.network.run_for(1s);
  nat.rebind();
  two.network.run_for(20s);
  const auto found = all<LocalCandidateFound>(two.alice.events);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[2].candidate.endpoint, at("203.0.113.1:40001"));
  EXPECT_EQ(found[2].candidate.type, CandidateType::ServerReflexive);
  EXPECT_EQ(two.alice.agent.server_of(at("203.0.113.1:40001")), "stun:here");
  for (int i = 0; i < 50; ++i) {
    nat.rebind();
    two.network.run_for(20s);
  }
  EXPECT_EQ(two.alice.agent.local_candidates().size(), 1 + Gathering::kMaxMappings);
}

TEST(Gathering, TakesNoMoreBasesThanItsLimit) {
  TwoAgents two;
  for (std::uint16_t port = 1; port <= 100; ++port)
    two.alice.agent.add_local_endpoint(two.now(), {two.a.address, port});
  EXPECT_EQ(two.alice.agent.local_candidates().size(), Gathering::kMaxBases);
}

TEST(Gathering, IgnoresBasesThatAreNoAddresses) {
  TwoAgents two;
  for (const std::string_view text : {"0.0.0.0:1", "[::]:1", "224.0.0.1:1", "10.0.0.1:0"})
    two.alice.agent.add_local_endpoint(two.now(), at(text));
  EXPECT_TRUE(two.alice.agent.local_candidates().empty());
}

// ---- with NATs all the way

struct BehindNats {
  enum class Answer { AtOnce, Later };
  BehindNats(Nat::Options alices, Nat::Options bobs, Answer when = Answer::AtOnce)
      : nat_a(at("203.0.113.1:1").address, alices), nat_b(at("203.0.113.2:1").address, bobs) {
    two.network.attach(server, kServer.address);
    nat_a.add_inside(two.a.address);
    nat_b.add_inside(two.b.address);
    two.network.filter = [this](Flight& flight) {
      return Nat::translate({&nat_a, &nat_b}, flight);
    };
    two.alice.trickle_to = &two.bob;
    two.bob.trickle_to = &two.alice;
    two.alice.agent.add_stun_server(two.now(), kServer);
    two.bob.agent.add_stun_server(two.now(), kServer);
    two.gather(two.alice, two.a);
    if (when == Answer::AtOnce) answer();
  }
  void answer() {
    two.exchange_credentials();
    two.gather(two.bob, two.b);
  }
  TwoAgents two;
  StunServer server;
  Nat nat_a, nat_b;
};

TEST(BehindNats, PortRestrictedConesConnect) {
  BehindNats nats({}, {});
  ASSERT_TRUE(nats.two.network.run_until([&] { return nats.two.both_connected(); }, 5s));
  EXPECT_EQ(nats.two.alice.agent.path()->remote, at("203.0.113.2:40000"));
  EXPECT_EQ(nats.two.bob.agent.path()->remote, at("203.0.113.1:40000"));
}

TEST(BehindNats, ASymmetricNatConnectsToAnAddressRestrictedOne) {
  BehindNats nats({.mapping = Nat::Mapping::AddressAndPortDependent},
                  {.filtering = Nat::Filtering::AddressDependent});
  ASSERT_TRUE(nats.two.network.run_until([&] { return nats.two.both_connected(); }, 5s));
  // Bob learned the port that Alice's NAT gave to this path from her check.
  EXPECT_NE(nats.two.bob.agent.path()->remote.port, 40000);
  const auto stats = nats.two.alice.agent.pair_stats();
  const auto selected =
      std::ranges::find_if(stats, [](const CandidatePairStats& pair) { return pair.selected; });
  ASSERT_NE(selected, stats.end());
  EXPECT_EQ(selected->local.type, CandidateType::PeerReflexive);
}

TEST(BehindNats, TwoSymmetricNatsFailWithAReason) {
  BehindNats nats({.mapping = Nat::Mapping::AddressAndPortDependent},
                  {.mapping = Nat::Mapping::AddressAndPortDependent});
  EXPECT_TRUE(nats.two.network.run_until(
      [&] { return nats.two.alice.state() == IceConnectionState::Failed; }, 2min));
  EXPECT_THAT(nats.two.alice.reason(), ::testing::HasSubstr("TURN"));
  // Nothing of the gathering keeps it awake.
  const int before = nats.server.requests;
  nats.two.network.run_for(2min);
  EXPECT_EQ(nats.server.requests - before, 0);
  EXPECT_FALSE(nats.two.alice.agent.next_timeout());
}

// Consent keeps the mapping of the pair that is used, and nobody else's is needed.
TEST(BehindNats, NoServerIsAskedOnceTheyAreConnected) {
  BehindNats nats({}, {});
  ASSERT_TRUE(nats.two.network.run_until([&] { return nats.two.both_connected(); }, 5s));
  nats.two.network.run_for(1s);
  const int before = nats.server.requests;
  nats.two.network.run_for(5min);
  EXPECT_TRUE(nats.two.both_connected());
  EXPECT_EQ(nats.server.requests, before);
}

// RFC 8445 §5.1.1.4. The answer comes after a minute; the NAT forgets what is silent for 30 s.
TEST(BehindNats, AnAnswerThatComesLateFindsTheMapping) {
  BehindNats nats({}, {}, BehindNats::Answer::Later);
  Timestamp last_out = kStart;
  bool was_forgotten = false;
  nats.two.network.filter = [&](Flight& flight) {
    if (flight.from == nats.two.a) {
      was_forgotten |= flight.sent > last_out + 30s;
      last_out = flight.sent;
    }
    return Nat::translate({&nats.nat_a, &nats.nat_b}, flight);
  };
  nats.two.network.run_for(1min);
  nats.answer();
  ASSERT_TRUE(nats.two.network.run_until([&] { return nats.two.both_connected(); }, 5s));
  EXPECT_FALSE(was_forgotten);
}

}  // namespace
}  // namespace specter::ice
