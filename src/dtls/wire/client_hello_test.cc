#include "dtls/testing/hello_samples.h"
#include "dtls/wire/hello.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

// Up to where its extensions begin.
Buffer client_head() { return hex("fefd" + std::string(kRandomText) + "00 00 0002 1301 01 00"); }

Buffer client_hello(std::string_view extensions) {
  return with_extensions(client_head(), hex(extensions));
}

void expect_client_refused(std::string_view extensions, ParseError error) {
  EXPECT_EQ(ClientHello::parse(client_hello(extensions)), std::unexpected(error)) << extensions;
}

TEST(ClientHello, HasKnownBytes) {
  const ClientHello hello{
      .random = counting_random(),
      .session_id = hex("aabb"),
      .cookie = hex("cc"),
      .cipher_suites = {0x1301, 0xc02b},
      .supported_versions = {{0xfefc, 0xfefd}},
      .groups = {{0x001d, 0x0017}},
      .signature_schemes = {{0x0403, 0x0804}},
      .key_shares = {{{0x001d, hex("01020304")}}},
      .use_srtp = UseSrtp{{0x0007, 0x0001}, {}},
      .retry_cookie = hex("abcd"),
      .renegotiation_info = Buffer{},
      .extended_master_secret = true,
  };
  const Buffer bytes = hex("fefd" + std::string(kRandomText) +
                           "02 aabb  01 cc  0004 1301 c02b  01 00  004d"
                           "002b 0005 04 fefc fefd"
                           "000a 0006 0004 001d 0017"
                           "000b 0002 01 00"
                           "000d 0006 0004 0403 0804"
                           "000e 0007 0004 0007 0001 00"
                           "0017 0000"
                           "ff01 0001 00"
                           "002c 0004 0002 abcd"
                           "0033 000a 0008 001d 0004 01020304");
  EXPECT_EQ(bytes_of(hello), bytes);
  EXPECT_EQ(ClientHello::parse(bytes), hello);
  // What ends before the extensions is a hello without any, RFC 5246 §7.4.1.2.
  expect_only_whole<ClientHello>(bytes, {2 + 32 + 3 + 2 + 6 + 2});
}

// RFC 8448 §3, made DTLS: its versions, and a cookie's length behind the session id.
TEST(ClientHello, ReadsTheTraceOfRfc8448) {
  const Buffer key = hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c");
  const auto hello = ClientHello::parse(hex(
      "fefd cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7 00 00"
      "0006 1301 1303 1302 0100 0091"
      "0000 000b 0009 0000 06 736572766572"
      "ff01 0001 00"
      "000a 0014 0012 001d 0017 0018 0019 0100 0101 0102 0103 0104"
      "0023 0000"
      "0033 0026 0024 001d 0020 99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"
      "002b 0003 02 fefc"
      "000d 0020 001e 0403 0503 0603 0203 0804 0805 0806 0401 0501 0601 0201 0402 0502 0602 0202"
      "002d 0002 0101"
      "001c 0002 4001"));
  ASSERT_TRUE(hello) << to_string(hello.error());
  EXPECT_EQ(hello->random[0], 0xcb);
  EXPECT_EQ(hello->random[31], 0xe7);
  EXPECT_THAT(hello->cipher_suites, ElementsAre(0x1301, 0x1303, 0x1302));
  EXPECT_THAT(hello->supported_versions, Optional(ElementsAre(0xfefc)));
  EXPECT_THAT(hello->groups,
              Optional(ElementsAre(0x1d, 0x17, 0x18, 0x19, 0x100, 0x101, 0x102, 0x103, 0x104)));
  EXPECT_THAT(hello->key_shares, Optional(ElementsAre(KeyShareEntry{0x1d, key})));
  EXPECT_EQ(hello->signature_schemes->size(), 15u);
  EXPECT_EQ(hello->signature_schemes->front(), 0x0403);
  EXPECT_EQ(hello->renegotiation_info, Buffer{});
  EXPECT_EQ(hello->use_srtp, std::nullopt);
  EXPECT_EQ(hello->retry_cookie, std::nullopt);
  EXPECT_TRUE(hello->null_compression);
  EXPECT_FALSE(hello->other_compression);
  EXPECT_TRUE(hello->uncompressed_points);
  EXPECT_FALSE(hello->extended_master_secret);
}

