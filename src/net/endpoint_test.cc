#include "specter/endpoint.h"

#include <gtest/gtest.h>

#include "net/demux.h"

namespace specter {
namespace {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  EXPECT_EQ(IpAddress::parse("192.0.2.1")->to_string(), "192.0.2.1");
  EXPECT_EQ(IpAddress::parse("2001:DB8:0:0::1")->to_string(), "2001:db8::1");
  for (const char* bad :
       {"", "192.0.2", "192.0.2.256", "::1%lo", "[::1]", "localhost", "192.0.2.1:80", " ::1"}) {
    EXPECT_FALSE(IpAddress::parse(bad)) << bad;
  }
}

TEST(IpAddress, KnowsItsKind) {
  EXPECT_TRUE(IpAddress::parse("127.3.2.1")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("::1")->is_loopback());
  EXPECT_FALSE(IpAddress::parse("::2")->is_loopback());
  EXPECT_TRUE(IpAddress::parse("169.254.0.1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("fe80::1")->is_link_local());
  EXPECT_TRUE(IpAddress::parse("224.0.0.1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("ff02::1")->is_multicast());
  EXPECT_TRUE(IpAddress::parse("::ffff:127.0.0.1")->is_v4_mapped());
  EXPECT_FALSE(IpAddress::parse("::ffff:127.0.0.1")->is_v4());
  EXPECT_TRUE(IpAddress::parse("::")->is_unspecified());
}

TEST(Endpoint, ReadsAndWrites) {
  EXPECT_EQ(Endpoint::parse("192.0.2.1:80")->to_string(), "192.0.2.1:80");
  EXPECT_EQ(Endpoint::parse("[2001:db8::1]:65535")->to_string(), "[2001:db8::1]:65535");
  for (const char* bad :
       {"192.0.2.1", "2001:db8::1:80", "[192.0.2.1]:80", "192.0.2.1:65536", "192.0.2.1:", ":80"}) {
    EXPECT_FALSE(Endpoint::parse(bad)) << bad;
  }
}

// The figure of RFC 7983 §7, as WebRTC uses it.
TEST(Demux, SortsByTheFirstByte) {
  using net::DatagramKind;
  for (int first = 0; first < 256; ++first) {
    const Buffer datagram = {static_cast<std::uint8_t>(first)};
    const auto expected = first <= 3                     ? DatagramKind::Stun
                          : first >= 20 && first <= 63   ? DatagramKind::Dtls
                          : first >= 128 && first <= 191 ? DatagramKind::Rtp
                                                         : DatagramKind::Unknown;
    EXPECT_EQ(net::kind_of(datagram), expected) << first;
  }
  EXPECT_EQ(net::kind_of({}), DatagramKind::Unknown);
}

}  // namespace
}  // namespace specter
