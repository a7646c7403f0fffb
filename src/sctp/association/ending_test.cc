// RFC 9260 §8.3, §9: heartbeats, and how an association ends.
#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

TEST(Shutdown, Section9_2EndsBothSides) {
  for (const double loss : {0.0, 0.3}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(seed);
      Duo duo({.latency = 20ms, .loss = loss, .seed = seed});
      duo.connect();
      for (std::uint64_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(3000, i)));
        ASSERT_TRUE(duo.b.send(duo.now(), StreamId{0}, kPpid, pattern(3000, i)));
      }
      duo.a.shutdown(duo.now());
      EXPECT_FALSE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(1, 1)));
      ASSERT_TRUE(duo.pair.run_until([&] { return count<Closed>(duo.pair.events_b) == 1; }, 120s));
      duo.pair.run_for(60s);
      ASSERT_EQ(count<Closed>(duo.pair.events_a), 1u);
      EXPECT_EQ(all<Closed>(duo.pair.events_a)[0].reason, CloseReason::Shutdown);
      // What was sent before comes first, on the side that was asked to end too.
      EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 5u);
      EXPECT_EQ(count<MessageReceived>(duo.pair.events_a), 5u);
      EXPECT_FALSE(duo.a.next_timeout());
      if (loss == 0) {
        EXPECT_EQ(all<Closed>(duo.pair.events_b)[0].reason, CloseReason::PeerShutdown);
      }
    }
  }
}

TEST(Shutdown, MayComeFromBothSides) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Duo duo({.latency = 20ms, .loss = seed % 2 ? 0.0 : 0.2, .seed = seed});
    duo.connect();
    duo.a.shutdown(duo.now());
    duo.b.shutdown(duo.now());
    duo.pair.run_for(120s);
    EXPECT_EQ(count<Closed>(duo.pair.events_a), 1u);
    EXPECT_EQ(count<Closed>(duo.pair.events_b), 1u);
  }
}

TEST(Shutdown, WithoutAnAssociationIsTheEnd) {
  Puppet puppet;
  puppet.association.connect(puppet.now);
  puppet.hear();
  puppet.association.shutdown(puppet.now);
  puppet.hear();
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::Shutdown);
  EXPECT_TRUE(puppet.say_with(0, Puppet::init()).empty()) << "and it is silent";
}

// RFC 9260 §3.3.8: a SHUTDOWN has no gap blocks, and takes nothing back that a SACK had told.
TEST(Shutdown, Section3_3_8TakesNoAcknowledgementBack) {
  Puppet puppet;
  puppet.establish();
  for (std::uint64_t i = 0; i < 3; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{1}, kPpid, pattern(1000, i)));
  puppet.hear();
  const std::size_t all = puppet.association.counters().flight_bytes;
  SackChunk sack = puppet.sack(puppet.peer_tsn - 1);
  sack.gaps = {{3, 3}};
  puppet.say(sack, ShutdownChunk{puppet.peer_tsn - 1});
  EXPECT_EQ(puppet.association.counters().flight_bytes, all * 2 / 3);
  // It does acknowledge what it names, and the gap is one TSN nearer.
  puppet.say(ShutdownChunk{puppet.peer_tsn});
  EXPECT_EQ(puppet.association.counters().flight_bytes, all / 3);
  puppet.say(ShutdownChunk{puppet.peer_tsn + 2});
  EXPECT_EQ(puppet.association.counters().flight_bytes, 0u);
}

// §8.4: a peer that still has something to ask puts it before its SHUTDOWN ACK.
TEST(Shutdown, CompletesWhateverStandsBeforeTheAck) {
  Puppet puppet;
  puppet.establish();
  puppet.association.shutdown(puppet.now);
  puppet.hear();
  puppet.say(BareChunk{ChunkType::ShutdownAck, false});
  ASSERT_EQ(count<Closed>(puppet.events), 1u);
  const auto heard = puppet.say(ReConfigChunk{{ReconfigResponse{1, ReconfigResult::Performed}}},
                                BareChunk{ChunkType::ShutdownAck, false});
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_TRUE(has(heard[0], ChunkType::ShutdownComplete));
}

// §9.2: T5-shutdown-guard.
TEST(Shutdown, IsGuardedInTime) {
  Puppet puppet;
  puppet.establish();
  puppet.association.shutdown(puppet.now);
  EXPECT_TRUE(Puppet::find<ShutdownChunk>(puppet.hear(), ChunkType::Shutdown));
  const auto heard = puppet.wait(51s);
  EXPECT_TRUE(Puppet::find<ErrorChunk>(heard, ChunkType::Abort));
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::TooManyRetransmissions);
}

