// RFC 9260 §8.4, §8.5, §3.2: which packets count, and what is said to the others.
#include <set>
#include <tuple>

#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"
#include "testing/hex.h"

namespace specter::sctp {
namespace {

ErrorChunk abort_chunk(bool reflected) { return {ErrorChunk::Kind::Abort, reflected, {}}; }

Buffer raw(std::uint32_t tag, std::string_view chunks) {
  PacketWriter writer({5000, 5000, tag}, 60'000);
  writer.add_bytes(testing::hex(chunks));
  return writer.finish();
}

TEST(VerificationTag, MustBeOurs) {
  Puppet puppet;
  puppet.establish();
  EXPECT_TRUE(
      puppet.say_with(puppet.tag + 1, puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1))).empty());
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
  EXPECT_EQ(puppet.association.counters().packets_dropped, 1u);
}

// §8.5.1 A.
TEST(VerificationTag, Section8_5_1AInitIsAloneAndHasTheTagZero) {
  Puppet puppet;
  EXPECT_TRUE(puppet.say_with(1, Puppet::init()).empty());
  EXPECT_TRUE(puppet.say_with(0, Puppet::init(), BareChunk{ChunkType::CookieAck, false}).empty());
  EXPECT_TRUE(puppet.say_with(0, BareChunk{ChunkType::CookieAck, false}, Puppet::init()).empty());
  EXPECT_TRUE(puppet.say_with(0, BareChunk{ChunkType::ShutdownAck, false}).empty());
  EXPECT_EQ(puppet.association.counters().packets_dropped, 4u);
  EXPECT_EQ(puppet.say_with(0, Puppet::init()).size(), 1u);
}

// §8.5.1 B: with the T bit the tag is the peer's own; without it, ours.
TEST(VerificationTag, Section8_5_1BAbort) {
  struct Case {
    bool reflected, peers_tag, counts;
  };
  for (const Case c : {Case{false, false, true}, Case{true, true, true}, Case{false, true, false},
                       Case{true, false, false}}) {
    Puppet puppet;
    puppet.establish();
    puppet.say_with(c.peers_tag ? Puppet::kTag : puppet.tag, abort_chunk(c.reflected));
    EXPECT_EQ(count<Closed>(puppet.events), c.counts ? 1u : 0u)
        << c.reflected << " " << c.peers_tag;
  }
}

// §8.5.1 C, and §9.2: only where we wait for it.
TEST(VerificationTag, Section8_5_1CShutdownComplete) {
  struct Case {
    bool reflected, peers_tag, counts;
  };
  for (const Case c : {Case{false, false, true}, Case{true, true, true}, Case{false, true, false},
                       Case{true, false, false}}) {
    Puppet puppet;
    puppet.establish();
    const BareChunk complete{ChunkType::ShutdownComplete, c.reflected};
    puppet.say_with(c.peers_tag ? Puppet::kTag : puppet.tag, complete);
    EXPECT_EQ(count<Closed>(puppet.events), 0u) << "not in ESTABLISHED";
    EXPECT_TRUE(Puppet::find<BareChunk>(puppet.say(ShutdownChunk{puppet.peer_tsn - 1}),
                                        ChunkType::ShutdownAck));
    puppet.say_with(c.peers_tag ? Puppet::kTag : puppet.tag, complete);
    EXPECT_EQ(count<Closed>(puppet.events), c.counts ? 1u : 0u);
  }
}

// §8.5.1 E, §9.2.
TEST(VerificationTag, Section8_5_1EShutdownAckWhileConnecting) {
  Puppet puppet;
  puppet.association.connect(puppet.now);
  puppet.hear();
  const auto heard = puppet.say_with(42, BareChunk{ChunkType::ShutdownAck, false});
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(Puppet::tag_of(heard[0]), 42u);
  EXPECT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::ShutdownComplete)->reflected_tag);
}

TEST(OutOfTheBlue, Section8_4) {
  Puppet puppet;
  const auto abort = puppet.say_with(42, puppet.sack(1));
  ASSERT_EQ(abort.size(), 1u);
  EXPECT_TRUE(Puppet::find<ErrorChunk>(abort, ChunkType::Abort)->reflected_tag);
  EXPECT_EQ(Puppet::tag_of(abort[0]), 42u);
  EXPECT_TRUE(Puppet::find<BareChunk>(puppet.say_with(42, BareChunk{ChunkType::ShutdownAck, false}),
                                      ChunkType::ShutdownComplete)
                  ->reflected_tag);
  // Nothing is said to these, or two such endpoints would talk for ever.
  EXPECT_TRUE(puppet.say_with(42, abort_chunk(false)).empty());
  EXPECT_TRUE(puppet.say_with(42, puppet.sack(1), abort_chunk(false)).empty());
  EXPECT_TRUE(puppet.say_with(42, BareChunk{ChunkType::ShutdownComplete, false}).empty());
  EXPECT_TRUE(puppet.say_with(42, BareChunk{ChunkType::CookieAck, false}).empty());
  EXPECT_TRUE(puppet.say_with(42, ErrorChunk{}).empty());
}

