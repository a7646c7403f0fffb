// What two ends agree on, or why not: every pair of versions, suites, groups and certificates of
// ours, and hellos that were changed on their way. RFC 8446 §4.1, §4.2; RFC 5246 §7.4.1.
#include "dtls/testing/insider.h"

namespace specter::dtls {
namespace {

using crypto::Group;
using crypto::KeyType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Certificate& certificate(KeyType type) {
  static std::map<KeyType, Certificate> made;
  Certificate& out = made[type];
  if (!out) {
    simulation::SeededRandom random(static_cast<std::uint64_t>(type) + 50);
    out = crypto::Certificate::generate(type, random, 1'795'000'000);
  }
  return out;
}
void use(Connection::Config& user, Connection::Config& judge, const Certificate& which) {
  user.certificate = which;
  judge.remote_fingerprints = {which->fingerprint()};
}
using Versions = std::vector<Version>;
const Versions kEach[] = {{Version::Dtls12}, {Version::Dtls13}, {Version::Dtls13, Version::Dtls12}};
const Version k12 = Version::Dtls12, k13 = Version::Dtls13;

void expect_that_it_works(Ends& ends) {
  ASSERT_TRUE(ends.client.send(as_bytes("to server")));
  ASSERT_TRUE(ends.server.send(as_bytes("to client")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("to client"));
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("to server"));
  EXPECT_EQ(ends.client.export_keying_material("x", 40),
            ends.server.export_keying_material("x", 40));
  EXPECT_EQ(ends.client.version(), ends.server.version());
  EXPECT_EQ(ends.client.cipher_suite(), ends.server.cipher_suite());
  EXPECT_EQ(ends.client.group(), ends.server.group());
  EXPECT_EQ(ends.client.srtp_profile(), ends.server.srtp_profile());
}

TEST(Negotiation, EachPairOfVersionsMeetsAtItsBest) {
  for (const Versions& client : kEach) {
    for (const Versions& server : kEach) {
      auto client_config = config_for(Role::Client), server_config = config_for(Role::Server);
      client_config.versions = client;
      server_config.versions = server;
      Ends ends({}, 1, client_config, server_config);
      std::optional<Version> best;
      for (const Version version : {k12, k13})
        if (std::ranges::count(client, version) && std::ranges::count(server, version))
          best = version;
      ASSERT_EQ(ends.connect(), best.has_value());
      if (best) {
        EXPECT_EQ(ends.client.version(), to_string(*best));
        expect_that_it_works(ends);
      } else {
        // Both know why, in a few seconds.
        EXPECT_LE(ends.pair.now() - simulation::kStart, 30s);
        EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::PeerAlert));
        EXPECT_THAT(detail(ends.pair.events_a), HasSubstr("protocol_version"));
        EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::HandshakeFailed));
        EXPECT_THAT(detail(ends.pair.events_b), HasSubstr("no DTLS version"));
      }
    }
  }
}

TEST(Negotiation, AMismatchIsKnownAfterFiveSeconds) {
  const auto when = [](Ends& ends, Role role) {
    ends.start();
    EXPECT_TRUE(ends.pair.run_until([&] { return !closes(ends.events_of(role)).empty(); }, 10s));
    return ends.pair.now() - simulation::kStart;
  };
  struct Case {
    const char* name;
    std::function<void(Connection::Config& client, Connection::Config& server)> set;
    const char* says;
  };
  const Case cases[] = {
      {"suite, 1.3",
       [](auto& client, auto& server) {
         client.cipher_suites = {CipherSuite::Aes128GcmSha256};
         server.cipher_suites = {CipherSuite::ChaCha20Poly1305Sha256};
       },
       "cipher suite"},
      {"suite, 1.2",
       [](auto& client, auto& server) {
         client.versions = server.versions = {Version::Dtls12};
         client.cipher_suites = {CipherSuite::EcdheEcdsaAes128GcmSha256};
         server.cipher_suites = {CipherSuite::EcdheEcdsaAes256GcmSha384};
       },
       "cipher suite"},
      {"suite of the other key, 1.2",
       [](auto& client, auto& server) {
         client.versions = server.versions = {Version::Dtls12};
         client.cipher_suites = {CipherSuite::EcdheRsaAes128GcmSha256};
       },
       "cipher suite"},
      {"group, 1.3",
       [](auto& client, auto& server) {
         client.groups = {Group::X25519};
         server.groups = {Group::Secp256r1};
       },
       "group"},
      {"group, 1.2",
       [](auto& client, auto& server) {
         client.versions = server.versions = {Version::Dtls12};
         client.groups = {Group::X25519};
         server.groups = {Group::Secp256r1};
       },
       "group"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    for (const Role role : {Role::Server, Role::Client}) {
      auto client = config_for(Role::Client), server = config_for(Role::Server);
      c.set(client, server);
      Ends ends({}, 1, client, server);
      const Duration after = when(ends, role);
      EXPECT_GE(after, 5s);
      EXPECT_LE(after, 5100ms);
      if (role == Role::Server) {
        EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::HandshakeFailed));
        EXPECT_THAT(detail(ends.pair.events_b), HasSubstr(c.says));
      } else {
        EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::PeerAlert));
        EXPECT_THAT(detail(ends.pair.events_a), HasSubstr("handshake_failure"));
      }
    }
  }
}

