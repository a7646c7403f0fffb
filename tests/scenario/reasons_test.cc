// Each row of docs/reasons.md: what either side says of a cause. They see different facts, and
// neither may name a wrong one.
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/demux.h"
#include "testing/peer_host.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::Flight;
using ::testing::HasSubstr;
using testing::PeerHost;
using testing::PeerPair;

struct Said {
  ErrorCode code;
  std::string words;  // of the sentence
};

struct Cause {
  std::string name;
  Said by_a, by_b;  // a offers and is the DTLS server
  std::function<bool(const Flight&)> path = [](const Flight&) { return true; };
  std::function<void(std::string& sdp)> change_offer = [](std::string&) {};
  std::function<void(std::string& sdp)> change_answer = [](std::string&) {};
  std::function<void(PeerPair&)> once_connected = [](PeerPair&) {};
  bool carries_candidates = true;
  ConnectionOptions a{}, b{};
  std::vector<Endpoint> as_addresses = {*Endpoint::parse("192.0.2.1:5001")};
  std::vector<Endpoint> bs_addresses = {*Endpoint::parse("192.0.2.2:5002")};
};

bool is_from_b(const Flight& flight) { return flight.from.port == 5002; }
bool is_dtls(const Flight& flight) { return net::kind_of(flight.bytes) == net::DatagramKind::Dtls; }

void change_password(std::string& sdp) {
  const std::size_t at = sdp.find("a=ice-pwd:") + 10;
  sdp[at] = sdp[at] == 'a' ? 'b' : 'a';
}

void change_fingerprint(std::string& sdp) {
  const std::size_t at = sdp.find("sha-256 ") + 8;
  sdp[at] = sdp[at] == '0' ? '1' : '0';
}

ConnectionOptions plain() {
  ConnectionOptions out;
  out.transport.sped = false;
  out.data.snap = false;
  return out;
}

ConnectionOptions of_versions(DtlsVersion least, DtlsVersion most) {
  ConnectionOptions out = plain();
  out.transport.min_dtls_version = least;
  out.transport.max_dtls_version = most;
  return out;
}

std::vector<Cause> all_causes() {
  const auto ice = [](std::string words) { return Said{ErrorCode::IceFailure, std::move(words)}; };
  const auto dtls = [](std::string words) {
    return Said{ErrorCode::DtlsFailure, std::move(words)};
  };
  return {
      {.name = "no candidate was carried",
       .by_a = ice("no candidate of the peer was received"),
       .by_b = ice("no candidate of the peer was received"),
       .carries_candidates = false},
      {.name = "a has no address",
       .by_a = ice("there is no local address to connect from"),
       .by_b = ice("no candidate of the peer was received"),
       .as_addresses = {}},
      {.name = "a has IPv4 alone, b IPv6 alone",
       .by_a = ice("none of the peer's 1 candidates can be reached from here"),
       .by_b = ice("none of the peer's 1 candidates can be reached from here"),
       .bs_addresses = {*Endpoint::parse("[2001:db8::2]:5002")}},
      {.name = "nothing passes",
       .by_a = ice("a firewall may block UDP"),
       .by_b = ice("a firewall may block UDP"),
       .path = [](const Flight&) { return false; }},
      {.name = "nothing passes from b",
       .by_a = ice("a firewall may block UDP"),
       .by_b = ice("packets get through in one direction only"),
       .path = [](const Flight& flight) { return !is_from_b(flight); }},
      {.name = "an answer with an old password",
       .by_a = ice("other credentials"),
       .by_b = dtls("did not acknowledge the end of the handshake"),
       .change_answer = change_password},
      {.name = "the network goes down once connected",
       .by_a = ice("the peer has not answered for 30 s"),
       .by_b = ice("the peer has not answered for 30 s"),
       .once_connected = [](PeerPair& pair) { pair.network.link().options().loss = 1; }},
      {.name = "b's process ends without a word",
       .by_a = ice("the peer has not answered for 30 s"),
       .by_b = {},
       .once_connected =
           [](PeerPair& pair) {
             pair.network.detach(Endpoint::parse("192.0.2.2:5002")->address);
             pair.network.filter = [](const Flight& flight) { return !is_from_b(flight); };
           }},
      {.name = "b closes",
       .by_a = {ErrorCode::ClosedByPeer, "the peer closed the connection"},
       .by_b = {},
       .once_connected = [](PeerPair& pair) { pair.b.connection.close(pair.now()); }},
      {.name = "an offer with another fingerprint",
       .by_a = dtls("alert"),
       .by_b = {ErrorCode::FingerprintFailure, "fingerprint"},
       .change_offer = change_fingerprint},
      {.name = "an answer with another fingerprint",
       .by_a = {ErrorCode::FingerprintFailure, "fingerprint"},
       .by_b = dtls("alert"),
       .change_answer = change_fingerprint},
      {.name = "b has DTLS 1.2 alone, a 1.3 alone",
       .by_a = dtls("version"),
       .by_b = dtls("alert"),
       .a = of_versions(DtlsVersion::Dtls13, DtlsVersion::Dtls13),
       .b = of_versions(DtlsVersion::Dtls12, DtlsVersion::Dtls12)},
      {.name = "no DTLS passes",
       .by_a = dtls("has not sent a ClientHello"),
       .by_b = dtls("has not answered our ClientHello"),
       .path = [](const Flight& flight) { return !is_dtls(flight); },
       .a = plain(),
       .b = plain()},
      {.name = "no DTLS passes from a",
       .by_a = dtls("began the DTLS handshake"),
       .by_b = dtls("has not answered our ClientHello"),
       .path = [](const Flight& flight) { return is_from_b(flight) || !is_dtls(flight); },
       .a = plain(),
       .b = plain()},
  };
}

