// Hosts with many addresses, of which one pair works: bridges of containers, tunnels, two networks.
#include <gtest/gtest.h>

#include "ice/testing/test_agents.h"
#include "testing/nat.h"
#include "testing/stun_server.h"

namespace specter::ice {
namespace {

using specter::testing::Nat;
using specter::testing::StunServer;

constexpr Duration kSoon = 500ms;
constexpr std::size_t kCounts[] = {2, 3, 5, 8, 10, 16, 17, 25, 32, 40};

Endpoint endpoint(std::array<std::uint8_t, 4> octets) { return {IpAddress::v4(octets), 5000}; }

// Each side's addresses in the order in which the driver tells of them.
struct ManyAddresses : TwoAgents {
  explicit ManyAddresses(Role alices) {
    alice.agent.set_role(alices);
    bob.agent.set_role(alices == Role::Controlling ? Role::Controlled : Role::Controlling);
    alice.trickle_to = &bob;
    bob.trickle_to = &alice;
  }
  void gather_all() {
    exchange_credentials();
    for (const auto& [host, bases] : {std::pair(&alice, &of_alice), std::pair(&bob, &of_bob)}) {
      host->agent.start_gathering(now());
      for (const Endpoint& base : *bases) {
        network.attach(*host, base.address);
        host->agent.add_local_endpoint(now(), base);
      }
      for (const Endpoint& server : servers) host->agent.add_stun_server(now(), server);
      host->agent.end_of_local_endpoints(now());
    }
  }
  bool connects() {
    gather_all();
    return network.run_until([&] { return both_connected(); }, kSoon);
  }
  std::vector<Endpoint> of_alice, of_bob, servers;
};

// One network that both are in, and each many that only it is in; whichever it is.
TEST(ManyAddresses, OfOneLanFindEachOther) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const std::size_t count : kCounts) {
      for (const std::size_t common : {std::size_t{0}, count / 2, count - 1}) {
        for (const bool bobs_are_turned : {false, true}) {
          ManyAddresses many(role);
          for (std::size_t i = 0; i < count; ++i) {
            const auto net = static_cast<std::uint8_t>(i);
            many.of_alice.push_back(endpoint({10, 1, net, 1}));
            many.of_bob.push_back(endpoint({10, 1, net, 2}));
          }
          if (bobs_are_turned) std::ranges::reverse(many.of_bob);
          many.network.filter = [&](Flight& flight) {
            return flight.from.address.octets()[2] == common &&
                   flight.to.address.octets()[2] == common;
          };
          EXPECT_TRUE(many.connects()) << count << ' ' << common << ' ' << bobs_are_turned;
        }
      }
    }
  }
}

// A router between two networks, and each side's bridges: only the default routes' addresses meet.
TEST(ManyAddresses, OfRoutedNetworksFindEachOther) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const std::size_t count : kCounts) {
      for (const bool is_last : {false, true}) {  // a peer that tells its real address last
        ManyAddresses many(role);
        const Endpoint alices = endpoint({192, 0, 2, 1});
        const Endpoint bobs = endpoint({198, 51, 100, 1});
        many.of_alice.push_back(alices);
        for (std::size_t i = 1; i < count; ++i) {
          many.of_alice.push_back(endpoint({172, 17, static_cast<std::uint8_t>(i), 1}));
          many.of_bob.push_back(endpoint({172, 18, static_cast<std::uint8_t>(i), 1}));
        }
        many.of_bob.insert(is_last ? many.of_bob.end() : many.of_bob.begin(), bobs);
        many.network.filter = [&](Flight& flight) {
          return (flight.from == alices && flight.to == bobs) ||
                 (flight.from == bobs && flight.to == alices);
        };
        EXPECT_TRUE(many.connects()) << count << ' ' << is_last;
      }
    }
  }
}

// Both behind NATs of their own: nothing but server-reflexive addresses meets.
TEST(ManyAddresses, BehindNatsFindEachOther) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    for (const std::size_t count : kCounts) {
      for (const bool all_reach_the_server : {false, true}) {
        ManyAddresses many(role);
        StunServer server;
        many.servers.push_back(at("192.0.2.53:3478"));
        many.network.attach(server, many.servers[0].address);
        Nat alices(*IpAddress::parse("203.0.113.21"));
        Nat bobs(*IpAddress::parse("203.0.113.22"));
        for (std::size_t i = 0; i < count; ++i) {
          const auto net = static_cast<std::uint8_t>(i);
          many.of_alice.push_back(endpoint({172, 17, net, 1}));
          many.of_bob.push_back(endpoint({172, 18, net, 1}));
          if (i > 0 && !all_reach_the_server) continue;
          alices.add_inside(many.of_alice.back().address);
          bobs.add_inside(many.of_bob.back().address);
        }
        many.network.filter = [&](Flight& flight) {
          if (flight.to.address.octets()[0] == 172) return false;
          if (!Nat::translate({&alices, &bobs}, flight)) return false;
          return flight.from.address.octets()[0] != 172;
        };
        EXPECT_TRUE(many.connects()) << count << ' ' << all_reach_the_server;
      }
    }
  }
}

// docs/failures.md row 15: what such a host sends, when nothing answers.
TEST(ManyAddresses, ThatNobodyAnswersCostTwentyPacketsASecond) {
  ManyAddresses many(Role::Controlling);
  for (std::uint8_t i = 0; i < 40; ++i) {
    many.of_alice.push_back(endpoint({10, 1, i, 1}));
    many.of_bob.push_back(endpoint({10, 1, i, 2}));
  }
  std::vector<int> by_second(39);
  many.network.filter = [&](Flight& flight) {
    const auto second = static_cast<std::size_t>((flight.sent - kStart) / 1s);
    if (flight.from.address.octets()[3] == 1 && second < by_second.size()) ++by_second[second];
    return false;
  };
  many.gather_all();
  many.network.run_for(39s);
  EXPECT_EQ(many.alice.agent.pair_stats().size(), 100u);
  EXPECT_LE(by_second[0], 20 + 100 + 20);
  for (std::size_t i = 1; i < by_second.size(); ++i) {
    EXPECT_LE(by_second[i], 20);
    EXPECT_GE(by_second[i], 2);
  }
}

// Nothing but IPv6 link-local addresses; one host is on two links, with the same address on both,
// as the driver has it with VLANs of one card: the port tells which socket, and so which link, is
// meant.
TEST(LinkLocalAddresses, AloneConnectOverTheLinkThatBothAreOn) {
  for (const Role role : {Role::Controlling, Role::Controlled}) {
    ManyAddresses many(role);
    many.of_alice = {at("[fe80::1]:5001"), at("[fe80::1]:5002")};
    many.of_bob = {at("[fe80::2]:5000")};
    many.servers = {at("[2001:db8::53]:3478")};
    many.network.filter = [](Flight& flight) {
      EXPECT_NE(flight.to, at("[2001:db8::53]:3478")) << "nobody there answers to such an address";
      return flight.from.port != 5001 && flight.to.port != 5001;
    };
    EXPECT_TRUE(many.connects());
  }
}

}  // namespace
}  // namespace specter::ice
