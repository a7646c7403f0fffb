// The matrix with OpenSSL 3.0's DTLS 1.2 as the peer: who is the server, our versions, each suite,
// group and certificate of either side.
#include <algorithm>
#include <string_view>

#include "dtls/testing/meeting.h"

namespace specter::dtls {
namespace {

using crypto::Group;
using crypto::KeyType;
using ::testing::ElementsAre;

EVP_PKEY* key_of(const char* type, const char* argument = nullptr) {
  if (std::strcmp(type, "RSA-PSS") != 0)
    return argument ? EVP_PKEY_Q_keygen(nullptr, nullptr, type, argument)
                    : EVP_PKEY_Q_keygen(nullptr, nullptr, type);
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr);
  EVP_PKEY* key = nullptr;
  EVP_PKEY_keygen_init(context);
  EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048);
  EVP_PKEY_generate(context, &key);
  EVP_PKEY_CTX_free(context);
  return key;
}

struct Theirs {
  const char* name;
  const Identity& identity;
  bool rsa;
  const char* schemes;  // that it signs with and takes; nothing for all
};
const std::vector<Theirs>& theirs() {
  static const Identity p256 = sign_own(key_of("EC", "P-256"));
  static const Identity ed25519 = sign_own(key_of("ED25519"));
  static const Identity rsa_pss = sign_own(key_of("RSA-PSS"));
  static const std::vector<Theirs> all = {
      {"P-256", p256, false, nullptr},
      {"P-384", p384(), false, nullptr},
      {"Ed25519", ed25519, false, nullptr},
      {"RSA with PSS", rsa_2048(), true,
       "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:rsa_pss_rsae_sha512"},
      {"RSA with PKCS #1", rsa_2048(), true, "RSA+SHA256:ECDSA+SHA256"},
      {"RSA-PSS", rsa_pss, true, nullptr},
  };
  return all;
}

void restrict_schemes(SSL_CTX* context, const Theirs& peer) {
  if (!peer.schemes) return;
  std::string list = peer.schemes;  // a macro, which takes it for one that may be written to
  EXPECT_EQ(SSL_CTX_set1_sigalgs_list(context, list.data()), 1);
}

const Certificate& ours(bool rsa) {
  static const Certificate made = [] {
    simulation::SeededRandom random(77);
    return crypto::Certificate::generate(KeyType::Rsa, random, 1'795'000'000);
  }();
  return rsa ? made : client_certificate();
}

struct Suite {
  CipherSuite number;
  const char* name;  // OpenSSL's
};
const Suite kSuites[] = {
    {CipherSuite::EcdheEcdsaAes128GcmSha256, "ECDHE-ECDSA-AES128-GCM-SHA256"},
    {CipherSuite::EcdheEcdsaAes256GcmSha384, "ECDHE-ECDSA-AES256-GCM-SHA384"},
    {CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256, "ECDHE-ECDSA-CHACHA20-POLY1305"},
    {CipherSuite::EcdheRsaAes128GcmSha256, "ECDHE-RSA-AES128-GCM-SHA256"},
    {CipherSuite::EcdheRsaAes256GcmSha384, "ECDHE-RSA-AES256-GCM-SHA384"},
    {CipherSuite::EcdheRsaChaCha20Poly1305Sha256, "ECDHE-RSA-CHACHA20-POLY1305"},
};
const Group kGroups[] = {Group::X25519, Group::Secp256r1, Group::Secp384r1};

Connection::Config config(Role role, bool only12, const Theirs& peer, bool our_rsa,
                          Group first_group) {
  auto out = config_for(role);
  if (only12) out.versions = {Version::Dtls12};
  out.certificate = ours(our_rsa);
  out.remote_fingerprints = {peer.identity.fingerprint()};
  // The first is taken; the others say which curves a certificate may be of, RFC 8422 §4.
  out.groups = {first_group};
  for (const Group group : kGroups)
    if (group != first_group) out.groups.push_back(group);
  return out;
}
void take_cookies(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE);
  SSL_CTX_set_cookie_generate_cb(context, [](SSL*, unsigned char* cookie, unsigned* size) {
    constexpr std::string_view kCookie = "biscuit";
    std::ranges::copy(kCookie, cookie);
    *size = static_cast<unsigned>(kCookie.size());
    return 1;
  });
  SSL_CTX_set_cookie_verify_cb(context, [](SSL*, const unsigned char* cookie, unsigned size) {
    return size == 7 && std::memcmp(cookie, "biscuit", 7) == 0 ? 1 : 0;
  });
}

