#include "base/check.h"
#include "crypto/digest.h"
#include "dtls/testing/hello_samples.h"
#include "dtls/wire/hello.h"

namespace specter::dtls {
namespace {

Buffer server_head() { return hex("fefd" + std::string(kRandomText) + "00 c02b 00"); }

Buffer retry_head() {
  Buffer head = server_head();
  std::ranges::copy(ServerHello::kRetryRandom, head.begin() + 2);
  return head;
}

Buffer server_hello(std::string_view extensions) {
  return with_extensions(server_head(), hex(extensions));
}

void expect_server_refused(std::string_view extensions, ParseError error) {
  EXPECT_EQ(ServerHello::parse(server_hello(extensions)), std::unexpected(error)) << extensions;
}

// RFC 8448 §3, made DTLS.
TEST(ServerHello, HasTheBytesOfRfc8448) {
  const Buffer bytes =
      hex("fefd a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928 00 1301 00 002e"
          "0033 0024 001d 0020 c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f"
          "002b 0002 fefc");
  ServerHello hello{
      .cipher_suite = 0x1301,
      .supported_version = 0xfefc,
      .key_share = KeyShareEntry{
          0x001d, hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f")}};
  std::ranges::copy(hex("a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"),
                    hello.random.begin());
  EXPECT_EQ(bytes_of(hello), bytes);
  EXPECT_EQ(ServerHello::parse(bytes), hello);
  EXPECT_FALSE(hello.is_retry());
  expect_only_whole<ServerHello>(bytes, {2 + 32 + 1 + 2 + 1});
}

TEST(ServerHello, HasKnownBytesIn12) {
  const ServerHello hello{
      .random = counting_random(),
      .session_id = hex("aabb"),
      .cipher_suite = 0xc02b,
      .use_srtp = UseSrtp{{0x0001}, hex("cd")},
      .renegotiation_info = Buffer{},
      .ec_point_formats = true,
      .extended_master_secret = true,
  };
  const Buffer bytes = hex("fefd" + std::string(kRandomText) +
                           "02 aabb  c02b  00  0019"
                           "000e 0006 0002 0001 01cd"
                           "000b 0002 01 00"
                           "0017 0000"
                           "ff01 0001 00");
  EXPECT_EQ(bytes_of(hello), bytes);
  EXPECT_EQ(ServerHello::parse(bytes), hello);
  expect_only_whole<ServerHello>(bytes, {2 + 32 + 3 + 2 + 1});
}

// RFC 8446 §4.1.3, §4.1.4.
TEST(ServerHello, HasKnownBytesAsHelloRetryRequest) {
  const ServerHello retry{.random = ServerHello::kRetryRandom,
                          .cipher_suite = 0x1301,
                          .supported_version = 0xfefc,
                          .selected_group = 0x0017,
                          .retry_cookie = hex("abcdef")};
  const Buffer bytes =
      hex("fefd cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c 00 1301 00 0015"
          "0033 0002 0017"
          "002b 0002 fefc"
          "002c 0005 0003 abcdef");
  EXPECT_EQ(bytes_of(retry), bytes);
  EXPECT_EQ(ServerHello::parse(bytes), retry);
  EXPECT_TRUE(retry.is_retry());
  expect_only_whole<ServerHello>(bytes, {2 + 32 + 1 + 2 + 1});
}

TEST(ServerHello, TheRandomOfARetryIsAHash) {
  EXPECT_EQ(ServerHello::kRetryRandom, crypto::sha256(as_bytes("HelloRetryRequest")));
}

// A share and a group are two structures under one number.
TEST(ServerHello, OnlyARetryHasAGroupAlone) {
  expect_server_refused("0033 0002 001d", ParseError::Truncated);
  EXPECT_EQ(ServerHello::parse(with_extensions(retry_head(), hex("0033 0005 001d 0001 07"))),
            std::unexpected(ParseError::BadLength));
  const KeyShareEntry share{0x001d, {7}};
  EXPECT_THROW(bytes_of(ServerHello{.random = ServerHello::kRetryRandom, .key_share = share}), Bug);
  EXPECT_THROW(bytes_of(ServerHello{.selected_group = 0x001d}), Bug);
}

// RFC 8446 §4.1.3.
TEST(ServerHello, SaysDowngradeAtTheEndOfItsRandom) {
  ServerHello hello{.random = counting_random()};
  EXPECT_FALSE(hello.says_downgrade());
  std::ranges::copy(as_bytes("DOWNGRD\x01"), hello.random.begin() + 24);
  EXPECT_TRUE(hello.says_downgrade());
  hello.random[31] = 0;  // to TLS 1.1, which DTLS knows nothing of
  EXPECT_FALSE(hello.says_downgrade());
}

// RFC 5246 §7.4.1.3.
TEST(ServerHello, NeedsNoExtensions) {
  const ServerHello bare{.random = counting_random(), .cipher_suite = 0xc02b};
  EXPECT_EQ(bytes_of(bare), server_head());
  EXPECT_EQ(ServerHello::parse(server_head()), bare);
  EXPECT_EQ(ServerHello::parse(server_hello("")), bare);
}

TEST(ServerHello, KeepsThatThereWereOtherExtensions) {
  for (const std::string_view extension : {"0000 0000", "0010 0002 0000", "0a0a 0000"}) {
    const auto hello = ServerHello::parse(server_hello(extension));
    ASSERT_TRUE(hello) << extension;
    EXPECT_TRUE(hello->extensions().has_unknown()) << extension;
    expect_round_trip(*hello);
  }
  const auto parsed = [](std::string_view extension) {
    const auto hello = ServerHello::parse(server_hello(extension));
    return hello ? hello->extensions() : ExtensionSet{};
  };
  EXPECT_EQ(parsed("000a 0004 0002 001d"), ExtensionSet{ExtensionType::SupportedGroups});
  EXPECT_EQ(parsed("000d 0004 0002 0403"), ExtensionSet{ExtensionType::SignatureAlgorithms});
  EXPECT_EQ(parsed("0017 0000"), ExtensionSet{ExtensionType::ExtendedMasterSecret});
}

TEST(ServerHello, KeepsACompressionThatIsNotNull) {
  Buffer body = server_head();
  body.back() = 1;
  EXPECT_EQ(ServerHello::parse(body)->compression, 1);
}

TEST(ServerHello, RefusesIllegalOnes) {
  using enum ParseError;
  const std::string id(64, '7');  // 32 bytes
  const auto with_id = [](const std::string& bytes) {
    return ServerHello::parse(hex("fefd" + std::string(kRandomText) + bytes + "c02b 00"));
  };
  EXPECT_TRUE(with_id("20" + id));
  EXPECT_EQ(with_id("21" + id + "77"), std::unexpected(BadLength));

  expect_server_refused("002b 0001 fe", Truncated);
  expect_server_refused("002b 0003 fefc 00", BadLength);
  expect_server_refused("0033 0004 001d 0000", BadLength);
  expect_server_refused("0033 0006 001d 0001 07 00", BadLength);
  expect_server_refused("000e 0003 0000 00", BadLength);
  expect_server_refused("000e 0007 0004 0001 0002 00", BadLength);  // two profiles
  expect_server_refused("000e 0006 0002 0001 00 00", BadLength);
  expect_server_refused("002c 0002 0000", BadLength);
  expect_server_refused("ff01 0000", Truncated);
  expect_server_refused("ff01 0002 00 00", BadLength);
  expect_server_refused("000b 0002 01 01", BadValue);  // RFC 8422 §5.2
  expect_server_refused("000b 0001 00", BadLength);
  expect_server_refused("0017 0001 00", BadLength);
  for (const std::string_view once :
       {"002b 0002 fefc", "0033 0005 001d 0001 07", "000e 0005 0002 0001 00", "002c 0003 0001 aa",
        "ff01 0001 00", "000b 0002 01 00", "0017 0000", "000a 0000"}) {
    EXPECT_TRUE(ServerHello::parse(server_hello(once))) << once;
    expect_server_refused(std::string(once) + std::string(once), BadValue);
  }
}

TEST(ServerHello, HasALimit) {
  ServerHello hello{.retry_cookie = Buffer{1}};
  const std::size_t around = bytes_of(hello).size() - 1;
  hello.retry_cookie = Buffer(ServerHello::kMaxBytes - around);
  expect_round_trip(hello);
  hello.retry_cookie->push_back(1);
  EXPECT_EQ(ServerHello::parse(bytes_of(hello)), std::unexpected(ParseError::TooMany));
}

TEST(ServerHello, WhatIsWrittenIsParsed) {
  for (std::uint64_t seed = 0; seed < kRoundTrips; ++seed) {
    SCOPED_TRACE(seed);
    Values v(seed);
    ServerHello hello;
    hello.version = v.u16();
    hello.random = v.yes() ? ServerHello::kRetryRandom : some_random(v);
    hello.session_id = v.bytes(0, 32);
    hello.cipher_suite = v.u16();
    hello.compression = v.u8();
    hello.supported_version = v.maybe([&] { return v.u16(); });
    if (hello.is_retry()) {
      hello.selected_group = v.maybe([&] { return v.u16(); });
    } else {
      hello.key_share = v.maybe([&] { return KeyShareEntry{v.u16(), v.bytes(1, 1200)}; });
    }
    hello.use_srtp = v.maybe([&] { return some_use_srtp(v, 1); });
    hello.retry_cookie = v.maybe([&] { return v.bytes(1, 2000); });
    hello.renegotiation_info = v.maybe([&] { return v.bytes(0, 255); });
    hello.ec_point_formats = v.yes();
    hello.extended_master_secret = v.yes();
    hello.others.add_if(v.yes(), ExtensionType::SupportedGroups);
    if (v.yes()) hello.others.add_unknown();
    expect_round_trip(hello);
  }
}
}  // namespace
}  // namespace specter::dtls
