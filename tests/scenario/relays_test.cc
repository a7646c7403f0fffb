// Whole connections over TURN servers in virtual time: what becomes of them, what they say of it,
// and when the first check passes.
#include "ways/testing/relays.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/demux.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Field;
using testing::Flight;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ways::RelayedHost;
using ways::Server;
using ways::TurnSite;

Endpoint at(std::string_view text) { return *Endpoint::parse(text); }

const Endpoint kA = at("192.0.2.1:5001"), kB = at("192.0.2.2:5002");
const Endpoint kServer = at("198.51.100.53:3478"), kOther = at("198.51.100.54:3478");

Server server_at(const Endpoint& endpoint, std::string password = "secret") {
  return {"turn:" + endpoint.to_string(),
          ways::RelayProtocol::Udp,
          {endpoint},
          "",
          "user",
          std::move(password)};
}

ConnectionOptions relays_alone() {
  ConnectionOptions out;
  out.ice.transport_policy = IceTransportPolicy::Relay;
  return out;
}

bool goes_between(const Flight& flight, const Endpoint& one, const Endpoint& other) {
  return (flight.from == one && flight.to == other) || (flight.from == other && flight.to == one);
}

// Two connections, each with TURN servers, and signalling that takes no time.
struct Pair {
  explicit Pair(std::vector<Server> as_servers = {}, std::vector<Server> bs_servers = {},
                ConnectionOptions of_a = relays_alone(), ConnectionOptions of_b = relays_alone())
      : a({{kA}, 1, std::move(of_a)}, std::move(as_servers)),
        b({{kB}, 2, std::move(of_b)}, std::move(bs_servers)) {
    network.attach(a, kA.address);
    network.attach(b, kB.address);
  }

  void negotiate() {
    (void)a.connection.create_data_channel(network.now(), "data");
    const auto offer = a.connection.create_offer().value();
    ASSERT_TRUE(a.connection.set_local_description(network.now(), offer));
    ASSERT_TRUE(b.connection.set_remote_description(network.now(), offer));
    const auto answer = b.connection.create_answer().value();
    ASSERT_TRUE(b.connection.set_local_description(network.now(), answer));
    ASSERT_TRUE(a.connection.set_remote_description(network.now(), answer));
  }
  // Until it holds, candidates are carried as they come.
  bool run_until(const std::function<bool()>& done, Duration limit) {
    for (const Timestamp end = network.now() + limit; network.now() < end;) {
      const bool holds = network.run_until(
          [&] { return done() || !a.candidates.empty() || !b.candidates.empty(); },
          end - network.now());
      if (done()) return true;
      if (!holds) return false;
      for (const auto& candidate : std::exchange(a.candidates, {}))
        (void)b.connection.add_ice_candidate(network.now(), candidate);
      for (const auto& candidate : std::exchange(b.candidates, {}))
        (void)a.connection.add_ice_candidate(network.now(), candidate);
    }
    return done();
  }
  bool connect(Duration limit = 20s) {
    negotiate();
    return run_until(
        [&] {
          return a.connection.connection_state() == ConnectionState::Connected &&
                 b.connection.connection_state() == ConnectionState::Connected;
        },
        limit);
  }

  testing::Network network{{.latency = 10ms}};
  RelayedHost a, b;
};

std::string reason_of(const RelayedHost& host) {
  const auto changes = host.all<core::ConnectionStateChange>();
  if (changes.empty() || changes.back()->state != ConnectionState::Failed) return "(not failed)";
  return changes.back()->reason;
}

// ---- what goes well

TEST(Relays, CarryAConnectionAndAreTold) {
  Pair pair({server_at(kServer)}, {server_at(kServer)});
  TurnSite site(pair.network, kServer, {});
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);

  const Stats stats = pair.a.connection.stats();
  ASSERT_EQ(stats.local_candidates.size(), 1U);
  EXPECT_EQ(stats.local_candidates[0].type, IceCandidateType::Relayed);
  EXPECT_EQ(stats.local_candidates[0].url, "turn:198.51.100.53:3478");
  EXPECT_EQ(stats.local_candidates[0].relay_protocol, IceServerTransportProtocol::Udp);
  EXPECT_THAT(stats.remote_candidates, ElementsAre(Field(&CandidateStats::url, IsEmpty())));

  ASSERT_EQ(pair.a.all<core::ConnectingEnded>().size(), 1U);
  const ConnectionReport report = pair.a.connection.report(pair.network.now());
  EXPECT_EQ(report.state, ConnectionState::Connected);
  EXPECT_THAT(report.reason, IsEmpty());
  ASSERT_EQ(report.gathering.servers.size(), 1U);
  const ServerReport& server = report.gathering.servers[0];
  EXPECT_EQ(server.outcome, ServerOutcome::Answered);
  EXPECT_EQ(server.candidates, 1U);
  EXPECT_EQ(*server.times.ended - *server.times.began, 40ms);  // two round trips
  EXPECT_EQ(report.gathering.relayed, 1U);
  EXPECT_EQ(report.gathering.host, 0U);
  const std::map<std::string, PhaseTimes> phases{{"gathering", report.gathering.times},
                                                 {"checks", report.checks.times},
                                                 {"nomination", report.nomination.times},
                                                 {"dtls", report.dtls.times},
                                                 {"sctp", report.sctp.times}};
  for (const auto& [name, phase] : phases) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(phase.began.has_value());
    ASSERT_TRUE(phase.ended.has_value());
    EXPECT_LE(*phase.began, *phase.ended);
  }
  EXPECT_LE(*report.checks.times.ended, *report.dtls.times.ended);
  EXPECT_LE(*report.dtls.times.ended, *report.sctp.times.ended);
  ASSERT_FALSE(report.pairs.empty());
  EXPECT_EQ(report.pairs[0].outcome, PairOutcome::Selected);
  EXPECT_GT(report.pairs[0].responses_received, 0U);
}

