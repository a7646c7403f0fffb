// Against plain OpenSSL: peers with other certificates, other wishes, or bad manners.
#include <algorithm>
#include <cstring>
#include <functional>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>

#include "dtls/testing/ends.h"
#include "dtls/testing/meeting.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class EitherRole : public ::testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(Roles, EitherRole, ::testing::Values(Role::Client, Role::Server),
                         [](const auto& parameter) {
                           return parameter.param == Role::Client ? "AsClient" : "AsServer";
                         });

TEST_P(EitherRole, MeetsRsa2048) {
  Meeting meeting(GetParam(), &rsa_2048());
  meeting.run();
  ASSERT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
  EXPECT_TRUE(meeting.peer.is_connected());
  EXPECT_LE(meeting.largest, 600u);
  EXPECT_EQ(meeting.us.srtp_profile(), SrtpProfile::Aes128CmSha1_80);
  EXPECT_THAT(meeting.us.cipher_suite(), HasSubstr(GetParam() == Role::Client ? "RSA" : "ECDSA"));
  ASSERT_TRUE(meeting.us.send(as_bytes("hello")));
  meeting.exchange();
  EXPECT_THAT(meeting.peer.received, ElementsAre("hello"));
  SSL_write(meeting.peer.ssl, "hi", 2);
  meeting.exchange();
  EXPECT_THAT(texts(meeting.events), ElementsAre("hi"));

  const auto keys = meeting.us.export_keying_material("EXTRACTOR-dtls_srtp", 60);
  Buffer theirs(60);
  EXPECT_EQ(SSL_export_keying_material(meeting.peer.ssl, theirs.data(), 60, "EXTRACTOR-dtls_srtp",
                                       19, nullptr, 0, 0),
            1);
  EXPECT_EQ(keys, theirs);
}

TEST_P(EitherRole, MeetsP384) {
  Meeting meeting(GetParam(), &p384());
  meeting.run();
  EXPECT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
}

TEST_P(EitherRole, AgreesOnEachOfItsSuitesAndNoOther) {
  for (const char* suite : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                            "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    Meeting meeting(GetParam(), &p384(),
                    [&](SSL_CTX* context) { SSL_CTX_set_cipher_list(context, suite); });
    meeting.run();
    EXPECT_TRUE(meeting.us.is_connected()) << suite << detail(meeting.events);
    ASSERT_TRUE(meeting.us.send(as_bytes("data")));
    meeting.exchange();
    EXPECT_THAT(meeting.peer.received, ElementsAre("data"));
  }
  for (const char* suite :
       {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES128-SHA256", "AES128-GCM-SHA256",
        "ECDHE-ECDSA-NULL-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-CCM"}) {
    Meeting meeting(GetParam(), &p384(),
                    [&](SSL_CTX* context) { SSL_CTX_set_cipher_list(context, suite); });
    meeting.run();
    EXPECT_FALSE(meeting.us.is_connected()) << suite;
    EXPECT_EQ(closes(meeting.events).size(), 1u) << suite;
  }
}

TEST_P(EitherRole, RefusesDtls10) {
  Meeting meeting(GetParam(), &p384(), [](SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, DTLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, DTLS1_VERSION);
    SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0");
  });
  meeting.run();
  EXPECT_EQ(closes(meeting.events).size(), 1u);
  EXPECT_THAT(only<Connected>(meeting.events), IsEmpty());
}

TEST_P(EitherRole, LivesWithoutSrtp) {
  auto config = Meeting::config(GetParam(), &p384());
  config.srtp_profiles.clear();
  Meeting meeting(config, &p384());
  meeting.run();
  EXPECT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
  EXPECT_EQ(meeting.us.srtp_profile(), std::nullopt);
}

TEST_P(EitherRole, RefusesACertificateChainOverItsBound) {
  Meeting meeting(GetParam(), &rsa_2048(), [](SSL_CTX* context) {
    for (int i = 0; i < 30; ++i) SSL_CTX_add1_chain_cert(context, rsa_2048().certificate);
    SSL_CTX_set_max_cert_list(context, 1 << 20);
  });
  meeting.run();
  EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::TimedOut));
  EXPECT_GT(meeting.us.counters().records_dropped, 0u);
}

TEST_P(EitherRole, TakesAChainWithinItsBound) {
  Meeting meeting(GetParam(), &rsa_2048(), [](SSL_CTX* context) {
    for (int i = 0; i < 10; ++i) SSL_CTX_add1_chain_cert(context, rsa_2048().certificate);
  });
  meeting.run();
  EXPECT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
}

TEST_P(EitherRole, ClosesWhenThePeerDoes) {
  Meeting meeting(GetParam(), &p384());
  meeting.run();
  ASSERT_TRUE(meeting.us.is_connected());
  SSL_shutdown(meeting.peer.ssl);
  meeting.exchange();
  EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::CloseNotify));
  EXPECT_EQ(SSL_get_shutdown(meeting.peer.ssl), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

// RFC 8827 §6.5: none. A peer that asks is told no; OpenSSL takes that for a failure, and its
// alert, which the keys protect, is the reason that we report.
TEST_P(EitherRole, DoesNotRenegotiate) {
  Meeting meeting(GetParam(), &p384());
  meeting.run();
  ASSERT_TRUE(meeting.us.is_connected());
  SSL_renegotiate(meeting.peer.ssl);
  meeting.peer.go_on();
  meeting.run();
  EXPECT_EQ(meeting.peer.alert, "warning no renegotiation");
  EXPECT_EQ(only<Connected>(meeting.events).size(), 1u);
  EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::PeerAlert));
  EXPECT_THAT(detail(meeting.events), HasSubstr("handshake_failure"));
  EXPECT_EQ(meeting.us.poll_transmit(meeting.now), std::nullopt);
}

