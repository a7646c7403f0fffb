// Relays behind TCP and TLS: what is asked of the driver, and what it tells.
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

struct Up : World {
  explicit Up(Server server, Site site = {}) : World(kOneFamily) {
    sites[kServer] = std::move(site);
    add_base(kBase);
    ways.add_server(now, std::move(server));
    run(1s);
  }
  Path path() const { return {relayed().back(), kPeer}; }
  SocketId stream() const { return asked<OpenStream>().back().id; }
  void inject(Bytes bytes) {
    ways.handle_bytes(now, stream(), bytes);
    while (const auto data = ways.poll_datagram(now))
      heard.push_back({data->path, to_buffer(data->bytes)});
    settle();
  }
};

TEST(Stream, IsOpenedFromTheBaseAndForTheHost) {
  Up plain(tcp()), secret(tls());
  EXPECT_THAT(plain.asked<OpenStream>(),
              ElementsAre(OpenStream{SocketId{1}, kBase, kServer, std::nullopt}));
  EXPECT_THAT(secret.asked<OpenStream>(),
              ElementsAre(OpenStream{SocketId{1}, kBase, kServer, "turn.example.org"}));
  EXPECT_THAT(plain.all<Relayed>(), ElementsAre(Field(&Relayed::protocol, RelayProtocol::Tcp)));
  EXPECT_THAT(secret.all<Relayed>(), ElementsAre(Field(&Relayed::protocol, RelayProtocol::Tls)));
}

// docs/failures.md row 166: a URL with transport=tcp is no server over UDP, whatever becomes of the
// stream.
TEST(Stream, IsTheOnlyWayToItsServer) {
  for (const auto how : {Site::Streams::Taken, Site::Streams::Refused, Site::Streams::Unanswered}) {
    for (const Server& server : {tcp(), tls()}) {
      Up world(server, {.streams = how});
      world.ways.permit(world.now, kPeer.address);
      world.run(10min);
      EXPECT_EQ(world.transmits, 0);
      EXPECT_THAT(world.asked<OpenPort>(), IsEmpty());
    }
  }
}