void expect(const PeerHost& peer, const Said& said) {
  if (said.words.empty()) return;
  const auto changes = peer.all<core::ConnectionStateChange>();
  ASSERT_FALSE(changes.empty());
  EXPECT_EQ(changes.back()->state, ConnectionState::Failed);
  EXPECT_EQ(changes.back()->code, said.code) << changes.back()->reason;
  EXPECT_THAT(changes.back()->reason, HasSubstr(said.words));
}

TEST(Reasons, AreWhatEitherSideCanKnow) {
  for (const Cause& cause : all_causes()) {
    SCOPED_TRACE(cause.name);
    PeerPair pair({}, cause.a, cause.b, cause.as_addresses, cause.bs_addresses);
    // Time passes for a host without an address, too.
    if (cause.as_addresses.empty())
      pair.network.attach(pair.a, Endpoint::parse("192.0.2.1:5001")->address);
    pair.network.filter = [&](Flight& flight) { return cause.path(flight); };
    (void)pair.a.connection.create_data_channel(pair.now(), "data");
    auto offer = pair.a.connection.create_offer().value();
    ASSERT_TRUE(pair.a.connection.set_local_description(pair.now(), offer));
    cause.change_offer(offer.sdp);
    ASSERT_TRUE(pair.b.connection.set_remote_description(pair.now(), offer));
    auto answer = pair.b.connection.create_answer().value();
    ASSERT_TRUE(pair.b.connection.set_local_description(pair.now(), answer));
    cause.change_answer(answer.sdp);
    ASSERT_TRUE(pair.a.connection.set_remote_description(pair.now(), answer));
    pair.network.settle();
    if (cause.carries_candidates) pair.trickle();
    for (PeerHost* each : {&pair.a, &pair.b})
      (void)each->connection.add_ice_candidate(pair.now(), {.candidate = "", .sdp_mid = "0"});
    if (pair.network.run_until([&] { return pair.both_connected(); }, 5s))
      cause.once_connected(pair);
    pair.network.run_for(130s);
    expect(pair.a, cause.by_a);
    expect(pair.b, cause.by_b);
  }
}

// What was refused is the reason for what could not be done afterwards.
TEST(Reasons, OfAnAnswerThatCantBeMadeIsWhyTheOfferWasRefused) {
  PeerPair pair;
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  auto offer = pair.a.connection.create_offer().value();
  core::PeerConnection& b = pair.b.connection;
  EXPECT_EQ(b.create_answer().error().message, "remote description is not set");
  auto broken = offer;
  broken.sdp.replace(broken.sdp.find("a=fingerprint"), 13, "a=fingerxrint");
  const auto refused = b.set_remote_description(pair.now(), broken);
  ASSERT_FALSE(refused);
  const auto answer = b.create_answer();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidState);
  EXPECT_THAT(answer.error().message, HasSubstr("remote description is not set"));
  EXPECT_THAT(answer.error().message, HasSubstr(refused.error().message));
  const auto added = b.add_ice_candidate(pair.now(), {.candidate = "", .sdp_mid = "0"});
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, HasSubstr(refused.error().message));
  // A good one makes it forgotten.
  ASSERT_TRUE(b.set_remote_description(pair.now(), offer));
  ASSERT_TRUE(b.set_remote_description(pair.now(), {SdpType::Rollback, ""}));
  EXPECT_EQ(b.create_answer().error().message, "remote description is not set");
}

}  // namespace
}  // namespace specter
