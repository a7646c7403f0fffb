// How relays live, are lost and come back, and how they are given back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ways/testing/world.h"

namespace specter::ways {
namespace {

using stun::Method;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Options kOneFamily{.wants_both_families = false};
const Buffer kPayload = to_buffer(as_bytes("something"));

struct Up : World {
  explicit Up(Server server = udp(), Site site = {}) : World(kOneFamily) {
    sites[kServer] = std::move(site);
    add_base(kBase);
    ways.add_server(now, std::move(server));
    run(1s);
  }
  Endpoint relay_address() const { return relayed().back(); }
};

// A nonce that goes stale each ten minutes, permissions of five, channels of ten, allocations of
// ten: a day, over each kind of way.
TEST(Relay, LivesForADay) {
  for (const auto& server : {udp(), tls()}) {
    Up world(server, {.options = {.nonce_life = 10min}});
    ASSERT_THAT(world.relayed(), SizeIs(1));
    const Path path{world.relay_address(), kPeer};
    world.ways.permit(world.now, kPeer.address);
    world.ways.bind(world.now, path);
    world.run(1s);
    for (int hour = 0; hour < 24; ++hour) {
      world.run(1h);
      world.say(path, kPayload);
      world.relay(path.local, kPeer, kPayload);
      world.run(1s);
    }
    EXPECT_THAT(world.heard, SizeIs(24));
    EXPECT_THAT(world.session_of(path.local).server.sent, SizeIs(24));
    EXPECT_THAT(world.all<Lost>(), IsEmpty());
    EXPECT_THAT(world.relayed(), SizeIs(1));
  }
}

TEST(Relay, IsLostAndAnotherComesWhenItsServerStartsAnew) {
  Up world;
  const Endpoint old = world.relay_address();
  world.ways.permit(world.now, kPeer.address);
  world.run(1s);
  world.session_of(old).server.restart();
  world.run(20min);
  EXPECT_THAT(world.all<Lost>(), ElementsAre(Field(&Lost::endpoint, old)));
  ASSERT_THAT(world.relayed(), SizeIs(2));
  EXPECT_NE(world.relay_address(), old);
  EXPECT_FALSE(world.ways.is_relayed({old, kPeer}));
  // Peers that were let through are let through again.
  const Path path{world.relay_address(), kPeer};
  world.say(path, kPayload);
  world.run(1s);
  EXPECT_THAT(world.session_of(path.local).server.sent, SizeIs(1));
  // Nothing goes out from the old one.
  world.say({old, kPeer}, kPayload);
  EXPECT_EQ(world.ways.counters().unsent, 1u);
  EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
}

TEST(Relay, OfADyingServerIsLostAtTheEndOfItsLifeAndComesBackWithIt) {
  Up world;
  world.sites[kServer].is_deaf = true;
  world.run(15min);
  EXPECT_THAT(world.all<Lost>(), SizeIs(1));
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  world.sites[kServer].is_deaf = false;
  world.run(10min);
  EXPECT_THAT(world.relayed(), SizeIs(2));
}

TEST(Relay, OfADeadServerIsGivenUpInTheEnd) {
  Up world;
  world.sites[kServer].is_deaf = true;
  world.run(24h);
  EXPECT_THAT(world.all<Lost>(), SizeIs(1));
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
}

// A server that grants and forgets at once is no reason for a storm.
TEST(Relay, ThatIsLostEachTimeIsAskedForMoreAndMoreRarely) {
  Up world(tcp());
  const Timestamp end = world.now + 24h;
  for (int i = 0; i < 10'000 && world.now < end; ++i) {
    for (const auto& session : world.sessions) {
      if (session->stream && !session->is_closed && session->server.allocation_until)
        world.hang_up(*session);
    }
    world.run(1s);
  }
  EXPECT_LE(world.asked<OpenStream>().size(), 1u * Relay::kMaxTriesAgain);
}

TEST(Relay, OfABaseThatGoesIsLostWithIt) {
  for (const auto& server : {udp(), tcp()}) {
    World world;
    world.sites[kServer].options.relayed_v6 = at("[2001:db8:7::7]:49152");
    world.add_base(kBase);
    world.add_base(kOtherBase);
    world.ways.add_server(world.now, server);
    world.run(1s);
    ASSERT_THAT(world.relayed(), SizeIs(4));
    world.ways.remove_base(world.now, kBase);
    std::erase(world.bases, kBase);
    world.run(1h);
    EXPECT_THAT(world.all<Lost>(), SizeIs(2));
    for (const Lost& one : world.all<Lost>()) EXPECT_EQ(one.base, kBase);
    EXPECT_THAT(world.relayed(), SizeIs(4));
    EXPECT_LE(world.ports.size(), 1u);
    EXPECT_LE(world.streams.size(), 2u);
    // One that comes again has its own.
    world.add_base(kBase);
    world.run(1s);
    EXPECT_THAT(world.relayed(), SizeIs(6));
  }
}

TEST(Relay, OfABaseThatGoesBeforeTheAnswerIsNone) {
  for (const auto& server : {udp(), tcp()}) {
    World world;
    world.sites[kServer];
    world.add_base(kBase);
    world.ways.add_server(world.now, server);
    world.run(10ms);
    world.ways.remove_base(world.now, kBase);
    std::erase(world.bases, kBase);
    world.run(1h);
    EXPECT_THAT(world.events, IsEmpty());
    EXPECT_TRUE(world.ways.is_settled());
    EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
    EXPECT_THAT(world.streams, IsEmpty());
  }
}

TEST(Relay, ThatIsNotNeededIsGivenBack) {
  for (const auto& server : {udp(), tcp()}) {
    Up world(server);
    world.ways.release(world.now, world.relay_address());
    world.run(1h);
    EXPECT_THAT(world.allocations(), IsEmpty());
    EXPECT_EQ(world.sessions[0]->server.releases, 1);
    EXPECT_THAT(world.all<Lost>(), IsEmpty());
    EXPECT_THAT(world.relayed(), SizeIs(1));
    EXPECT_THAT(world.streams, IsEmpty());
    EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
  }
}

TEST(Close, GivesAllBackAndSaysNothingMore) {
  World world;
  world.sites[kServer].options.relayed_v6 = at("[2001:db8:7::7]:49152");
  world.sites[kOther] = world.sites[kServer];
  world.add_base(kBase);
  world.ways.add_server(world.now, udp(kServer));
  world.ways.add_server(world.now, tls(kOther));
  world.run(1s);
  EXPECT_THAT(world.allocations(), SizeIs(4));
  const auto events = world.events.size();
  world.ways.close(world.now);
  world.ways.close(world.now);
  world.run(25ms);
  EXPECT_THAT(world.allocations(), IsEmpty());
  world.run(1s);
  EXPECT_TRUE(world.ways.is_over());
  EXPECT_EQ(world.events.size(), events);
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
  EXPECT_THAT(world.streams, IsEmpty());
  EXPECT_THAT(world.ports, IsEmpty());
  const int transmits = world.transmits;
  world.ways.add_base(world.now, kOtherBase);
  world.ways.add_server(world.now, udp());
  world.ways.permit(world.now, kPeer.address);
  world.run(1h);
  EXPECT_EQ(world.transmits, transmits);
}

TEST(Close, IsNotHeldUpByASilentServer) {
  Up world;
  world.sites[kServer].is_deaf = true;
  world.ways.close(world.now);
  world.run(3s);
  EXPECT_TRUE(world.ways.is_over());
}

// The answer to an Allocate may come when nobody wants it any more.
TEST(Close, BeforeTheAnswerLeavesNoAllocationBehind) {
  for (const auto& server : {udp(), tcp()}) {
    for (Duration when{}; when < 200ms; when += 5ms) {
      World world(kOneFamily);
      world.sites[kServer];
      world.add_base(kBase);
      world.ways.add_server(world.now, server);
      world.run(when);
      world.ways.close(world.now);
      world.run(5s);
      EXPECT_TRUE(world.ways.is_over());
      EXPECT_THAT(world.allocations(), IsEmpty()) << when / 1ms;
      EXPECT_THAT(world.streams, IsEmpty());
    }
  }
}

TEST(Close, OfNothingIsOver) {
  World world;
  world.ways.close(world.now);
  EXPECT_TRUE(world.ways.is_over());
}

// Wherever a relay fails, what it is told in has no credentials and no addresses in its sentences.
TEST(Credentials, AreInNoEventAndNoCommand) {
  std::vector<std::string> sentences;
  std::vector<Command> commands;
  for (const std::uint16_t code : {0, 300, 400, 401, 403, 437, 441, 486, 508, 500}) {
    for (const auto& server : {udp(), tcp(), tls()}) {
      World world;
      if (code == 0) world.sites[kServer].options.password = "another";
      if (code > 0)
        world.sites[kServer].tricks[Method::Allocate] = {
            .code = code, .times = 0, .alternate = at("127.0.0.1:1")};
      world.add_base(kBase);
      world.ways.add_server(world.now, server);
      world.run(10s);
      for (const auto& event : world.all<ServerFailed>()) sentences.push_back(event.text);
      for (const auto& event : world.all<Lost>()) sentences.push_back(event.reason);
      commands.insert(commands.end(), world.commands.begin(), world.commands.end());
    }
  }
  EXPECT_GE(sentences.size(), 27u);
  for (const std::string& text : sentences) {
    EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    EXPECT_EQ(text.find("198.51"), std::string::npos) << text;
  }
  // USERNAME goes to the server (RFC 8489 §14.3); the password nowhere.
  for (const Command& command : commands) {
    const auto* data = std::get_if<SendBytes>(&command);
    if (!data) continue;
    EXPECT_EQ(as_text(data->bytes).find("secret"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace specter::ways