void expect_that_it_works(Meeting& meeting) {
  ASSERT_TRUE(meeting.us.send(as_bytes("hello")));
  SSL_write(meeting.peer.ssl, "hi", 2);
  meeting.run(1s);
  EXPECT_THAT(meeting.peer.received, ElementsAre("hello"));
  EXPECT_THAT(texts(meeting.events), ElementsAre("hi"));
  Buffer keys(60);
  EXPECT_EQ(SSL_export_keying_material(meeting.peer.ssl, keys.data(), 60, "EXTRACTOR-dtls_srtp", 19,
                                       nullptr, 0, 0),
            1);
  EXPECT_EQ(meeting.us.export_keying_material("EXTRACTOR-dtls_srtp", 60), keys);
}

class Interop : public ::testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(Roles, Interop, ::testing::Values(Role::Client, Role::Server),
                         [](const auto& parameter) {
                           return parameter.param == Role::Client ? "AsClient" : "AsServer";
                         });

// With these OpenSSL 3.0 signs as a server of TLS 1.2, not of DTLS 1.2; as a client it does.
bool cannot_serve(const Theirs& peer, Role our_role) {
  const std::string_view name = peer.name;
  return our_role == Role::Client && (name == "Ed25519" || name == "RSA-PSS");
}

TEST_P(Interop, EachSuiteGroupAndCertificate) {
  int met = 0;
  for (const Suite& suite : kSuites) {
    for (const Group group : kGroups) {
      for (const Theirs& peer : theirs()) {
        for (const bool our_rsa : {false, true}) {
          // The suite names the server's kind of key.
          const bool server_rsa = GetParam() == Role::Client ? peer.rsa : our_rsa;
          if ((traits(suite.number).signer == SuiteTraits::Signer::Rsa) != server_rsa) continue;
          if (cannot_serve(peer, GetParam())) continue;
          for (const bool only12 : {true, false}) {
            SCOPED_TRACE(std::string(suite.name) + ", " + std::string(crypto::to_string(group)) +
                         ", theirs " + peer.name + (our_rsa ? ", ours RSA" : ", ours P-256") +
                         (only12 ? ", 1.2" : ", both"));
            Meeting meeting(config(GetParam(), only12, peer, our_rsa, group), &peer.identity,
                            [&](SSL_CTX* context) {
                              SSL_CTX_set_cipher_list(context, suite.name);
                              restrict_schemes(context, peer);
                            });
            meeting.run(1s);
            ASSERT_TRUE(meeting.both_connected()) << detail(meeting.events) << meeting.peer.alert;
            EXPECT_EQ(meeting.us.version(), "DTLS 1.2");
            EXPECT_EQ(meeting.us.cipher_suite(), traits(suite.number).name);
            EXPECT_EQ(meeting.us.group(), crypto::to_string(group));
            EXPECT_EQ(meeting.us.srtp_profile(), SrtpProfile::Aes128CmSha1_80);
            EXPECT_EQ(meeting.us.counters().retransmissions, 0u);
            expect_that_it_works(meeting);
            ++met;
          }
        }
      }
    }
  }
  EXPECT_EQ(met, GetParam() == Role::Server ? 3 * 3 * 6 * 2 * 2 : 3 * 3 * (2 + 2) * 2 * 2);
}

