// Who the peer is: reliability of every path to Connected. RFC 8122 §5, RFC 8827 §6.5.
#include "dtls/identity.h"

#include <utility>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

using crypto::Fingerprint;
using crypto::HashAlgorithm;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Fingerprint wrong(Fingerprint fingerprint) {
  fingerprint.digest.back() ^= 1;
  return fingerprint;
}

struct Case {
  const char* name;
  std::vector<HashAlgorithm> right, wrong;
  bool accepted;
};
using enum HashAlgorithm;
const Case kCases[] = {
    {"sha-256 matches", {Sha256}, {}, true},
    {"sha-384 matches", {Sha384}, {}, true},
    {"sha-512 matches", {Sha512}, {}, true},
    {"all match", {Sha256, Sha384, Sha512}, {}, true},
    {"one bit of sha-256 wrong", {}, {Sha256}, false},
    {"one bit of sha-384 wrong", {}, {Sha384}, false},
    {"one bit of sha-512 wrong", {}, {Sha512}, false},
    {"none that is known", {}, {}, false},
    {"two of the strongest, one right", {Sha256}, {Sha256}, true},
    {"the stronger right, the weaker wrong", {Sha512}, {Sha256}, true},
    {"the stronger wrong, the weaker right", {Sha256}, {Sha512}, false},
    {"the strongest wrong, two weaker right", {Sha256, Sha384}, {Sha512}, false},
};

std::vector<Fingerprint> promised(const Case& c, const Certificate& certificate) {
  std::vector<Fingerprint> out;
  for (const auto algorithm : c.wrong) out.push_back(wrong(certificate->fingerprint(algorithm)));
  for (const auto algorithm : c.right) out.push_back(certificate->fingerprint(algorithm));
  return out;
}

TEST(Identity, TheStrongestFingerprintDecides) {
  for (const Case& c : kCases) {
    auto fingerprints = promised(c, server_certificate());
    EXPECT_EQ(!identity_mismatch(server_certificate()->der(), fingerprints), c.accepted) << c.name;
    std::ranges::reverse(fingerprints);
    EXPECT_EQ(!identity_mismatch(server_certificate()->der(), fingerprints), c.accepted) << c.name;
  }
}

TEST(Identity, AWrongAlgorithmLabelOrLengthMatchesNothing) {
  const Bytes der = server_certificate()->der();
  const Buffer digest = server_certificate()->fingerprint(Sha256).digest;
  for (const Fingerprint& odd :
       {Fingerprint{Sha384, digest}, Fingerprint{Sha512, digest}, Fingerprint{Sha256, {}},
        Fingerprint{Sha256, Buffer(digest.begin(), digest.end() - 1)}}) {
    EXPECT_TRUE(identity_mismatch(der, {{odd}}));
  }
}

class EachIdentity : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, EachIdentity, kBothVersions, version_name);

// The table once more through whole handshakes, either end doubting the other.
TEST_P(EachIdentity, DecidesOverEveryWayToConnected) {
  for (const Role doubting : {Role::Client, Role::Server}) {
    const Role doubted = other(doubting);
    for (const Case& c : kCases) {
      SCOPED_TRACE(c.name);
      auto client = config_for(Role::Client, GetParam());
      auto server = config_for(Role::Server, GetParam());
      (doubting == Role::Client ? client : server).remote_fingerprints =
          promised(c, certificate_of(doubted));
      Ends ends({}, 1, client, server);
      EXPECT_EQ(ends.connect(), c.accepted);
      if (c.accepted) continue;
      EXPECT_THAT(only<Connected>(ends.events_of(doubting)), IsEmpty());
      EXPECT_THAT(only<DataReceived>(ends.events_of(doubting)), IsEmpty());
      EXPECT_THAT(closes(ends.events_of(doubting)), ElementsAre(CloseReason::BadFingerprint));
      EXPECT_EQ(ends.of(doubting).export_keying_material("EXTRACTOR-dtls_srtp", 60), std::nullopt);
      EXPECT_EQ(ends.of(doubting).srtp_profile(), std::nullopt);
      EXPECT_EQ(ends.of(doubting).next_timeout(), std::nullopt);
      EXPECT_FALSE(ends.of(doubting).send(as_bytes("secret")));
      // A client of 1.3 is connected before the server has judged it, and told then; no other end
      // gets there either.
      ends.pair.run_for(60s);
      if (!is13() || doubted == Role::Server) {
        EXPECT_THAT(only<Connected>(ends.events_of(doubted)), IsEmpty());
      }
      EXPECT_EQ(closes(ends.events_of(doubted)).size(), 1u);
      EXPECT_FALSE(ends.of(doubted).is_connected());
    }
  }
}

TEST_P(EachIdentity, TheReasonNamesBothFingerprints) {
  auto client = config_for(Role::Client, GetParam());
  const Fingerprint expected = wrong(server_certificate()->fingerprint());
  client.remote_fingerprints = {expected};
  Ends ends({}, 1, client);
  EXPECT_FALSE(ends.connect());
  EXPECT_THAT(detail(ends.pair.events_a), HasSubstr(expected.to_string()));
  EXPECT_THAT(detail(ends.pair.events_a),
              HasSubstr(server_certificate()->fingerprint().to_string()));
  // What was refused can still be looked at.
  EXPECT_EQ(ends.client.peer_certificate(), to_buffer(server_certificate()->der()));
}

TEST_P(EachIdentity, ARefusalTellsThePeerWithBadCertificate) {
  for (const Role doubting : {Role::Client, Role::Server}) {
    auto client = config_for(Role::Client, GetParam());
    auto server = config_for(Role::Server, GetParam());
    (doubting == Role::Client ? client : server).remote_fingerprints.clear();
    Ends ends({}, 1, client, server);
    ends.connect();
    ends.pair.run_for(10s);
    EXPECT_THAT(closes(ends.events_of(other(doubting))), ElementsAre(CloseReason::PeerAlert));
    EXPECT_THAT(detail(ends.events_of(other(doubting))), HasSubstr("bad_certificate"));
  }
}

// The finisher's handshake ends on the peer's last flight, without anything to send (1.2): the hole
// of others. Its verdict must have come before.
TEST_P(EachIdentity, AFinishWithoutOutputIsNoWayRound) {
  auto client = config_for(Role::Client, GetParam());
  client.remote_fingerprints = {wrong(server_certificate()->fingerprint())};
  Ends ends({}, 1, client);
  ends.start();
  ends.pair.run_for(60s);
  EXPECT_THAT(only<Connected>(ends.pair.events_a), IsEmpty());
  EXPECT_THAT(only<Connected>(ends.pair.events_b), IsEmpty());
  EXPECT_FALSE(ends.server.send(as_bytes("secret")));
}

TEST_P(EachIdentity, AnotherPeersCertificateIsRefused) {
  auto server = config_for(Role::Server, GetParam());
  server.certificate = make_certificate(666);
  Ends ends({}, 1, config_for(Role::Client), server);
  EXPECT_FALSE(ends.connect());
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::BadFingerprint));
}

}  // namespace
}  // namespace specter::dtls
