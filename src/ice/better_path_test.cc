// A pair that becomes valid after another one was nominated, and is better: the two move to it,
// once, and lose nothing by it.
#include <set>

#include <gmock/gmock.h>

#include "ice/testing/one_agent.h"

namespace specter::ice {
namespace {

using stun::AttributeType;

const Endpoint kRelay = at("198.51.100.7:49152");

enum class Relays { Alices, Bobs, Both };

bool nominates(const Flight& flight) {
  const auto message = stun::Message::parse(flight.bytes);
  return message && message->cls == stun::Class::Request &&
         message->has(AttributeType::UseCandidate);
}

// A relay always works. Between the host addresses nothing passes unless `is_open`.
struct Story : TwoAgents {
  struct Options {
    Role alices = Role::Controlling;
    Relays relays = Relays::Alices;
    LinkOptions link{.latency = 10ms};
  };

  Story() : Story(Options{}) {}
  explicit Story(Options options) : TwoAgents(options.link), options_(options) {
    alice.agent.set_role(options.alices);
    bob.agent.set_role(options.alices == Role::Controlling ? Role::Controlled : Role::Controlling);
    network.attach(alice, relay_of_alice.address);
    network.attach(bob, relay_of_bob.address);
    network.filter = [this](Flight& flight) {
      if (!is_direct(flight)) return true;
      ++direct_flights;
      return is_open && (!watch || watch(flight));
    };
  }

  bool is_direct(const Flight& flight) const {
    return (flight.from == a && flight.to == b) || (flight.from == b && flight.to == a);
  }
  void gather_all() {
    gather(alice, a);
    gather(bob, b);
    if (options_.relays != Relays::Bobs) alice.agent.add_relayed_endpoint(now(), relay_of_alice, a);
    if (options_.relays != Relays::Alices) bob.agent.add_relayed_endpoint(now(), relay_of_bob, b);
  }
  bool connect_over_the_relay() {
    gather_all();
    exchange_credentials();
    exchange_candidates();
    return network.run_until([&] { return both_completed() && both_over_a_relay(); }, 3s);
  }
  bool is_relayed(const Path& path) const {
    return path.local == relay_of_alice || path.remote == relay_of_alice ||
           path.local == relay_of_bob || path.remote == relay_of_bob;
  }
  bool both_over_a_relay() const {
    return alice.agent.path() && bob.agent.path() && is_relayed(*alice.agent.path()) &&
           is_relayed(*bob.agent.path());
  }
  bool both_direct() const {
    return alice.agent.path() == Path{a, b} && bob.agent.path() == Path{b, a};
  }
  AgentHost& controlling() { return options_.alices == Role::Controlling ? alice : bob; }
  AgentHost& controlled() { return options_.alices == Role::Controlling ? bob : alice; }

  const Options options_;
  const Endpoint relay_of_alice = kRelay, relay_of_bob = at("198.51.100.8:49152");
  bool is_open = false;
  int direct_flights = 0;  // that were sent
  std::function<bool(Flight&)> watch;
};

std::size_t moves_of(const AgentHost& host) { return all<SelectedPathChanged>(host.events).size(); }

std::vector<Story::Options> all_stories() {
  std::vector<Story::Options> all;
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const Relays relays : {Relays::Alices, Relays::Bobs, Relays::Both})
      all.push_back({.alices = role, .relays = relays});
  }
  return all;
}

// docs/failures.md row 169. A firewall or a NAT lets the two through after a while.
TEST(BetterPath, ThatOpensLaterIsMovedTo) {
  struct Case {
    Duration opens_after, within;
  };
  for (const Case& one : {Case{0s, 3s}, {1s, 3s}, {5s, 6s}, {20s, 16s}, {100s, 32s}}) {
    for (const Story::Options& options : all_stories()) {
      SCOPED_TRACE(::testing::Message()
                   << one.opens_after << ' ' << int(options.alices) << ' ' << int(options.relays));
      Story two(options);
      ASSERT_TRUE(two.connect_over_the_relay());
      two.network.run_for(one.opens_after);
      EXPECT_TRUE(two.both_over_a_relay());
      const std::size_t before = moves_of(two.alice) + moves_of(two.bob);
      two.is_open = true;
      ASSERT_TRUE(two.network.run_until([&] { return two.both_direct(); }, one.within));
      // Once each, and for good: consent of the pair that was left moves nobody back.
      two.network.run_for(5min);
      EXPECT_TRUE(two.both_direct());
      EXPECT_EQ(moves_of(two.alice) + moves_of(two.bob), before + 2);
      EXPECT_TRUE(two.both_completed());
    }
  }
}