// RFC 8656 §12.5: padding over streams, whose bytes come in any pieces.
TEST(Stream, CarriesPayloadsOfEachSizeInAnyPieces) {
  for (const std::size_t piece : {1, 3, 7, 65'536}) {
    Up world(tcp());
    world.piece = piece;
    world.ways.permit(world.now, kPeer.address);
    world.run(1s);
    std::vector<World::Heard> expected;
    std::vector<TestServer::Sent> sent;
    for (const bool is_bound : {false, true}) {
      if (is_bound) world.ways.bind(world.now, world.path());
      world.run(1s);
      for (std::size_t size = 1; size <= 9; ++size) {
        const Buffer payload(size, static_cast<std::uint8_t>(size));
        world.say(world.path(), payload);
        world.relay(world.path().local, kPeer, payload);
        world.run(1s);
        expected.push_back({world.path(), payload});
        sent.push_back({kPeer, payload});
      }
      EXPECT_EQ(world.ways.room(world.now, world.path()).before, is_bound ? 4u : 36u);
    }
    EXPECT_EQ(world.heard, expected);
    EXPECT_EQ(world.sessions[0]->server.sent, sent);
  }
}

TEST(Stream, ThatEndsInMidLifeLosesItsRelayAndAnotherComes) {
  Up world(tcp());
  const Path old = world.path();
  world.ways.permit(world.now, kPeer.address);
  world.hang_up(*world.sessions[0]);
  EXPECT_THAT(world.all<Lost>(),
              ElementsAre(Lost{old.local, kBase, "The server closed the connection."}));
  world.run(5s);
  EXPECT_THAT(world.asked<OpenStream>(), SizeIs(2));
  EXPECT_EQ(world.asked<OpenStream>()[1].id, SocketId{2});
  ASSERT_THAT(world.relayed(), SizeIs(2));
  world.say(world.path(), Buffer(10));
  world.run(1s);
  EXPECT_THAT(world.sessions[1]->server.sent, SizeIs(1));
  // What the driver says of the old one comes too late.
  world.ways.handle_closed(world.now, SocketId{1}, "Again.");
  world.ways.handle_opened(world.now, SocketId{1}, {});
  world.ways.handle_bytes(world.now, SocketId{1}, Buffer(10));
  world.run(1s);
  EXPECT_THAT(world.all<Lost>(), SizeIs(1));
}

TEST(Stream, ThatIsRefusedIsToldInTheDriversWords) {
  Up world(tcp(), {.streams = Site::Streams::Refused});
  EXPECT_THAT(
      world.all<ServerFailed>(),
      ElementsAre(ServerFailed{"turn:tcp", kBase, 701, "The server refuses the connection."}));
  world.run(1h);
  EXPECT_THAT(world.asked<OpenStream>(), SizeIs(Relay::kMaxTries));
  EXPECT_THAT(world.all<ServerFailed>(), SizeIs(1));
  EXPECT_EQ(world.ways.next_timeout(), std::nullopt);
}

// A certificate that is another host's is that for good.
TEST(Stream, ThatIsNotTheHostsIsNotTriedAgain) {
  Up world(tls(), {.streams = Site::Streams::Untrusted});
  world.run(1h);
  EXPECT_THAT(world.asked<OpenStream>(), SizeIs(1));
  EXPECT_THAT(world.all<ServerFailed>(),
              ElementsAre(Field(&ServerFailed::text, "The certificate is another host's.")));
}

TEST(Stream, ThatNeverOpensIsGivenUp) {
  Up world(tcp(), {.streams = Site::Streams::Unanswered});
  world.run(9s);
  EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
  world.run(2s);
  EXPECT_THAT(
      world.all<ServerFailed>(),
      ElementsAre(Field(&ServerFailed::text, "There was no connection to the server in time.")));
  EXPECT_THAT(world.asked<CloseStream>(), SizeIs(1));
}

TEST(Stream, WithASilentServerIsGivenUpFiveSecondsAfterItOpened) {
  Up world(tcp(), {.is_deaf = true});
  world.run(4s);
  EXPECT_THAT(world.all<ServerFailed>(), IsEmpty());
  world.run(100ms);
  EXPECT_THAT(world.all<ServerFailed>(),
              ElementsAre(Field(&ServerFailed::text, "The server did not answer.")));
}

// The first letter of HTTP is that of a channel's number, with a length that nobody fills.
TEST(Stream, OfAnotherProtocolIsClosed) {
  for (const char* text : {"HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n"}) {
    Up world(tcp());
    world.inject(as_bytes(text));
    if (text[0] == 'H') world.run(Flow::kMessageTimeout);
    EXPECT_THAT(world.all<Lost>(), SizeIs(1));
    EXPECT_THAT(world.asked<CloseStream>(), ElementsAre(CloseStream{SocketId{1}}));
  }
}

// A length of 65,535, and then a byte a minute: it is not waited for.
TEST(Stream, ThatStopsInAMessageIsClosed) {
  Up world(tcp());
  world.inject(Buffer{0x40, 0x00, 0xff, 0xff});
  world.run(9s);
  EXPECT_THAT(world.all<Lost>(), IsEmpty());
  world.inject(Buffer{1});
  world.run(2s);
  EXPECT_THAT(world.all<Lost>(), SizeIs(1));
  EXPECT_THAT(world.asked<CloseStream>(), SizeIs(1));
  world.run(10s);
  EXPECT_THAT(world.relayed(), SizeIs(2));
}

TEST(Stream, SaysGoodbyeBeforeItIsClosed) {
  Up world(tls());
  world.commands.clear();
  world.ways.close(world.now);
  world.run(5s);
  ASSERT_THAT(world.commands, SizeIs(2));
  ASSERT_TRUE(std::holds_alternative<SendBytes>(world.commands[0]));
  EXPECT_EQ(std::get<SendBytes>(world.commands[0]).weight, Weight::Control);
  EXPECT_EQ(world.commands[1], Command(CloseStream{SocketId{1}}));
}

TEST(Stream, OfADriverThatDoesNotKeepUpDropsWholeBatches) {
  Up world(tcp());
  world.ways.permit(world.now, kPeer.address);
  world.ways.bind(world.now, world.path());
  world.run(1s);
  world.is_driving = false;
  for (int i = 0; i < 2000; ++i) world.say(world.path(), Buffer(1000));
  EXPECT_EQ(world.ways.counters().dropped, (2000 - Ways::kMaxQueuedBytes / 1004) * 1004u);
  world.is_driving = true;
  world.run(1s);
  EXPECT_THAT(world.sessions[0]->server.sent, SizeIs(Ways::kMaxQueuedBytes / 1004));
  world.say(world.path(), Buffer(1000));
  world.run(1s);
  EXPECT_THAT(world.sessions[0]->server.sent, SizeIs(Ways::kMaxQueuedBytes / 1004 + 1));
}

// Two messages in one piece, of which the first is not polled to its end.
TEST(Stream, ThatIsNotPolledToItsEndLosesDatagramsAndNoMore) {
  Up world(tcp());
  world.ways.permit(world.now, kPeer.address);
  world.run(1s);
  Buffer both = TestServer::data_indication(kPeer, Buffer{1});
  const Buffer second = TestServer::data_indication(kPeer, Buffer{2});
  both.insert(both.end(), second.begin(), second.end());
  world.ways.handle_bytes(world.now, world.stream(), both);
  world.inject(TestServer::data_indication(kPeer, Buffer{3}));
  EXPECT_THAT(world.heard, ElementsAre(World::Heard{world.path(), Buffer{3}}));
  EXPECT_EQ(world.ways.counters().unread, 2u);
}

}  // namespace
}  // namespace specter::ways