TEST(Negotiation, EachSuiteWithEachGroupAndKey) {
  const CipherSuite suites[] = {CipherSuite::Aes128GcmSha256,
                                CipherSuite::Aes256GcmSha384,
                                CipherSuite::ChaCha20Poly1305Sha256,
                                CipherSuite::EcdheEcdsaAes128GcmSha256,
                                CipherSuite::EcdheEcdsaAes256GcmSha384,
                                CipherSuite::EcdheEcdsaChaCha20Poly1305Sha256,
                                CipherSuite::EcdheRsaAes128GcmSha256,
                                CipherSuite::EcdheRsaAes256GcmSha384,
                                CipherSuite::EcdheRsaChaCha20Poly1305Sha256};
  const KeyType keys[] = {KeyType::EcdsaP256, KeyType::EcdsaP384, KeyType::Rsa, KeyType::RsaPss,
                          KeyType::Ed25519};
  int met = 0;
  for (const CipherSuite suite : suites) {
    for (const Group group : {Group::X25519, Group::Secp256r1, Group::Secp384r1}) {
      for (const KeyType client_key : keys) {
        for (const KeyType server_key : keys) {
          const bool rsa = server_key == KeyType::Rsa || server_key == KeyType::RsaPss;
          const auto signer = traits(suite).signer;
          if (signer != SuiteTraits::Signer::Any && (signer == SuiteTraits::Signer::Rsa) != rsa)
            continue;
          SCOPED_TRACE(std::string(traits(suite).name) + " " +
                       std::string(crypto::to_string(group)) + " " +
                       std::to_string(static_cast<int>(client_key)) + " " +
                       std::to_string(static_cast<int>(server_key)));
          auto client = config_for(Role::Client), server = config_for(Role::Server);
          use(client, server, certificate(client_key));
          use(server, client, certificate(server_key));
          client.cipher_suites = {suite};
          client.groups = {group};
          Ends ends({}, 1, client, server);
          ASSERT_TRUE(ends.connect());
          EXPECT_EQ(ends.client.cipher_suite(), traits(suite).name);
          EXPECT_EQ(ends.client.group(), crypto::to_string(group));
          EXPECT_EQ(ends.client.counters().records_dropped, 0u);
          EXPECT_EQ(ends.server.counters().records_dropped, 0u);
          expect_that_it_works(ends);
          ++met;
        }
      }
    }
  }
  EXPECT_EQ(met, 3 * 3 * 25 + 3 * 3 * 15 + 3 * 3 * 10);
}

// RFC 8446 §4.1.4: the client's one share doesn't serve, and it is told which would.
TEST(Negotiation, AServerAsksForAShareOfAnotherGroup) {
  for (const Group wanted : {Group::Secp256r1, Group::Secp384r1}) {
    for (const double loss : {0.0, 0.3}) {
      for (std::uint64_t seed = 1; seed <= (loss > 0 ? 50u : 1u); ++seed) {
        auto server = config_for(Role::Server, k13);
        server.groups = {wanted};
        Ends ends({.loss = loss, .seed = seed}, seed, config_for(Role::Client), server);
        ASSERT_TRUE(ends.connect()) << seed;
        EXPECT_EQ(ends.client.group(), crypto::to_string(wanted));
        if (loss > 0) continue;
        EXPECT_EQ(ends.pair.now() - simulation::kStart, 50ms);  // a round trip more
        EXPECT_EQ(ends.client.counters().retransmissions, 0u);
        expect_that_it_works(ends);
      }
    }
  }
}

