// One forged datagram from the peer's own address, of one who sees all that is sent: well-formed,
// and in time before the genuine one. docs/failures.md row 33. Prints what came of each.
#include <set>

#include <fmt/format.h>

#include "dtls/handshake/credentials.h"
#include "dtls/handshake/transcript.h"
#include "dtls/testing/insider.h"

namespace specter::dtls {
namespace {

using crypto::Group;
using crypto::KeyOffer;

// What a forger has seen so far.
struct Seen {
  std::optional<ClientHello> client_hello;
  std::optional<ServerHello> server_hello;
  std::map<std::pair<bool, std::uint16_t>, Buffer> messages;  // by sender (client) and number
  std::map<std::pair<bool, std::uint16_t>, HandshakeType> types;

  void look(bool from_client, Bytes datagram) {
    each_message_in_clear(datagram, [&](const HandshakeFragment& part) {
      messages[{from_client, part.message_seq}] = to_buffer(part.body);
      types[{from_client, part.message_seq}] = HandshakeType{part.type};
      if (HandshakeType{part.type} == HandshakeType::ClientHello)
        if (auto hello = ClientHello::parse(part.body)) client_hello = std::move(*hello);
      if (HandshakeType{part.type} == HandshakeType::ServerHello)
        if (auto hello = ServerHello::parse(part.body)) server_hello = std::move(*hello);
    });
  }
};

const Certificate& forgers_certificate() {
  static const Certificate certificate = make_certificate(666);
  return certificate;
}

class Forger {
 public:
  explicit Forger(const Seen& seen) : seen_(seen), random_(4711) {}

  Buffer in_clear(HandshakeType type, std::uint16_t seq, Bytes body) {
    return record(22, whole(type, seq, body), 40 + next_++);
  }
  Buffer share(Group group = Group::X25519) {
    return to_buffer(KeyOffer::generate(group, random_).share());
  }

  // ---- hellos
  dtls::ClientHello rival_hello(std::optional<Version> version = {}) {
    Ends sketch({}, 99, config_for(Role::Client, version));
    sketch.client.start(sketch.pair.now());
    Seen own;
    own.look(true, *sketch.client.poll_transmit(sketch.pair.now()));
    return *own.client_hello;
  }
  dtls::ServerHello hello12() {
    dtls::ServerHello hello;
    random_.fill(hello.random);
    hello.cipher_suite = 0xc02b;
    hello.extended_master_secret = true;
    hello.renegotiation_info = Buffer{};
    return hello;
  }
  dtls::ServerHello hello13() {
    dtls::ServerHello hello;
    random_.fill(hello.random);
    hello.cipher_suite = 0x1301;
    hello.supported_version = 0xfefc;
    hello.key_share = KeyShareEntry{29, share()};
    return hello;
  }
  dtls::ServerHello retry(Group group) {
    dtls::ServerHello hello;
    hello.random = ServerHello::kRetryRandom;
    hello.cipher_suite = 0x1301;
    hello.supported_version = 0xfefc;
    hello.selected_group = static_cast<std::uint16_t>(group);
    return hello;
  }

