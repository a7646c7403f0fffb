#include "net/address_policy.h"

#include <gtest/gtest.h>

namespace specter::net {
namespace {

enum class Verdict { Yes, No, ByConfiguration };

struct Row {
  std::string_view address;
  Verdict verdict;
};

// docs/failures.md row 16
constexpr Row kRows[] = {
    {"0.0.0.0", Verdict::No},
    {"0.1.2.3", Verdict::No},
    {"1.1.1.1", Verdict::Yes},
    {"10.0.0.1", Verdict::Yes},
    {"100.64.0.1", Verdict::Yes},
    {"126.255.255.255", Verdict::Yes},
    {"127.0.0.0", Verdict::ByConfiguration},
    {"127.0.0.1", Verdict::ByConfiguration},
    {"127.255.255.254", Verdict::ByConfiguration},
    {"128.0.0.1", Verdict::Yes},
    {"169.254.1.1", Verdict::Yes},
    {"172.16.0.1", Verdict::Yes},
    {"192.0.2.1", Verdict::Yes},
    {"192.168.1.1", Verdict::Yes},
    {"198.51.100.1", Verdict::Yes},
    {"223.255.255.255", Verdict::Yes},
    {"224.0.0.1", Verdict::No},
    {"224.0.0.251", Verdict::No},
    {"239.255.255.250", Verdict::No},
    {"240.0.0.1", Verdict::No},
    {"255.255.255.254", Verdict::No},
    {"255.255.255.255", Verdict::No},
    {"::", Verdict::No},
    {"::1", Verdict::ByConfiguration},
    {"::2", Verdict::No},
    {"::127.0.0.1", Verdict::No},
    {"::192.0.2.1", Verdict::No},
    {"::ffff:0.0.0.0", Verdict::No},
    {"::ffff:127.0.0.1", Verdict::No},
    {"::ffff:192.0.2.1", Verdict::No},
    {"::ffff:224.0.0.1", Verdict::No},
    {"64:ff9b::c000:201", Verdict::Yes},
    {"2001:db8::1", Verdict::Yes},
    {"2606:4700::1", Verdict::Yes},
    {"fc00::1", Verdict::Yes},
    {"fd12:3456::1", Verdict::Yes},
    {"fe80::1", Verdict::Yes},
    {"febf::1", Verdict::Yes},
    {"ff00::1", Verdict::No},
    {"ff02::1", Verdict::No},
    {"ff02::fb", Verdict::No},
    {"ff0e::1", Verdict::No},
};

TEST(AddressPolicy, FollowsItsTable) {
  for (const Row& row : kRows) {
    const Endpoint remote{*IpAddress::parse(row.address), 5000};
    EXPECT_EQ(may_check(remote, LoopbackPolicy::Allow), row.verdict != Verdict::No) << row.address;
    EXPECT_EQ(may_check(remote, LoopbackPolicy::Refuse), row.verdict == Verdict::Yes)
        << row.address;
    EXPECT_FALSE(may_check({remote.address, 0}, LoopbackPolicy::Allow)) << row.address;
  }
}

// RFC 8445 §6.1.2.2
TEST(AddressPolicy, PairsWithinAFamilyAndAScope) {
  const auto pair = [](std::string_view a, std::string_view b) {
    return can_pair(*IpAddress::parse(a), *IpAddress::parse(b));
  };
  EXPECT_TRUE(pair("10.0.0.1", "192.0.2.1"));
  EXPECT_TRUE(pair("169.254.0.1", "10.0.0.1"));
  EXPECT_TRUE(pair("2001:db8::1", "2001:db8::2"));
  EXPECT_TRUE(pair("fe80::1", "fe80::2"));
  EXPECT_FALSE(pair("fe80::1", "2001:db8::2"));
  EXPECT_FALSE(pair("2001:db8::1", "fe80::2"));
  EXPECT_FALSE(pair("10.0.0.1", "2001:db8::2"));
}

TEST(AddressPolicy, KnowsWhatIsProbablyOneNetwork) {
  const auto near = [](std::string_view a, std::string_view b) {
    return is_near(*IpAddress::parse(a), *IpAddress::parse(b));
  };
  EXPECT_TRUE(near("192.168.1.1", "192.168.1.254"));
  EXPECT_FALSE(near("192.168.1.1", "192.168.2.1"));
  EXPECT_TRUE(near("2001:db8::1", "2001:db8::ffff:0:0:1"));
  EXPECT_FALSE(near("2001:db8::1", "2001:db8:0:1::1"));
  EXPECT_FALSE(near("10.0.0.1", "::1"));
}

}  // namespace
}  // namespace specter::net