TEST(BetterPath, OfACandidateThatComesAfterTheNominationIsMovedToWithinASecond) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const bool it_is_alices : {true, false}) {
      SCOPED_TRACE(::testing::Message() << int(role) << it_is_alices);
      Story two({.alices = role});
      two.gather_all();
      two.exchange_credentials();
      // Bob hears of Alice's relayed candidate alone.
      ASSERT_TRUE(
          two.bob.agent.add_remote_candidate(two.now(), two.alice.agent.local_candidates()[1]));
      ASSERT_TRUE(
          two.alice.agent.add_remote_candidate(two.now(), two.bob.agent.local_candidates()[0]));
      ASSERT_TRUE(two.network.run_until([&] { return two.both_over_a_relay(); }, 3s));
      two.network.run_for(30min);  // nothing is asked by itself any more
      two.is_open = true;
      const Endpoint late = at("10.0.0.21:5021");
      AgentHost& whose = it_is_alices ? two.alice : two.bob;
      AgentHost& other = it_is_alices ? two.bob : two.alice;
      two.network.attach(whose, late.address);
      whose.agent.add_local_endpoint(two.now(), late);
      ASSERT_TRUE(
          other.agent.add_remote_candidate(two.now(), whose.agent.local_candidates().back()));
      EXPECT_TRUE(two.network.run_until(
          [&] { return whose.agent.path()->local == late && other.agent.path()->remote == late; },
          1s));
    }
  }
}

// A check that comes through the peer's relay may come before the candidate, and looks like one
// from behind a NAT, with a priority to match.
TEST(BetterPath, IsMovedToFromARelayThatWasNotKnownForOne) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  const Endpoint relay = at("203.0.113.9:6000");
  const auto pass = [&](Duration time) {
    for (const Timestamp end = one.now + time; one.now < end; one.pass(20ms)) {
      for (const Transmit& sent : one.sent()) {
        if (stun::Message::parse(sent.bytes)->cls == stun::Class::Request)
          one.receive(one.success(sent), sent.path.remote);
      }
    }
  };
  one.receive(one.request({.controlled = 1}), relay);
  pass(1s);
  ASSERT_EQ(one.agent->path(), (Path{one.base, relay}));
  ASSERT_TRUE(one.agent->add_remote_candidate(
      one.now, *Candidate::parse("candidate:1 1 udp 16777215 203.0.113.9 6000 typ relay")));
  EXPECT_EQ(one.agent->path(), (Path{one.base, relay}));
  one.learn_candidate();
  pass(2s);
  EXPECT_EQ(one.agent->path(), (Path{one.base, kPeer}));
}

// The same network on both sides of a NAT: the way out and in again is left for the short one.
TEST(BetterPath, BetweenHostCandidatesIsBetterThanThroughANat) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  Candidate reflexive =
      *Candidate::parse("candidate:1 1 udp 1694498815 203.0.113.9 6000 typ srflx");
  ASSERT_TRUE(one.agent->add_remote_candidate(one.now, reflexive));
  const auto pass = [&](Duration time, auto may_answer) {
    for (const Timestamp end = one.now + time; one.now < end; one.pass(20ms)) {
      for (const Transmit& sent : one.sent()) {
        if (may_answer(sent.path.remote)) one.receive(one.success(sent), sent.path.remote);
      }
    }
  };
  const auto everybody = [](const Endpoint&) { return true; };
  pass(2s, everybody);
  ASSERT_EQ(one.agent->path(), (Path{one.base, reflexive.endpoint}));
  one.learn_candidate();
  pass(2s, everybody);
  EXPECT_EQ(one.agent->path(), (Path{one.base, kPeer}));
  // Another one of the same kind, and of a higher priority, is no reason to move.
  Candidate higher = *Candidate::parse("candidate:2 1 udp 2147483647 10.0.0.3 6000 typ host");
  ASSERT_TRUE(one.agent->add_remote_candidate(one.now, higher));
  pass(20s, everybody);
  EXPECT_EQ(one.agent->path(), (Path{one.base, kPeer}));
}