  // ---- flights of 1.2, whole and sound but for who made them
  Buffer server_flight(const dtls::ServerHello& hello) {
    const BothWays<HelloRandom> randoms{seen_.client_hello->random, hello.random};
    dtls::ServerKeyExchange exchange{29, share(), 0x0403, {}};
    exchange.signature =
        crypto::sign(*forgers_certificate(), crypto::SignatureScheme::EcdsaSecp256r1Sha256,
                     signed_parameters12(randoms, exchange), random_);
    return joined({in_clear(HandshakeType::ServerHello, 0, body_of(hello)), certificate(1),
                   in_clear(HandshakeType::ServerKeyExchange, 2, body_of(exchange)),
                   in_clear(HandshakeType::CertificateRequest, 3,
                            body_of(dtls::CertificateRequest{{}, {64}, {0x0403}}, Version::Dtls12)),
                   in_clear(HandshakeType::ServerHelloDone, 4, {})});
  }
  // Of the client: certificate, key exchange, proof and Finished.
  Buffer client_flight() {
    Transcript transcript(Version::Dtls12);
    transcript.add(HandshakeType::ClientHello, 0, seen_.messages.at({true, 0}));
    for (std::uint16_t seq = 0; seen_.messages.contains({false, seq}); ++seq)
      transcript.add(seen_.types.at({false, seq}), seq, seen_.messages.at({false, seq}));
    const auto exchange = dtls::ServerKeyExchange::parse(seen_.messages.at({false, 2}));
    auto answer = crypto::answer_key_offer(Group::X25519, exchange->share, random_);
    const Buffer certificate_body =
        body_of(CertificateMessage{{}, to_buffer(forgers_certificate()->der())}, Version::Dtls12);
    const Buffer exchange_body = body_of(dtls::ClientKeyExchange{answer->share});
    transcript.add(HandshakeType::Certificate, 1, certificate_body);
    transcript.add(HandshakeType::ClientKeyExchange, 2, exchange_body);
    const SuiteTraits& suite = traits(CipherSuite{seen_.server_hello->cipher_suite});
    const KeySchedule12 schedule(suite, answer->secret, transcript.hash(suite.hash));
    const Buffer verify = body_of(dtls::CertificateVerify{
        0x0403, crypto::sign(*forgers_certificate(), crypto::SignatureScheme::EcdsaSecp256r1Sha256,
                             transcript.bytes(), random_)});
    transcript.add(HandshakeType::CertificateVerify, 3, verify);
    const Buffer finished =
        whole(HandshakeType::Finished, 4,
              schedule.finished("client finished", transcript.hash(suite.hash)));
    Sealer sealer(
        test_cipher(), suite, 1,
        schedule.record_keys(seen_.client_hello->random, seen_.server_hello->random).client);
    Buffer sealed(sealer.room().total() + finished.size());
    std::ranges::copy(finished, sealed.begin() + static_cast<std::ptrdiff_t>(sealer.room().before));
    sealer.seal(ContentType::Handshake, sealed);
    return joined({in_clear(HandshakeType::Certificate, 1, certificate_body),
                   in_clear(HandshakeType::ClientKeyExchange, 2, exchange_body),
                   in_clear(HandshakeType::CertificateVerify, 3, verify), record(20, Buffer{1}, 50),
                   sealed});
  }
  Buffer certificate(std::uint16_t seq) {
    return in_clear(
        HandshakeType::Certificate, seq,
        body_of(CertificateMessage{{}, to_buffer(forgers_certificate()->der())}, Version::Dtls12));
  }
  static Buffer joined(std::initializer_list<Buffer> parts) {
    Buffer out;
    for (const Buffer& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
  }
  const Seen& seen() const { return seen_; }

 private:
  const Seen& seen_;
  simulation::SeededRandom random_;
  std::uint64_t next_ = 0;
};

// Nothing while the forger has not seen what he needs.
struct Kind {
  const char* name;
  std::function<std::optional<Buffer>(Forger&)> make;
};
using Made = std::optional<Buffer>;

std::vector<Kind> kinds() {
  const auto hello = [](Forger& forger, const ClientHello& body, std::uint16_t seq = 0) {
    return forger.in_clear(HandshakeType::ClientHello, seq, body_of(body));
  };
  const auto server_hello = [](Forger& forger, const ServerHello& body, std::uint16_t seq = 0) {
    return forger.in_clear(HandshakeType::ServerHello, seq, body_of(body));
  };
  return {
      {"rival ClientHello", [=](Forger& f) -> Made { return hello(f, f.rival_hello()); }},
      {"rival ClientHello of 1.2",
       [=](Forger& f) -> Made { return hello(f, f.rival_hello(Version::Dtls12)); }},
      {"ClientHello, the genuine random and another share",
       [=](Forger& f) -> Made {
         if (!f.seen().client_hello) return {};
         ClientHello copy = *f.seen().client_hello;
         if (copy.key_shares) (*copy.key_shares)[0].key = f.share();
         copy.use_srtp.reset();
         return hello(f, copy);
       }},
      {"ClientHello that nobody can answer",
       [=](Forger& f) -> Made {
         ClientHello bad = f.rival_hello();
         bad.cipher_suites = {0x00ff, 0xc009};
         return hello(f, bad);
       }},
      {"second ClientHello",
       [=](Forger& f) -> Made {
         ClientHello second = f.seen().client_hello ? *f.seen().client_hello : f.rival_hello();
         if (second.key_shares) (*second.key_shares)[0].key = f.share();
         return hello(f, second, 1);
       }},
      {"second ClientHello, the genuine first's but for a share that serves",
       [=](Forger& f) -> Made {
         if (!f.seen().client_hello) return {};
         ClientHello second = *f.seen().client_hello;
         if (second.key_shares) second.key_shares = {{23, f.share(Group::Secp256r1)}};
         return hello(f, second, 1);
       }},
      {"piece of a ClientHello of the genuine size",
       [](Forger& f) -> Made {
         const std::uint32_t size =
             f.seen().messages.contains({true, 0})
                 ? static_cast<std::uint32_t>(f.seen().messages.at({true, 0}).size())
                 : 200;
         return record(22, fragment(1, size, 0, 0, Buffer(60, 0x77)), 41);
       }},
      {"ServerHello of 1.2", [=](Forger& f) -> Made { return server_hello(f, f.hello12()); }},
      {"ServerHello of 1.3", [=](Forger& f) -> Made { return server_hello(f, f.hello13()); }},
      {"ServerHello, the genuine one without SRTP or with another share",
       [=](Forger& f) -> Made {
         if (!f.seen().server_hello) return {};
         ServerHello copy = *f.seen().server_hello;
         copy.use_srtp.reset();
         if (copy.key_share) copy.key_share->key = f.share();
         return server_hello(f, copy);
       }},
      {"HelloVerifyRequest",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::HelloVerifyRequest, 0,
                           body_of(dtls::HelloVerifyRequest{0xfeff, Buffer(20, 3)}));
       }},
      {"HelloRetryRequest, another group",
       [=](Forger& f) -> Made { return server_hello(f, f.retry(Group::Secp384r1)); }},
      {"HelloRetryRequest, a cookie alone",
       [=](Forger& f) -> Made {
         ServerHello retry = f.retry(Group::Secp384r1);
         retry.selected_group.reset();
         retry.retry_cookie = Buffer(20, 3);
         return server_hello(f, retry);
       }},
      {"Certificate", [](Forger& f) -> Made { return f.certificate(1); }},
      {"Certificate, empty",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::Certificate, 1,
                           body_of(CertificateMessage{}, Version::Dtls12));
       }},
      {"piece of a certificate of the genuine size",
       [](Forger& f) -> Made {
         const auto size = client_certificate()->der().size() + 6;
         return Forger::joined(
             {record(22, fragment(11, static_cast<std::uint32_t>(size), 1, 0, Buffer(60, 7)), 41),
              record(
                  22,
                  fragment(11, static_cast<std::uint32_t>(server_certificate()->der().size() + 6),
                           1, 0, Buffer(60, 7)),
                  42),
              f.in_clear(HandshakeType{99}, 9, Buffer(4))});
       }},
      {"ServerKeyExchange",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::ServerKeyExchange, 2,
                           body_of(dtls::ServerKeyExchange{29, f.share(), 0x0403, Buffer(70, 1)}));
       }},
      {"CertificateRequest",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::CertificateRequest, 3,
                           body_of(dtls::CertificateRequest{{}, {64}, {0x0403}}, Version::Dtls12));
       }},
      {"CertificateRequest that we can't serve",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::CertificateRequest, 3,
                           body_of(dtls::CertificateRequest{{}, {1}, {0x0804}}, Version::Dtls12));
       }},
      {"ServerHelloDone, early",
       [](Forger& f) -> Made { return f.in_clear(HandshakeType::ServerHelloDone, 3, {}); }},
      {"ServerHelloDone",
       [](Forger& f) -> Made { return f.in_clear(HandshakeType::ServerHelloDone, 4, {}); }},
      {"ClientKeyExchange",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::ClientKeyExchange, 2,
                           body_of(dtls::ClientKeyExchange{f.share()}));
       }},
      {"ClientKeyExchange in the certificate's place",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::ClientKeyExchange, 1,
                           body_of(dtls::ClientKeyExchange{f.share()}));
       }},
      {"ClientKeyExchange that is no point",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::ClientKeyExchange, 2,
                           body_of(dtls::ClientKeyExchange{Buffer(32, 0)}));
       }},
      {"CertificateVerify",
       [](Forger& f) -> Made {
         return f.in_clear(HandshakeType::CertificateVerify, 3,
                           body_of(dtls::CertificateVerify{0x0403, Buffer(70, 1)}));
       }},
      {"a server's whole flight, with his certificate",
       [](Forger& f) -> Made {
         if (!f.seen().client_hello) return {};
         return f.server_flight(f.hello12());
       }},
      {"the same, with the genuine random",
       [](Forger& f) -> Made {
         if (!f.seen().server_hello || f.seen().server_hello->supported_version) return {};
         return f.server_flight(*f.seen().server_hello);
       }},
      {"a client's whole flight, with his certificate",
       [](Forger& f) -> Made {
         if (!f.seen().messages.contains({false, 4})) return {};
         return f.client_flight();
       }},
      {"an empty certificate, and a key exchange",
       [](Forger& f) -> Made {
         return Forger::joined({f.in_clear(HandshakeType::Certificate, 1,
                                           body_of(CertificateMessage{}, Version::Dtls12)),
                                f.in_clear(HandshakeType::ClientKeyExchange, 2,
                                           body_of(dtls::ClientKeyExchange{f.share()}))});
       }},
      {"fatal alert", [](Forger&) -> Made { return record(21, Buffer{2, 40}, 41); }},
      {"ACK of all",
       [](Forger&) -> Made {
         Buffer list{0, 160};
         for (std::uint8_t i = 0; i < 10; ++i) {
           Buffer entry(16, 0);
           entry[15] = i;
           list.insert(list.end(), entry.begin(), entry.end());
         }
         return record(26, list, 41);
       }},
  };
}