// §9.2: while we wait, DATA is answered with SHUTDOWN.
TEST(Shutdown, AnswersDataWithShutdown) {
  Puppet puppet;
  puppet.establish();
  puppet.association.shutdown(puppet.now);
  puppet.hear();
  const auto heard = puppet.say(puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
  EXPECT_EQ(Puppet::find<ShutdownChunk>(heard, ChunkType::Shutdown)->cumulative_tsn, Puppet::kTsn);
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
}

// §9.2: an INIT in SHUTDOWN-ACK-SENT.
TEST(Shutdown, AnInitMeansThatShutdownCompleteWasLost) {
  Puppet puppet;
  puppet.establish();
  puppet.say(ShutdownChunk{puppet.peer_tsn - 1});
  const auto heard = puppet.say_with(0, Puppet::init());
  EXPECT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::ShutdownAck));
  EXPECT_FALSE(Puppet::find<InitChunk>(heard, ChunkType::InitAck));
}

TEST(Abort, SaysWhyToThePeer) {
  Duo duo;
  duo.connect();
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5, 1)));
  duo.a.abort(duo.now(), "the cat sat on it\n");
  duo.a.abort(duo.now(), "twice is as good as once");
  duo.pair.run_for(1s);
  ASSERT_EQ(count<Closed>(duo.pair.events_a), 1u);
  EXPECT_EQ(all<Closed>(duo.pair.events_a)[0].reason, CloseReason::Aborted);
  ASSERT_EQ(count<Closed>(duo.pair.events_b), 1u);
  EXPECT_EQ(all<Closed>(duo.pair.events_b)[0].reason, CloseReason::PeerAborted);
  EXPECT_EQ(all<Closed>(duo.pair.events_b)[0].detail,
            "the peer aborted the association (user-initiated abort): the cat sat on it?");
  EXPECT_FALSE(duo.a.next_timeout());
  EXPECT_FALSE(duo.b.next_timeout());
  const std::uint64_t sent = duo.pair.to_a().sent() + duo.pair.to_b().sent();
  duo.a.handle_packet(duo.now(), Puppet::packet(0, Puppet::init()));
  duo.pair.run_for(10s);
  EXPECT_EQ(duo.pair.to_a().sent() + duo.pair.to_b().sent(), sent) << "silent afterwards";
}

// A reason longer than a packet is cut.
TEST(Abort, StaysWithinAPacket) {
  Puppet puppet;
  puppet.establish();
  puppet.association.abort(puppet.now, std::string(5000, 'x'));
  const auto heard = puppet.hear();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_LE(heard[0].size(), 1135u);
}

// §8.3.
TEST(Heartbeat, GoesOutWhenIdleAndMeasures) {
  Duo duo({.latency = 40ms});
  duo.connect();
  int heartbeats = 0;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    heartbeats += from_a && has(packet, ChunkType::Heartbeat);
    return true;
  };
  duo.pair.run_for(95s);
  EXPECT_EQ(heartbeats, 3);
  EXPECT_EQ(duo.a.counters().smoothed_round_trip_time, 80ms);
  for (int i = 0; i < 20; ++i) {  // not while there is traffic
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5, 1)));
    duo.pair.run_for(10s);
  }
  EXPECT_EQ(heartbeats, 3);
}

// docs/failures.md row 92.
TEST(Heartbeat, IsEchoedWithinAPacketAndOnlyOursCount) {
  Puppet puppet;
  puppet.establish();
  auto heard = puppet.say(HeartbeatChunk{HeartbeatChunk::Kind::Request, pattern(200, 1)});
  EXPECT_EQ(Puppet::find<HeartbeatChunk>(heard, ChunkType::HeartbeatAck)->info, pattern(200, 1));
  EXPECT_TRUE(puppet.say(HeartbeatChunk{HeartbeatChunk::Kind::Request, pattern(5000, 1)}).empty());
  for (int i = 0; i < 200; ++i) {
    puppet.association.handle_packet(
        puppet.now, Puppet::packet(puppet.tag, HeartbeatChunk{HeartbeatChunk::Kind::Request,
                                                              pattern(1000, 1)}));
  }
  EXPECT_LE(puppet.hear().size(), 8u) << "what waits is bounded";

  heard = puppet.wait(31s);
  auto sent = Puppet::find<HeartbeatChunk>(heard, ChunkType::Heartbeat);
  ASSERT_TRUE(sent);
  sent->kind = HeartbeatChunk::Kind::Ack;
  HeartbeatChunk forged = *sent;
  forged.info[0] ^= 1;
  puppet.say(forged);
  forged = *sent;
  forged.info.push_back(0);
  puppet.say(forged);
  EXPECT_FALSE(puppet.association.counters().smoothed_round_trip_time);
  puppet.say(*sent);
  EXPECT_TRUE(puppet.association.counters().smoothed_round_trip_time);
}

TEST(Heartbeat, FindsADeadPeerWhenConfigured) {
  Association::Config config;
  config.max_retransmissions = 2;
  config.heartbeat_interval = 5s;
  Puppet puppet(config);
  puppet.establish();
  puppet.wait(60s);
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::TooManyRetransmissions);
}

}  // namespace
}  // namespace specter::sctp
