#include "io/ice_url.h"

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using ::testing::HasSubstr;

struct Good {
  const char* text;
  IceScheme scheme;
  const char* host;
  std::uint16_t port;
  IceTransport transport;
};

// The examples of RFC 7064 appendix A and RFC 7065 appendix A, and what else their grammars allow.
TEST(IceUrl, ReadsWhatTheRfcsAllow) {
  using enum IceScheme;
  using enum IceTransport;
  const Good table[] = {
      {"stun:example.org", Stun, "example.org", 3478, Udp},
      {"stuns:example.org", Stuns, "example.org", 5349, Udp},
      {"stun:example.org:8000", Stun, "example.org", 8000, Udp},
      {"turn:example.org", Turn, "example.org", 3478, Udp},
      {"turns:example.org", Turns, "example.org", 5349, Tcp},
      {"turn:example.org:8000", Turn, "example.org", 8000, Udp},
      {"turn:example.org?transport=udp", Turn, "example.org", 3478, Udp},
      {"turn:example.org?transport=tcp", Turn, "example.org", 3478, Tcp},
      {"turns:example.org?transport=tcp", Turns, "example.org", 5349, Tcp},
      {"TURN:Example.Org:1?TRANSPORT=TCP", Turn, "Example.Org", 1, Tcp},
      {"stun:192.0.2.1:65535", Stun, "192.0.2.1", 65535, Udp},
      {"stun:[2001:db8::1]", Stun, "2001:db8::1", 3478, Udp},
      {"turn:[2001:db8::1]:7?transport=udp", Turn, "2001:db8::1", 7, Udp},
  };
  for (const Good& good : table) {
    const auto url = parse_ice_url(good.text);
    ASSERT_TRUE(url.has_value()) << good.text << ": " << url.error().message;
    EXPECT_EQ(*url, (IceUrl{good.scheme, good.host, good.port, good.transport, good.text}))
        << good.text;
  }
}

TEST(IceUrl, SaysWhatIsWrongWithOthers) {
  const std::pair<std::string, const char*> table[] = {
      {"", "must begin with stun:"},
      {"stun", "must begin with stun:"},
      {"http://example.org", "must begin with stun:"},
      {"stun://example.org", "no //"},
      {"stun:", "host is missing"},
      {"stun::3478", "host is missing"},
      {"stun:exa mple.org", "neither a name nor an address"},
      {"stun:user@example.org", "neither a name nor an address"},
      {"stun:" + std::string(256, 'a'), "neither a name nor an address"},
      {"stun:example.org:", "port must be"},
      {"stun:example.org:0", "port must be"},
      {"stun:example.org:65536", "port must be"},
      {"stun:example.org:80x", "port must be"},
      {"stun:2001:db8::1", "needs [ and ]"},
      {"stun:[2001:db8::1", "] after its IPv6 address"},
      {"stun:[192.0.2.1]", "no IPv6 address"},
      {"stun:[2001:db8::1]3478", "only a port may follow"},
      {"stun:example.org?transport=udp", "no query"},
      {"turn:example.org?transport=sctp", "transport=udp or transport=tcp"},
      {"turn:example.org?", "transport=udp or transport=tcp"},
  };
  for (const auto& [text, why] : table) {
    const auto url = parse_ice_url(text);
    ASSERT_FALSE(url.has_value()) << text;
    EXPECT_EQ(url.error().code, ErrorCode::SyntaxError) << text;
    EXPECT_THAT(url.error().message, HasSubstr(why)) << text;
  }
}

TEST(IceUrl, ShowsNoControlCharacterInAnError) {
  const auto url = parse_ice_url("stun:\x1b[31m\n");
  ASSERT_FALSE(url.has_value());
  EXPECT_THAT(url.error().message, HasSubstr("stun:?[31m?"));
}

TEST(IceServers, AreAllTheirUrls) {
  const IceServer servers[] = {
      {.urls = {"stun:a.example", "stun:b.example"}},
      {.urls = {"turn:c.example"}, .username = "u", .credential = "p"},
  };
  const auto urls = parse_ice_servers(servers);
  ASSERT_TRUE(urls.has_value());
  ASSERT_EQ(urls->size(), 3U);
  EXPECT_EQ((*urls)[2].host, "c.example");
}

TEST(IceServers, NeedCredentialsForTurn) {
  const IceServer servers[] = {{.urls = {"turn:c.example"}, .username = "u"}};
  const auto urls = parse_ice_servers(servers);
  ASSERT_FALSE(urls.has_value());
  EXPECT_EQ(urls.error().code, ErrorCode::InvalidAccess);
  EXPECT_EQ(urls.error().message, "turn server credentials required");
}

TEST(IceServers, AreBounded) {
  const IceServer servers[] = {{.urls = std::vector<std::string>(kMaxIceUrls, "stun:a.example")},
                               {.urls = {"stun:one-too-many.example"}}};
  EXPECT_TRUE(parse_ice_servers(std::span(servers).first(1)).has_value());
  EXPECT_EQ(parse_ice_servers(servers).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace specter::io