constexpr int kSteps = 5;
constexpr Duration kRoundTrip = 20ms;

// How much later both are connected for it; nothing when they never are; negative when it couldn't
// be made at that step.
struct Outcome {
  bool made = false, survived = false;
  Duration later{};
};
enum class Retry { No, Yes };  // the server wants a share of another group, 1.3
Outcome run(const Kind& kind, Version version, Role target, int step, std::size_t mtu,
            Retry retry = Retry::No) {
  Outcome out;
  auto client = config_for(Role::Client), server = config_for(Role::Server);
  if (version == Version::Dtls12) server.versions = client.versions = {Version::Dtls12};
  client.mtu = server.mtu = mtu;
  if (retry == Retry::Yes) server.groups = {Group::Secp256r1};
  Ends ends({.latency = kRoundTrip / 2}, 7, client, server);
  Seen seen;
  Forger forger(seen);
  int sent = 0;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    seen.look(from_a, packet);
    if (sent++ == step) {
      if (const auto forged = kind.make(forger)) {
        out.made = true;
        ends.of(target).handle_datagram(ends.pair.now(), *forged);
      }
    }
    return true;
  };
  out.survived = ends.connect(20s);
  out.later = ends.pair.now() - simulation::kStart - (version == Version::Dtls13 ? 30ms : 40ms);
  if (out.survived) {
    EXPECT_TRUE(ends.client.send(as_bytes("to server")));
    EXPECT_TRUE(ends.server.send(as_bytes("to client")));
    ends.pair.run_for(10s);
    out.survived = texts(ends.pair.events_a) == std::vector<std::string>{"to client"} &&
                   texts(ends.pair.events_b) == std::vector<std::string>{"to server"} &&
                   ends.client.is_connected() && ends.server.is_connected();
  }
  return out;
}

