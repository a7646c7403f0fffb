// W3C rows 212 to 241: states of ICE and of the connection, DTLS, certificates, SCTP.
// docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"

namespace specter::core::rows {
namespace {

using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST(W3cRows, Row212_TheStatesOfAConnectionThatComesAbout) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.connect());
  for (const PeerHost* host : {&two.a, &two.b}) {
    EXPECT_THAT(states<ConnectionStateChange>(*host), ElementsAre("connecting", "connected"));
    EXPECT_THAT(states<IceConnectionStateChange>(*host),
                AnyOf(ElementsAre("checking", "connected"),
                      ElementsAre("checking", "connected", "completed")));
  }
}

TEST(W3cRows, Row213_WithoutCandidatesNothingHasBegun) {
  for (const bool sped : {false, true}) {
    PeerPair pair({}, {.transport = {.sped = sped}});
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    const auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    const auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    pair.network.run_for(1s);
    for (const PeerHost* host : {&pair.a, &pair.b}) {
      EXPECT_EQ(host->connection.ice_connection_state(), IceConnectionState::New);
      EXPECT_EQ(host->connection.connection_state(), ConnectionState::New);
      EXPECT_FALSE(host->has<ConnectionStateChange>());
    }
  }
}

TEST(W3cRows, Row214_CheckingBeginsWithTheAnswerAndACandidate) {
  Two two;
  (void)two.create(two.a);
  const auto offer = two.offer_of(two.a);
  two.run();
  EXPECT_EQ(two.pc_a.ice_connection_state(), IceConnectionState::New);
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  two.run();
  EXPECT_EQ(two.pc_a.ice_connection_state(), IceConnectionState::New);
  ASSERT_FALSE(two.b.candidates.empty());
  ASSERT_TRUE(two.pc_a.add_ice_candidate(two.now(), two.b.candidates[0]));
  two.pair.network.settle();
  EXPECT_EQ(two.pc_a.ice_connection_state(), IceConnectionState::Checking);
}

const CandidatePairStats& selected_of(const Stats& stats) {
  for (const CandidatePairStats& pair : stats.candidate_pairs) {
    if (pair.selected) return pair;
  }
  ADD_FAILURE() << "no pair is selected";
  static const CandidatePairStats nothing;
  return nothing;
}

TEST(W3cRows, Row215To216_TheCandidatesOfOneSideAreEnough) {
  for (const bool from_a : {true, false}) {
    Two two;
    (void)two.create(two.a);
    ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
    ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
    two.pair.network.settle();
    PeerHost& told = from_a ? two.b : two.a;
    PeerHost& untold = from_a ? two.a : two.b;
    for (const IceCandidate& candidate : untold.candidates)
      ASSERT_TRUE(told.connection.add_ice_candidate(two.now(), candidate));
    ASSERT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
    two.run();
    EXPECT_THAT(states<IceConnectionStateChange>(untold),
                AnyOf(ElementsAre("checking", "connected"),
                      ElementsAre("checking", "connected", "completed")));
    const Stats stats = untold.connection.stats();
    EXPECT_EQ(selected_of(stats).local.type, IceCandidateType::Host);
    EXPECT_EQ(selected_of(stats).remote.type, IceCandidateType::PeerReflexive);
  }
}

TEST(W3cRows, Row217_TheOffererControls) {
  Open open;
  EXPECT_EQ(open.pc_a.stats().transport.ice_role, IceRole::Controlling);
  EXPECT_EQ(open.pc_b.stats().transport.ice_role, IceRole::Controlled);
}

TEST(W3cRows, Row218_BothSelectTheSamePair) {
  Open open;
  const Stats of_a = open.pc_a.stats(), of_b = open.pc_b.stats();
  const auto address = [](const CandidateStats& candidate) {
    return candidate.address + ":" + std::to_string(candidate.port);
  };
  EXPECT_EQ(address(selected_of(of_a).local), "192.0.2.1:5001");
  EXPECT_EQ(address(selected_of(of_a).local), address(selected_of(of_b).remote));
  EXPECT_EQ(address(selected_of(of_a).remote), address(selected_of(of_b).local));
}

