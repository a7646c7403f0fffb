// Time, loss and sizes: RFC 6347 §4.2.4.
#include "dtls/record/outbox.h"
#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

using ::testing::ElementsAre;

// When the client's or the server's datagrams left, with all of them lost from the nth on.
std::vector<Duration> send_times(Ends& ends, bool of_client, int lost_from) {
  std::vector<Duration> out;
  ends.pair.filter = [&, lost_from](bool from_a, Buffer&) {
    if (from_a != of_client) return true;
    out.push_back(ends.pair.now() - simulation::kStart);
    return static_cast<int>(out.size()) <= lost_from;
  };
  ends.start();
  ends.pair.run_for(60s);
  return out;
}

class EachRetransmission : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, EachRetransmission, kBothVersions, version_name);

// After 100 ms, 200, 400, 800, and then every second. Each repeated flight goes out twice.
TEST(Retransmission, KeepsItsSchedule) {
  Ends ends;
  std::vector<Duration> expected{0ms};
  for (const Duration at : {100ms, 300ms, 700ms, 1500ms}) expected.insert(expected.end(), 2, at);
  for (Duration at = 2500ms; at < 40s; at += 1s) expected.insert(expected.end(), 2, at);
  EXPECT_EQ(send_times(ends, true, 0), expected);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::TimedOut));
  EXPECT_EQ(ends.client.counters().retransmissions, 42u);
  EXPECT_EQ(ends.client.next_timeout(), std::nullopt);
}

TEST(Retransmission, APeerHasFortySecondsForItsFirstWord) {
  for (const Role role : {Role::Client, Role::Server}) {
    Ends ends;
    ends.of(role).start(ends.pair.now());
    ends.pair.filter = [](bool, Buffer&) { return false; };
    auto& events = ends.events_of(role);
    EXPECT_TRUE(ends.pair.run_until([&] { return !closes(events).empty(); }, 60s));
    EXPECT_EQ(ends.pair.now() - simulation::kStart, 40s);
    EXPECT_THAT(closes(events), ElementsAre(CloseReason::TimedOut));
    EXPECT_EQ(ends.of(role).next_timeout(), std::nullopt);
  }
}

// Of whoever carries the datagrams: there was no path.
TEST(Retransmission, TimeThatIsGivenBeginsTheWaitingAnew) {
  for (const Role role : {Role::Client, Role::Server}) {
    Ends ends;
    ends.of(role).start(ends.pair.now());
    ends.pair.filter = [](bool, Buffer&) { return false; };
    for (int i = 0; i < 10; ++i) {
      ends.pair.run_for(39s);
      ends.of(role).give_time(ends.pair.now());
    }
    ends.pair.filter = nullptr;
    ends.of(other(role)).start(ends.pair.now());
    EXPECT_TRUE(ends.pair.run_until([&] { return ends.server.is_connected(); }, 3s));
  }
}

TEST(Retransmission, TheScheduleIsTheConfigurations) {
  auto config = config_for(Role::Client);
  config.first_timeout = 50ms;
  config.max_timeout = 200ms;
  Ends ends({}, 1, config);
  auto times = send_times(ends, true, 0);
  times.resize(11);
  EXPECT_THAT(times,
              ElementsAre(0ms, 50ms, 50ms, 150ms, 150ms, 350ms, 350ms, 550ms, 550ms, 750ms, 750ms));
}

TEST_P(EachRetransmission, TheServersFlightHasAScheduleOfItsOwn) {
  Ends ends(GetParam());
  auto times = send_times(ends, false, 0);
  ASSERT_GE(times.size(), 5u);
  times.resize(5);
  EXPECT_THAT(times, ElementsAre(10ms, 110ms, 110ms, 310ms, 310ms));
}

