#include "dtls/handshake/credentials.h"

#include <map>

#include <gmock/gmock.h>

#include "simulation/random.h"

namespace specter::dtls {
namespace {

using crypto::KeyType;
using crypto::SignatureScheme;
using enum crypto::SignatureScheme;

using Certificate = std::shared_ptr<const crypto::Certificate>;

const Certificate& certificate(KeyType type, std::uint64_t seed = 1) {
  static std::map<std::pair<KeyType, std::uint64_t>, Certificate> made;
  Certificate& out = made[{type, seed}];
  if (!out) {
    simulation::SeededRandom random(seed);
    out = crypto::Certificate::generate(type, random, 1'795'000'000);
  }
  return out;
}
const Buffer kContent(50, 0x61);

struct Signed {
  KeyType type;
  SignatureScheme scheme;
};
Buffer signature(const Signed& by) {
  simulation::SeededRandom random(9);
  return crypto::sign(*certificate(by.type), by.scheme, kContent, random);
}
Proof proof_of(const Signed& by, Bytes made, Version version) {
  return {certificate(by.type)->der(), static_cast<std::uint16_t>(by.scheme), made, kContent,
          version};
}

// RFC 8446 §4.2.3: what each kind of key may sign with, and where.
TEST(Proofs, EachKeyWithEachOfItsSchemes) {
  struct Case {
    Signed by;
    bool in13, in12;
  };
  for (const Case& c : {Case{{KeyType::EcdsaP256, EcdsaSecp256r1Sha256}, true, true},
                        Case{{KeyType::EcdsaP384, EcdsaSecp384r1Sha384}, true, true},
                        Case{{KeyType::Ed25519, Ed25519}, true, true},
                        Case{{KeyType::Rsa, RsaPssRsaeSha256}, true, true},
                        Case{{KeyType::Rsa, RsaPssRsaeSha384}, true, true},
                        Case{{KeyType::Rsa, RsaPssRsaeSha512}, true, true},
                        Case{{KeyType::RsaPss, RsaPssPssSha256}, true, true},
                        Case{{KeyType::Rsa, RsaPkcs1Sha256}, false, true},
                        Case{{KeyType::Rsa, RsaPkcs1Sha384}, false, true},
                        Case{{KeyType::Rsa, RsaPkcs1Sha512}, false, true}}) {
    SCOPED_TRACE(static_cast<int>(c.by.scheme));
    const Buffer made = signature(c.by);
    EXPECT_EQ(is_proof(proof_of(c.by, made, Version::Dtls13)), c.in13);
    EXPECT_EQ(is_proof(proof_of(c.by, made, Version::Dtls12)), c.in12);
  }
}

TEST(Proofs, AnythingElseIsNone) {
  for (const Signed& by :
       {Signed{KeyType::EcdsaP256, EcdsaSecp256r1Sha256}, Signed{KeyType::Rsa, RsaPssRsaeSha256},
        Signed{KeyType::Ed25519, Ed25519}}) {
    for (const Version version : {Version::Dtls12, Version::Dtls13}) {
      const Buffer made = signature(by);
      ASSERT_TRUE(is_proof(proof_of(by, made, version)));
      // Somebody else's certificate, without its key.
      auto stolen = proof_of(by, made, version);
      stolen.certificate = certificate(by.type, 2)->der();
      EXPECT_FALSE(is_proof(stolen));
      auto other_content = proof_of(by, made, version);
      const Buffer other(50, 0x62);
      other_content.content = other;
      EXPECT_FALSE(is_proof(other_content));
      for (const std::size_t size : {std::size_t{0}, std::size_t{1}, made.size() - 1})
        EXPECT_FALSE(is_proof(proof_of(by, Bytes(made).first(size), version)));
      for (std::size_t bit = 0; bit < made.size() * 8; bit += 7) {
        Buffer changed = made;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_FALSE(is_proof(proof_of(by, changed, version)));
      }
      for (const std::uint16_t scheme : {0x0000, 0x0201, 0x0203, 0x0804, 0x0807, 0x0403, 0x0603}) {
        auto relabelled = proof_of(by, made, version);
        relabelled.scheme = scheme;
        EXPECT_EQ(is_proof(relabelled), scheme == static_cast<std::uint16_t>(by.scheme)) << scheme;
      }
      auto no_certificate = proof_of(by, made, version);
      no_certificate.certificate = {};
      EXPECT_FALSE(is_proof(no_certificate));
    }
  }
}

Connection::Config with(KeyType type) {
  Connection::Config config;
  config.certificate = certificate(type);
  return config;
}

TEST(Choices, OurBestSuiteThatThePeerHasAndOurKeyFits) {
  const auto choose = [](KeyType type, std::vector<std::uint16_t> offered, Version version) {
    const auto suite = choose_suite(with(type), offered, version);
    return suite ? static_cast<int>(suite->suite) : 0;
  };
  using enum Version;
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0x1303, 0x1302, 0x1301}, Dtls13), 0x1301);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0x1303, 0xc02b}, Dtls13), 0x1303);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0xc02b, 0xc02f}, Dtls12), 0xc02b);
  EXPECT_EQ(choose(KeyType::Rsa, {0xc02b, 0xc02f}, Dtls12), 0xc02f);
  EXPECT_EQ(choose(KeyType::RsaPss, {0xc02b, 0xc030}, Dtls12), 0xc030);
  EXPECT_EQ(choose(KeyType::Ed25519, {0xc02f, 0xcca9}, Dtls12), 0xcca9);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0xc02f, 0xcca8, 0x1301}, Dtls12), 0);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {}, Dtls13), 0);
}