class EachForgeryTable : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, EachForgeryTable, kBothVersions, version_name);

TEST_P(EachForgeryTable, OneWellFormedForgeryIsSurvived) {
  fmt::print("{}: milliseconds lost by one forged datagram before each datagram's sending\n",
             to_string(GetParam()));
  int made = 0, dead = 0;
  Duration worst{};
  for (const Kind& kind : kinds()) {
    for (const Role target : {Role::Client, Role::Server}) {
      std::string row;
      for (int step = 0; step < kSteps; ++step) {
        const Outcome outcome = run(kind, GetParam(), target, step, 1200);
        made += outcome.made;
        dead += outcome.made && !outcome.survived;
        if (outcome.survived) worst = std::max(worst, outcome.later);
        row += !outcome.made       ? "     -"
               : !outcome.survived ? "  DEAD"
                                   : fmt::format("{:6}", outcome.later / 1ms);
        if (outcome.made) {
          EXPECT_TRUE(outcome.survived) << kind.name << ", step " << step << ", at the "
                                        << (target == Role::Client ? "client" : "server");
        }
      }
      fmt::print("  {:62} at the {}{}\n", kind.name, target == Role::Client ? "client" : "server",
                 row);
    }
  }
  fmt::print("  {} cells, {} died, at most {} ms lost\n", made, dead, worst / 1ms);
  EXPECT_LE(worst, 3s);  // G10's bar for a handshake that has to begin anew
}