TEST(Negotiation, AServerThatKnowsTheShareAsksForNoOtherItLikesBetter) {
  auto client = config_for(Role::Client), server = config_for(Role::Server);
  client.groups = {Group::Secp256r1, Group::X25519};
  server.groups = {Group::X25519, Group::Secp256r1};
  Ends ends({}, 1, client, server);
  ASSERT_TRUE(ends.connect());
  EXPECT_EQ(ends.client.group(), "secp256r1");
  EXPECT_EQ(ends.pair.now() - simulation::kStart, 30ms);
}

TEST(Negotiation, SrtpProfilesAreTheServersChoice) {
  for (const Version version : {k12, k13}) {
    auto client = config_for(Role::Client, version), server = config_for(Role::Server, version);
    client.srtp_profiles = {SrtpProfile::Aes128CmSha1_32, SrtpProfile::AeadAes256Gcm,
                            SrtpProfile::Aes128CmSha1_80};
    server.srtp_profiles = {SrtpProfile::Aes128CmSha1_80, SrtpProfile::AeadAes256Gcm};
    Ends ends({}, 1, client, server);
    ASSERT_TRUE(ends.connect());
    EXPECT_EQ(ends.client.srtp_profile(), SrtpProfile::Aes128CmSha1_80);
    expect_that_it_works(ends);

    server.srtp_profiles = {SrtpProfile::AeadAes128Gcm};
    Ends without({}, 1, client, server);
    ASSERT_TRUE(without.connect());
    EXPECT_EQ(without.client.srtp_profile(), std::nullopt);
    EXPECT_EQ(without.server.srtp_profile(), std::nullopt);
  }
}

// ---- hellos changed on their way

// Rewrites each hello of one kind, which is alone in its record or not; all are whole here.
template <class Hello>
Buffer with_hello(Bytes datagram, HandshakeType type, const std::function<void(Hello&)>& change) {
  Buffer out;
  while (const auto had = next_record(datagram)) {
    Buffer payload = to_buffer(had->fragment);
    if (had->plain && had->plain->epoch == 0 && had->plain->type == 22) {
      ByteReader in(had->fragment);
      const auto part = HandshakeFragment::read(in);
      if (HandshakeType{part.type} == type && part.body.size() == part.message_size) {
        auto hello = Hello::parse(part.body);
        EXPECT_TRUE(hello);
        change(*hello);
        payload = whole(type, part.message_seq, body_of(*hello));
      }
      payload = record(had->plain->type, payload, had->plain->sequence);
      out.insert(out.end(), payload.begin(), payload.end());
      continue;
    }
    out.insert(out.end(), had->header.begin(), had->header.end());
    out.insert(out.end(), had->fragment.begin(), had->fragment.end());
  }
  return out;
}
Ends& changing_client_hello(Ends& ends, std::function<void(ClientHello&)> change) {
  ends.pair.filter = [change](bool from_a, Buffer& packet) {
    if (from_a) packet = with_hello<ClientHello>(packet, HandshakeType::ClientHello, change);
    return true;
  };
  return ends;
}
Ends& changing_server_hello(Ends& ends, std::function<void(ServerHello&)> change) {
  ends.pair.filter = [change](bool from_a, Buffer& packet) {
    if (!from_a) packet = with_hello<ServerHello>(packet, HandshakeType::ServerHello, change);
    return true;
  };
  return ends;
}

// RFC 8446 §4.1.3: who takes 1.3 out of a hello is found out.
TEST(Negotiation, ADowngradeIsNoticed) {
  Ends ends;
  changing_client_hello(ends, [](ClientHello& hello) {
    hello.supported_versions.reset();
    hello.key_shares.reset();
  });
  EXPECT_FALSE(ends.connect());
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_THAT(detail(ends.pair.events_a), HasSubstr("downgraded"));
  EXPECT_THAT(only<Connected>(ends.pair.events_b), IsEmpty());
}

// And a client that speaks 1.2 alone is right to find that mark.
TEST(Negotiation, AClientOf12AloneIsNoDowngrade) {
  Ends ends({}, 1, config_for(Role::Client, k12), config_for(Role::Server));
  EXPECT_TRUE(ends.connect());
}