// What Chromium 156 and Firefox 153 send; the numbers are random.
Buffer browser_shares() {
  SeededRandom random(1);
  Buffer mlkem(1216), x25519(32), out;
  random.fill(mlkem);
  random.fill(x25519);
  ByteWriter writer(out);
  writer.u16(0x0033);
  writer.u16(2 + 4 + 1216 + 4 + 32);
  writer.u16(4 + 1216 + 4 + 32);
  writer.u16(0x11ec);  // X25519MLKEM768
  writer.u16(1216);
  writer.bytes(mlkem);
  writer.u16(0x001d);
  writer.u16(32);
  writer.bytes(x25519);
  return out;
}

Buffer browser_hello(std::string_view suites, std::string_view extensions) {
  Buffer body = hex("fefd" + std::string(kRandomText) + "00 00");
  ByteWriter out(body);
  out.u16(static_cast<std::uint16_t>(hex(suites).size()));
  out.bytes(hex(suites));
  out.u16(0x0100);
  Buffer block = hex(extensions);
  const Buffer shares = browser_shares();
  block.insert(block.end(), shares.begin(), shares.end());
  return with_extensions(body, block);
}

void expect_browser_shares(const ClientHello& hello) {
  ASSERT_TRUE(hello.key_shares);
  ASSERT_EQ(hello.key_shares->size(), 2u);
  EXPECT_EQ((*hello.key_shares)[0].group, 0x11ec);
  EXPECT_EQ((*hello.key_shares)[0].key.size(), 1216u);
  EXPECT_EQ((*hello.key_shares)[1].group, 0x001d);
  EXPECT_EQ((*hello.key_shares)[1].key.size(), 32u);
  expect_round_trip(hello);
}

TEST(ClientHello, ReadsChromiums) {
  const Buffer body =
      browser_hello("1301 1302 1303 c02b c02f cca9 cca8 c009 c013 c00a c014 002f 0035",
                    "0017 0000"
                    "ff01 0001 00"
                    "000a 000a 0008 11ec 001d 0017 0018"
                    "000b 0002 01 00"
                    "0023 0000"
                    "000d 0012 0010 0403 0804 0401 0503 0805 0501 0806 0601"
                    "000e 0009 0006 0007 0008 0001 00"
                    "002d 0002 01 01"
                    "002b 0005 04 fefc fefd");
  EXPECT_EQ(body.size(), 1413u);  // as it was seen on the wire
  const auto hello = ClientHello::parse(body);
  ASSERT_TRUE(hello) << to_string(hello.error());
  EXPECT_EQ(hello->cipher_suites.size(), 13u);
  EXPECT_THAT(hello->supported_versions, Optional(ElementsAre(0xfefc, 0xfefd)));
  EXPECT_THAT(hello->groups, Optional(ElementsAre(0x11ec, 0x1d, 0x17, 0x18)));
  EXPECT_EQ(hello->use_srtp, (UseSrtp{{7, 8, 1}, {}}));
  EXPECT_TRUE(hello->extended_master_secret);
  EXPECT_EQ(hello->renegotiation_info, Buffer{});
  expect_browser_shares(*hello);
  expect_only_whole<ClientHello>(body, {client_head().size() + 24});
}

TEST(ClientHello, ReadsFirefoxs) {
  const Buffer body =
      browser_hello("1301 1303 c02b c02f cca9 cca8 c00a c009 c013 c014",
                    "0017 0000"
                    "ff01 0001 00"
                    "000a 000e 000c 11ec 001d 0017 0018 0100 0101"
                    "000b 0002 01 00"
                    "0010 0012 0010 06 776562727463 08 632d776562727463"  // ALPN
                    "000d 0018 0016 0403 0503 0603 0804 0805 0806 0401 0501 0601 0203 0201"
                    "000e 000b 0008 0007 0008 0001 0002 00"
                    "001c 0002 4000"  // record_size_limit
                    "002d 0002 01 01"
                    "002b 0007 06 fefc fefd 0303");  // TLS 1.2 too, of all things
  const auto hello = ClientHello::parse(body);
  ASSERT_TRUE(hello) << to_string(hello.error());
  EXPECT_THAT(hello->supported_versions, Optional(ElementsAre(0xfefc, 0xfefd, 0x0303)));
  EXPECT_EQ(hello->groups->size(), 6u);
  EXPECT_EQ(hello->use_srtp, (UseSrtp{{7, 8, 1, 2}, {}}));
  expect_browser_shares(*hello);
}