TEST(ForeignPeer, AServerWithACookieIsAnswered) {
  Meeting meeting(Role::Client, &p384(), [](SSL_CTX* context) {
    SSL_CTX_set_options(context, SSL_OP_COOKIE_EXCHANGE);
    SSL_CTX_set_cookie_generate_cb(context, [](SSL*, unsigned char* cookie, unsigned* size) {
      std::copy_n("biscuit", 7, cookie);
      *size = 7;
      return 1;
    });
    SSL_CTX_set_cookie_verify_cb(context, [](SSL*, const unsigned char* cookie, unsigned size) {
      return size == 7 && std::memcmp(cookie, "biscuit", 7) == 0 ? 1 : 0;
    });
  });
  meeting.run();
  EXPECT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
  EXPECT_EQ(meeting.us.counters().retransmissions, 0u);
}

TEST(ForeignPeer, AServerThatAsksForNoCertificateIsAccepted) {
  Meeting meeting(Role::Client, &p384(),
                  [](SSL_CTX* context) { SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr); });
  meeting.run();
  EXPECT_TRUE(meeting.us.is_connected()) << detail(meeting.events);
}

TEST(ForeignPeer, AClientWithoutACertificateIsRefused) {
  Meeting meeting(Role::Server, nullptr);
  meeting.run();
  EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::NoCertificate));
  EXPECT_THAT(only<Connected>(meeting.events), IsEmpty());
  EXPECT_FALSE(meeting.peer.is_connected());
}

TEST(ForeignPeer, AnotherCertificateIsRefusedAndToldSo) {
  for (const Role role : {Role::Client, Role::Server}) {
    Meeting meeting(role, &rsa_2048(), {}, &p384());
    meeting.run();
    EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::BadFingerprint));
    EXPECT_TRUE(meeting.peer.failed);
    EXPECT_EQ(meeting.peer.alert, "fatal bad certificate");
    EXPECT_FALSE(meeting.peer.is_connected());
  }
}

// In the clear anyone could have sent it: it is believed when nothing else comes.
TEST(ForeignPeer, APeerThatRefusesOurCertificateIsBelievedAfterAWhile) {
  for (const Role role : {Role::Client, Role::Server}) {
    Meeting meeting(role, &p384(), [](SSL_CTX* context) {
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                         [](int, X509_STORE_CTX*) { return 0; });
    });
    meeting.run(4900ms);
    EXPECT_THAT(closes(meeting.events), IsEmpty());
    meeting.run(1s);
    EXPECT_THAT(closes(meeting.events), ElementsAre(CloseReason::PeerAlert));
    EXPECT_THAT(detail(meeting.events), HasSubstr("unencrypted"));
  }
}

// A session ticket or a session kept from before would be a way round the fingerprint.
TEST(ForeignPeer, NothingIsResumed) {
  SSL_SESSION* session = nullptr;
  {
    Meeting first(Role::Server, &p384());
    first.run();
    ASSERT_TRUE(first.us.is_connected());
    session = SSL_get1_session(first.peer.ssl);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(SSL_SESSION_has_ticket(session), 0);
  }
  simulation::SeededRandom random(6);
  Foreigner peer(Role::Client, &p384());
  SSL_set_session(peer.ssl, session);
  Connection us(Meeting::config(Role::Server, &p384()), random, test_cipher());
  us.start(simulation::kStart);
  peer.go_on();
  for (int i = 0; i < 10; ++i) {
    while (auto datagram = peer.poll()) us.handle_datagram(simulation::kStart, *datagram);
    while (auto datagram = us.poll_transmit(simulation::kStart)) peer.handle(*datagram);
  }
  EXPECT_TRUE(us.is_connected());
  EXPECT_EQ(SSL_session_reused(peer.ssl), 0);
  SSL_SESSION_free(session);
}

// Dirt that others leave in this thread's error queue must not end a healthy connection.
TEST(ForeignPeer, AnErrorQueueFullOfDirtDoesNoHarm) {
  const auto poison = [] {
    for (int i = 0; i < 20; ++i) ERR_raise(ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC);
  };
  Ends ends;
  ends.pair.filter = [&](bool, Buffer&) {
    poison();
    return true;
  };
  poison();
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(ends.client.send(as_bytes("x")));
    poison();
    ends.pair.run_for(100ms);
  }
  EXPECT_EQ(texts(ends.pair.events_b).size(), 5u);
  ends.client.close(ends.pair.now());
  poison();
  ends.pair.run_for(100ms);
  EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::CloseNotify));
  ERR_clear_error();
}

TEST(ForeignPeer, AFailureLeavesNoDirtInTheErrorQueue) {
  ERR_clear_error();
  Ends ends(Version::Dtls12);
  ends.pair.filter = [](bool from_a, Buffer& packet) {
    if (!from_a && packet.size() > 400) packet[packet.size() - 100] ^= 1;  // a bad signature
    return true;
  };
  EXPECT_FALSE(ends.connect());
  EXPECT_EQ(ERR_peek_error(), 0u);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
}

}  // namespace
}  // namespace specter::dtls