TEST_P(EachRetransmission, ANewFlightBeginsTheScheduleAnew) {
  Ends ends(GetParam());
  // The first two ClientHellos are lost and, once the server has answered, the client's second
  // flight at first too.
  std::vector<Duration> times;
  int sent = 0;
  ends.pair.filter = [&](bool from_a, Buffer&) {
    if (!from_a) return true;
    times.push_back(ends.pair.now() - simulation::kStart);
    ++sent;
    return sent == 4 || sent > 7;
  };
  ASSERT_TRUE(ends.connect(10s));
  EXPECT_THAT(times, ElementsAre(0ms, 100ms, 100ms, 300ms, 300ms, 320ms, 420ms, 420ms));
}

TEST(Retransmission, ALateCallOfTheDriverMovesTheRest) {
  Ends ends;
  ends.client.start(simulation::kStart);
  EXPECT_TRUE(ends.client.poll_transmit(simulation::kStart));
  EXPECT_EQ(ends.client.next_timeout(), simulation::kStart + 100ms);
  ends.client.handle_timeout(simulation::kStart + 99ms);
  EXPECT_FALSE(ends.client.poll_transmit(simulation::kStart + 99ms));
  ends.client.handle_timeout(simulation::kStart + 150ms);
  EXPECT_TRUE(ends.client.poll_transmit(simulation::kStart + 150ms));
  EXPECT_EQ(ends.client.next_timeout(), simulation::kStart + 350ms);
}

// The peer has our flight but its last one is lost: what has finished must still answer.
TEST_P(EachRetransmission, TheLastFlightIsRepeatedWhenItWasLost) {
  for (int losses = 1; losses <= 8; ++losses) {
    Ends ends(GetParam());
    Connection& early = ends.of(finisher());
    int lost = 0;
    ends.pair.filter = [&](bool from_a, Buffer&) {
      if (from_a != (finisher() == Role::Client) || !early.is_connected()) return true;
      return ++lost > losses;
    };
    ASSERT_TRUE(ends.connect()) << losses;
    EXPECT_GE(early.counters().retransmissions, 1u);
    ASSERT_TRUE(early.send(as_bytes("still here")));
    ends.pair.run_for(1s);
    EXPECT_THAT(texts(ends.events_of(other(finisher()))), ElementsAre("still here"));
  }
}

// 1.2: the server, whose last flight never comes through, answers as often as it is asked.
TEST(Retransmission, APeerThatNeverStopsRepeatingEndsNothing) {
  Ends ends(Version::Dtls12);
  ends.pair.filter = [&](bool from_a, Buffer&) { return from_a || !ends.server.is_connected(); };
  ends.start();
  ends.pair.run_for(60s);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::TimedOut));
  EXPECT_EQ(ends.client.counters().retransmissions, 42u);
  EXPECT_TRUE(ends.server.is_connected());
  EXPECT_EQ(ends.server.counters().retransmissions, 42u);
}

// 1.3: the client's last flight never comes through. The server gives up the handshake; the client,
// which is connected and hears nothing, gives up too.
TEST(Retransmission, AClientThatIsNeverAcknowledgedGivesUp) {
  Ends ends(Version::Dtls13);
  ends.pair.filter = [&](bool from_a, Buffer&) { return !from_a || !ends.client.is_connected(); };
  ends.start();
  ends.pair.run_for(29s);
  EXPECT_TRUE(ends.client.is_connected());
  ends.pair.run_for(31s);
  EXPECT_THAT(closes(ends.pair.events_a), ElementsAre(CloseReason::TimedOut));
  EXPECT_THAT(closes(ends.pair.events_b), ElementsAre(CloseReason::TimedOut));
  EXPECT_THAT(only<Connected>(ends.pair.events_b), ::testing::IsEmpty());
}

