#include "simulation/internet.h"

#include <gtest/gtest.h>

#include "simulation/link.h"

namespace specter::simulation {
namespace {

using Depends = Nat::Depends;

constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return IpAddress::v4({a, b, c, d});
}
const Endpoint kInside{v4(192, 168, 0, 10), 5000};
const Endpoint kFriend{v4(198, 51, 100, 1), 1000};
const Endpoint kFriendsOtherPort{v4(198, 51, 100, 1), 1001};
const Endpoint kStranger{v4(198, 51, 100, 2), 1000};
constexpr IpAddress kOutside = v4(203, 0, 113, 1);

// RFC 4787 §4.1.
TEST(Nat, MapsAsItsKindHasIt) {
  for (const auto& [depends, same_port, same_stranger] :
       {std::tuple{Depends::OnNothing, true, true}, std::tuple{Depends::OnAddress, true, false},
        std::tuple{Depends::OnAddressAndPort, false, false}}) {
    Nat nat(kOutside, {.mapping = depends});
    const Endpoint first = nat.send(kStart, kInside, kFriend);
    EXPECT_EQ(first.address, kOutside);
    EXPECT_EQ(nat.send(kStart, kInside, kFriend), first);
    EXPECT_EQ(nat.send(kStart, kInside, kFriendsOtherPort) == first, same_port);
    EXPECT_EQ(nat.send(kStart, kInside, kStranger) == first, same_stranger);
  }
}

// RFC 4787 §5.
TEST(Nat, FiltersAsItsKindHasIt) {
  for (const auto& [depends, other_port, stranger] :
       {std::tuple{Depends::OnNothing, true, true}, std::tuple{Depends::OnAddress, true, false},
        std::tuple{Depends::OnAddressAndPort, false, false}}) {
    Nat nat(kOutside, {.filtering = depends});
    const Endpoint outside = nat.send(kStart, kInside, kFriend);
    EXPECT_EQ(nat.receive(kStart, outside, kFriend), kInside);
    EXPECT_EQ(nat.receive(kStart, outside, kFriendsOtherPort).has_value(), other_port);
    EXPECT_EQ(nat.receive(kStart, outside, kStranger).has_value(), stranger);
  }
}

TEST(Nat, ForgetsWhatIsNotUsed) {
  Nat nat(kOutside, {.lifetime = std::chrono::seconds(20)});
  const Endpoint outside = nat.send(kStart, kInside, kFriend);
  EXPECT_TRUE(nat.receive(kStart + 20s, outside, kFriend));
  EXPECT_FALSE(nat.receive(kStart + 21s, outside, kFriend));
  EXPECT_NE(nat.send(kStart + 21s, kInside, kFriend), outside);
}

TEST(Nat, KeepsAPortThatIsFree) {
  Nat nat(kOutside, {.keeps_ports = true});
  EXPECT_EQ(nat.send(kStart, kInside, kFriend).port, 5000);
  const Endpoint other{v4(192, 168, 0, 11), 5000};
  EXPECT_NE(nat.send(kStart, other, kFriend).port, 5000);
  nat.rebind();
  EXPECT_EQ(nat.send(kStart, other, kFriend).port, 5000);
}

// RFC 4787 §4.2.1: who had the port is not found by it any more, and gets another.
TEST(Nat, GivesPortsAway) {
  Nat nat(kOutside, {});
  const Endpoint before = nat.send(kStart, kInside, kFriend);
  const IpAddress neighbour = v4(192, 168, 0, 11);
  nat.give_away(kInside.address, neighbour);
  EXPECT_EQ(nat.receive(kStart, before, kFriend), (Endpoint{neighbour, kInside.port}));
  const Endpoint after = nat.send(kStart, kInside, kFriend);
  EXPECT_NE(after, before);
  EXPECT_EQ(nat.receive(kStart, after, kFriend), kInside);
}

// A NAT behind a carrier's: both translate, both ways.
TEST(Internet, HasRoutersBehindRouters) {
  const IpAddress between = v4(100, 64, 0, 1);
  for (const bool hairpins : {false, true}) {
    Internet net(1);
    const RouterId carrier = net.add_router(Nat(kOutside, {.hairpins = hairpins}));
    const RouterId home = net.add_router(Nat(between, {}), carrier);
    const HostId inside = net.add_host(1ms), outside = net.add_host(1ms), next = net.add_host(1ms);
    const Endpoint next_door{v4(100, 64, 0, 2), 7};
    net.add_interface(inside, kInside.address, home);
    net.add_interface(outside, kFriend.address);
    net.add_interface(next, next_door.address, carrier);

    net.send(kStart, inside, kInside, kFriend, Buffer{1}, false);
    auto arrival = net.receive(kStart + 1s);
    ASSERT_TRUE(arrival);
    EXPECT_EQ(arrival->remote.address, kOutside);
    const Endpoint seen = arrival->remote;
    net.send(kStart, outside, kFriend, seen, Buffer{2}, false);
    arrival = net.receive(kStart + 1s);
    ASSERT_TRUE(arrival);
    EXPECT_EQ(arrival->host, inside);
    EXPECT_EQ(arrival->local, kInside);
    // Within the carrier's network only the inner one translates.
    net.send(kStart, inside, kInside, next_door, Buffer{3}, false);
    arrival = net.receive(kStart + 1s);
    ASSERT_TRUE(arrival);
    EXPECT_EQ(arrival->host, next);
    EXPECT_EQ(arrival->remote.address, between);
    // By its outside address only where it hairpins.
    net.send(kStart, next, next_door, kFriend, Buffer{4}, false);
    arrival = net.receive(kStart + 1s);
    ASSERT_TRUE(arrival);
    net.send(kStart, inside, kInside, arrival->remote, Buffer{5}, false);
    net.send(kStart, next, next_door, seen, Buffer{6}, false);
    EXPECT_EQ(net.receive(kStart + 1s).has_value(), hairpins);
  }
}

struct TwoHosts : Internet {
  TwoHosts() : Internet(1) {
    for (const IpAddress& address : {a.address, b.address}) add_interface(add_host(10ms), address);
  }
  void say(std::size_t size, bool may_fragment = false) {
    send(kStart, 0, a, b, Buffer(size, 7), may_fragment);
  }
  std::size_t arrived(Timestamp until = kStart + 10s) {
    std::size_t count = 0;
    while (receive(until)) ++count;
    return count;
  }
  Endpoint a{v4(192, 0, 2, 1), 1}, b{v4(192, 0, 2, 2), 2};
};

TEST(Internet, CarriesWithTheLatencyOfBothLines) {
  TwoHosts net;
  net.say(100);
  EXPECT_FALSE(net.receive(kStart + 19ms));
  const auto arrival = net.receive(kStart + 20ms);
  ASSERT_TRUE(arrival);
  EXPECT_EQ(arrival->host, 1);
  EXPECT_EQ(arrival->remote, net.a);
  EXPECT_EQ(arrival->bytes, Buffer(100, 7));
}

TEST(Internet, DropsWhatIsTooLargeAndSaysSo) {
  TwoHosts net;
  net.down(1).conditions().mtu = 1000;
  net.say(973);
  EXPECT_EQ(net.arrived(), 0u);
  EXPECT_FALSE(net.receive_too_large());
  net.down(1).conditions().icmp = true;
  net.say(973);
  EXPECT_EQ(net.arrived(), 0u);
  const auto told = net.receive_too_large();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->most, 972u);
  EXPECT_EQ(told->host, 0);
  net.say(972);
  net.say(1400, true);
  EXPECT_EQ(net.arrived(), 2u);
  EXPECT_EQ(net.too_large(), 2u);
}