TEST_P(Interop, EachSrtpProfile) {
  for (const auto& [name, registered] :
       {std::pair{"SRTP_AES128_CM_SHA1_80", SrtpProfile::Aes128CmSha1_80},
        std::pair{"SRTP_AES128_CM_SHA1_32", SrtpProfile::Aes128CmSha1_32},
        std::pair{"SRTP_AEAD_AES_128_GCM", SrtpProfile::AeadAes128Gcm},
        std::pair{"SRTP_AEAD_AES_256_GCM", SrtpProfile::AeadAes256Gcm}}) {
    Meeting meeting(GetParam(), &p384(),
                    [&](SSL_CTX* context) { SSL_CTX_set_tlsext_use_srtp(context, name); });
    meeting.run(1s);
    ASSERT_TRUE(meeting.both_connected());
    EXPECT_EQ(meeting.us.srtp_profile(), registered);
    EXPECT_STREQ(SSL_get_selected_srtp_profile(meeting.peer.ssl)->name, name);
  }
}

// Of every size, in pieces of the smallest MTU.
TEST_P(Interop, SmallPieces) {
  for (const Theirs& peer : theirs()) {
    if (cannot_serve(peer, GetParam())) continue;
    for (const bool our_rsa : {false, true}) {
      auto our_config = config(GetParam(), false, peer, our_rsa, Group::X25519);
      our_config.mtu = 256;
      Meeting meeting(our_config, &peer.identity,
                      [&](SSL_CTX* context) { restrict_schemes(context, peer); });
      SSL_set_mtu(meeting.peer.ssl, 300);
      meeting.run(5s);
      ASSERT_TRUE(meeting.both_connected()) << peer.name << detail(meeting.events);
      EXPECT_LE(meeting.largest, 256u);
      expect_that_it_works(meeting);
    }
  }
}

// RFC 6347 §4.2.1, with the ClientHello in pieces and whole, and both hellos lost now and then.
TEST(InteropWithCookies, ACookieIsReturned) {
  for (const std::size_t mtu : {256u, 1200u}) {
    for (const double loss : {0.0, 0.25}) {
      for (std::uint64_t seed = 1; seed <= (loss > 0 ? 40u : 1u); ++seed) {
        auto our_config = Meeting::config(Role::Client, &p384());
        our_config.mtu = mtu;
        Meeting meeting(our_config, &p384(), take_cookies, {.loss = loss, .seed = seed});
        ASSERT_TRUE(meeting.run_until([&] { return meeting.both_connected(); }, 30s))
            << mtu << " " << seed << " " << detail(meeting.events);
        if (loss > 0) continue;
        EXPECT_EQ(meeting.us.counters().retransmissions, 0u);
        EXPECT_EQ(meeting.now - simulation::kStart, 60ms);
        expect_that_it_works(meeting);
      }
    }
  }
}

TEST_P(Interop, LossyPaths) {
  for (const double loss : {0.1, 0.25, 0.4}) {
    Duration worst{};
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      auto our_config = Meeting::config(GetParam(), &rsa_2048());
      our_config.mtu = 600;
      Meeting meeting(our_config, &rsa_2048(), {},
                      {.latency = 20ms, .jitter = 10ms, .loss = loss, .seed = seed});
      SSL_set_mtu(meeting.peer.ssl, 600);
      ASSERT_TRUE(meeting.run_until([&] { return meeting.both_connected(); }, 60s))
          << loss << " " << seed << " " << detail(meeting.events) << meeting.peer.alert;
      worst = std::max(worst, Duration(meeting.now - simulation::kStart));
      meeting.to_us.options().loss = meeting.to_peer.options().loss = 0;
      meeting.run(3s);
      expect_that_it_works(meeting);
    }
    RecordProperty("worst_ms_at_" + std::to_string(static_cast<int>(loss * 100)) + "_percent",
                   std::to_string(worst / 1ms));
  }
}

}  // namespace
}  // namespace specter::dtls
