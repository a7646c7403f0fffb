#include "dtls/wire/messages.h"

#include "base/check.h"
#include "dtls/testing/codec_checks.h"

namespace specter::dtls {
namespace {

constexpr Version k12 = Version::Dtls12;
constexpr Version k13 = Version::Dtls13;

template <class Message, class... V>
void expect_refused(std::string_view body, ParseError error, V... version) {
  EXPECT_EQ(Message::parse(version..., hex(body)), std::unexpected(error)) << body;
}

// ---- HelloVerifyRequest, RFC 6347 §4.2.1

TEST(HelloVerifyRequest, HasKnownBytes) {
  expect_known_bytes(HelloVerifyRequest{.cookie = hex("aa bb cc")}, hex("feff 03 aabbcc"));
  expect_known_bytes(HelloVerifyRequest{.version = 0xfefd, .cookie = Buffer(255, 7)}, [] {
    Buffer bytes = hex("fefd ff");
    bytes.insert(bytes.end(), 255, 7);
    return bytes;
  }());
}

// ---- EncryptedExtensions, RFC 8446 §4.3.1

TEST(EncryptedExtensions, HasKnownBytes) {
  expect_known_bytes(EncryptedExtensions{}, hex("0000"));
  expect_known_bytes(EncryptedExtensions{.use_srtp = UseSrtp{{0x0007}, {}}},
                     hex("0009 000e 0005 0002 0007 00"));
  expect_known_bytes(EncryptedExtensions{.use_srtp = UseSrtp{{0x0001}, hex("abcd")}},
                     hex("000b 000e 0007 0002 0001 02abcd"));
}

// RFC 8448 §3: a server names its groups, and a limit that we know nothing of.
TEST(EncryptedExtensions, OfOthersItIsKeptThatTheyCame) {
  EncryptedExtensions expected;
  expected.others = {ExtensionType::SupportedGroups};
  expected.others.add_unknown();
  EXPECT_EQ(EncryptedExtensions::parse(hex("0022 000a 0014 0012 001d 0017 0018 0019 0100 0101 0102"
                                           "0103 0104 001c 0002 4001 0000 0000")),
            expected);
  expect_round_trip(EncryptedExtensions{.use_srtp = UseSrtp{{7}, {}}, .others = expected.others});
}

TEST(EncryptedExtensions, RefusesIllegalOnes) {
  expect_refused<EncryptedExtensions>("0012 000e0005 0002 0007 00 000e0005 0002 0007 00",
                                      ParseError::BadValue);  // comes twice
  expect_refused<EncryptedExtensions>("000b 000e0007 0004 0007 0001 00", ParseError::BadLength);
  expect_refused<EncryptedExtensions>("0007 000e0003 0000 00", ParseError::BadLength);
  expect_refused<EncryptedExtensions>("0008 000e0004 0001 07 00", ParseError::BadLength);
  expect_refused<EncryptedExtensions>("000a 000e0006 0002 0007 00 00", ParseError::BadLength);
  expect_refused<EncryptedExtensions>("0009 000e0005 0002 0007 01", ParseError::Truncated);
}

// ---- Certificate, RFC 5246 §7.4.2, RFC 8446 §4.4.2

TEST(Certificate, HasKnownBytes) {
  const CertificateMessage message{.certificate = hex("3003 020107")};
  expect_known_bytes(message, hex("000008 000005 3003020107"), k12);
  expect_known_bytes(message, hex("00 00000a 000005 3003020107 0000"), k13);
  expect_known_bytes(CertificateMessage{}, hex("000000"), k12);
  expect_known_bytes(CertificateMessage{}, hex("00 000000"), k13);
  expect_known_bytes(CertificateMessage{.request_context = hex("abcd"), .certificate = hex("30")},
                     hex("02abcd 000006 000001 30 0000"), k13);
}

TEST(Certificate, OfAChainTheFirstIsThePeers) {
  EXPECT_EQ(CertificateMessage::parse(k12, hex("00000f 000002 aabb 000001 cc 000003 ddeeff")),
            (CertificateMessage{.certificate = hex("aabb")}));
  EXPECT_EQ(CertificateMessage::parse(k13, hex("00 00000d 000002 aabb 0000 000001 cc 0000")),
            (CertificateMessage{.certificate = hex("aabb")}));
}

TEST(Certificate, OfExtensionsItIsKeptThatTheyCame) {
  CertificateMessage expected{.certificate = hex("aabb")};
  expected.extensions.add_unknown();
  EXPECT_EQ(CertificateMessage::parse(
                k13, hex("00 000013 000002 aabb 0006 0005 0002 0100 000001 cc 0000")),
            expected);
  expected.extensions.add(ExtensionType::KeyShare);
  expect_round_trip(expected, k13);
}

TEST(Certificate, RefusesIllegalOnes) {
  expect_refused<CertificateMessage>("000003 000000", ParseError::BadLength, k12);
  expect_refused<CertificateMessage>("000007 000001 aa 000000", ParseError::BadLength, k12);
  expect_refused<CertificateMessage>("000007 000001 aa 000001", ParseError::Truncated, k12);
  expect_refused<CertificateMessage>("000006 000001 aa 0000", ParseError::Truncated, k12);
  expect_refused<CertificateMessage>("00 000005 000000 0000", ParseError::BadLength, k13);
  expect_refused<CertificateMessage>("00 000004 000001 aa", ParseError::Truncated, k13);
  // Extensions that don't fill their length.
  expect_refused<CertificateMessage>("00 000009 000001 aa 0003 000500", ParseError::Truncated, k13);
  expect_refused<CertificateMessage>("00 00000a 000001 aa 0004 0005 0001", ParseError::Truncated,
                                     k13);
}

TEST(Certificate, HasALimit) {
  for (const Version version : {k12, k13}) {
    const std::size_t around = bytes_of(CertificateMessage{.certificate = {1}}, version).size() - 1;
    CertificateMessage message{.certificate = Buffer(CertificateMessage::kMaxBytes - around)};
    expect_round_trip(message, version);
    message.certificate.push_back(0);
    EXPECT_EQ(CertificateMessage::parse(version, bytes_of(message, version)),
              std::unexpected(ParseError::TooMany));
  }
}

// ---- CertificateRequest, RFC 5246 §7.4.4, RFC 8446 §4.3.2

TEST(CertificateRequest, HasKnownBytes) {
  expect_known_bytes(
      CertificateRequest{.certificate_types = {64, 1}, .signature_schemes = {0x0403, 0x0804}},
      hex("02 4001 0004 0403 0804 0000"), k12);
  expect_known_bytes(CertificateRequest{.signature_schemes = {0x0403, 0x0804}},
                     hex("00 000a 000d 0006 0004 0403 0804"), k13);
  expect_known_bytes(
      CertificateRequest{.request_context = hex("ab"), .signature_schemes = {0x0807}},
      hex("01ab 0008 000d 0004 0002 0807"), k13);
}

TEST(CertificateRequest, PassesOverAuthorities) {
  EXPECT_EQ(CertificateRequest::parse(k12, hex("01 40 0002 0403 0007 0002 3000 0001 30")),
            (CertificateRequest{.certificate_types = {64}, .signature_schemes = {0x0403}}));
  // certificate_authorities (47), and one of GREASE's.
  EXPECT_EQ(CertificateRequest::parse(
                k13, hex("00 0016 002f 0006 0004 0002 3000 000d 0004 0002 0403 0a0a 0000")),
            (CertificateRequest{.signature_schemes = {0x0403}}));
}

TEST(CertificateRequest, RefusesIllegalOnes) {
  expect_refused<CertificateRequest>("00 0002 0403 0000", ParseError::BadLength, k12);
  expect_refused<CertificateRequest>("01 40 0000 0000", ParseError::BadLength, k12);
  expect_refused<CertificateRequest>("01 40 0003 040308 0000", ParseError::BadLength, k12);
  expect_refused<CertificateRequest>("01 40 0002 0403 0002 0000", ParseError::BadLength, k12);
  expect_refused<CertificateRequest>("01 40 0002 0403 0003 0002 30", ParseError::Truncated, k12);
  expect_refused<CertificateRequest>("00 0000", ParseError::BadValue, k13);  // names no scheme
  expect_refused<CertificateRequest>("00 0004 0a0a 0000", ParseError::BadValue, k13);
  expect_refused<CertificateRequest>("00 0006 000d 0002 0000", ParseError::BadLength, k13);
  expect_refused<CertificateRequest>("00 0007 000d 0003 0001 04", ParseError::BadLength, k13);
  expect_refused<CertificateRequest>("00 0009 000d 0005 0002 0403 00", ParseError::BadLength, k13);
  expect_refused<CertificateRequest>("00 0010 000d 0004 0002 0403 000d 0004 0002 0403",
                                     ParseError::BadValue, k13);
  expect_refused<CertificateRequest>("00 000c 000d 0004 0002 0403 0033 0000", ParseError::BadValue,
                                     k13);
}

// ---- key exchange, RFC 8422 §5.4, §5.7

TEST(ServerKeyExchange, HasKnownBytes) {
  const ServerKeyExchange message{
      .group = 0x001d, .share = hex("aabbcc"), .scheme = 0x0403, .signature = hex("3006")};
  expect_known_bytes(message, hex("03 001d 03 aabbcc 0403 0002 3006"));
  Buffer parameters;
  ByteWriter out(parameters);
  message.write_parameters(out);
  EXPECT_EQ(parameters, hex("03 001d 03 aabbcc"));
}

TEST(ServerKeyExchange, RefusesIllegalOnes) {
  for (const std::string_view type : {"00", "01", "02", "04", "ff"}) {
    const std::string body = std::string(type) + "001d 03 aabbcc 0403 0002 3006";
    expect_refused<ServerKeyExchange>(body, ParseError::BadValue);
  }
  expect_refused<ServerKeyExchange>("03 001d 00 0403 0002 3006", ParseError::BadLength);
}

TEST(ClientKeyExchange, HasKnownBytes) {
  expect_known_bytes(ClientKeyExchange{hex("04aabb")}, hex("03 04aabb"));
  expect_refused<ClientKeyExchange>("00", ParseError::BadLength);
}

TEST(CertificateVerify, HasKnownBytes) {
  expect_known_bytes(CertificateVerify{0x0807, hex("aabbcc")}, hex("0807 0003 aabbcc"));
  expect_known_bytes(CertificateVerify{0x0403, {}}, hex("0403 0000"));
}

// ---- KeyUpdate, ACK, alerts

TEST(KeyUpdate, IsZeroOrOne) {
  expect_known_bytes(KeyUpdate{false}, hex("00"));
  expect_known_bytes(KeyUpdate{true}, hex("01"));
  for (unsigned value = 2; value < 256; ++value) {
    EXPECT_EQ(KeyUpdate::parse(Buffer{static_cast<std::uint8_t>(value)}),
              std::unexpected(ParseError::BadValue));
  }
}

// RFC 9147 §7.
TEST(Ack, HasKnownBytes) {
  expect_known_bytes(Ack{}, hex("0000"));
  expect_known_bytes(Ack{{{2, 0x0102}, {0xffff'ffff'ffff'ffff, 5}}},
                     hex("0020 0000000000000002 0000000000000102"
                         "ffffffffffffffff 0000000000000005"));
}

TEST(Ack, RefusesIllegalOnes) {
  expect_refused<Ack>("0008 0000000000000002", ParseError::BadLength);
  expect_refused<Ack>("0011 0000000000000002 0000000000000102 00", ParseError::BadLength);
  expect_refused<Ack>("0010 0000000000000002 0000000000000102 00", ParseError::BadLength);
  expect_refused<Ack>("0020 0000000000000002 0000000000000102", ParseError::Truncated);
}

TEST(Ack, ReadsOverWhatIsBeyondItsLimit) {
  Ack ack;
  for (std::uint64_t i = 0; i < Ack::kMaxRecords; ++i) ack.records.push_back({3, i});
  expect_round_trip(ack);
  Buffer longer = bytes_of(ack);
  longer[1] = 16;  // 65 of them
  ASSERT_EQ(longer[0], 4);
  longer.resize(longer.size() + 16, 9);
  EXPECT_EQ(Ack::parse(longer), ack);
  ack.records.push_back({3, 64});
  EXPECT_THROW(bytes_of(ack), Bug);
}

// RFC 8446 §6.
TEST(Alert, HasKnownBytes) {
  expect_known_bytes(Alert{.fatal = true, .description = 40}, hex("02 28"));
  expect_known_bytes(Alert{.fatal = false, .description = 0}, hex("01 00"));
  expect_known_bytes(Alert{.fatal = true, .description = 255}, hex("02 ff"));
}

TEST(Alert, HasOneOfTwoLevels) {
  for (unsigned level = 0; level < 256; ++level) {
    EXPECT_EQ(Alert::parse(Buffer{static_cast<std::uint8_t>(level), 0}).has_value(),
              level == 1 || level == 2);
  }
}

// ---- whatever the value

TEST(Messages, WhatIsWrittenIsParsed) {
  for (std::uint64_t seed = 0; seed < kRoundTrips; ++seed) {
    SCOPED_TRACE(seed);
    Values v(seed);
    expect_round_trip(HelloVerifyRequest{v.u16(), v.bytes(0, 255)});
    expect_round_trip(
        EncryptedExtensions{v.maybe([&] { return UseSrtp{{v.u16()}, v.bytes(0, 255)}; })});
    expect_round_trip(CertificateMessage{{}, v.bytes(0, 4000)}, k12);
    expect_round_trip(CertificateMessage{v.bytes(0, 255), v.bytes(0, 4000)}, k13);
    expect_round_trip(CertificateRequest{{}, v.bytes(1, 255), v.numbers(1, 0x7fff)}, k12);
    expect_round_trip(CertificateRequest{v.bytes(0, 255), {}, v.numbers(1, 0x7ff0)}, k13);
    expect_round_trip(ServerKeyExchange{v.u16(), v.bytes(1, 255), v.u16(), v.bytes(0, 0xffff)});
    expect_round_trip(ClientKeyExchange{v.bytes(1, 255)});
    expect_round_trip(CertificateVerify{v.u16(), v.bytes(0, 0xffff)});
    Ack ack;
    for (std::size_t i = v.size(0, Ack::kMaxRecords); i > 0; --i)
      ack.records.push_back({v.u64(), v.u64()});
    expect_round_trip(ack);
    expect_round_trip(Alert{v.yes(), v.u8()});
  }
}

TEST(Messages, WhatDoesNotFitItsLengthIsABug) {
  EXPECT_THROW(bytes_of(HelloVerifyRequest{.cookie = Buffer(256)}), Bug);
  EXPECT_THROW(bytes_of(ClientKeyExchange{Buffer(256)}), Bug);
  EXPECT_THROW(bytes_of(CertificateVerify{0, Buffer(0x10000)}), Bug);
  EXPECT_THROW(bytes_of(CertificateMessage{.certificate = Buffer(0x100'0000)}, k12), Bug);
}

}  // namespace
}  // namespace specter::dtls
