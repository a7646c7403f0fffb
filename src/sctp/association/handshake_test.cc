// RFC 9260 §5: how an association begins, also when both begin or one begins again.
#include <array>

#include <gtest/gtest.h>

#include "sctp/association/cookie.h"
#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

using Kind = InitChunk::Kind;

TEST(Handshake, Rfc9260Section5_1TakesFourPackets) {
  Duo duo;
  std::vector<ChunkType> seen;
  duo.pair.filter = [&](bool, Buffer& packet) {
    for (const ChunkType type : chunk_types(packet)) seen.push_back(type);
    return true;
  };
  duo.a.connect(duo.now());
  duo.pair.run_for(100ms);
  EXPECT_TRUE(duo.a.is_established());
  EXPECT_TRUE(duo.b.is_established());
  EXPECT_EQ(seen, (std::vector{ChunkType::Init, ChunkType::InitAck, ChunkType::CookieEcho,
                               ChunkType::CookieAck}));
  EXPECT_EQ(count<Established>(duo.pair.events_a), 1u);
  EXPECT_EQ(count<Established>(duo.pair.events_b), 1u);
}

TEST(Handshake, StreamsAreWhatBothCanDo) {
  Association::Config a, b;
  a.max_outgoing_streams = 100;
  b.max_incoming_streams = 40;
  b.max_outgoing_streams = 1000;
  Duo duo({}, a, b);
  EXPECT_EQ(duo.a.outgoing_streams(), 100);
  duo.connect();
  EXPECT_EQ(duo.a.outgoing_streams(), 40);
  EXPECT_EQ(duo.b.outgoing_streams(), 1000);
}

// §5.2.1: both INITs cross; whatever is lost, one association comes of it, once.
TEST(Handshake, BothMayBeginAtOnce) {
  for (const double loss : {0.0, 0.2, 0.4}) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      SCOPED_TRACE(seed);
      Duo duo({.latency = 20ms, .jitter = 20ms, .loss = loss, .duplicate = 0.1, .seed = seed});
      ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 1)));
      ASSERT_TRUE(duo.b.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 2)));
      duo.a.connect(duo.now());
      duo.pair.run_for(Duration(1ms) * (seed % 5) * 10);
      duo.b.connect(duo.now());
      ASSERT_TRUE(duo.pair.run_until(
          [&] {
            return count<MessageReceived>(duo.pair.events_a) == 1 &&
                   count<MessageReceived>(duo.pair.events_b) == 1;
          },
          30s));
      ASSERT_EQ(count<Established>(duo.pair.events_a), 1u);
      ASSERT_EQ(count<Established>(duo.pair.events_b), 1u);
    }
  }
}

// A late peer is found within a second, and INIT never gives up by default.
TEST(Handshake, InitIsSentAgainAtMostASecondApart) {
  Puppet puppet;
  puppet.association.connect(puppet.now);
  puppet.hear();
  const std::size_t inits = puppet.wait(300s).size();
  EXPECT_GE(inits, 299u);
  EXPECT_LE(inits, 301u);
}

TEST(Handshake, GivesUpWhenConfigured) {
  Association::Config config;
  config.max_retransmissions = 4;
  Puppet puppet(config);
  puppet.association.connect(puppet.now);
  puppet.hear();
  puppet.wait(60s);
  ASSERT_EQ(count<Closed>(puppet.events), 1u);
  EXPECT_EQ(all<Closed>(puppet.events)[0].reason, CloseReason::TooManyRetransmissions);
  EXPECT_FALSE(puppet.association.next_timeout());
}

// §5.1: the answer to an INIT keeps nothing: a thousand of them leave no trace but the answers.
TEST(Handshake, AnInitLeavesNoState) {
  Puppet puppet;
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    InitChunk init = Puppet::init();
    init.initiate_tag = i;
    EXPECT_EQ(puppet.ask_init_ack(init).kind, Kind::InitAck);
    EXPECT_FALSE(puppet.association.next_timeout());
  }
  EXPECT_FALSE(puppet.association.is_established());
}

