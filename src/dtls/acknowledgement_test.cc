// ACKs: RFC 9147 §7.
#include "dtls/testing/insider.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Small {
  explicit Small(simulation::LinkOptions link = {}, std::uint64_t seed = 1)
      : ends(link, seed, config(Role::Client), config(Role::Server)) {}
  static Connection::Config config(Role role) {
    auto out = config_for(role, Version::Dtls13);
    out.mtu = 256;
    return out;
  }
  Ends ends;
};

int datagrams_of_flight(Role of) {
  Small small;
  int count = 0;
  small.ends.pair.filter = [&](bool from_a, Buffer&) {
    const bool first =
        of == Role::Server ? !small.ends.client.is_connected() : small.ends.client.is_connected();
    if (from_a == (of == Role::Client) && first && !small.ends.server.is_connected()) ++count;
    return true;
  };
  EXPECT_TRUE(small.ends.connect());
  return count;
}

// Any one datagram of the server's flight is lost: it comes alone, twice, soon.
TEST(Acknowledgement, ALostPieceOfTheServersFlightComesAlone) {
  const int whole = datagrams_of_flight(Role::Server);
  ASSERT_GE(whole, 4);
  for (int lost = 0; lost < whole; ++lost) {
    SCOPED_TRACE(lost);
    Small small;
    int sent = 0;
    small.ends.pair.filter = [&](bool from_a, Buffer&) {
      return from_a || small.ends.client.is_connected() || sent++ != lost;
    };
    ASSERT_TRUE(small.ends.connect());
    // The first has the ServerHello: without it the client can acknowledge nothing.
    EXPECT_LE(sent, lost == 0 ? 3 * whole : whole + 2);
    EXPECT_LE(small.ends.pair.now() - simulation::kStart, lost == 0 ? 140ms : 85ms);
  }
}

TEST(Acknowledgement, ALostPieceOfTheClientsFlightComesAlone) {
  const int whole = datagrams_of_flight(Role::Client);
  ASSERT_GE(whole, 3);
  for (int lost = 0; lost < whole; ++lost) {
    SCOPED_TRACE(lost);
    Small small;
    int sent = 0;
    small.ends.pair.filter = [&](bool from_a, Buffer&) {
      return !from_a || !small.ends.client.is_connected() || sent++ != lost;
    };
    ASSERT_TRUE(small.ends.connect());
    EXPECT_LE(sent, whole + 2);
    EXPECT_LE(small.ends.pair.now() - simulation::kStart, 140ms);
  }
}

TEST(Acknowledgement, NoDatagramExceedsASmallMtuHoweverMuchThereIsToSay) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Small small({.jitter = 100ms, .loss = 0.4, .seed = seed}, seed);
    std::size_t largest = 0;
    small.ends.pair.filter = [&](bool, Buffer& packet) {
      largest = std::max(largest, packet.size());
      return true;
    };
    ASSERT_TRUE(small.ends.connect()) << seed;
    small.ends.pair.run_for(2s);
    EXPECT_LE(largest, 256u) << seed;
  }
}

// RFC 9147 §5.8.4: until the ACK of its last flight comes, the client repeats it.
TEST(Acknowledgement, ALostOneOfTheLastFlightIsSaidAgain) {
  Ends ends(Version::Dtls13);
  int lost = 0;
  ends.pair.filter = [&](bool from_a, Buffer&) {
    return from_a || !ends.server.is_connected() || ++lost > 3;
  };
  ASSERT_TRUE(ends.connect());
  EXPECT_FALSE(ends.client.is_handshake_confirmed());
  ends.pair.run_for(5s);
  EXPECT_TRUE(ends.client.is_handshake_confirmed());
  EXPECT_EQ(ends.client.counters().retransmissions, 3u);
  EXPECT_EQ(lost, 4);  // one for each time that the flight came
  EXPECT_EQ(only<Connected>(ends.pair.events_b).size(), 1u);
}

// Someone who only listens to what it sends still gives up nothing: data says that it was heard.
TEST(Acknowledgement, DataFromTheServerKeepsAClientThatIsNeverAcknowledged) {
  Insider insider(Version::Dtls13);
  insider.filter = [&](bool from_a, Buffer& packet) {
    return from_a || !insider.ends.server.is_connected() || packet.size() < 24 ||
           insider.types(Role::Server, 3, packet) != std::vector{ContentType::Ack};
  };
  ASSERT_TRUE(insider.ends.connect());
  ASSERT_TRUE(insider.ends.server.send(as_bytes("hello")));
  insider.ends.pair.run_for(60s);
  EXPECT_TRUE(insider.ends.client.is_connected());
  EXPECT_TRUE(insider.ends.client.is_handshake_confirmed());
  EXPECT_EQ(insider.ends.client.next_timeout(), std::nullopt);
}

// RFC 9147 §7: one that names what was never sent, or is no ACK, does nothing.
TEST(Acknowledgement, NonsenseIsPassedOver) {
  Insider insider(Version::Dtls13);
  ASSERT_TRUE(insider.connect());
  for (const Buffer& payload :
       {Buffer{}, Buffer{0}, Buffer{0, 0}, Buffer{0, 1}, Buffer{0, 16, 1, 2, 3}, Buffer(100, 0xff),
        body_of(Ack{{{3, 77}, {9, 1}}})}) {
    insider.send_as(Role::Server, ContentType::Ack, payload);
    insider.send_as(Role::Client, ContentType::Ack, payload);
  }
  ASSERT_TRUE(insider.ends.client.send(as_bytes("still here")));
  insider.ends.pair.run_for(1s);
  EXPECT_THAT(texts(insider.ends.pair.events_b), ElementsAre("still here"));
  EXPECT_THAT(closes(insider.ends.pair.events_a), IsEmpty());
}

}  // namespace
}  // namespace specter::dtls