// RFC 8445 §6.1.2.3: some peers follow to a higher priority only.
TEST(BetterPath, HasAHigherPriorityToo) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  Candidate relayed = *Candidate::parse("candidate:1 1 udp 2000000000 203.0.113.9 6000 typ relay");
  ASSERT_TRUE(one.agent->add_remote_candidate(one.now, relayed));
  Candidate host = *Candidate::parse("candidate:2 1 udp 1000000000 10.0.0.2 6000 typ host");
  const auto pass = [&](Duration time) {
    for (const Timestamp end = one.now + time; one.now < end; one.pass(20ms)) {
      for (const Transmit& sent : one.sent()) one.receive(one.success(sent), sent.path.remote);
    }
  };
  pass(2s);
  ASSERT_TRUE(one.agent->add_remote_candidate(one.now, host));
  pass(20s);
  EXPECT_EQ(one.agent->path(), (Path{one.base, relayed.endpoint}));
}

// What is better and never answers costs a few checks: those of half a minute a dozen, then one
// each 25 s, at a time at which consent wakes the device anyway; and none after ten minutes.
TEST(BetterPath, IsLookedForEverMoreRarelyAndNotForEver) {
  Story two;
  ASSERT_TRUE(two.connect_over_the_relay());
  const auto checks_in = [&](Duration time) {
    const int before = two.direct_flights;
    two.network.run_for(time);
    return two.direct_flights - before;  // of both sides
  };
  EXPECT_LE(checks_in(10s), 2 * 12);
  EXPECT_LE(checks_in(20s), 2 * 4);
  const int later = checks_in(9min);
  EXPECT_LE(later, 2 * 30);
  EXPECT_GE(later, 2 * 15);
  checks_in(1min);
  EXPECT_EQ(checks_in(1h), 0);
}

TEST(BetterPath, IsLookedForWhenConsentIsAskedAnyway) {
  Story two;
  ASSERT_TRUE(two.connect_over_the_relay());
  two.network.run_for(20s);
  std::set<Timestamp> of_consent, of_checks;
  const auto filter = two.network.filter;
  two.network.filter = [&](Flight& flight) {
    const auto message = stun::Message::parse(flight.bytes);
    if (message->cls == stun::Class::Request && flight.from.address != two.b.address)
      (two.is_direct(flight) ? of_checks : of_consent).insert(flight.sent);
    return filter(flight);
  };
  two.network.run_for(5min);
  ASSERT_GE(of_checks.size(), 8U);
  for (const Timestamp at : of_checks) EXPECT_TRUE(of_consent.contains(at));
}

// Where the direct way is taken already, what is shorter still is not looked for for long: private
// addresses of the peer's are somebody else's here.
TEST(BetterPath, ThanADirectOneIsLookedForForTenSeconds) {
  OneAgent one(Role::Controlling);
  one.learn_credentials();
  const Endpoint reflexive = at("203.0.113.9:6000");
  one.learn_candidate();
  ASSERT_TRUE(one.agent->add_remote_candidate(
      one.now, *Candidate::parse("candidate:2 1 udp 1694498815 203.0.113.9 6000 typ srflx")));
  int checks = 0;
  const auto pass = [&](Duration time) {
    for (const Timestamp end = one.now + time; one.now < end; one.pass(20ms)) {
      for (const Transmit& sent : one.sent()) {
        if (sent.path.remote == reflexive) one.receive(one.success(sent), reflexive);
        checks += sent.path.remote == kPeer ? 1 : 0;
      }
    }
  };
  pass(12s);
  EXPECT_EQ(one.agent->path(), (Path{one.base, reflexive}));
  EXPECT_LE(std::exchange(checks, 0), 14);
  pass(5min);
  EXPECT_EQ(checks, 0);
}