TEST(Dispatch, DropsWrongPortsAndChecksums) {
  Puppet puppet;
  puppet.establish();
  PacketWriter writer({5000, 5001, puppet.tag}, 1200);
  writer.add(abort_chunk(false));
  puppet.association.handle_packet(puppet.now, writer.finish());
  Buffer packet = Puppet::packet(puppet.tag, abort_chunk(false));
  packet[8] ^= 1;
  puppet.association.handle_packet(puppet.now, packet);
  puppet.hear();
  EXPECT_EQ(count<Closed>(puppet.events), 0u);
  EXPECT_EQ(puppet.association.counters().packets_dropped, 2u);
}

// §3.2: the two highest bits of an unknown chunk's type.
TEST(Dispatch, UnknownChunksAreTreatedAsTheirBitsSay) {
  for (const auto& [type, stops, reports] : {std::tuple{"20", true, false},
                                             {"60", true, true},
                                             {"a0", false, false},
                                             {"e0", false, true}}) {
    Puppet puppet;
    puppet.establish();
    // A HEARTBEAT behind it shows whether it was looked at.
    puppet.association.handle_packet(
        puppet.now,
        raw(puppet.tag, std::string(type) + " 00 00 08 01 02 03 04 04 00 00 08 00 01 00 04"));
    const auto heard = puppet.hear();
    EXPECT_EQ(!Puppet::find<HeartbeatChunk>(heard, ChunkType::HeartbeatAck), stops) << type;
    const auto error = Puppet::find<ErrorChunk>(heard, ChunkType::Error);
    EXPECT_EQ(error.has_value(), reports) << type;
    if (error) {
      EXPECT_EQ(error->causes.at(0).code, CauseCode::UnrecognizedChunkType);
      EXPECT_EQ(error->causes.at(0).info,
                testing::hex(std::string(type) + " 00 00 08 01 02 03 04"));
    }
  }
}

// docs/failures.md row 93.
TEST(Dispatch, ReportsAreCutToAPacketAndBoundedInNumber) {
  Puppet puppet;
  puppet.establish();
  std::string large = "ff 00 20 00";
  for (int i = 0; i < 0x2000 - 4; ++i) large += "00";
  for (int i = 0; i < 20; ++i) puppet.association.handle_packet(puppet.now, raw(puppet.tag, large));
  std::size_t bytes = 0;
  for (const Buffer& packet : puppet.hear()) {
    EXPECT_LE(packet.size(), 1135u);
    bytes += packet.size();
  }
  EXPECT_GT(bytes, 1000u);
  EXPECT_LE(bytes, 9000u);
}

// docs/failures.md row 94.
TEST(Dispatch, NeverAnswersAnErrorOrAnAbort) {
  Puppet puppet;
  puppet.establish();
  const ErrorChunk error{ErrorChunk::Kind::Error,
                         false,
                         {{CauseCode::UnrecognizedChunkType, {1, 2, 3, 4}}, {CauseCode{99}, {}}}};
  EXPECT_TRUE(puppet.say(error).empty());
  EXPECT_TRUE(puppet.say(abort_chunk(false)).empty());
}

// §6.2: a DATA chunk without user data.
TEST(Dispatch, DataWithoutUserDataIsAnAbort) {
  Puppet puppet;
  puppet.establish();
  const auto heard = puppet.say(puppet.data(Puppet::kTsn, 0, 0, {}));
  EXPECT_EQ(Puppet::find<ErrorChunk>(heard, ChunkType::Abort)->causes.at(0).code,
            CauseCode::NoUserData);
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::ProtocolViolation);
}

// §6.5.
TEST(Dispatch, DataForNoStreamIsAcknowledgedAndReported) {
  Puppet puppet;
  puppet.establish();  // with 100 streams
  const auto heard = puppet.say(puppet.data(Puppet::kTsn, 100, 0, pattern(5, 1)));
  EXPECT_EQ(Puppet::find<SackChunk>(heard, ChunkType::Sack)->cumulative_tsn, Puppet::kTsn);
  EXPECT_EQ(Puppet::find<ErrorChunk>(heard, ChunkType::Error)->causes.at(0),
            (ErrorCause{CauseCode::InvalidStreamIdentifier, {0, 100, 0, 0}}));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
}

// §6.2.1: an acknowledgement of what was never sent.
TEST(Dispatch, ASackOfTheFutureIsAViolation) {
  Puppet puppet;
  puppet.establish();
  puppet.say(puppet.sack(puppet.peer_tsn + 5));
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::ProtocolViolation);
}

