#include "io/ice_url.h"

#include <gmock/gmock.h>

#include "io/host_name.h"

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
      {"TURN:Example.Org:1?TRANSPORT=TCP", Turn, "example.org", 1, Tcp},
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

// What the URL standard's host parser makes of it: the W3C's row 253.
TEST(W3cRows, Row253_HostsAreThoseOfTheWeb) {
  const std::pair<const char*, const char*> table[] = {
      {"stun:example.net:", "example.net"},
      {"stun:1.2.3.4.", "1.2.3.4"},
      {"stun:你好你好", "xn--6qqa088eba"},
      {"stun:faß.ExAmPlE", "xn--fa-hia.example"},
      {"stun:ex%61mple.net", "example.net"},
      {"stun:999999999", "59.154.201.255"},
      {"stun:256", "0.0.1.0"},
      {"stun:0x7f.1", "127.0.0.1"},
      {"stun:bücher.example", "xn--bcher-kva.example"},
  };
  for (const auto& [text, host] : table) {
    const auto url = parse_ice_url(text);
    ASSERT_TRUE(url) << text << ": " << url.error().message;
    EXPECT_EQ(url->host, host) << text;
    EXPECT_EQ(url->port, 3478) << text;
  }
}

TEST(W3cRows, Row254_WhatIsNoHostIsASyntaxError) {
  for (const std::string text : {"example.net:65536",
                                 "example.net:b",
                                 "example.net:-21",
                                 "example.net: ",
                                 "example.net#foo",
                                 "[example.net]",
                                 "[::1.2.3.4x]",
                                 "[61:24:74]:98",
                                 "x x:12",
                                 "a<b",
                                 "a[b",
                                 "a^b",
                                 "%25",
                                 "%zz%66%a.com",
                                 "192.168.0.257",
                                 "256.256.256.256",
                                 "hello%00",
                                 "%80",
                                 "a..b",
                                 "1.2.3.4.5",
                                 "0x100000000",
                                 "\xc3"}) {
    const auto url = parse_ice_url("stun:" + text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, ErrorCode::SyntaxError) << text;
  }
}

// RFC 3492 §7.1, samples (A), (B), (I) and (L), in lower case.
TEST(HostName, LabelsAreThoseOfRfc3492) {
  EXPECT_EQ(to_ascii_label("ليهمابتكلموشعربي؟"), "xn--egbpdaj6bu4bxfgehfvwxn");
  EXPECT_EQ(to_ascii_label("他们为什么不说中文"), "xn--ihqwcrb4cv8a8dqg056pqjye");
  EXPECT_EQ(to_ascii_label("почемужеонинеговорятпорусски"), "xn--b1abfaaepdrnnbgefbadotcwatmq2g4l");
  EXPECT_EQ(to_ascii_label("3年b組金八先生"), "xn--3b-ww4c5e180e575a65lsy2b");
  EXPECT_EQ(to_ascii_label("plain"), "plain");
}

TEST(HostName, HasTheLimitsOfDns) {
  EXPECT_TRUE(host_from_url(std::string(63, 'a')));
  EXPECT_FALSE(host_from_url(std::string(64, 'a')));
  std::string name;
  for (int i = 0; i < 63; ++i) name += "abc.";
  EXPECT_TRUE(host_from_url(name + "a"));
  EXPECT_FALSE(host_from_url(name + "ab"));
  EXPECT_FALSE(host_from_url(std::string(5000, 'a')));
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

TEST(W3cRows, Row250_AServerWithoutUrlsIsASyntaxError) {
  const IceServer servers[] = {{.urls = {"stun:a.example"}}, {.urls = {}}};
  const auto urls = parse_ice_servers(servers);
  ASSERT_FALSE(urls);
  EXPECT_EQ(urls.error().code, ErrorCode::SyntaxError);
}

// W3C rows 244 to 255, but those that have tests above.
std::string made_of(const std::vector<std::string>& urls) {
  const IceServer servers[] = {{.urls = urls}};
  const auto parsed = parse_ice_servers(servers);
  return parsed ? "" : std::string(to_string(parsed.error().code));
}

TEST(W3cRows, Row244_AnyNumberOfServersIsGood) {
  EXPECT_TRUE(parse_ice_servers({}).has_value());
  EXPECT_EQ(made_of({"stun:a.example"}), "");
  EXPECT_EQ(made_of({"stun:a.example", "stun:b.example"}), "");
}

TEST(W3cRows, Row245To249_OneBadUrlIsASyntaxErrorAlsoBehindAGoodOne) {
  for (const char* bad : {"relative-url", "http://example.com", "stun://example.org/foo?x=y",
                          "turn://example.org/foo?x=y", ""}) {
    EXPECT_EQ(made_of({bad}), "SyntaxError") << bad;
    EXPECT_EQ(made_of({"stun:a.example", bad}), "SyntaxError") << bad;
  }
}

TEST(W3cRows, Row251To252_AddressesAndPortsAreGood) {
  EXPECT_EQ(made_of({"stun:[2001::1]"}), "");
  EXPECT_EQ(made_of({"stun:example.net:65535"}), "");
}

TEST(W3cRows, Row255_TurnWithoutCredentialsIsAnInvalidAccess) {
  for (const char* url : {"turn:c.example", "turns:c.example"}) {
    for (const auto& [username, credential] :
         {std::pair("", ""), std::pair("u", ""), std::pair("", "p")}) {
      const IceServer servers[] = {{.urls = {url}, .username = username, .credential = credential}};
      const auto parsed = parse_ice_servers(servers);
      ASSERT_FALSE(parsed.has_value()) << url;
      EXPECT_EQ(to_string(parsed.error().code), "InvalidAccessError");
    }
  }
}

TEST(IceServers, NeedCredentialsForTurn) {
  const IceServer servers[] = {{.urls = {"turn:c.example"}, .username = "u"}};
  const auto urls = parse_ice_servers(servers);
  ASSERT_FALSE(urls.has_value());
  EXPECT_EQ(urls.error().code, ErrorCode::InvalidAccess);
  EXPECT_TRUE(urls.error().message.ends_with(
      ": turn server credentials required: set username and credential"));
}

TEST(IceServers, AreBounded) {
  const IceServer servers[] = {{.urls = std::vector<std::string>(kMaxIceUrls, "stun:a.example")},
                               {.urls = {"stun:one-too-many.example"}}};
  EXPECT_TRUE(parse_ice_servers(std::span(servers).first(1)).has_value());
  EXPECT_EQ(parse_ice_servers(servers).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace specter::io