// A direct way that works for three seconds and not for the next three, over and over.
TEST(BetterPath, ThatComesAndGoesIsTriedMoreAndMoreRarely) {
  for (const Story::Options& options : all_stories()) {
    Story two(options);
    ASSERT_TRUE(two.connect_over_the_relay());
    for (AgentHost* host : {&two.alice, &two.bob}) host->agent.expect_answer(two.now(), true);
    const auto run = [&](Duration time) {
      const std::size_t before = moves_of(two.controlling());
      for (const Timestamp end = two.now() + time; two.now() < end;) {
        two.is_open = !two.is_open;
        for (int i = 0; i < 30; ++i) {
          two.network.run_for(100ms);
          // Both talk over what they take for the path.
          for (const auto& [from, to] :
               {std::pair(&two.alice, &two.bob), std::pair(&two.bob, &two.alice)}) {
            if (!from->agent.path()) continue;
            const Path path = *from->agent.path();
            if (two.is_relayed(path) || two.is_open)
              to->agent.handle_activity(two.now(), {path.remote, path.local});
          }
        }
      }
      return moves_of(two.controlling()) - before;
    };
    EXPECT_LE(run(2min), 8U);
    EXPECT_LE(run(20min), 12U);
    EXPECT_TRUE(two.both_connected());
    // When it stays it is used in the end.
    two.is_open = true;
    EXPECT_TRUE(two.network.run_until([&] { return two.both_direct(); }, 10min));
  }
}

// The nomination of the better one gets lost: the path in use stays, and it is tried again later.
TEST(BetterPath, WhoseNominationIsNotAnsweredIsLeftAloneForAWhile) {
  Story two;
  ASSERT_TRUE(two.connect_over_the_relay());
  std::vector<Timestamp> nominated;
  two.watch = [&](Flight& flight) {
    if (!nominates(flight)) return true;
    nominated.push_back(flight.sent);
    return false;
  };
  two.is_open = true;
  ASSERT_TRUE(two.network.run_until([&] { return !nominated.empty(); }, 5s));
  two.network.run_for(25s);
  EXPECT_TRUE(two.both_over_a_relay());
  EXPECT_TRUE(two.both_completed());
  EXPECT_LE(nominated.back() - nominated.front(), 4s);
  nominated.clear();
  ASSERT_TRUE(two.network.run_until([&] { return !nominated.empty(); }, 30s));
  two.watch = nullptr;
  EXPECT_TRUE(two.network.run_until([&] { return two.both_direct(); }, 2min));
}

// It was heard and the answer was not: the peer has moved to a pair that does not carry anything
// back. The former pair is nominated again, and brings it home.
TEST(BetterPath, ThatWorksOneWayOnlyIsTakenBack) {
  for (const bool is_idle : {true, false}) {
    Story two;
    ASSERT_TRUE(two.connect_over_the_relay());
    bool is_heard = false;
    two.watch = [&](Flight& flight) {
      is_heard = is_heard || nominates(flight);
      return !is_heard || flight.from == two.a;
    };
    two.is_open = true;
    ASSERT_TRUE(
        two.network.run_until([&] { return two.bob.agent.path() == Path{two.b, two.a}; }, 5s));
    EXPECT_NE(two.alice.agent.path(), (Path{two.a, two.b}));
    EXPECT_TRUE(two.network.run_until(
        [&] {
          // Alice's data go on over the relay.
          const Path path = *two.alice.agent.path();
          if (!is_idle) two.bob.agent.handle_activity(two.now(), {path.remote, path.local});
          return two.both_over_a_relay();
        },
        8s))
        << is_idle;
  }
}

