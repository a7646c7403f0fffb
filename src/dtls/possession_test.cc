// A peer of 1.3 that has the handshake's keys, but not the certificate that was promised, or none,
// or not its key. docs/failures.md rows 34 and 36.
#include "dtls/handshake/credentials.h"
#include "dtls/handshake/transcript.h"
#include "dtls/testing/insider.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;

// What an impostor says in place of one end's flight.
struct Said {
  std::optional<Certificate> shows;   // nothing: an empty list
  std::optional<Certificate> proves;  // nothing: no CertificateVerify
  bool finished = true;               // with a Finished that fits all this
  bool spoils_finished = false;
};

class Impostor {
 public:
  explicit Impostor(Role as) : as_(as), insider_(Version::Dtls13) {
    insider_.filter = [this](bool from_a, Buffer& packet) { return pass(from_a, packet); };
  }
  // Of the end that he lies to.
  Closes run(const Said& said) {
    said_ = said;
    insider_.ends.start();
    insider_.ends.pair.run_for(10s);
    return closes(insider_.ends.events_of(other(as_)));
  }
  bool convinced() { return !only<Connected>(insider_.ends.events_of(other(as_))).empty(); }

 private:
  bool pass(bool from_a, Buffer& packet) {
    each_message_in_clear(packet, [&](const HandshakeFragment& part) {
      if (HandshakeType{part.type} == HandshakeType::ClientHello)
        client_hello_ = to_buffer(part.body);
      if (HandshakeType{part.type} == HandshakeType::ServerHello)
        server_hello_ = to_buffer(part.body);
    });
    if (!from_a) server_flight_.push_back(packet);
    const bool victim_is_server = as_ == Role::Client;
    if (from_a != victim_is_server) return true;
    if (victim_is_server) {
      // The genuine client's last flight never comes; his own does.
      if (!insider_.ends.client.is_connected()) return true;
      if (!std::exchange(done_, true)) lie();
      return false;
    }
    // Of the genuine server's flight the client gets the hello alone.
    if (std::exchange(done_, true)) return false;
    Bytes rest = packet;
    const auto hello = next_record(rest);
    const Buffer alone = record(22, hello->fragment, hello->plain->sequence);
    insider_.ends.client.handle_datagram(insider_.ends.pair.now(), alone);
    // The client has no keys of ours to log before it is polled.
    while (auto event = insider_.ends.client.poll_event())
      insider_.ends.pair.events_a.push_back(std::move(*event));
    lie();
    return false;
  }

  void lie() {
    const SuiteTraits& suite = insider_.suite();
    Transcript transcript(Version::Dtls13);
    transcript.add(HandshakeType::ClientHello, 0, client_hello_);
    transcript.add(HandshakeType::ServerHello, 0, server_hello_);
    std::uint16_t seq = 1;
    Buffer flight;
    const auto say = [&](HandshakeType type, Bytes body) {
      transcript.add(type, seq, body);
      const Buffer part = insider_.forge(as_, ContentType::Handshake, whole(type, seq++, body), 2);
      flight.insert(flight.end(), part.begin(), part.end());
    };
    if (as_ == Role::Server) {
      say(HandshakeType::EncryptedExtensions, body_of(EncryptedExtensions{}));
      say(HandshakeType::CertificateRequest,
          body_of(CertificateRequest{{}, {}, {0x0403}}, Version::Dtls13));
    } else {
      add_server_flight(transcript);
    }
    const Buffer der = said_.shows ? to_buffer((*said_.shows)->der()) : Buffer{};
    say(HandshakeType::Certificate, body_of(CertificateMessage{{}, der}, Version::Dtls13));
    if (said_.proves) {
      simulation::SeededRandom random(3);
      const Buffer content = signed_content13(as_, transcript.hash(suite.hash));
      say(HandshakeType::CertificateVerify,
          body_of(CertificateVerify{
              0x0403, crypto::sign(**said_.proves, crypto::SignatureScheme::EcdsaSecp256r1Sha256,
                                   content, random)}));
    }
    if (said_.finished) {
      auto data = to_buffer(
          finished13(suite.hash, insider_.traffic_secret(as_, 2), transcript.hash(suite.hash)));
      if (said_.spoils_finished) data[0] ^= 1;
      say(HandshakeType::Finished, data);
    }
    insider_.ends.of(other(as_)).handle_datagram(insider_.ends.pair.now(), flight);
  }
  void add_server_flight(Transcript& transcript) {
    Opener opener(test_cipher(), insider_.suite(), 2, insider_.keys(Role::Server, 2));
    for (const Buffer& datagram : server_flight_) {
      Bytes rest = datagram;
      while (const auto had = next_record(rest)) {
        Buffer text(had->fragment.size());
        const auto opened = opener.open(*had, text);
        if (!opened || opened->type != ContentType::Handshake) continue;
        ByteReader in(opened->payload);
        const auto part = HandshakeFragment::read(in);
        transcript.add(HandshakeType{part.type}, part.message_seq, part.body);
      }
    }
  }

  const Role as_;
  Insider insider_;
  Said said_;
  Buffer client_hello_, server_hello_;
  std::vector<Buffer> server_flight_;
  bool done_ = false;
};

class Possession : public ::testing::TestWithParam<Role> {};
INSTANTIATE_TEST_SUITE_P(Impostors, Possession, ::testing::Values(Role::Client, Role::Server),
                         [](const auto& parameter) {
                           return parameter.param == Role::Client ? "AsClient" : "AsServer";
                         });

const Certificate& his() {
  static const Certificate certificate = make_certificate(666);
  return certificate;
}

// So that the refusals below are for their reasons: with the promised certificate and its key he
// would get through.
TEST_P(Possession, TheRightCertificateWithItsKeyConvinces) {
  Impostor impostor(GetParam());
  impostor.run({certificate_of(GetParam()), certificate_of(GetParam())});
  EXPECT_TRUE(impostor.convinced());
}

TEST_P(Possession, TheRightCertificateWithoutItsKeyDoesNot) {
  Impostor impostor(GetParam());
  EXPECT_THAT(impostor.run({certificate_of(GetParam()), his()}),
              ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_FALSE(impostor.convinced());
}

TEST_P(Possession, TheRightCertificateWithoutAProofDoesNot) {
  Impostor impostor(GetParam());
  EXPECT_THAT(impostor.run({certificate_of(GetParam()), {}}),
              ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_FALSE(impostor.convinced());
}

TEST_P(Possession, AnotherCertificateDoesNot) {
  Impostor impostor(GetParam());
  EXPECT_THAT(impostor.run({his(), his()}), ElementsAre(CloseReason::BadFingerprint));
  EXPECT_FALSE(impostor.convinced());
}

TEST_P(Possession, NoCertificateDoesNot) {
  Impostor impostor(GetParam());
  EXPECT_THAT(impostor.run({{}, {}}),
              ElementsAre(GetParam() == Role::Client ? CloseReason::NoCertificate
                                                     : CloseReason::HandshakeFailed));
  EXPECT_FALSE(impostor.convinced());
}

TEST_P(Possession, AFinishedThatDoesNotFitDoesNot) {
  Impostor impostor(GetParam());
  EXPECT_THAT(impostor.run({certificate_of(GetParam()), certificate_of(GetParam()), true, true}),
              ElementsAre(CloseReason::HandshakeFailed));
  EXPECT_FALSE(impostor.convinced());
}

}  // namespace
}  // namespace specter::dtls