// RFC 8656 §9: the permission is asked for when the candidate comes, and what is sent behind the
// request gets through. Without that the first check is lost, and the next one comes 100 ms later.
TEST(Relays, PassTheFirstCheck) {
  const auto time_to_connect = [](bool permits) {
    Pair pair({server_at(kServer)}, {server_at(kOther)});
    TurnSite one(pair.network, kServer, {}), other(pair.network, kOther, {});
    pair.a.permits = pair.b.permits = permits;
    EXPECT_TRUE(pair.connect());
    return pair.network.now() - simulation::kStart;
  };
  EXPECT_LE(time_to_connect(true), 250ms);
}

TEST(Relays, OfWhichOneGivesNoneLeaveTheOther) {
  Pair pair({server_at(kServer, "wrong"), server_at(kOther)}, {server_at(kOther)});
  TurnSite one(pair.network, kServer, {}), other(pair.network, kOther, {});
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(5s);
  const auto errors = pair.a.all<core::IceCandidateError>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0]->error_code, 401);
  EXPECT_EQ(errors[0]->url, "turn:198.51.100.53:3478");
  EXPECT_THAT(errors[0]->error_text, Not(IsEmpty()));
  // W3C §4.8.3: the base is no candidate here, so nobody is told of it.
  EXPECT_EQ(errors[0]->address, "");
  EXPECT_EQ(errors[0]->port, std::nullopt);
}

TEST(Relays, ThatFailTellTheAddressThatACandidateHasTold) {
  Pair pair({server_at(kServer, "wrong")}, {}, ConnectionOptions{}, ConnectionOptions{});
  TurnSite site(pair.network, kServer, {});
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(5s);
  const auto errors = pair.a.all<core::IceCandidateError>();
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0]->address, "192.0.2.1");
  EXPECT_EQ(errors[0]->port, 5001);
}

// ---- what does not, and what each side says of it (docs/reasons.md)

struct Failure {
  std::string name;
  std::string by_a, by_b;  // words of the sentences
  std::vector<Server> as_servers{}, bs_servers{};
  ConnectionOptions a = relays_alone(), b = relays_alone();
  std::function<void(TurnSite&)> make = [](TurnSite&) {};  // before all
  std::function<bool(const Flight&)> path = [](const Flight&) { return true; };
  std::function<void(TurnSite&)> once_connected{};
};

std::vector<Failure> failures() {
  const std::string nothing = "there is no candidate to connect from: ";
  const std::string none = "no candidate of the peer was received";
  const auto refuse = [](std::uint16_t code, stun::Method method) {
    return [=](TurnSite& site) {
      site.tricks[method] = {
          .code = code, .is_signed = true, .times = 0, .alternate = {}, .only_for = {}};
    };
  };
  const auto no_direct_path = [](const Flight& flight) { return !goes_between(flight, kA, kB); };
  return {
      {.name = "relays alone, and no server",
       .by_a = nothing + "relays alone may be used, and no TURN server is configured",
       .by_b = none,
       .bs_servers = {server_at(kServer)}},
      {.name = "a wrong credential",
       .by_a = nothing +
               "no relay came of the TURN server: the server does not take these credentials (401)",
       .by_b = none,
       .as_servers = {server_at(kServer, "wrong")},
       .bs_servers = {server_at(kServer)}},
      {.name = "a server that is silent",
       .by_a = nothing + "no relay came of the TURN server: the server did not answer (701)",
       .by_b = none,
       .as_servers = {server_at(kOther)},
       .bs_servers = {server_at(kServer)}},
      {.name = "a quota that is used up",
       .by_a = nothing +
               "no relay came of the TURN server: the quota of allocations for this user is used "
               "up (486)",
       .by_b = nothing,
       .as_servers = {server_at(kServer)},
       .bs_servers = {server_at(kServer)},
       .make = refuse(486, stun::Method::Allocate)},
      {.name = "two servers, of which one refuses and one is silent",
       .by_a = nothing + "no relay came of 2 TURN servers; of one: the server does not take these "
                         "credentials (401)",
       .by_b = none,
       .as_servers = {server_at(kOther), server_at(kServer, "wrong")},
       .bs_servers = {server_at(kServer)}},
      {.name = "a server that relays to nobody",
       .by_a = "relays were tried too, and the TURN server refuses to relay to some of the peer's "
               "addresses (403)",
       .by_b = "relays were tried too, and the TURN server refuses",
       .as_servers = {server_at(kServer)},
       .bs_servers = {server_at(kServer)},
       .make = refuse(403, stun::Method::CreatePermission)},
      {.name = "no path, and no relay for want of a credential",
       .by_a = "a firewall may block UDP, and no relay came of the TURN server: the server does "
               "not take these credentials (401)",
       .by_b = "a firewall may block UDP, and a TURN server would help",
       .as_servers = {server_at(kServer, "wrong")},
       .a = {},
       .b = {},
       .path = no_direct_path},
      {.name = "no path, not even from the relay",
       .by_a = "relays were tried too: the peer is gone, or nothing reaches it",
       .by_b = "a firewall may block UDP, and a TURN server would help",
       .as_servers = {server_at(kServer)},
       .a = {},
       .b = {},
       .path =
           [](const Flight& flight) {
             return !(flight.to.address == kB.address || flight.from.address == kB.address);
           }},
      {.name = "a server that dies under a connection",
       .by_a = "the peer has not answered for 30 s",
       .by_b = "the peer has not answered for 30 s",
       .as_servers = {server_at(kServer)},
       .bs_servers = {server_at(kServer)},
       .once_connected = [](TurnSite& site) { site.is_dead = true; }},
  };
}