// RFC 8445 §8.1.1 has a nomination be the last one, and there are peers that take it so: they go on
// where they were, which is a valid pair. Neither side is in doubt of its path by that.
TEST(BetterPath, WorksWithAPeerThatDoesNotFollow) {
  Story two;
  ASSERT_TRUE(two.connect_over_the_relay());
  two.watch = [&](Flight& flight) {
    // Bob is never told.
    const auto request = stun::Message::parse(flight.bytes);
    if (!request || !nominates(flight)) return true;
    stun::MessageWriter writer(request->cls, request->method, request->id);
    for (const auto& attribute : request->attributes) {
      if (attribute.type == AttributeType::MessageIntegrity) break;
      if (attribute.type != AttributeType::UseCandidate) writer.raw(attribute);
    }
    writer.integrity(as_bytes(two.bob.agent.local_credentials().pwd)).fingerprint();
    flight.bytes = writer.finish();
    return true;
  };
  two.is_open = true;
  ASSERT_TRUE(
      two.network.run_until([&] { return two.alice.agent.path() == Path{two.a, two.b}; }, 3s));
  two.network.run_for(1s);
  const auto sent_by = [](const AgentHost& host) {
    std::uint64_t sent = 0;
    for (const auto& pair : host.agent.pair_stats())
      sent += pair.requests_sent - pair.consent_requests_sent;
    return sent;
  };
  const std::uint64_t alices = sent_by(two.alice);
  for (int i = 0; i < 600; ++i) {
    two.network.run_for(100ms);
    const Path path = *two.bob.agent.path();
    EXPECT_TRUE(two.alice.agent.is_validated({path.remote, path.local}));
    two.alice.agent.handle_activity(two.now(), {path.remote, path.local});
    EXPECT_EQ(two.alice.agent.path(), (Path{two.a, two.b}));
    EXPECT_TRUE(two.is_relayed(path));
  }
  EXPECT_LE(sent_by(two.alice) - alices, 4U);
}

// Who controls is settled by the tie-breakers, before or after the relay is nominated.
TEST(BetterPath, IsMovedToWhateverTheRolesWere) {
  for (const Role both : {Role::Controlling, Role::Controlled}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      Story two({.link = {.latency = 10ms, .loss = 0.1, .seed = seed}});
      two.alice.agent.set_role(both);
      two.bob.agent.set_role(both);
      ASSERT_TRUE(two.connect_over_the_relay());
      two.network.run_for(2s);
      two.is_open = true;
      EXPECT_TRUE(two.network.run_until([&] { return two.both_direct(); }, 60s)) << seed;
      EXPECT_NE(two.alice.agent.role(), two.bob.agent.role());
    }
  }
}

TEST(BetterPath, IsMovedToOverALossyNetwork) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Story two({.relays = Relays::Both, .link = {.latency = 30ms, .loss = 0.2, .seed = seed}});
    ASSERT_TRUE(two.connect_over_the_relay() || two.both_connected()) << seed;
    two.is_open = true;
    EXPECT_TRUE(two.network.run_until([&] { return two.both_direct(); }, 2min)) << seed;
  }
}

// An agent that is lite has no checks of its own; it takes whatever pair is nominated.
TEST(BetterPath, IsMovedToWithALitePeer) {
  SeededRandom random(3);
  Agent agent({.role = Role::Controlling}, random);
  Timestamp now = kStart;
  const Endpoint base = at("10.0.0.1:5000");
  const Credentials lite{"lite", "passwordpasswordpassword"};
  agent.start_gathering(now);
  agent.add_local_endpoint(now, base);
  agent.add_relayed_endpoint(now, kRelay, base);
  agent.end_of_local_endpoints(now);
  agent.set_remote_credentials(now, lite, Agent::Implementation::Lite);
  ASSERT_TRUE(agent.add_remote_candidate(
      now, *Candidate::parse("candidate:1 1 udp 2130706431 203.0.113.1 6000 typ host")));
  std::vector<Path> nominated;
  const auto pass = [&](Duration time, bool is_open) {
    for (const Timestamp end = now + time; now < end;) {
      while (auto sent = agent.poll_transmit(now)) {
        const auto message = stun::Message::parse(sent->bytes);
        if (message->has(AttributeType::UseCandidate)) nominated.push_back(sent->path);
        if (sent->path.local == base && !is_open) continue;
        stun::MessageWriter writer(stun::Class::SuccessResponse, stun::Method::Binding,
                                   message->id);
        writer.add(stun::XorMappedAddress{sent->path.local});
        writer.integrity(stun::short_term_key(lite.pwd)).fingerprint();
        agent.handle_datagram(now, sent->path, writer.finish());
      }
      now += 20ms;
      agent.handle_timeout(now);
    }
  };
  pass(6s, false);
  EXPECT_EQ(agent.path()->local, kRelay);
  pass(12s, true);
  EXPECT_EQ(agent.path()->local, base);
  EXPECT_EQ(nominated.size(), 2U);
  EXPECT_EQ(nominated.back().local, base);
}

}  // namespace
}  // namespace specter::ice
