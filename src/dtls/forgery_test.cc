// One forged datagram from the peer's own address, at every step: RFC 6347 §4.1.2.7.
#include <utility>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class EachForgery : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, EachForgery, kBothVersions, version_name);

struct Forgery {
  const char* name;
  Buffer datagram;
};

// The beginnings of as many messages as are put together side by side, and of one more.
Buffer rivals(std::uint8_t type, std::uint16_t message_seq) {
  Buffer out;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const Buffer one = record(22, fragment(type, 1000 + i, message_seq, 0, Buffer{1}), 1 + i);
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

std::vector<Forgery> forgeries() {
  const Buffer body(40, 1);
  return {
      {"fatal alert", record(21, Buffer{2, 40}, 1)},
      {"fatal alert, numbered far ahead", record(21, Buffer{2, 40}, 0xffff'ffff'ffff)},
      {"close_notify", record(21, Buffer{1, 0}, 1)},
      {"empty alert", record(21, Buffer{}, 1)},
      {"early application data", record(23, Buffer(100, 1), 1)},
      {"unknown handshake type", record(22, message(99, 0, 20), 1)},
      {"HelloRequest", record(22, message(0, 0, 0), 1)},
      {"the other role's first message, as server", record(22, message(1, 4, 100), 1)},
      {"the other role's first message, as client", record(22, message(2, 4, 100), 1)},
      {"NewSessionTicket", record(22, message(4, 5, 100), 1)},
      {"Finished in the clear", record(22, message(20, 4, 12), 1)},
      {"message far ahead", record(22, message(11, 9, 100), 1)},
      {"message of 16 MiB", record(22, fragment(11, 0xffffff, 1, 0, body), 1)},
      {"fragment of no size", record(22, fragment(11, 300, 1, 0, {}), 1)},
      {"fragment over the end", record(22, fragment(11, 30, 1, 0, body), 1)},
      {"certificate of another size", record(22, fragment(11, 301, 1, 0, body), 1)},
      {"key exchange of another size", record(22, fragment(16, 99, 2, 0, body), 1)},
      {"pieces of many ClientHellos", rivals(1, 0)},
      {"pieces of many ServerHellos", rivals(2, 0)},
      {"pieces of many ServerHellos after a retry", rivals(2, 1)},
      {"pieces of many certificates", rivals(11, 1)},
      {"pieces of many Finished messages", rivals(20, 4)},
      {"ChangeCipherSpec", record(20, Buffer{1}, 1)},
      {"ChangeCipherSpec, numbered far ahead", record(20, Buffer{1}, 0xffff'ffff'ffff)},
      {"ChangeCipherSpec of two bytes", record(20, Buffer{1, 1}, 1)},
      {"junk for a Finished", record(22, Buffer(40, 1), 0, 1)},
      {"junk for an alert", record(21, Buffer(26, 1), 0, 1)},
      {"junk for data", record(23, Buffer(60, 1), 0, 1)},
      {"an epoch to come", record(22, Buffer(40, 1), 0, 2)},
      {"another version", record(22, message(1, 0, 100), 1, 0, 0x0303)},
      {"unknown content type", record(99, Buffer(40, 1), 1)},
      {"junk for 1.3, the handshake's epoch", Buffer(60, 0x2e)},
      {"junk for 1.3, the data's epoch", Buffer(60, 0x2f)},
      {"junk for 1.3, a short number and no length", Buffer(60, 0x22)},
      {"an ACK in the clear", record(26, Buffer{0, 0}, 1)},
      {"an ACK in the clear of all", record(26, Buffer(66, 0), 1)},
      {"half a record", Buffer{22, 0xfe, 0xfd, 0, 0}},
      {"length beyond the end", Buffer{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 2}},
      {"nothing", Buffer{}},
      {"zeros", Buffer(1200, 0)},
  };
}

// A clean handshake has four datagrams; forged ones come before each of them leaves, and after.
TEST_P(EachForgery, NoSimpleOneHurtsAHandshakeAtAnyStep) {
  for (const Forgery& forgery : forgeries()) {
    for (int step = 0; step < 4; ++step) {
      for (const Role target : {Role::Client, Role::Server}) {
        SCOPED_TRACE(std::string(forgery.name) + ", step " + std::to_string(step) + ", at the " +
                     (target == Role::Client ? "client" : "server"));
        Ends ends(GetParam());
        int seen = 0;
        ends.pair.filter = [&](bool, Buffer&) {
          if (seen++ == step) ends.of(target).handle_datagram(ends.pair.now(), forgery.datagram);
          return true;
        };
        ASSERT_TRUE(ends.connect(1s));
        EXPECT_EQ(ends.pair.now() - simulation::kStart, is13() ? 30ms : 40ms);  // nor delays it
        ASSERT_TRUE(ends.client.send(as_bytes("to server")));
        ASSERT_TRUE(ends.server.send(as_bytes("to client")));
        ends.of(target).handle_datagram(ends.pair.now(), forgery.datagram);
        ends.pair.run_for(10s);
        EXPECT_THAT(texts(ends.pair.events_a), ElementsAre("to client"));
        EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("to server"));
        EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
      }
    }
  }
}

