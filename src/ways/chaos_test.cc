// Everything at once, as seeds decide: servers that err, forget and fall silent, bases that come
// and go, streams that end, packets that get lost. World throws where Ways asks its driver for
// something that can not be, and where it would spin.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ways/testing/world.h"

namespace specter::ways {
namespace {

using stun::Method;

struct Chaos : World {
  explicit Chaos(std::uint64_t seed) : World({.wants_both_families = seed % 2 == 0}, seed) {
    loss = chance.chance(0.5) ? 0 : 0.2;
    for (std::uint16_t i = 0; i < 3; ++i) {
      const Endpoint server{kServer.address, static_cast<std::uint16_t>(3000 + i)};
      Site& site = sites[server];
      site.options.relayed.port = static_cast<std::uint16_t>(20'000 + 5'000 * i);
      if (chance.chance(0.5)) site.options.relayed_v6 = at("[2001:db8:7::7]:30000");
      if (chance.chance(0.3)) site.options.nonce_life = 30s;
      if (chance.chance(0.3)) site.options.lifetime = 1 + chance.below(120);
      site.options.silent_without_allocation = chance.chance(0.3);
      site.options.knows_families = chance.chance(0.5);
    }
    bases_known = {kBase, kOtherBase, at("192.0.2.3:5000")};
  }

  Endpoint any_site() {
    auto found = sites.begin();
    std::advance(found, chance.below(static_cast<std::uint32_t>(sites.size())));
    return found->first;
  }
  void err(Site& site) {
    constexpr std::uint16_t kCodes[] = {300, 400, 401, 403, 420, 437, 438, 441, 486, 500, 508};
    constexpr Method kMethods[] = {Method::Allocate, Method::Refresh, Method::CreatePermission,
                                   Method::ChannelBind};
    const TestServer::Trick trick{.code = kCodes[chance.below(std::size(kCodes))],
                                  .is_signed = chance.chance(0.5),
                                  .times = 1 + static_cast<int>(chance.below(3)),
                                  .alternate = any_site()};
    site.tricks[kMethods[chance.below(std::size(kMethods))]] = trick;
    if (chance.chance(0.5)) site.tricks.clear();
    for (const auto& session : sessions) {
      if (chance.chance(0.2)) session->server.tricks = site.tricks;
    }
  }
  Path any_path() {
    const auto known = relayed();
    if (known.empty()) return {kBase, kPeer};
    return {known[chance.below(static_cast<std::uint32_t>(known.size()))],
            chance.chance(0.5) ? kPeer : kOtherPeer};
  }

  void step() {
    Site& site = sites.at(any_site());
    switch (chance.below(16)) {
      case 0: {
        const Endpoint base = bases_known[chance.below(3)];
        if (std::ranges::count(bases, base) == 0) add_base(base);
        break;
      }
      case 1: {
        if (bases.empty()) break;
        const Endpoint base = bases.back();
        ways.remove_base(now, base);
        settle();  // what was asked of it is asked before it is gone
        bases.pop_back();
        break;
      }
      case 2: servers.push_back(ways.add_server(now, udp(any_site()))); break;
      case 3: servers.push_back(ways.add_server(now, tcp(any_site()))); break;
      case 4: servers.push_back(ways.add_server(now, tls(any_site()))); break;
      case 5:
        if (!servers.empty())
          ways.remove_server(now,
                             servers[chance.below(static_cast<std::uint32_t>(servers.size()))]);
        break;
      case 6: site.is_deaf = !site.is_deaf; break;
      case 7: err(site); break;
      case 8:
        for (const auto& session : sessions) {
          if (chance.chance(0.3)) session->server.restart();
        }
        break;
      case 9:
        for (const auto& session : sessions) {
          if (session->stream && !session->is_closed && chance.chance(0.3)) hang_up(*session);
        }
        break;
      case 10: site.streams = static_cast<Site::Streams>(chance.below(4)); break;
      case 11: ways.release(now, any_path().local); break;
      case 12: ways.permit(now, any_path().remote.address); break;
      case 13: ways.forget(any_path().remote.address); break;
      case 14: ways.bind(now, any_path()); break;
      default: speak(); break;
    }
  }
  void speak() {
    for (int i = 0; i < 5; ++i) {
      const Path path = any_path();
      if (ways.is_relayed(path)) say(path, Buffer(1 + chance.below(1200)), 1 + chance.below(4));
      if (ways.is_relayed(path)) {
        for (const auto& session : sessions) {
          if (session->server.relayed == path.local) session->server.relay(now, kPeer, Buffer(9));
          flush(*session);
        }
      }
      // Garbage from where the server is.
      Buffer bytes(chance.below(60));
      chance.fill(bytes);
      ways.undress(now, Datagram{{kBase, any_site()}, bytes});
    }
  }
  std::vector<Endpoint> bases_known;
  std::vector<ServerId> servers;
};

TEST(Chaos, EndsWithEverythingGivenBackAndNothingAsked) {
  std::size_t relays = 0, lost = 0, failed = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE(seed);
    Chaos world(seed);
    world.add_base(kBase);
    for (int i = 0; i < 60; ++i) {
      world.step();
      world.run(std::chrono::milliseconds(world.chance.below(i % 10 == 9 ? 120'000 : 500)));
    }
    relays += world.relayed().size();
    lost += world.all<Lost>().size();
    failed += world.all<ServerFailed>().size();
    world.ways.close(world.now);
    world.run(10s);
    EXPECT_TRUE(world.ways.is_over());
    EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
    EXPECT_TRUE(world.streams.empty());
    EXPECT_TRUE(world.ports.empty());
  }
  // That something happened.
  EXPECT_GT(relays, 1000u);
  EXPECT_GT(lost, 300u);
  EXPECT_GT(failed, 300u);
}

// With faults that end, what is asked for comes.
TEST(Chaos, ThatEndsLeavesRelaysThatWork) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    Chaos world(seed);
    world.add_base(kBase);
    for (int i = 0; i < 40; ++i) {
      world.step();
      world.run(std::chrono::milliseconds(world.chance.below(2'000)));
    }
    world.loss = 0;
    for (auto& [at, site] : world.sites) {
      site.is_deaf = false;
      site.tricks.clear();
      site.streams = Site::Streams::Taken;
    }
    for (const auto& session : world.sessions) session->server.tricks.clear();
    if (world.bases.empty()) world.add_base(kBase);
    const Endpoint good = at("198.51.100.60:3478");
    world.sites[good].options.relayed.port = 60'000;
    world.ways.add_server(world.now, udp(good));
    world.ways.permit(world.now, kPeer.address);
    world.run(5s);
    std::size_t heard = 0;
    for (const auto* session : world.allocations()) {
      const Path path{session->server.relayed, kPeer};
      if (session->site != good || !world.ways.is_relayed(path)) continue;
      world.say(path, Buffer(100));
      world.run(1s);
      heard += session->server.sent.size();
    }
    EXPECT_GE(heard, 1u);
  }
}

}  // namespace
}  // namespace specter::ways