TEST(Negotiation, WithoutTheExtendedMasterSecretThereIsNoAssociation) {
  Ends client_lacks(k12), server_lacks(k12);
  changing_client_hello(client_lacks, [](ClientHello& h) { h.extended_master_secret = false; });
  EXPECT_FALSE(client_lacks.connect());
  EXPECT_THAT(closes(client_lacks.pair.events_b), ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_THAT(detail(client_lacks.pair.events_b), HasSubstr("extended master secret"));
  changing_server_hello(server_lacks, [](ServerHello& h) { h.extended_master_secret = false; });
  EXPECT_FALSE(server_lacks.connect());
  EXPECT_THAT(closes(server_lacks.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_THAT(detail(server_lacks.pair.events_a), HasSubstr("extended master secret"));
}

TEST(Negotiation, AClientHelloThatAsksForTooMuchOrTooLittleIsRefused) {
  struct Case {
    const char* name;
    Version version;
    std::function<void(ClientHello&)> change;
  };
  const Case cases[] = {
      {"renegotiation", k12, [](auto& h) { h.renegotiation_info = Buffer(12, 1); }},
      {"no null compression", k12, [](auto& h) { h.null_compression = false; }},
      {"no uncompressed points", k12, [](auto& h) { h.uncompressed_points = false; }},
      {"no schemes", k12, [](auto& h) { h.signature_schemes.reset(); }},
      {"foreign schemes", k12, [](auto& h) { h.signature_schemes = {0x0201}; }},
      {"DTLS 1.0", k12, [](auto& h) { h.version = 0xfeff; }},
      {"no schemes", k13, [](auto& h) { h.signature_schemes.reset(); }},
      {"foreign schemes", k13, [](auto& h) { h.signature_schemes = {0x0401}; }},
      {"no groups", k13, [](auto& h) { h.groups.reset(); }},
      {"no shares", k13, [](auto& h) { h.key_shares.reset(); }},
      {"a cookie of 1.2", k13, [](auto& h) { h.cookie = Buffer(8, 1); }},
      {"no null compression", k13, [](auto& h) { h.null_compression = false; }},
      {"an unknown version", k13, [](auto& h) { h.supported_versions = {0x0304}; }},
      {"a share that is no point", k13, [](auto& h) { (*h.key_shares)[0].key = Buffer(32, 0); }},
      {"a share of the wrong size", k13, [](auto& h) { (*h.key_shares)[0].key.pop_back(); }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(to_string(c.version)) + ", " + c.name);
    Ends ends(c.version);
    changing_client_hello(ends, c.change);
    ends.start();
    ends.pair.run_for(6s);
    EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::HandshakeFailed));
    EXPECT_FALSE(detail(ends.pair.events_b).empty());
    EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::PeerAlert));
  }
}

TEST(Negotiation, AServerHelloThatChoosesWhatWasNotOfferedIsRefused) {
  struct Case {
    const char* name;
    Version version;
    std::function<void(ServerHello&)> change;
  };
  const Case cases[] = {
      {"a suite of 1.3", k12, [](auto& h) { h.cipher_suite = 0x1301; }},
      {"an unknown suite", k12, [](auto& h) { h.cipher_suite = 0xc009; }},
      {"compression", k12, [](auto& h) { h.compression = 1; }},
      {"DTLS 1.0", k12, [](auto& h) { h.version = 0xfeff; }},
      {"1.3", k12, [](auto& h) { h.supported_version = 0xfefc; }},
      {"an unknown extension", k12, [](auto& h) { h.others.add_unknown(); }},
      {"a renegotiation", k12, [](auto& h) { h.renegotiation_info = Buffer(24, 1); }},
      {"an SRTP profile", k12, [](auto& h) { h.use_srtp = UseSrtp{{5}, {}}; }},
      {"an MKI", k12, [](auto& h) { h.use_srtp = UseSrtp{{7}, {1}}; }},
      {"a suite of 1.2", k13, [](auto& h) { h.cipher_suite = 0xc02b; }},
      {"no share", k13, [](auto& h) { h.key_share.reset(); }},
      {"a group", k13, [](auto& h) { h.key_share->group = 24; }},
      {"a share that is no point", k13, [](auto& h) { h.key_share->key = Buffer(32, 0); }},
      {"an extension of 1.2", k13, [](auto& h) { h.extended_master_secret = true; }},
      {"a session", k13, [](auto& h) { h.session_id = Buffer(8, 1); }},
      {"a version", k13, [](auto& h) { h.supported_version = 0x0304; }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(to_string(c.version)) + ", " + c.name);
    Ends ends(c.version);
    changing_server_hello(ends, c.change);
    ends.start();
    ends.pair.run_for(6s);
    EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
    EXPECT_FALSE(detail(ends.pair.events_a).empty());
    EXPECT_THAT(only<Connected>(ends.pair.events_b), IsEmpty());
  }
}