TEST(Handshake, Rfc9260Section3_3_2RefusesZeroTagAndNoStreams) {
  Puppet puppet;
  InitChunk init = Puppet::init();
  init.initiate_tag = 0;
  EXPECT_TRUE(puppet.say_with(0, init).empty());
  init = Puppet::init();
  init.inbound_streams = 0;
  const auto heard = puppet.say_with(0, init);
  const auto abort = Puppet::find<ErrorChunk>(heard, ChunkType::Abort);
  ASSERT_TRUE(abort);
  EXPECT_EQ(abort->causes.at(0).code, CauseCode::InvalidMandatoryParameter);
  EXPECT_EQ(Puppet::tag_of(heard[0]), Puppet::kTag);
}

// docs/failures.md row 93: what is reported of an INIT never makes the answer too large.
TEST(Handshake, ReportsOfParametersStayWithinAPacket) {
  Puppet puppet;
  Buffer init;
  ByteWriter w(init);
  Puppet::init().write(w);
  for (int i = 0; i < 40; ++i) write_tlv(w, 0xfff0, [&] { w.zeros(200); });
  w.set_u16(2, static_cast<std::uint16_t>(init.size()));
  PacketWriter writer({5000, 5000, 0}, 60'000);
  writer.add_bytes(init);
  puppet.association.handle_packet(puppet.now, writer.finish());
  const auto heard = puppet.hear();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_LE(heard[0].size(), 1135u);
  EXPECT_GE(Puppet::find<InitChunk>(heard, ChunkType::InitAck)->unrecognized_parameters.size(), 3u);
}

TEST(Cookie, Rfc9260Section5_1_3IsSealed) {
  simulation::SeededRandom random(1);
  CookieJar jar(random), other(random);
  Cookie cookie;
  cookie.local_tag = 1;
  cookie.peer_tsn = 2;
  cookie.reconfig = true;
  cookie.created = simulation::kStart;
  const Buffer sealed = jar.seal(cookie);
  EXPECT_EQ(jar.open(sealed), cookie);
  EXPECT_FALSE(other.open(sealed));
  for (std::size_t bit = 0; bit < 8 * sealed.size(); ++bit) {  // docs/failures.md row 80
    Buffer forged = sealed;
    forged[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    ASSERT_FALSE(jar.open(forged)) << bit;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size)
    ASSERT_FALSE(jar.open(Bytes(sealed).first(size)));
}

TEST(Cookie, IsRefusedAfterSixtySeconds) {
  Puppet puppet;
  const InitChunk ack = puppet.ask_init_ack();
  puppet.now += 60s + 5us;
  const auto heard = puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  const auto error = Puppet::find<ErrorChunk>(heard, ChunkType::Error);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->causes.at(0), (ErrorCause{CauseCode::StaleCookie, {0, 0, 0, 5}}));
  EXPECT_FALSE(puppet.association.is_established());
}

TEST(Cookie, MustComeWithItsOwnTag) {
  Puppet puppet;
  const InitChunk ack = puppet.ask_init_ack();
  EXPECT_TRUE(puppet.say_with(ack.initiate_tag + 1, CookieEchoChunk{ack.cookie}).empty());
  EXPECT_FALSE(puppet.association.is_established());
  EXPECT_EQ(puppet.association.counters().packets_dropped, 1u);
}

// §5.2.6: our cookie took too long; we begin again.
TEST(Cookie, AStaleOneIsAskedForAnew) {
  Puppet puppet;
  puppet.association.connect(puppet.now);
  const auto init = Puppet::find<InitChunk>(puppet.hear(), ChunkType::Init);
  InitChunk ack = Puppet::init(Kind::InitAck);
  ack.cookie = {1, 2, 3};
  puppet.tag = init->initiate_tag;
  EXPECT_TRUE(Puppet::find<CookieEchoChunk>(puppet.say(ack), ChunkType::CookieEcho));
  const auto heard = puppet.say(
      ErrorChunk{ErrorChunk::Kind::Error, false, {{CauseCode::StaleCookie, {0, 0, 0, 1}}}});
  const auto again = Puppet::find<InitChunk>(heard, ChunkType::Init);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->initiate_tag, init->initiate_tag);
  EXPECT_EQ(again->initial_tsn, init->initial_tsn);
}