// While a HelloRetryRequest and the second ClientHello go to and fro, in the clear.
TEST(ForgeryTable, NorDoesOneHurtAHandshakeWithARetry) {
  Duration worst{};
  for (const Kind& kind : kinds()) {
    for (const Role target : {Role::Client, Role::Server}) {
      for (int step = 0; step < 6; ++step) {
        const Outcome outcome = run(kind, Version::Dtls13, target, step, 1200, Retry::Yes);
        if (!outcome.made) continue;
        worst = std::max(worst, outcome.later - kRoundTrip);
        EXPECT_TRUE(outcome.survived) << kind.name << ", step " << step << ", at the "
                                      << (target == Role::Client ? "client" : "server");
      }
    }
  }
  fmt::print("with a retry at most {} ms lost\n", worst / 1ms);
  EXPECT_LE(worst, 3s);
}

// Certificates in pieces.
TEST_P(EachForgeryTable, AndWithASmallMtuToo) {
  for (const Kind& kind : kinds()) {
    for (const Role target : {Role::Client, Role::Server}) {
      for (int step = 0; step < 16; step += 4) {
        const Outcome outcome = run(kind, GetParam(), target, step, 256);
        if (outcome.made) {
          EXPECT_TRUE(outcome.survived) << kind.name << ", step " << step << ", at the "
                                        << (target == Role::Client ? "client" : "server");
        }
      }
    }
  }
}

// Each kind at once with each other: two forged datagrams. Not all are survived; the number is
// printed, and what is lost is lost by the book.
TEST_P(EachForgeryTable, TwoForgeriesAreSurvivedNearlyAlways) {
  const auto all = kinds();
  int made = 0, survived = 0;
  for (std::size_t first = 0; first < all.size(); ++first) {
    for (std::size_t second = 0; second < all.size(); second += 7) {
      const Kind both{"", [&](Forger& f) -> Made {
                        const auto one = all[first].make(f), two = all[second].make(f);
                        if (!one || !two) return {};
                        return Forger::joined({*one, *two});
                      }};
      for (const Role target : {Role::Client, Role::Server}) {
        const Outcome outcome = run(both, GetParam(), target, 1, 1200);
        made += outcome.made;
        survived += outcome.made && outcome.survived;
      }
    }
  }
  fmt::print("{}: {} of {} pairs of forgeries are survived\n", to_string(GetParam()), survived,
             made);
  EXPECT_GE(survived * 100, made * 97);
}

}  // namespace
}  // namespace specter::dtls