// RFC 8701 §3: reserved values stand among the others, and reserved extensions may come twice too.
TEST(ClientHello, GreasePasses) {
  Buffer body = hex("fefd" + std::string(kRandomText) + "00 00 0004 0a0a 1301 01 00");
  const auto hello =
      ClientHello::parse(with_extensions(body, hex("1a1a 0000"
                                                   "002b 0005 04 2a2a fefc"
                                                   "000a 0006 0004 3a3a 001d"
                                                   "000d 0006 0004 4a4a 0403"
                                                   "0033 000c 000a 3a3a 0001 00 001d 0001 07"
                                                   "5a5a 0003 00abcd"
                                                   "1a1a 0001 00")));
  ASSERT_TRUE(hello) << to_string(hello.error());
  EXPECT_THAT(hello->cipher_suites, ElementsAre(0x0a0a, 0x1301));
  EXPECT_THAT(hello->supported_versions, Optional(ElementsAre(0x2a2a, 0xfefc)));
  EXPECT_THAT(hello->groups, Optional(ElementsAre(0x3a3a, 0x001d)));
  EXPECT_THAT(hello->signature_schemes, Optional(ElementsAre(0x4a4a, 0x0403)));
  EXPECT_THAT(hello->key_shares,
              Optional(ElementsAre(KeyShareEntry{0x3a3a, {0}}, KeyShareEntry{0x001d, {7}})));
  expect_round_trip(*hello);
}

// RFC 5246 §7.4.1.2.
TEST(ClientHello, NeedsNoExtensions) {
  const ClientHello bare{.random = counting_random(), .cipher_suites = {0x1301}};
  EXPECT_EQ(ClientHello::parse(client_head()), bare);
  EXPECT_EQ(ClientHello::parse(client_hello("")), bare);
}

TEST(ClientHello, ReadsCompressionMethods) {
  const auto with = [](std::string_view methods) {
    return ClientHello::parse(
        hex("fefd" + std::string(kRandomText) + "00 00 0002 1301" + std::string(methods)));
  };
  EXPECT_TRUE(with("01 00")->null_compression);
  EXPECT_FALSE(with("01 00")->other_compression);
  EXPECT_TRUE(with("02 01 00")->null_compression);
  EXPECT_TRUE(with("02 01 00")->other_compression);
  EXPECT_FALSE(with("01 40")->null_compression);
  EXPECT_TRUE(with("01 40")->other_compression);
  EXPECT_EQ(with("00"), std::unexpected(ParseError::BadLength));
}

TEST(ClientHello, RefusesIllegalHeads) {
  const auto head = [](std::string_view rest) {
    return ClientHello::parse(hex("fefd" + std::string(kRandomText) + std::string(rest)));
  };
  EXPECT_TRUE(head("00 00 0002 1301 01 00"));
  EXPECT_EQ(head("00 00 0000 01 00"), std::unexpected(ParseError::BadLength));  // no suites
  EXPECT_EQ(head("00 00 0003 130113 01 00"), std::unexpected(ParseError::BadLength));
  const std::string id(64, '7');  // 32 bytes
  EXPECT_TRUE(head("20" + id + "00 0002 1301 01 00"));
  EXPECT_EQ(head("21" + id + "77 00 0002 1301 01 00"), std::unexpected(ParseError::BadLength));
}

TEST(ClientHello, RefusesIllegalLists) {
  using enum ParseError;
  // Empty ones.
  expect_client_refused("002b 0001 00", BadLength);
  expect_client_refused("000a 0002 0000", BadLength);
  expect_client_refused("000d 0002 0000", BadLength);
  expect_client_refused("000e 0003 0000 00", BadLength);
  expect_client_refused("000b 0001 00", BadLength);
  expect_client_refused("002c 0002 0000", BadLength);
  expect_client_refused("0033 0006 0004 001d 0000", BadLength);  // a share of no bytes
  // Odd ones.
  expect_client_refused("002b 0004 03 fefcfe", BadLength);
  expect_client_refused("000a 0005 0003 001d00", BadLength);
  expect_client_refused("000d 0003 0001 04", BadLength);
  expect_client_refused("000e 0006 0003 000100 00", BadLength);
  // No bytes at all, where there must be some.
  for (const std::string_view type :
       {"002b", "000a", "000d", "000e", "000b", "002c", "0033", "ff01"}) {
    expect_client_refused(std::string(type) + "0000", Truncated);
  }
  // Longer than their extension.
  expect_client_refused("002b 0003 04 fefc", Truncated);
  expect_client_refused("0033 0005 0004 001d 00", Truncated);
  expect_client_refused("0033 0008 0006 001d 0004 0102", Truncated);
  expect_client_refused("ff01 0001 01", Truncated);
  expect_client_refused("000e 0005 0002 0001 01", Truncated);
  // Shorter than it.
  expect_client_refused("002b 0004 02 fefc 00", BadLength);
  expect_client_refused("000a 0005 0002 001d 00", BadLength);
  expect_client_refused("000d 0005 0002 0403 00", BadLength);
  expect_client_refused("000e 0006 0002 0001 00 00", BadLength);
  expect_client_refused("000b 0003 01 00 00", BadLength);
  expect_client_refused("002c 0004 0001 aa 00", BadLength);
  expect_client_refused("0033 0003 0000 00", BadLength);
  expect_client_refused("0017 0001 00", BadLength);
  expect_client_refused("ff01 0002 00 00", BadLength);
}