// Capabilities are in the cookie: an extension that the INIT did not name can't be used.
TEST(Cookie, HoldsWhatThePeerCanDo) {
  Puppet puppet;
  InitChunk init = Puppet::init();
  init.forward_tsn = false;
  init.extensions = {};
  const InitChunk ack = puppet.ask_init_ack(init);
  puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  puppet.tag = ack.initiate_tag;
  puppet.say(ForwardTsnChunk{Puppet::kTsn + 5, {}});
  const auto heard = puppet.say(puppet.data(Puppet::kTsn + 2, 0, 0, pattern(5, 1)));
  EXPECT_EQ(Puppet::find<SackChunk>(heard, ChunkType::Sack)->cumulative_tsn, Puppet::kTsn - 1);
  EXPECT_TRUE(puppet.say(ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn, 0, 0, {}}}}).empty());
}

// §5.2.2: an INIT in a live association changes nothing; the answer has a new tag.
TEST(Handshake, Rfc9260Section5_2_2AnInitInALiveAssociationChangesNothing) {
  Puppet puppet;
  puppet.establish();
  InitChunk init = Puppet::init();
  init.initiate_tag = 5;
  const InitChunk ack = puppet.ask_init_ack(init);
  EXPECT_NE(ack.initiate_tag, puppet.tag);
  const auto heard = puppet.say(puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
}

// §5.2.4 A: the peer starts anew. Both tags are new, the tie tags are those of what was there.
TEST(Handshake, Rfc9260Section5_2_4CaseAIsARestart) {
  Puppet puppet;
  puppet.establish();
  puppet.say(puppet.data(Puppet::kTsn, 3, 0, pattern(5, 1)));
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{7}, kPpid, pattern(100, 2)));
  puppet.hear();
  InitChunk init = Puppet::init();
  init.initiate_tag = 0x1234;
  init.initial_tsn = 50;
  const InitChunk ack = puppet.ask_init_ack(init);
  const auto heard = puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  ASSERT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::CookieAck));
  EXPECT_EQ(Puppet::tag_of(heard[0]), 0x1234u);
  ASSERT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
  EXPECT_EQ(all<IncomingStreamsReset>(puppet.events)[0].streams,
            (std::vector{StreamId{3}, StreamId{7}}));
  EXPECT_EQ(puppet.association.counters().send_buffered_bytes, 0u);

  puppet.tag = ack.initiate_tag;
  puppet.say(puppet.data(50, 3, 0, pattern(6, 1)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 2u);
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{7}, kPpid, pattern(100, 2)));
  const auto data = Puppet::find<DataChunk>(puppet.hear(), ChunkType::Data);
  EXPECT_EQ(data->tsn, ack.initial_tsn);
  EXPECT_EQ(data->ssn, 0);
}

// Resets that the old association still owed: in the new one all streams begin at 0.
TEST(Handshake, ARestartAnswersTheResetsThatWereAskedFor) {
  Puppet puppet;
  puppet.establish();
  for (const std::uint16_t stream : {7, 9})
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{stream}, kPpid, pattern(100, 2)));
  puppet.hear();
  const std::array asked{StreamId{7}};
  puppet.association.reset_streams(puppet.now, asked);  // waits for the acknowledgement
  InitChunk init = Puppet::init();
  init.initiate_tag = 0x1234;
  const InitChunk ack = puppet.ask_init_ack(init);
  puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  ASSERT_EQ(count<OutgoingStreamsReset>(puppet.events), 1u);
  EXPECT_EQ(all<OutgoingStreamsReset>(puppet.events)[0].streams, std::vector{StreamId{7}});
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{7}, kPpid, pattern(100, 2)));
  EXPECT_TRUE(Puppet::find<DataChunk>(puppet.hear(), ChunkType::Data));
}

