// The relays of one connection on a loop, with TURN servers on the loopback interface.
#include "io/relays.h"

#include <gmock/gmock.h>

#include "io/clock.h"
#include "io/loop_impl.h"
#include "io/testing/stream_server.h"
#include "io/testing/turn_server.h"

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::TurnServer;
using turn::TestServer;

// A core, its sockets and its relays, as a driver has them.
struct World {
  explicit World(LoopbackPolicy loopback = LoopbackPolicy::Only)
      : network(*loop, owner, [this] { is_readable = true; }, [](auto&, auto&) {}) {
    ConnectionOptions options;
    options.ice.loopback = loopback;
    options.ice.transport_policy = IceTransportPolicy::Relay;
    core::SystemRandom system;
    options.certificate = core::generate_certificate(system, unix_seconds());
    relays.emplace(*loop, owner, options.ice, [] {});
    core.emplace(options, loop->random());
    base = *network.open(IpAddress::v4({127, 0, 0, 1}), 0);
    relays->add_base(now(), base, 0);
    (void)core->create_data_channel(now(), "data");
    offer();
  }
  ~World() {
    relays.reset();
    network.close();
  }

  void offer() { EXPECT_TRUE(core->set_local_description(now(), core->create_offer().value())); }
  void add(const IceUrl& url, const Endpoint& at) {
    core->note_server(now(), {url.text, true, protocol_of(url)});
    relays->add_server(now(), url, {at});
  }
  // Turns of a driver, until it holds.
  bool run(const std::function<bool()>& holds, Duration limit = 10s) {
    for (const Timestamp end = now() + limit; now() < end;) {
      turn();
      if (holds()) return true;
      loop->impl().context.run_one_for(5ms);
    }
    return false;
  }
  void turn() {
    const auto to_core = [this](std::span<const Datagram> those) {
      core->handle_datagrams(now(), those);
    };
    if (std::exchange(is_readable, false)) {
      is_readable = network.receive(
          128, [&](std::span<const Datagram> those) { relays->receive(now(), those, to_core); });
    }
    relays->receive_late(now(), to_core);
    relays->turn(now(), *core, network);
    core->handle_timeout(now());
    while (auto event = core->poll_event()) events.push_back(std::move(*event));
    while (auto sent = core->poll_transmit(now())) {
      if (relays->is_relayed(sent->path)) relays->send(now(), std::move(*sent), network);
    }
    relays->flush();
    network.flush();
  }
  std::vector<CandidateStats> candidates() const { return core->stats().local_candidates; }
  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const auto& event : events) {
      if (const auto* one = std::get_if<E>(&event)) out.push_back(*one);
    }
    return out;
  }

  std::shared_ptr<Loop> loop = std::make_shared<Loop>();
  std::shared_ptr<int> owner = std::make_shared<int>(0);
  bool is_readable = false;
  Network network;
  Endpoint base;
  std::optional<Relays> relays;
  std::optional<core::PeerConnection> core;
  std::vector<core::Event> events;
};

TEST(Relays, BecomeCandidatesOfTheCore) {
  World world;
  TurnServer server(world.loop->impl().context);
  world.add(server.url(), server.at());
  EXPECT_FALSE(world.relays->is_settled());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 1; }));
  EXPECT_TRUE(world.run([&] { return world.relays->is_settled(); }));
  const CandidateStats candidate = world.candidates()[0];
  EXPECT_EQ(candidate.type, IceCandidateType::Relayed);
  EXPECT_EQ(candidate.url, server.url().text);
  EXPECT_EQ(candidate.relay_protocol, IceServerTransportProtocol::Udp);
  const Path path{*Endpoint::parse("198.51.100.7:49152"), *Endpoint::parse("203.0.113.1:1")};
  EXPECT_TRUE(world.relays->is_relayed(path));
  EXPECT_FALSE(world.relays->is_relayed({world.base, path.remote}));
}

TEST(Relays, OfAServerThatRefusesAreToldOnce) {
  World world;
  TurnServer server(world.loop->impl().context);
  world.add(server.url("wrong"), server.at());
  ASSERT_TRUE(world.run([&] { return world.relays->is_settled(); }));
  world.turn();
  const auto errors = world.all<core::IceCandidateError>();
  ASSERT_THAT(errors, SizeIs(1));
  EXPECT_EQ(errors[0].error_code, 401);
  EXPECT_EQ(errors[0].url, server.url().text);
  EXPECT_EQ(errors[0].address, "");  // relays alone: nobody is told of ours
  EXPECT_THAT(world.candidates(), IsEmpty());
}