// RFC 8446 §4.2.8: it asks for a HelloRetryRequest.
TEST(ClientHello, MayHaveNoShareAtAll) {
  const auto hello = ClientHello::parse(client_hello("0033 0002 0000"));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->key_shares, std::vector<KeyShareEntry>{});
  expect_round_trip(*hello);
}

TEST(ClientHello, RefusesWhatComesTwice) {
  for (const std::string_view once :
       {"002b 0003 02 fefc", "000a 0004 0002 001d", "000d 0004 0002 0403", "000e 0005 0002 0001 00",
        "000b 0002 01 00", "002c 0003 0001 aa", "0033 0002 0000", "0017 0000", "ff01 0001 00"}) {
    const std::string twice = std::string(once) + "0000 0000" + std::string(once);
    EXPECT_TRUE(ClientHello::parse(client_hello(once))) << once;
    expect_client_refused(twice, ParseError::BadValue);
  }
  // RFC 8446 §4.2.8: two shares of one group.
  expect_client_refused("0033 000c 000a 001d 0001 01 001d 0001 02", ParseError::BadValue);
}

// RFC 8422 §5.1.2.
TEST(ClientHello, SaysWhetherPointsMayBeUncompressed) {
  EXPECT_TRUE(ClientHello::parse(client_hello("000b 0004 03 010200"))->uncompressed_points);
  const auto hello = ClientHello::parse(client_hello("000b 0003 02 0102"));
  EXPECT_FALSE(hello->uncompressed_points);
  expect_round_trip(*hello);
}

TEST(ClientHello, HasLimits) {
  ClientHello hello{.cipher_suites = {0x1301}, .key_shares = std::vector<KeyShareEntry>{}};
  for (std::uint16_t group = 0; group < ClientHello::kMaxKeyShares; ++group)
    hello.key_shares->push_back({group, {1}});
  expect_round_trip(hello);
  hello.key_shares->push_back({0x11ec, {1}});
  EXPECT_EQ(ClientHello::parse(bytes_of(hello)), std::unexpected(ParseError::TooMany));

  hello.key_shares.reset();
  hello.retry_cookie = Buffer{1};
  const std::size_t around = bytes_of(hello).size() - 1;
  hello.retry_cookie = Buffer(ClientHello::kMaxBytes - around);
  expect_round_trip(hello);
  hello.retry_cookie->push_back(1);
  EXPECT_EQ(ClientHello::parse(bytes_of(hello)), std::unexpected(ParseError::TooMany));
}

TEST(ClientHello, WhatIsWrittenIsParsed) {
  for (std::uint64_t seed = 0; seed < kRoundTrips; ++seed) {
    SCOPED_TRACE(seed);
    Values v(seed);
    ClientHello hello;
    hello.version = v.u16();
    hello.random = some_random(v);
    hello.session_id = v.bytes(0, 32);
    hello.cookie = v.bytes(0, 255);
    hello.cipher_suites = v.numbers(1, 500);
    hello.null_compression = v.yes();
    hello.other_compression = !hello.null_compression || v.yes();
    hello.supported_versions = v.maybe([&] { return v.numbers(1, 127); });
    hello.groups = v.maybe([&] { return v.numbers(1, 500); });
    hello.signature_schemes = v.maybe([&] { return v.numbers(1, 500); });
    hello.key_shares = v.maybe([&] {
      std::vector<KeyShareEntry> shares(v.size(0, 4));
      const std::uint16_t first = v.u16();
      for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] = {static_cast<std::uint16_t>(first + i), v.bytes(1, 1300)};
      return shares;
    });
    hello.use_srtp = v.maybe([&] { return some_use_srtp(v, 100); });
    hello.retry_cookie = v.maybe([&] { return v.bytes(1, 2000); });
    hello.renegotiation_info = v.maybe([&] { return v.bytes(0, 255); });
    hello.uncompressed_points = v.yes();
    hello.extended_master_secret = v.yes();
    expect_round_trip(hello);
  }
}
}  // namespace
}  // namespace specter::dtls