TEST_P(EachRetransmission, AllHandshakesFinishInTimeWhateverIsLost) {
  for (const double loss : {0.0, 0.1, 0.2, 0.3, 0.4}) {
    Duration worst{};
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      Ends ends(GetParam(), {.latency = 20ms, .jitter = 10ms, .loss = loss, .seed = seed}, seed);
      ASSERT_TRUE(ends.connect(30s)) << "loss " << loss << ", seed " << seed;
      worst = std::max(worst, Duration(ends.pair.now() - simulation::kStart));
      ASSERT_TRUE(ends.client.export_keying_material("x", 8) ==
                  ends.server.export_keying_material("x", 8));
    }
    RecordProperty("worst_ms_at_" + std::to_string(static_cast<int>(loss * 100)) + "_percent",
                   std::to_string(worst / 1ms));
    EXPECT_LE(worst, 10s) << loss;
  }
}

TEST_P(EachRetransmission, DuplicatesAndReorderingDoNoHarm) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    auto client = config_for(Role::Client, GetParam());
    auto server = config_for(Role::Server, GetParam());
    client.mtu = server.mtu = 300;
    Ends ends({.latency = 5ms, .jitter = 80ms, .loss = 0.05, .duplicate = 0.5, .seed = seed}, seed,
              client, server);
    ASSERT_TRUE(ends.connect()) << seed;
    ends.pair.run_for(10s);
    EXPECT_TRUE(ends.client.is_connected() && ends.server.is_connected()) << seed;
  }
}

TEST_P(EachRetransmission, NoHandshakeDatagramExceedsTheMtu) {
  for (const std::size_t mtu : {256u, 300u, 576u, 1200u, 1400u, 9000u}) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      auto client = config_for(Role::Client, GetParam());
      auto server = config_for(Role::Server, GetParam());
      client.mtu = server.mtu = mtu;
      Ends ends({.loss = 0.3, .seed = seed}, seed, client, server);
      std::size_t largest = 0;
      ends.pair.filter = [&](bool, Buffer& packet) {
        largest = std::max(largest, packet.size());
        return true;
      };
      ASSERT_TRUE(ends.connect()) << mtu << " " << seed;
      EXPECT_LE(largest, mtu);
      EXPECT_GT(largest, std::min<std::size_t>(mtu, 640) / 2);  // and they are not tiny
    }
  }
}

// RFC 6347 §4.1.1.1, RFC 9147 §4.4: nobody says that the datagrams are too large for the path.
TEST_P(EachRetransmission, AFlightThatGetsNoAnswerGoesInSmallDatagrams) {
  simulation::SeededRandom random(9);
  const auto rsa = crypto::Certificate::generate(crypto::KeyType::Rsa, random, 1'795'000'000);
  for (const double loss : {0.0, 0.2}) {
    auto client = config_for(Role::Client, GetParam()),
         server = config_for(Role::Server, GetParam());
    client.mtu = server.mtu = 1172;
    client.certificate = server.certificate = rsa;
    client.remote_fingerprints = server.remote_fingerprints = {rsa->fingerprint()};
    Ends ends({.loss = loss, .seed = 3}, 3, client, server);
    std::size_t too_large = 0;
    ends.pair.filter = [&](bool, Buffer& packet) {
      too_large += packet.size() > Outbox::kSmallestDatagram;
      return packet.size() <= Outbox::kSmallestDatagram;
    };
    ASSERT_TRUE(ends.connect(loss > 0 ? 10s : 1s)) << loss;
    EXPECT_GT(too_large, 0u);
  }
}

TEST_P(EachRetransmission, AHintMakesDatagramsSmallAtOnce) {
  Ends ends(GetParam());
  ends.client.limit_datagrams(600);
  ends.server.limit_datagrams(100);  // no path carries so little
  std::size_t of_client = 0, of_server = 0;
  ends.pair.filter = [&](bool from_a, Buffer& packet) {
    std::size_t& largest = from_a ? of_client : of_server;
    largest = std::max(largest, packet.size());
    return true;
  };
  ASSERT_TRUE(ends.connect());
  EXPECT_LE(of_client, 600u);
  EXPECT_LE(of_server, Outbox::kSmallestDatagram);
}

}  // namespace
}  // namespace specter::dtls
