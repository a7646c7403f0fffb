#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "specter/option_table.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string verdict_of(const ConnectionOptions& options) {
  const auto verdict = check_options(options);
  return verdict ? "" : verdict.error().message;
}

TEST(Options, AreGoodAsTheyAre) { EXPECT_EQ(verdict_of({}), ""); }

TEST(Options, OutOfTheirRangeAreToldByName) {
  EXPECT_EQ(verdict_of({.transport = {.max_datagram_bytes = 547}}),
            "max_datagram_bytes is 547 bytes: it must be 548 to 65507 bytes");
  EXPECT_EQ(verdict_of({.transport = {.max_datagram_bytes = 548}}), "");
  EXPECT_EQ(verdict_of({.data = {.receive_buffer_bytes = 1}}),
            "receive_buffer_bytes is 1 bytes: it must be 4096 to 4294967296 bytes");
  EXPECT_EQ(verdict_of({.data = {.max_message_bytes = 0}}), "");
  EXPECT_EQ(verdict_of({.ice = {.consent_timeout = 99ms}}),
            "consent_timeout is 99 ms: it must be 100 to 86400000 ms");
  EXPECT_EQ(verdict_of({.ice = {.patience = -1s}}),
            "patience is -1000 ms: it must be 1 to 86400000 ms");
  EXPECT_EQ(verdict_of({.ice = {.patience = 100us}}), "");  // counts as a whole millisecond
}

TEST(Options, ThatLeaveNoVersionOfDtlsAreNotGood) {
  EXPECT_THAT(verdict_of({.transport = {.min_dtls_version = DtlsVersion::Dtls13,
                                        .max_dtls_version = DtlsVersion::Dtls12}}),
              StartsWith("min_dtls_version is above max_dtls_version"));
}

// Each row is the same list of servers, written in another way.
TEST(IceServers, AreUrlsOrServersOrAVector) {
  const IceServer a{.urls = {"stun:a"}};
  const IceServer b{.urls = {"turn:b", "turn:c"}, .username = "u", .credential = "p"};
  const std::string url = "stun:a";

  EXPECT_EQ((ConnectionOptions{.ice_servers = {"stun:a"}}.ice_servers), IceServers({a}));
  EXPECT_EQ((ConnectionOptions{.ice_servers = {url}}.ice_servers), IceServers({a}));
  EXPECT_EQ((ConnectionOptions{.ice_servers = {{.urls = {"stun:a"}}}}.ice_servers),
            IceServers({a}));
  EXPECT_EQ((ConnectionOptions{.ice_servers = {a, b}}.ice_servers), (std::vector<IceServer>{a, b}));
  EXPECT_EQ((ConnectionOptions{.ice_servers = {"stun:a", b}}.ice_servers), IceServers({a, b}));
  EXPECT_EQ((ConnectionOptions{.ice_servers = std::vector<IceServer>{a, b}}.ice_servers),
            IceServers({a, b}));
  EXPECT_TRUE(ConnectionOptions{.ice_servers = {}}.ice_servers.empty());

  // Two URLs are two servers, as of W3C's iceServers; never a range of characters.
  ConnectionOptions options;
  options.ice_servers = {"stun:a", "stun:b"};
  ASSERT_EQ(options.ice_servers.size(), 2U);
  EXPECT_EQ(options.ice_servers[1].urls, std::vector<std::string>{"stun:b"});
  options.ice_servers = {};
  EXPECT_TRUE(options.ice_servers.empty());
  options.ice_servers = {{.urls = {"stun:a"}}};
  EXPECT_EQ(options.ice_servers, IceServers({a}));
  options.ice_servers = {"stun:a", b};
  EXPECT_EQ(options.ice_servers, IceServers({a, b}));
  options.ice_servers = {};
  options.ice_servers.push_back({.urls = {"stun:a"}});
  EXPECT_EQ(options.ice_servers, IceServers({"stun:a"}));
}

// Every row can be written as text and read back; every range holds its default.
TEST(Options, AreSetByName) {
  ConnectionOptions options;
  const auto set = [&](std::string_view name, std::string_view value) {
    const auto verdict = set_option(options, name, value);
    return verdict ? "" : verdict.error().message;
  };
  EXPECT_EQ(set("max_message_bytes", "1000"), "");
  EXPECT_EQ(options.data.max_message_bytes, 1000U);
  EXPECT_EQ(set("disconnected_timeout", "1500"), "");
  EXPECT_EQ(options.ice.disconnected_timeout, 1500ms);
  EXPECT_EQ(set("snap", "false"), "");
  EXPECT_FALSE(options.data.snap);
  EXPECT_EQ(set("loopback", "only"), "");
  EXPECT_EQ(options.ice.loopback, LoopbackPolicy::Only);
  EXPECT_EQ(set("ice_servers", "stun:a"), "");
  EXPECT_EQ(set("ice_servers", "stun:b"), "");
  EXPECT_EQ(options.ice_servers.size(), 2U);
  EXPECT_EQ(set("key_log_file", "/tmp/keys"), "");
  EXPECT_EQ(options.key_log_file, "/tmp/keys");
}

TEST(Options, SetByNameSayWhatWouldBeGood) {
  ConnectionOptions options;
  const auto told = [&](std::string_view name, std::string_view value) {
    return set_option(options, name, value).error().message;
  };
  EXPECT_EQ(told("snap", "yes"), "snap is \"yes\": it must be true or false");
  EXPECT_EQ(told("max_datagram_bytes", "12x"),
            "max_datagram_bytes is \"12x\": it must be 548 to 65507");
  EXPECT_EQ(told("send_buffer_bytes", "99999999999999999999999"),
            "send_buffer_bytes is \"99999999999999999999999\": it must be 4096 to 4294967296");
  EXPECT_EQ(told("congestion_control", "vegas"),
            "congestion_control is \"vegas\": it must be one of cubic, bbr, reno");
  EXPECT_THAT(told("mtu", "1"),
              StartsWith("unknown option \"mtu\"; the options are: ice_servers, "));
  EXPECT_THAT(told("mtu", "1"), HasSubstr("max_datagram_bytes"));
}

}  // namespace
}  // namespace specter