// webrtc-rs 0.21 and pion 2.0.9 as servers echo the groups. The client goes on with its flight;
// that the hello was changed on its way shows in the Finished alone.
TEST(Negotiation, AServerHelloThatEchoesWhatWasOfferedIsTaken) {
  for (const ExtensionType type :
       {ExtensionType::SupportedGroups, ExtensionType::SignatureAlgorithms}) {
    Ends ends(k12);
    bool went_on = false;
    ends.pair.filter = [&](bool from_a, Buffer& packet) {
      const auto add = [&](ServerHello& hello) { hello.others.add(type); };
      if (!from_a) packet = with_hello<ServerHello>(packet, HandshakeType::ServerHello, add);
      if (from_a)
        each_message_in_clear(packet, [&](const HandshakeFragment& part) {
          if (HandshakeType{part.type} == HandshakeType::ClientKeyExchange) went_on = true;
        });
      return true;
    };
    ends.start();
    ends.pair.run_for(1s);
    EXPECT_TRUE(went_on);
  }
}

TEST(Negotiation, AServerHelloWithWhatWasNotOfferedIsToldSo) {
  struct Case {
    const char* name;
    std::function<void(Connection::Config&)> set;
    std::function<void(ServerHello&)> change;
    const char* says;
  };
  const auto only12 = [](Connection::Config& c) { c.versions = {Version::Dtls12}; };
  const auto only13 = [](Connection::Config& c) { c.versions = {Version::Dtls13}; };
  const Case cases[] = {
      {"unknown, 1.2", only12, [](auto& h) { h.others.add_unknown(); }, "not offered"},
      {"unknown, 1.3", only13, [](auto& h) { h.others.add_unknown(); }, "not offered"},
      {"a share, by a client of 1.2", only12,
       [](auto& h) { h.key_share = KeyShareEntry{29, Buffer(32, 9)}; }, "not offered"},
      {"SRTP without SRTP",
       [](auto& c) {
         c.versions = {Version::Dtls12};
         c.srtp_profiles.clear();
       },
       [](auto& h) { h.use_srtp = UseSrtp{{7}, {}}; }, "not offered"},
      {"the master secret, by a client of 1.3", only13,
       [](auto& h) { h.extended_master_secret = true; }, "not offered"},
      {"the groups, 1.3", only13, [](auto& h) { h.others.add(ExtensionType::SupportedGroups); },
       "not allowed"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    auto client = config_for(Role::Client), server = config_for(Role::Server);
    c.set(client);
    Ends ends({}, 1, client, server);
    changing_server_hello(ends, c.change);
    ends.start();
    ends.pair.run_for(6s);
    EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
    EXPECT_THAT(detail(ends.pair.events_a), HasSubstr(c.says));
  }
}

TEST(Negotiation, ARetryRequestWithWhatWasNotOfferedIsToldSo) {
  auto server = config_for(Role::Server, k13);
  server.groups = {Group::Secp256r1};
  Ends ends({}, 1, config_for(Role::Client), server);
  changing_server_hello(ends, [](ServerHello& h) { h.others.add_unknown(); });
  ends.start();
  ends.pair.run_for(6s);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_THAT(detail(ends.pair.events_a), HasSubstr("not offered"));
}

// What changes neither side's choices is noticed by the Finished at the latest.
TEST(Negotiation, AnyChangeToAHelloIsNoticed) {
  for (const Version version : {k12, k13}) {
    Ends client(version), server(version);
    changing_client_hello(client, [](ClientHello& h) { h.use_srtp.reset(); });
    EXPECT_FALSE(client.connect());
    EXPECT_THAT(only<Connected>(client.pair.events_b), IsEmpty());
    changing_server_hello(server, [](ServerHello& h) { h.random[3] ^= 1; });
    EXPECT_FALSE(server.connect());
    EXPECT_THAT(only<Connected>(server.pair.events_a), IsEmpty());
    EXPECT_THAT(only<Connected>(server.pair.events_b), IsEmpty());
  }
}

// ---- alerts in the clear

TEST(Negotiation, AnAlertInTheClearIsForgottenWhenThePeerGoesOn) {
  for (const Version version : {k12, k13}) {
    Ends ends(version);
    bool lost = true;
    ends.pair.filter = [&](bool, Buffer&) { return !lost; };
    ends.start();
    ends.client.handle_datagram(ends.pair.now(), record(21, Buffer{2, 40}));
    ends.pair.run_for(4400ms);
    EXPECT_THAT(closes(ends.pair.events_a), IsEmpty());
    lost = false;
    ASSERT_TRUE(ends.connect());
    ends.pair.run_for(10s);
    EXPECT_TRUE(ends.client.is_connected());
  }
}

TEST(Negotiation, AnAlertInTheClearIsBelievedWhenNothingElseComes) {
  Ends ends;
  ends.client.start(simulation::kStart);
  ends.pair.filter = [](bool, Buffer&) { return false; };
  ends.pair.run_for(1s);
  ends.client.handle_datagram(ends.pair.now(), record(21, Buffer{2, 40}));
  ends.pair.run_for(4900ms);
  EXPECT_THAT(closes(ends.pair.events_a), IsEmpty());
  ends.pair.run_for(200ms);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::PeerAlert));
  EXPECT_THAT(detail(ends.pair.events_a), HasSubstr("handshake_failure, unencrypted"));
}