// All of them at once, at every step, to both.
TEST_P(EachForgery, NorDoAllTogether) {
  Ends ends(GetParam());
  ends.pair.filter = [&](bool, Buffer&) {
    for (const Forgery& forgery : forgeries()) {
      ends.client.handle_datagram(ends.pair.now(), forgery.datagram);
      ends.server.handle_datagram(ends.pair.now(), forgery.datagram);
    }
    return true;
  };
  ASSERT_TRUE(ends.connect(10s));
  EXPECT_GT(ends.client.counters().records_dropped, 40u);
  EXPECT_GT(ends.server.counters().records_dropped, 40u);
}

// A forger's records in front of the peer's in one datagram, and behind them.
TEST_P(EachForgery, NorOnesGluedToTheGenuine) {
  for (const Forgery& forgery : forgeries()) {
    if (forgery.datagram.size() < 13 || forgery.datagram.size() == 1200) continue;
    SCOPED_TRACE(forgery.name);
    Ends ends(GetParam());
    const bool whole =
        forgery.datagram[0] < 64 && forgery.datagram[1] == 0xfe && forgery.datagram[11] != 0xff;
    ends.pair.filter = [&](bool, Buffer& packet) {
      packet.insert(packet.end(), forgery.datagram.begin(), forgery.datagram.end());
      if (whole) packet.insert(packet.begin(), forgery.datagram.begin(), forgery.datagram.end());
      return true;
    };
    ASSERT_TRUE(ends.connect(1s));
    ends.pair.run_for(1s);
    EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
  }
}

TEST_P(EachForgery, AThousandDatagramsOfEachKindChangeNothingOnceConnected) {
  Ends ends(GetParam());
  ASSERT_TRUE(ends.connect());
  for (const Forgery& forgery : forgeries()) {
    for (int i = 0; i < 1000; ++i) {
      ends.client.handle_datagram(ends.pair.now(), forgery.datagram);
      ends.server.handle_datagram(ends.pair.now(), forgery.datagram);
    }
  }
  EXPECT_EQ(ends.client.poll_transmit(ends.pair.now()), std::nullopt);  // and no answer
  EXPECT_EQ(ends.server.poll_transmit(ends.pair.now()), std::nullopt);
  ASSERT_TRUE(ends.client.send(as_bytes("still here")));
  ends.pair.run_for(1s);
  EXPECT_THAT(texts(ends.pair.events_b), ElementsAre("still here"));
  EXPECT_THAT(closes(ends.pair.events_a), IsEmpty());
}

TEST_P(EachForgery, AReplayedSessionDeliversNothingTwice) {
  Ends ends(GetParam());
  std::vector<std::pair<bool, Buffer>> tape;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    tape.emplace_back(from_a, packet);
    return true;
  };
  ASSERT_TRUE(ends.connect());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(ends.client.send(as_bytes(std::to_string(i))));
  ends.pair.run_for(1s);
  ends.pair.filter = nullptr;
  const auto before = texts(ends.pair.events_b);
  ASSERT_EQ(before.size(), 50u);
  for (int round = 0; round < 3; ++round) {
    for (const auto& [from_a, packet] : tape)
      (from_a ? ends.server : ends.client).handle_datagram(ends.pair.now(), packet);
  }
  ends.pair.run_for(1s);
  EXPECT_EQ(texts(ends.pair.events_b), before);
  EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected());
}

}  // namespace
}  // namespace specter::dtls