// By design: the peer's close is `failed` at once.
TEST(W3cRows, Row220_WhatAPeersCloseMakesOfTheTransports) {
  Open open;
  open.pc_b.close(open.now());
  open.run();
  EXPECT_EQ(open.pc_a.ice_connection_state(), IceConnectionState::Failed);
  EXPECT_EQ(open.pc_a.stats().transport.dtls_state, DtlsTransportState::Closed);
}

// A candidate that never answers.
struct Unreachable : Two {
  Unreachable() {
    (void)create(a);
    EXPECT_TRUE(set_remote(b, offer_of(a)));
    EXPECT_TRUE(set_remote(a, answer_of(b)));
    pair.network.settle();
    EXPECT_TRUE(pc_a.add_ice_candidate(
        now(), {.candidate = "candidate:1 1 udp 2130706431 203.0.113.9 4096 typ host",
                .sdp_mline_index = 0}));
  }
};

TEST(W3cRows, Row221_WhileMoreMayComeItIsDisconnected) {
  Unreachable two;
  two.run(45s);
  EXPECT_EQ(two.pc_a.ice_connection_state(), IceConnectionState::Disconnected);
  EXPECT_THAT(states<IceConnectionStateChange>(two.a), Not(Contains("failed")));
}

TEST(W3cRows, Row222_OnceNoneComesItIsFailed) {
  Unreachable two;
  ASSERT_TRUE(two.pc_a.add_ice_candidate(two.now(), {}));
  two.run(45s);
  EXPECT_EQ(two.pc_a.ice_connection_state(), IceConnectionState::Failed);
  EXPECT_EQ(two.pc_a.connection_state(), ConnectionState::Failed);
}

TEST(W3cRows, Row223_CandidatesInTheTextAreAsGoodAsTrickledOnes) {
  Two two;
  (void)two.create(two.a);
  ASSERT_TRUE(two.set_remote(two.b, two.offer_of(two.a)));
  (void)two.answer_of(two.b);
  two.pair.network.settle();
  ASSERT_TRUE(two.set_remote(two.a, *two.pc_b.local_description()));
  ASSERT_TRUE(two.pair.network.run_until([&] { return two.pair.both_connected(); }, 5s));
  (void)two.offer_of(two.a);
  ASSERT_TRUE(two.set_remote(two.b, *two.pc_a.local_description()));
  (void)two.answer_of(two.b);
  ASSERT_TRUE(two.set_remote(two.a, *two.pc_b.local_description()));
  two.run(40s);
  EXPECT_TRUE(two.pair.both_connected());
}

// ---- DTLS

TEST(W3cRows, Row224To227_TheAnswerDecidesTheDtlsRoles) {
  struct Case {
    std::string offered, answered;
    DtlsRole role;
  };
  for (const auto& [offered, answered, role] :
       {Case{"actpass", "active", DtlsRole::Client}, Case{"active", "passive", DtlsRole::Server},
        Case{"passive", "active", DtlsRole::Client}}) {
    Two two;
    (void)two.create(two.a);
    auto offer = two.offer_of(two.a);
    EXPECT_EQ(two.pc_a.stats().transport.dtls_role, DtlsRole::Unknown);
    offer.sdp = with(offer.sdp, "a=setup:actpass", "a=setup:" + offered);
    ASSERT_TRUE(two.set_remote(two.b, offer));
    const auto answer = two.answer_of(two.b);
    EXPECT_EQ(line(answer.sdp, "a=setup"), "a=setup:" + answered);
    EXPECT_EQ(two.pc_b.stats().transport.dtls_role, role);
  }
}

// An answer that says this fingerprint instead.
struct Answered : Two {
  explicit Answered(const std::string& fingerprint) {
    (void)create(a);
    EXPECT_TRUE(set_remote(b, offer_of(a)));
    auto answer = answer_of(b);
    answer.sdp =
        with(answer.sdp, line(answer.sdp, "a=fingerprint"), "a=fingerprint:" + fingerprint);
    set = name_of(set_remote(a, answer));
  }
  std::string set;
};

std::string zeros(std::size_t size) {
  std::string out = "00";
  for (std::size_t i = 1; i < size; ++i) out += ":00";
  return out;
}