TEST(RelayReasons, AreWhatEitherSideCanKnow) {
  for (const Failure& failure : failures()) {
    SCOPED_TRACE(failure.name);
    Pair pair(failure.as_servers, failure.bs_servers, failure.a, failure.b);
    TurnSite site(pair.network, kServer, {});
    failure.make(site);
    pair.network.filter = [&](Flight& flight) { return failure.path(flight); };
    const bool is_up = pair.connect(5s);
    ASSERT_EQ(is_up, failure.once_connected != nullptr);
    if (failure.once_connected) failure.once_connected(site);
    pair.run_until([] { return false; }, 130s);
    for (const RelayedHost* host : {&pair.a, &pair.b}) {
      const std::string& words = host == &pair.a ? failure.by_a : failure.by_b;
      EXPECT_THAT(reason_of(*host), HasSubstr(words));
      const ConnectionReport report = host->connection.report(pair.network.now());
      EXPECT_EQ(report.state, ConnectionState::Failed);
      EXPECT_EQ(report.code, ErrorCode::IceFailure);
      EXPECT_EQ(report.reason, reason_of(*host));
      EXPECT_THAT(report.reason, Not(HasSubstr("192.0.2.")));
      EXPECT_EQ(host->all<core::ConnectingEnded>().size(), is_up ? 2U : 1U);
    }
  }
}

// A report has so many pairs, and says how many it has left out.
TEST(Reports, HaveAsManyPairsAsTheirLimit) {
  std::vector<Endpoint> as, bs;
  for (int i = 1; i <= 8; ++i) {
    as.push_back(at("192.0.2." + std::to_string(i) + ":5001"));
    bs.push_back(at("192.0.2." + std::to_string(100 + i) + ":5002"));
  }
  testing::PeerPair pair({}, {}, {}, as, bs);
  pair.network.filter = [](Flight&) { return false; };
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.negotiate());
  pair.network.run_for(130s);
  const ConnectionReport report = pair.a.connection.report(pair.now());
  EXPECT_EQ(report.pairs.size(), ConnectionReport::kMaxPairs);
  EXPECT_EQ(report.pairs_left_out, 64 - ConnectionReport::kMaxPairs);
  for (const PairReport& one : report.pairs) EXPECT_EQ(one.outcome, PairOutcome::Unanswered);
  EXPECT_GT(report.checks.requests_sent, 64U);
}

TEST(Reports, AreToldUnaskedUnlessTheyAreNotWanted) {
  ConnectionOptions silent;
  silent.connection_reports = false;
  testing::PeerPair pair({}, {}, silent);
  (void)pair.a.connection.create_data_channel(pair.now(), "data");
  ASSERT_TRUE(pair.connect());
  pair.network.run_for(1s);
  EXPECT_EQ(pair.a.all<core::ConnectingEnded>().size(), 1U);
  EXPECT_FALSE(pair.b.has<core::ConnectingEnded>());
  EXPECT_EQ(pair.b.connection.report(pair.now()).state, ConnectionState::Connected);
}

TEST(Reports, OfWhatHasNotBegunAreEmpty) {
  testing::PeerPair pair;
  const ConnectionReport report = pair.a.connection.report(pair.now());
  EXPECT_EQ(report.state, ConnectionState::New);
  EXPECT_EQ(report.began, std::nullopt);
  EXPECT_THAT(report.pairs, IsEmpty());
  EXPECT_THAT(report.gathering.servers, IsEmpty());
}

}  // namespace
}  // namespace specter