TEST(Choices, TheSchemeThatThePeerTakes) {
  const auto choose = [](KeyType type, std::vector<std::uint16_t> offered, Version version) {
    const auto scheme = choose_scheme(*certificate(type), offered, version);
    return scheme ? static_cast<int>(*scheme) : 0;
  };
  using enum Version;
  EXPECT_EQ(choose(KeyType::Rsa, {0x0401, 0x0804}, Dtls12), 0x0804);
  EXPECT_EQ(choose(KeyType::Rsa, {0x0401, 0x0403}, Dtls12), 0x0401);
  EXPECT_EQ(choose(KeyType::Rsa, {0x0401, 0x0403}, Dtls13), 0);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0x0401, 0x0403}, Dtls13), 0x0403);
  EXPECT_EQ(choose(KeyType::EcdsaP256, {0x0503}, Dtls12), 0);
}

// RFC 5764 §4.1.1.
TEST(Choices, AnSrtpAnswerIsOneOfOurs) {
  const Connection::Config config = with(KeyType::EcdsaP256);
  EXPECT_EQ(choose_srtp(config, UseSrtp{{5, 1, 7}, {}}), SrtpProfile::AeadAes128Gcm);
  EXPECT_EQ(choose_srtp(config, UseSrtp{{5}, {}}), std::nullopt);
  EXPECT_EQ(choose_srtp(config, std::nullopt), std::nullopt);
  EXPECT_EQ(read_srtp(config, UseSrtp{{1}, {}}).profile, SrtpProfile::Aes128CmSha1_80);
  EXPECT_TRUE(read_srtp(config, std::nullopt).is_valid);
  for (const UseSrtp& bad :
       {UseSrtp{{1, 2}, {}}, UseSrtp{{}, {}}, UseSrtp{{5}, {}}, UseSrtp{{1}, {9}}})
    EXPECT_FALSE(read_srtp(config, bad).is_valid);
}

// RFC 8446 §4.4.3's own example: the content of a server's signature over a hash of 32 bytes 01.
TEST(SignedContent, IsWhatRfc8446Shows) {
  const Buffer content = signed_content13(Role::Server, Buffer(32, 1));
  Buffer expected(64, 0x20);
  for (const char c : std::string_view("TLS 1.3, server CertificateVerify"))
    expected.push_back(static_cast<std::uint8_t>(c));
  expected.push_back(0);
  expected.resize(expected.size() + 32, 1);
  EXPECT_EQ(content, expected);
  EXPECT_NE(signed_content13(Role::Client, Buffer(32, 1)), expected);
}

}  // namespace
}  // namespace specter::dtls