// Nothing was said yet that it could be an answer to.
TEST(Negotiation, AnAlertToAServerThatWaitsMeansNothing) {
  Ends ends;
  ends.server.start(simulation::kStart);
  ends.server.handle_datagram(simulation::kStart, record(21, Buffer{2, 40}));
  ends.pair.run_for(30s);
  EXPECT_THAT(closes(ends.pair.events_b), IsEmpty());
  EXPECT_TRUE(ends.connect());
}

// Somebody makes the client say a second hello, and its first is lost: the server has seen no first
// that the second would follow.
TEST(Negotiation, AForgedRequestForASecondHelloHurtsNotEvenWhenTheFirstIsLost) {
  ServerHello retry;
  retry.random = ServerHello::kRetryRandom;
  retry.cipher_suite = 0x1301;
  retry.supported_version = 0xfefc;
  retry.selected_group = 24;
  for (const Buffer& forged : {whole(HandshakeType::HelloVerifyRequest, 0,
                                     body_of(HelloVerifyRequest{0xfeff, Buffer(20, 3)})),
                               whole(HandshakeType::ServerHello, 0, body_of(retry))}) {
    for (const Version version : {k12, k13}) {
      Ends ends({}, 1, config_for(Role::Client), config_for(Role::Server, version));
      bool first = true;
      ends.pair.filter = [&](bool, Buffer&) { return !std::exchange(first, false); };
      ends.start();
      ends.pair.settle();
      ends.client.handle_datagram(ends.pair.now(), record(22, forged));
      ASSERT_TRUE(ends.connect(1s));
      expect_that_it_works(ends);
    }
  }
}

// ---- the key log

TEST(Negotiation, KeysAreLoggedOnRequestAlone) {
  Ends quiet;
  ASSERT_TRUE(quiet.connect());
  EXPECT_THAT(only<KeyLogged>(quiet.pair.events_a), IsEmpty());
  for (const Version version : {k12, k13}) {
    Insider insider(version);
    ASSERT_TRUE(insider.connect());
    std::vector<std::string> client, server;
    for (const auto& logged : only<KeyLogged>(insider.ends.pair.events_a))
      client.push_back(logged.line);
    for (const auto& logged : only<KeyLogged>(insider.ends.pair.events_b))
      server.push_back(logged.line);
    std::ranges::sort(client);
    std::ranges::sort(server);
    EXPECT_EQ(client, server);
    EXPECT_EQ(client.size(), version == k13 ? 5u : 1u);
  }
}

}  // namespace
}  // namespace specter::dtls