TEST(Relays, OfAServerThatTakesNoConnectionAreToldOnce) {
  World world;
  std::uint16_t closed = 0;
  {
    const testing::StreamServer gone(world.loop->impl().context);
    closed = gone.port();
  }
  world.loop->impl().context.poll();
  IceUrl url = *parse_ice_url("turn:127.0.0.1:" + std::to_string(closed) + "?transport=tcp");
  url.username = "user";
  url.password = "secret";
  world.add(url, {IpAddress::v4({127, 0, 0, 1}), closed});
  ASSERT_TRUE(world.run([&] { return !world.all<core::IceCandidateError>().empty(); }));
  EXPECT_EQ(world.all<core::IceCandidateError>()[0].error_code, 701);
  const ConnectionReport report = world.core->report(now());
  ASSERT_THAT(report.gathering.servers, SizeIs(1));
  EXPECT_EQ(report.gathering.servers[0].protocol, IceServerTransportProtocol::Tcp);
  EXPECT_EQ(report.gathering.servers[0].outcome, ServerOutcome::Failed);
}

// RFC 8656 §7.4: 437 is cured by another port, which is opened for it.
TEST(Relays, TakeAnotherPortWhereTheirsIsTaken) {
  World world;
  TurnServer server(world.loop->impl().context);
  server.tricks[stun::Method::Allocate] = {
      .code = 437, .is_signed = false, .times = 0, .alternate = {}, .only_for = {}};
  world.add(server.url(), server.at());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 1; }));
  EXPECT_EQ(server.sessions.size(), 2U);
  EXPECT_THAT(world.all<core::IceCandidateError>(), IsEmpty());
}

// RFC 8656 §9: before the first check, and what follows the request is not held back.
TEST(Relays, AskForPermissionsAsRemoteCandidatesCome) {
  World world;
  TurnServer server(world.loop->impl().context);
  world.add(server.url(), server.at());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 1; }));

  World other;  // its answer is what is needed
  ASSERT_TRUE(other.core->set_local_description(now(), {SdpType::Rollback, ""}));
  ASSERT_TRUE(other.core->set_remote_description(now(), *world.core->local_description()));
  ASSERT_TRUE(other.core->set_local_description(now(), other.core->create_answer().value()));
  ASSERT_TRUE(world.core->set_remote_description(now(), *other.core->local_description()));
  TestServer& session = server.sessions.begin()->second;
  EXPECT_THAT(session.permissions, IsEmpty());
  ASSERT_TRUE(world.core->add_ice_candidate(
      now(),
      {.candidate = "candidate:1 1 udp 2130706431 203.0.113.9 6000 typ host", .sdp_mid = "0"}));
  ASSERT_TRUE(world.run([&] { return !session.sent.empty(); }));
  EXPECT_EQ(session.permissions.size(), 1U);
  EXPECT_EQ(session.permissions.begin()->first.to_string(), "203.0.113.9");
  EXPECT_EQ(session.refused_data, 0);
}

TEST(Relays, OfServersThatAreLeftOutAreGivenBack) {
  World world;
  TurnServer kept(world.loop->impl().context), dropped(world.loop->impl().context, 50'000);
  world.add(kept.url(), kept.at());
  world.add(dropped.url(), dropped.at());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 2; }));
  const std::vector<IceUrl> wanted{kept.url()};
  world.relays->keep_servers(now(), wanted, *world.core);
  ASSERT_TRUE(world.run([&] { return dropped.releases() > 0; }));
  ASSERT_THAT(world.candidates(), SizeIs(1));
  EXPECT_EQ(world.candidates()[0].url, kept.url().text);
  EXPECT_EQ(kept.releases(), 0);
  // Another credential is another server.
  const std::vector<IceUrl> changed{kept.url("another")};
  world.relays->keep_servers(now(), changed, *world.core);
  ASSERT_TRUE(world.run([&] { return kept.releases() > 0; }));
}

TEST(Relays, AreGivenBackAtTheEnd) {
  World world;
  TurnServer server(world.loop->impl().context);
  world.add(server.url(), server.at());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 1; }));
  world.relays->close(now(), world.network);
  world.network.flush();
  ASSERT_TRUE(world.run([&] { return server.releases() > 0; }));
}

TEST(Relays, OfALostBaseAreNone) {
  World world;
  TurnServer server(world.loop->impl().context);
  world.add(server.url(), server.at());
  ASSERT_TRUE(world.run([&] { return world.candidates().size() == 1; }));
  world.relays->remove_base(now(), world.base);
  EXPECT_TRUE(world.run([&] { return world.candidates().empty(); }));
}

}  // namespace
}  // namespace specter::io
