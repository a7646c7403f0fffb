#include "io/interfaces.h"

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

const std::vector<InterfaceAddress> kMachine = {
    {ip("127.0.0.1"), true, true},    {ip("::1"), true, true},
    {ip("192.0.2.7"), true, false},   {ip("198.51.100.1"), false, false},  // down
    {ip("2001:db8::7"), true, false}, {ip("fe80::1"), true, false},
    {ip("169.254.3.4"), true, false}, {ip("0.0.0.0"), true, false},
    {ip("224.0.0.1"), true, false},   {ip("::ffff:192.0.2.9"), true, false},
    {ip("192.0.2.7"), true, false},  // once more
};

TEST(UsableAddresses, AreThoseThatNameThisHostToOthers) {
  EXPECT_THAT(usable_addresses(kMachine, LoopbackPolicy::Fallback),
              ElementsAre(ip("192.0.2.7"), ip("2001:db8::7"), ip("169.254.3.4")));
}

TEST(UsableAddresses, IncludeLoopbackAsAsked) {
  EXPECT_THAT(usable_addresses(kMachine, LoopbackPolicy::Only),
              ElementsAre(ip("127.0.0.1"), ip("::1")));
  EXPECT_THAT(usable_addresses(kMachine, LoopbackPolicy::Include),
              ElementsAre(ip("192.0.2.7"), ip("2001:db8::7"), ip("169.254.3.4"), ip("127.0.0.1"),
                          ip("::1")));
}

TEST(UsableAddresses, FallBackToLoopbackOnALonelyMachine) {
  const std::vector<InterfaceAddress> lonely = {kMachine[0], kMachine[1], kMachine[3], kMachine[5]};
  EXPECT_THAT(usable_addresses(lonely, LoopbackPolicy::Fallback),
              ElementsAre(ip("127.0.0.1"), ip("::1")));
  EXPECT_THAT(usable_addresses({}, LoopbackPolicy::Include), IsEmpty());
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
  EXPECT_THAT(usable_addresses(machine, LoopbackPolicy::Fallback),
              ElementsAre(ip("2001:db8::7"), ip("192.0.2.7"), ip("10.8.0.2"), ip("172.17.2.1"),
                          ip("172.17.4.1"), ip("172.17.6.1"), ip("172.17.8.1")));
}

TEST(UsableAddresses, WithoutACarrierAreBetterThanNone) {
  const std::vector<InterfaceAddress> machine = {{.address = ip("192.0.2.7"), .running = false}};
  EXPECT_THAT(usable_addresses(machine, LoopbackPolicy::Fallback), ElementsAre(ip("192.0.2.7")));
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

TEST(MtuOf, IsTheInterfacesThatHasTheAddress) {
  const std::vector<InterfaceAddress> all = {{ip("127.0.0.1"), true, true, 65536},
                                             {ip("192.0.2.7"), true, false, 1400}};
  EXPECT_EQ(mtu_of(all, ip("192.0.2.7")), 1400U);
  EXPECT_EQ(mtu_of(all, ip("127.0.0.1")), 65536U);
  EXPECT_EQ(mtu_of(all, ip("192.0.2.8")), 1500U);
}

}  // namespace
}  // namespace specter::io
