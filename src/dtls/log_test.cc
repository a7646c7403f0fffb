// What an association says of itself at debug.
#include "base/log.h"

#include <gmock/gmock.h>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> lines(LogBuffer& log) {
  std::vector<std::string> out;
  for (const LogRecord& record : log.take()) {
    EXPECT_EQ(record.module, LogModule::Dtls);
    out.push_back(std::string(to_string(record.level)) + " " + record.text);
  }
  return out;
}

struct TalkingEnds {
  explicit TalkingEnds(std::optional<Version> version, LogLevel level = LogLevel::Debug)
      : client(config_for(Role::Client, version), client_random, test_cipher(),
               Log(client_log, LogModule::Dtls)),
        server(config_for(Role::Server, version), server_random, test_cipher(),
               Log(server_log, LogModule::Dtls)) {
    client_log.set(LogLevels(level), LogAddresses::Hidden);
    server_log.set(LogLevels(level), LogAddresses::Hidden);
    server.start(pair.now());
    client.start(pair.now());
    EXPECT_TRUE(pair.run_until([&] { return client.is_connected() && server.is_connected(); }, 9s));
  }

  simulation::SeededRandom client_random{1}, server_random{2};
  LogBuffer client_log, server_log;
  Connection client, server;
  testing::Pair<Connection> pair{client, server};
};

constexpr const char* kDone13 =
    "info connected: DTLS 1.3, TLS_AES_128_GCM_SHA256, x25519, SRTP_AEAD_AES_128_GCM";

TEST(DtlsLog, TellsOfAHandshakeOf13) {
  TalkingEnds ends(Version::Dtls13);
  EXPECT_THAT(
      lines(ends.client_log),
      ElementsAre("info the handshake begins, as the client", "debug flight sent: ClientHello",
                  "debug received ServerHello", "debug received EncryptedExtensions",
                  "debug received CertificateRequest", "debug received Certificate",
                  "debug received CertificateVerify", "debug received Finished",
                  "debug flight sent: Certificate, CertificateVerify, Finished", kDone13));
  EXPECT_THAT(lines(ends.server_log),
              ElementsAre("info the handshake begins, as the server", "debug received ClientHello",
                          "debug flight sent: ServerHello, EncryptedExtensions, "
                          "CertificateRequest, Certificate, CertificateVerify, Finished",
                          "debug received Certificate", "debug received CertificateVerify",
                          "debug received Finished", kDone13));
}

TEST(DtlsLog, TellsOfAHandshakeOf12) {
  TalkingEnds ends(Version::Dtls12);
  EXPECT_THAT(
      lines(ends.client_log),
      ElementsAre("info the handshake begins, as the client", "debug flight sent: ClientHello",
                  "debug received ServerHello", "debug received Certificate",
                  "debug received ServerKeyExchange", "debug received CertificateRequest",
                  "debug received ServerHelloDone",
                  "debug flight sent: Certificate, ClientKeyExchange, CertificateVerify, "
                  "ChangeCipherSpec, Finished",
                  "debug received Finished",
                  "info connected: DTLS 1.2, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, x25519, "
                  "SRTP_AEAD_AES_128_GCM"));
}

TEST(DtlsLog, TellsOfAFlightThatIsSentAgain) {
  simulation::SeededRandom random(1);
  LogBuffer log;
  log.set(LogLevels(LogLevel::Debug), LogAddresses::Hidden);
  Connection client(config_for(Role::Client), random, test_cipher(), Log(log, LogModule::Dtls));
  client.start(simulation::kStart);
  client.handle_timeout(*client.next_timeout());
  EXPECT_THAT(lines(log), ElementsAre("info the handshake begins, as the client",
                                      "debug flight sent: ClientHello",
                                      "debug flight sent again: ClientHello"));
}

TEST(DtlsLog, TellsHowItEnds) {
  TalkingEnds ends(std::nullopt);
  lines(ends.server_log);
  ends.client.close(ends.pair.now());
  ends.pair.run_for(1s);
  EXPECT_THAT(lines(ends.server_log),
              Contains("info closed, close_notify: the peer closed the association"));
}

TEST(DtlsLog, TellsWhatIsDroppedAndCountsTheRest) {
  TalkingEnds ends(Version::Dtls13);
  lines(ends.client_log);
  const auto dropped = ends.client.counters().records_dropped;
  for (int i = 0; i < 50; ++i) ends.client.handle_datagram(ends.pair.now(), Buffer{22, 1, 2});
  EXPECT_EQ(ends.client.counters().records_dropped, dropped + 50);
  EXPECT_THAT(lines(ends.client_log), ElementsAre("debug dropped: no DTLS record"));
}

TEST(DtlsLog, SaysNothingOfFlightsAtInfo) {
  TalkingEnds ends(Version::Dtls13, LogLevel::Info);
  EXPECT_THAT(lines(ends.client_log), ElementsAre("info the handshake begins, as the client",
                                                  HasSubstr("info connected: ")));
  TalkingEnds silent(Version::Dtls13, LogLevel::Warning);
  EXPECT_THAT(lines(silent.client_log), IsEmpty());
}

}  // namespace
}  // namespace specter::dtls