// §6.2, §6.7, §3.3.4: gaps and duplicates at once.
TEST(Sack, TellsGapsAndDuplicatesAtOnce) {
  Puppet puppet;
  puppet.establish();
  const Buffer payload = pattern(5, 1);
  auto heard = puppet.say(puppet.data(Puppet::kTsn + 2, 0, 2, payload),
                          puppet.data(Puppet::kTsn + 3, 0, 3, payload),
                          puppet.data(Puppet::kTsn + 5, 0, 5, payload));
  auto sack = Puppet::find<SackChunk>(heard, ChunkType::Sack);
  ASSERT_TRUE(sack);
  EXPECT_EQ(sack->cumulative_tsn, Puppet::kTsn - 1);
  EXPECT_EQ(sack->gaps, (std::vector<SackChunk::GapBlock>{{3, 4}, {6, 6}}));
  EXPECT_EQ(sack->window_bytes, (1u << 20) - 15);

  heard = puppet.say(puppet.data(Puppet::kTsn + 3, 0, 3, payload));
  sack = Puppet::find<SackChunk>(heard, ChunkType::Sack);
  ASSERT_TRUE(sack);
  EXPECT_EQ(sack->duplicates, (std::vector<std::uint32_t>{Puppet::kTsn + 3}));

  heard = puppet.say(puppet.data(Puppet::kTsn, 0, 0, payload),
                     puppet.data(Puppet::kTsn + 1, 0, 1, payload),
                     puppet.data(Puppet::kTsn + 4, 0, 4, payload));
  sack = Puppet::find<SackChunk>(heard, ChunkType::Sack);
  ASSERT_TRUE(sack);
  EXPECT_EQ(*sack, (SackChunk{Puppet::kTsn + 5, 1u << 20, {}, {}}));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 6u);
}

// RFC 7053: the I bit.
TEST(Sack, ComesAtOnceWhenAskedFor) {
  Puppet puppet;
  puppet.establish();
  DataChunk data = puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1));
  const Buffer payload = pattern(5, 1);
  data.payload = payload;
  data.immediate = true;
  EXPECT_TRUE(Puppet::find<SackChunk>(puppet.say(data), ChunkType::Sack));
  data.immediate = false;
  data.tsn += 1;
  data.ssn = 1;
  EXPECT_TRUE(puppet.say(data).empty());
  EXPECT_TRUE(Puppet::find<SackChunk>(puppet.wait(20ms), ChunkType::Sack));
}

// RFC 3758 §3.6; docs/failures.md row 82.
TEST(ForwardTsn, SkipsWithinReachAndNoFarther) {
  Puppet puppet;
  puppet.establish();
  auto heard = puppet.say(ForwardTsnChunk{Puppet::kTsn + 9, {{StreamId{1}, 4}}});
  EXPECT_EQ(Puppet::find<SackChunk>(heard, ChunkType::Sack)->cumulative_tsn, Puppet::kTsn + 9);
  heard = puppet.say(ForwardTsnChunk{Puppet::kTsn + 5, {}});  // an old one
  EXPECT_EQ(Puppet::find<SackChunk>(heard, ChunkType::Sack)->cumulative_tsn, Puppet::kTsn + 9);
  for (const std::uint32_t far : {0x7fffffffu, 0x10'0000u + 100}) {
    heard = puppet.say(ForwardTsnChunk{Puppet::kTsn + 9 + far, {}});
    EXPECT_EQ(Puppet::find<SackChunk>(heard, ChunkType::Sack)->cumulative_tsn, Puppet::kTsn + 9);
  }
  puppet.say(puppet.data(Puppet::kTsn + 10, 1, 5, pattern(5, 1)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u) << "number 5 follows what was skipped";
}

// RFC 9260 §6.2.1: what only a gap block acknowledged may be taken back, and is sent again.
TEST(Sender, SendsAgainWhatThePeerTookBack) {
  Puppet puppet;
  puppet.establish();
  for (std::uint64_t i = 0; i < 4; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(900, i)));
  EXPECT_EQ(puppet.hear().size(), 4u);
  puppet.say(SackChunk{puppet.peer_tsn, 1 << 20, {{3, 3}}, {}});
  const std::size_t flight = puppet.association.counters().flight_bytes;
  puppet.say(SackChunk{puppet.peer_tsn, 1 << 20, {}, {}});
  EXPECT_EQ(puppet.association.counters().flight_bytes, flight + 916);
  const auto again = puppet.wait(1s);
  std::set<std::uint32_t> tsns;
  for (const Buffer& packet : again)
    if (const auto data = Puppet::find<DataChunk>({packet}, ChunkType::Data))
      tsns.insert(data->tsn);
  EXPECT_TRUE(tsns.contains(puppet.peer_tsn + 1));
}

// RFC 9260 §6.1 A: a closed window is asked with one chunk at a time.
TEST(Sender, AsksAClosedWindow) {
  Puppet puppet;
  puppet.establish();
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(900, 1)));
  EXPECT_EQ(puppet.hear().size(), 1u);
  puppet.say(SackChunk{puppet.peer_tsn, 0, {}, {}});
  for (std::uint64_t i = 0; i < 3; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(900, i)));
  EXPECT_EQ(puppet.hear().size(), 1u);
  EXPECT_TRUE(puppet.say(SackChunk{puppet.peer_tsn, 0, {}, {}}).empty()) << "it has been asked";
  EXPECT_GE(puppet.wait(20s).size(), 8u) << "again and again";
  EXPECT_EQ(puppet.association.counters().flight_bytes, 916u);
  // Open: what asked is sent again at once, the others with it.
  EXPECT_EQ(puppet.say(SackChunk{puppet.peer_tsn, 100'000, {}, {}}).size(), 3u);
}

}  // namespace
}  // namespace specter::sctp