TEST(Internet, LosesNothingToADeadInterfaceButItsOwn) {
  TwoHosts net;
  net.set_interface_up(1, net.b.address, false);
  net.say(10);
  EXPECT_EQ(net.arrived(), 0u);
  net.set_interface_up(1, net.b.address, true);
  net.separate(0, 1, true);
  net.say(10);
  EXPECT_EQ(net.arrived(), 0u);
  net.separate(0, 1, false);
  net.say(10);
  EXPECT_EQ(net.arrived(), 1u);
}

TEST(Internet, LetsAnAttackerSendInAnybodysName) {
  TwoHosts net;
  const HostId attacker = net.add_host(5ms);
  net.down(1).conditions().cut = true;
  net.forge(kStart, attacker, net.a, net.b, Buffer(10, 1));
  const auto arrival = net.receive(kStart + 5ms);
  ASSERT_TRUE(arrival);
  EXPECT_EQ(arrival->remote, net.a);
  EXPECT_EQ(arrival->sender, attacker);
}

TEST(Line, LosesInBursts) {
  Line line(1);
  line.conditions().burst_begins = 0.02;
  line.conditions().burst_ends = 0.1;
  line.conditions().burst_loss = 1;
  int lost = 0, runs = 0;
  bool was_lost = false;
  for (int i = 0; i < 10'000; ++i) {
    Buffer bytes(100);
    const bool is_lost = line.pass(kStart, bytes).count == 0;
    lost += is_lost ? 1 : 0;
    runs += is_lost && !was_lost ? 1 : 0;
    was_lost = is_lost;
  }
  EXPECT_NEAR(lost / 10'000.0, 0.02 / 0.12, 0.04);
  EXPECT_NEAR(static_cast<double>(lost) / runs, 10, 3);
}

TEST(Line, DamagesAndCutsAndDoubles) {
  Line line(1);
  Buffer bytes(100);
  line.conditions().corrupt = 1;
  EXPECT_EQ(line.pass(kStart, bytes).count, 1u);
  EXPECT_NE(bytes, Buffer(100));
  line.conditions() = {};
  line.conditions().truncate = 1;
  line.conditions().duplicates = 1;
  EXPECT_EQ(line.pass(kStart, bytes).count, 2u);
  EXPECT_LT(bytes.size(), 100u);
}

}  // namespace
}  // namespace specter::simulation