// §5.2.4 B: both began at once; the peer's tag is another than in its INIT ACK.
TEST(Handshake, Rfc9260Section5_2_4CaseBTakesThePeersNewTag) {
  for (const bool echoed : {false, true}) {
    Puppet puppet;
    puppet.association.connect(puppet.now);
    const auto own = Puppet::find<InitChunk>(puppet.hear(), ChunkType::Init);
    if (echoed) {
      InitChunk ack = Puppet::init(Kind::InitAck);
      ack.initiate_tag = 0x5555;  // of an INIT ACK that knew nothing yet
      ack.cookie = {1};
      puppet.say_with(own->initiate_tag, ack);
    }
    const InitChunk ack = puppet.ask_init_ack();
    EXPECT_EQ(ack.initiate_tag, own->initiate_tag) << "§5.2.1: the same tag";
    EXPECT_EQ(ack.initial_tsn, own->initial_tsn);
    const auto heard = puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
    ASSERT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::CookieAck));
    EXPECT_EQ(Puppet::tag_of(heard[0]), Puppet::kTag);
    EXPECT_TRUE(puppet.association.is_established());
    puppet.tag = ack.initiate_tag;
    puppet.say(puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
    EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
  }
}

// §5.2.4 C: a cookie that comes too late is discarded, and so is all behind it.
TEST(Handshake, Rfc9260Section5_2_4CaseCDiscardsALateCookie) {
  Puppet puppet;
  const InitChunk first = puppet.ask_init_ack();
  puppet.say_with(first.initiate_tag, CookieEchoChunk{first.cookie});
  const Buffer payload = pattern(5, 1);
  // Our tag is new in it, the peer's is not: of an INIT that the peer sent before it was answered.
  const InitChunk same = puppet.ask_init_ack(Puppet::init());
  EXPECT_NE(same.initiate_tag, first.initiate_tag);
  EXPECT_TRUE(puppet
                  .say_with(same.initiate_tag, CookieEchoChunk{same.cookie},
                            puppet.data(Puppet::kTsn, 0, 0, payload))
                  .empty());
  // Both are old, and nothing is tied: the first cookie, after the peer has started anew.
  InitChunk init = Puppet::init();
  init.initiate_tag = 0x1234;
  const InitChunk anew = puppet.ask_init_ack(init);
  puppet.say_with(anew.initiate_tag, CookieEchoChunk{anew.cookie});
  EXPECT_TRUE(puppet
                  .say_with(first.initiate_tag, CookieEchoChunk{first.cookie},
                            puppet.data(Puppet::kTsn, 0, 0, payload))
                  .empty());
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
  EXPECT_EQ(count<Established>(puppet.events), 1u);
  EXPECT_EQ(puppet.association.counters().packets_dropped, 2u);
}

// §5.2.4 D: our COOKIE ACK was lost: again, whatever the cookie's age.
TEST(Handshake, Rfc9260Section5_2_4CaseDAcknowledgesAgain) {
  Puppet puppet;
  const InitChunk ack = puppet.ask_init_ack();
  puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  for (int i = 0; i < 3; ++i) {
    puppet.now += 50s;
    EXPECT_TRUE(Puppet::find<BareChunk>(
        puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie}), ChunkType::CookieAck));
  }
  EXPECT_EQ(count<Established>(puppet.events), 1u);
}

// §5.2.3, §5.2.5.
TEST(Handshake, UnexpectedInitAckAndCookieAckAreDiscarded) {
  Puppet puppet;
  puppet.establish();
  InitChunk ack = Puppet::init(Kind::InitAck);
  ack.cookie = {1};
  EXPECT_TRUE(puppet.say(ack).empty());
  EXPECT_TRUE(puppet.say(BareChunk{ChunkType::CookieAck, false}).empty());
  EXPECT_EQ(count<Established>(puppet.events), 1u);
}

}  // namespace
}  // namespace specter::sctp
