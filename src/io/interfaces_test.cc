#include "io/interfaces.h"

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

std::vector<IpAddress> chosen(const std::vector<InterfaceAddress>& machine,
                              LoopbackPolicy loopback) {
  std::vector<IpAddress> addresses;
  for (const auto& usable : usable_addresses(machine, loopback))
    addresses.push_back(usable.address);
  return addresses;
}

InterfaceAddress link_local(const char* address, std::uint32_t zone) {
  return {.address = ip(address), .zone = zone};
}

const std::vector<InterfaceAddress> kMachine = {
    {ip("127.0.0.1"), true, true},    {ip("::1"), true, true},
    {ip("192.0.2.7"), true, false},   {ip("198.51.100.1"), false, false},  // down
    {ip("2001:db8::7"), true, false}, {ip("fe80::1"), true, false},
    {ip("169.254.3.4"), true, false}, {ip("0.0.0.0"), true, false},
    {ip("224.0.0.1"), true, false},   {ip("::ffff:192.0.2.9"), true, false},
    {ip("192.0.2.7"), true, false},  // once more
};

TEST(UsableAddresses, AreThoseThatNameThisHostToOthers) {
  EXPECT_THAT(chosen(kMachine, LoopbackPolicy::Fallback),
              ElementsAre(ip("192.0.2.7"), ip("2001:db8::7"), ip("169.254.3.4")));
}

TEST(UsableAddresses, IncludeLoopbackAsAsked) {
  EXPECT_THAT(chosen(kMachine, LoopbackPolicy::Only), ElementsAre(ip("127.0.0.1"), ip("::1")));
  EXPECT_THAT(chosen(kMachine, LoopbackPolicy::Include),
              ElementsAre(ip("192.0.2.7"), ip("2001:db8::7"), ip("169.254.3.4"), ip("127.0.0.1"),
                          ip("::1")));
}

TEST(UsableAddresses, FallBackToLoopbackOnALonelyMachine) {
  const std::vector<InterfaceAddress> lonely = {kMachine[0], kMachine[1], kMachine[3], kMachine[5]};
  EXPECT_THAT(chosen(lonely, LoopbackPolicy::Fallback), ElementsAre(ip("127.0.0.1"), ip("::1")));
  EXPECT_THAT(chosen({}, LoopbackPolicy::Include), IsEmpty());
}

TEST(UsableAddresses, AreBounded) {
  std::vector<InterfaceAddress> many;
  for (std::uint8_t i = 1; i <= 100; ++i) many.push_back({IpAddress::v4({192, 0, 2, i})});
  EXPECT_EQ(usable_addresses(many, LoopbackPolicy::Include).size(), kMaxLocalAddresses);
}

TEST(UsableAddresses, AreChosenByTheirUse) {
  std::vector<InterfaceAddress> machine;
  // Sixteen networks of containers come first, and every other one is in use.
  for (std::uint8_t i = 1; i <= 16; ++i) {
    machine.push_back(
        {.address = IpAddress::v4({172, 17, i, 1}), .running = i % 2 == 0, .bridge = true});
  }
  machine.push_back({.address = ip("10.8.0.2")});  // a tunnel
  machine.push_back({.address = ip("2001:db8::7"), .default_route = true});
  machine.push_back({.address = ip("192.0.2.7"), .bridge = true, .default_route = true});
  EXPECT_THAT(chosen(machine, LoopbackPolicy::Fallback),
              ElementsAre(ip("2001:db8::7"), ip("192.0.2.7"), ip("10.8.0.2"), ip("172.17.2.1"),
                          ip("172.17.4.1"), ip("172.17.6.1"), ip("172.17.8.1")));
}

TEST(UsableAddresses, WithoutACarrierAreBetterThanNone) {
  const std::vector<InterfaceAddress> machine = {{.address = ip("192.0.2.7"), .running = false}};
  EXPECT_THAT(chosen(machine, LoopbackPolicy::Fallback), ElementsAre(ip("192.0.2.7")));
}

TEST(InterfaceAddresses, HaveTheLoopback) {
  std::vector<IpAddress> loopback;
  for (const auto& found : interface_addresses()) {
    if (found.loopback && found.up) loopback.push_back(found.address);
  }
  EXPECT_THAT(loopback, Contains(ip("127.0.0.1")));
}

TEST(InterfaceAddresses, AreAskedForOnceInAWhile) {
  InterfaceAddresses addresses;
  const Timestamp start{std::chrono::hours(1)};
  const auto* known = &addresses.at(start);
  ASSERT_THAT(*known, Not(IsEmpty()));
  const auto* data = known->data();
  EXPECT_EQ(addresses.at(start + InterfaceAddresses::kFresh).data(), data) << "what it has";
  const auto again = addresses.at(start + 2 * InterfaceAddresses::kFresh);
  EXPECT_THAT(again, Not(IsEmpty()));
}

// RFC 8445 §5.1.1.1; RFC 4007 §6: of the same address on two links neither is the other.
TEST(UsableAddresses, AreLinkLocalWhereNothingElseLeadsOut) {
  const InterfaceAddress lo{.address = ip("::1"), .loopback = true};
  const InterfaceAddress first = link_local("fe80::1", 2), second = link_local("fe80::1", 3);
  const std::vector<InterfaceAddress> alone = {lo, first, second, first};
  EXPECT_THAT(usable_addresses(alone, LoopbackPolicy::Fallback), ElementsAre(first, second, lo));
  EXPECT_THAT(usable_addresses(alone, LoopbackPolicy::Only), ElementsAre(lo));

  // Networks of containers, used and unused, lead nowhere.
  const InterfaceAddress used{.address = ip("172.17.0.1"), .bridge = true};
  const InterfaceAddress unused{.address = ip("172.18.0.1"), .running = false, .bridge = true};
  EXPECT_THAT(usable_addresses({lo, unused, used, first}, LoopbackPolicy::Fallback),
              ElementsAre(first, used));
  EXPECT_THAT(usable_addresses({lo, first, {.address = ip("192.0.2.7")}}, LoopbackPolicy::Fallback),
              ElementsAre(InterfaceAddress{.address = ip("192.0.2.7")}));
}

TEST(UsableAddresses, AreNoLinkLocalOnesWhoseLinkNobodyKnows) {
  EXPECT_THAT(usable_addresses({link_local("fe80::1", 0)}, LoopbackPolicy::Fallback), IsEmpty());
}

TEST(UsableAddresses, KeepTheirInterfacesMtu) {
  const std::vector<InterfaceAddress> machine = {{ip("127.0.0.1"), true, true, 65536},
                                                 {ip("192.0.2.7"), true, false, 1400}};
  EXPECT_EQ(usable_addresses(machine, LoopbackPolicy::Fallback).at(0).mtu, 1400U);
  EXPECT_EQ(usable_addresses(machine, LoopbackPolicy::Only).at(0).mtu, 65536U);
}

}  // namespace
}  // namespace specter::io