TEST(W3cRows, Row228_AWrongFingerprintFailsBothSides) {
  Answered two("sha-256 " + zeros(32));
  ASSERT_EQ(two.set, "");
  two.run();
  two.pair.trickle();
  two.run(20s);
  EXPECT_EQ(two.pc_a.connection_state(), ConnectionState::Failed);
  EXPECT_EQ(two.pc_b.connection_state(), ConnectionState::Failed);
}

// By design: nobody is known by SHA-1 alone, and that is told before anything is tried.
TEST(W3cRows, Row229_Sha1AloneIsRefused) {
  EXPECT_EQ(Answered("sha-1 " + zeros(20)).set, "InvalidAccessError");
}

TEST(W3cRows, Row230To231_OtherHashesAreTaken) {
  EXPECT_EQ(Answered("sha-384 " + zeros(48)).set, "");
  EXPECT_EQ(Answered("sha-512 " + zeros(64)).set, "");
}

std::shared_ptr<const Certificate> certificate(CertificateType type) {
  simulation::SeededRandom random(77);
  return generate_certificate(random, 1'790'000'000, type);
}

TEST(W3cRows, Row232To236_CertificatesOfBothKindsConnectAndAreOffered) {
  const auto ecdsa = certificate(CertificateType::EcdsaP256);
  const auto rsa = certificate(CertificateType::Rsa2048);
  for (const auto& of_a : {ecdsa, rsa}) {
    for (const auto& of_b : {ecdsa, rsa}) {
      Two two({}, {.certificate = of_a}, {.certificate = of_b});
      (void)two.create(two.a);
      ASSERT_TRUE(two.connect());
      EXPECT_EQ(line(two.pc_a.local_description()->sdp, "a=fingerprint"),
                "a=fingerprint:" + two.pc_b.stats().transport.remote_fingerprint);
    }
  }
}

TEST(W3cRows, Row237_AConnectionHasOneCertificateForItsLife) {
  Two two;
  (void)two.create(two.a);
  const std::string first = two.pc_a.create_offer()->sdp, second = two.pc_a.create_offer()->sdp;
  EXPECT_NE(line(first, "a=fingerprint"), "");
  EXPECT_EQ(line(first, "a=fingerprint"), line(second, "a=fingerprint"));
}

// ---- SCTP

TEST(W3cRows, Row239_EachDescriptionHasItsOwnMaxMessageSize) {
  PeerPair pair;
  PeerConnection& a = pair.a.connection;
  const auto channel = a.create_data_channel(pair.now(), "data").value();
  for (const std::size_t limit : {1u, 2u, 0u, 1u}) {
    const auto offer = a.create_offer().value();
    ASSERT_TRUE(a.set_local_description(pair.now(), offer));
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    answer.sdp = with(answer.sdp, "a=max-message-size:262144",
                      "a=max-message-size:" + std::to_string(limit));
    ASSERT_TRUE(a.set_remote_description(pair.now(), answer));
    pair.network.settle();
    pair.trickle();
    ASSERT_TRUE(pair.network.run_until(
        [&] { return a.data_channel_state(channel) == DataChannelState::Open; }, 5s));
    EXPECT_EQ(a.max_message_size(), limit);
    for (std::size_t size = 1; size <= 3; ++size) {
      const auto sent = a.send(pair.now(), channel, MessageKind::Binary, Buffer(size));
      EXPECT_EQ(sent.has_value(), limit == 0 || size <= limit) << limit << " " << size;
      if (!sent) {
        EXPECT_EQ(to_string(sent.error().code), "TypeError");
      }
    }
  }
}

TEST(W3cRows, Row240_WithoutAMaxMessageSizeThePeerTakes64KiB) {
  Two two;
  (void)two.create(two.a);
  auto offer = two.offer_of(two.a);
  offer.sdp = jsep::without(offer.sdp, "a=max-message-size");
  ASSERT_TRUE(two.set_remote(two.b, offer));
  ASSERT_TRUE(two.set_remote(two.a, two.answer_of(two.b)));
  const auto of_b = two.create(two.b).value();
  two.run();
  two.pair.trickle();
  two.run();
  const auto send = [&](std::size_t size) {
    return name_of(two.pc_b.send(two.now(), of_b, MessageKind::Binary, bytes_of(size)));
  };
  EXPECT_EQ(send(65'536), "");
  EXPECT_EQ(send(65'537), "TypeError");
}

}  // namespace
}  // namespace specter::core::rows
