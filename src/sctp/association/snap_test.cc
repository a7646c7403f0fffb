// draft-hancke-tsvwg-snap: an association that begins with the INITs of both descriptions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"
#include "testing/hex.h"

namespace specter::sctp {
namespace {

using ::testing::AnyOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = InitChunk::Kind;
using testing::hex;

Buffer written(const InitChunk& init) {
  Buffer bytes;
  ByteWriter w(bytes);
  init.write(w);
  return bytes;
}

// As tests/data/sdp/chromium156-warp-data-offer.sdp has it.
const Buffer kChromium = hex(
    "01 00 00 1e cf 0e 43 a6 00 50 00 00 ff ff ff ff d7 e3 31 6c c0 00 00 04 80 08 00 06 82 c0");

void connect_with_each_other(Duo& duo) {
  ASSERT_TRUE(duo.a.connect_with(duo.now(), duo.b.local_init()));
  ASSERT_TRUE(duo.b.connect_with(duo.now(), duo.a.local_init()));
}

Puppet& begin(Puppet& puppet, const InitChunk& init = Puppet::init()) {
  const Buffer local = puppet.association.local_init();
  const auto own = InitChunk::parse(*ChunkReader(local).next());
  puppet.tag = own->initiate_tag;
  puppet.peer_tsn = own->initial_tsn;
  EXPECT_TRUE(puppet.association.connect_with(puppet.now, written(init)));
  puppet.hear();
  return puppet;
}

TEST(Snap, TheLocalInitIsTheOneThatConnectSends) {
  Puppet puppet;
  const Buffer init = puppet.association.local_init();
  EXPECT_TRUE(Association::validate_init(init));
  EXPECT_FALSE(puppet.association.next_timeout());
  EXPECT_THAT(puppet.hear(), IsEmpty());
  puppet.association.connect(puppet.now);
  const auto heard = puppet.hear();
  ASSERT_EQ(heard.size(), 1u);
  const auto packet = PacketView::parse(heard[0]);
  EXPECT_EQ(to_buffer(ChunkReader(packet->chunks).next()->whole), init);
  EXPECT_EQ(puppet.association.local_init(), init);
  EXPECT_NE(Puppet({}, 2).association.local_init(), init);
}

TEST(Snap, EstablishesAtOnceWithoutAPacket) {
  Duo duo({.latency = 50ms});
  std::vector<ChunkType> seen;
  duo.pair.filter = [&](bool, Buffer& packet) {
    for (const ChunkType type : chunk_types(packet)) seen.push_back(type);
    return true;
  };
  connect_with_each_other(duo);
  EXPECT_TRUE(duo.a.is_established());
  EXPECT_TRUE(duo.b.is_established());
  duo.pair.run_for(1s);
  EXPECT_THAT(seen, IsEmpty());
  EXPECT_EQ(count<Established>(duo.pair.events_a), 1u);
  EXPECT_EQ(count<Established>(duo.pair.events_b), 1u);

  // The first message takes half a round trip, in both directions.
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(1000, 1)));
  ASSERT_TRUE(duo.b.send(duo.now(), StreamId{0}, kPpid, pattern(1000, 2)));
  EXPECT_TRUE(duo.pair.run_until(
      [&] {
        return count<MessageReceived>(duo.pair.events_a) == 1 &&
               count<MessageReceived>(duo.pair.events_b) == 1;
      },
      50ms));
  duo.pair.run_for(10s);
  EXPECT_THAT(seen, Each(AnyOf(ChunkType::IData, ChunkType::Sack)));
  EXPECT_TRUE(duo.a.used_snap());
  EXPECT_TRUE(duo.b.used_snap());
}

TEST(Snap, WhatWasSentBeforeGoesOutFirst) {
  Duo duo;
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5000, 1)));
  connect_with_each_other(duo);
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(50, 2)));
  duo.pair.run_for(1s);
  const auto got = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].bytes, pattern(5000, 1));
  EXPECT_EQ(got[1].bytes, pattern(50, 2));
}

TEST(Snap, AHandshakeIsNoSnap) {
  Duo duo;
  duo.connect();
  EXPECT_FALSE(duo.a.used_snap());
  EXPECT_FALSE(duo.b.used_snap());
}

// RFC 9260 §5.1.1: as the handshake has it.
TEST(Snap, StreamsAreWhatBothCanDo) {
  Association::Config a, b;
  a.max_outgoing_streams = 100;
  b.max_incoming_streams = 40;
  b.max_outgoing_streams = 1000;
  Duo duo({}, a, b);
  connect_with_each_other(duo);
  EXPECT_EQ(duo.a.outgoing_streams(), 40);
  EXPECT_EQ(duo.b.outgoing_streams(), 1000);
}

struct Abilities {
  bool skips = false;   // RFC 3758
  bool resets = false;  // RFC 6525
  bool operator==(const Abilities&) const = default;
};

Abilities abilities(Puppet& puppet) {
  Abilities out;
  const Buffer bytes = pattern(5, 1);
  std::vector<Buffer> heard;
  if (puppet.association.interleaves()) {  // RFC 8260
    puppet.say(IForwardTsnChunk{Puppet::kTsn + 5, {}});
    IDataChunk data;
    data.tsn = Puppet::kTsn + 7;
    data.begin = data.end = true;
    data.payload = bytes;
    heard = puppet.say(data);
  } else {
    puppet.say(ForwardTsnChunk{Puppet::kTsn + 5, {}});
    heard = puppet.say(puppet.data(Puppet::kTsn + 7, 0, 0, bytes));
  }
  const auto sack = Puppet::find<SackChunk>(heard, ChunkType::Sack);
  out.skips = sack && sack->cumulative_tsn == Puppet::kTsn + 5;
  const StreamId stream{1};
  puppet.association.reset_streams(puppet.now, {{stream}});
  out.resets = Puppet::find<ReConfigChunk>(puppet.hear(), ChunkType::ReConfig).has_value();
  EXPECT_EQ(count<OutgoingResetFailed>(puppet.events), out.resets ? 0u : 1u);
  return out;
}

// RFC 3758 §3.3, RFC 5061 §4.2.7: every way of saying so in an INIT.
TEST(Snap, ThePeersInitSaysWhatItCanDoAsInTheHandshake) {
  const struct {
    bool parameter;
    std::vector<std::uint8_t> extensions;
    Abilities expected;
  } table[] = {
      {false, {}, {false, false}},          {true, {}, {true, false}},
      {false, {130}, {false, true}},        {false, {192}, {true, false}},
      {false, {130, 192}, {true, true}},    {true, {130}, {true, true}},
      {true, {192}, {true, false}},         {true, {130, 192}, {true, true}},
      {true, {194, 15, 130}, {true, true}}, {true, {64, 194, 130}, {true, true}},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(::testing::PrintToString(row.extensions));
    InitChunk init = Puppet::init();
    init.forward_tsn = row.parameter;
    init.extensions = row.extensions;
    Puppet described, shaken;
    EXPECT_EQ(abilities(begin(described, init)), row.expected);
    const InitChunk ack = shaken.ask_init_ack(init);
    shaken.tag = ack.initiate_tag;
    shaken.say(CookieEchoChunk{ack.cookie});
    EXPECT_EQ(abilities(shaken), row.expected);
  }
}

TEST(Snap, ThePeersWindowHolds) {
  InitChunk init = Puppet::init();
  init.window_bytes = 3000;
  Puppet puppet;
  begin(puppet, init);
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(20'000, 1)));
  puppet.hear();
  EXPECT_LE(puppet.association.counters().flight_bytes, 3000u + 3 * 16u);
  EXPECT_GE(puppet.association.counters().flight_bytes, 2000u);
}

// docs/failures.md row 88: both TSNs wrap at once, on a bad path.
TEST(Snap, DeliversEverythingOverBadPathsAndWhenTsnsWrap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Association::Config a, b;
    a.initial_tsn = 0xffff'fff0;
    b.initial_tsn = 0xffff'ffff;
    Duo duo({.latency = 20ms, .jitter = 20ms, .loss = 0.2, .duplicate = 0.1, .seed = seed}, a, b);
    connect_with_each_other(duo);
    for (std::uint64_t i = 0; i < 60; ++i) {
      ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(1500, i)));
      ASSERT_TRUE(duo.b.send(duo.now(), StreamId{3}, kPpid, pattern(700, i)));
    }
    ASSERT_TRUE(duo.pair.run_until(
        [&] {
          return count<MessageReceived>(duo.pair.events_a) == 60 &&
                 count<MessageReceived>(duo.pair.events_b) == 60;
        },
        120s));
    const auto got = all<MessageReceived>(duo.pair.events_b);
    for (std::uint64_t i = 0; i < 60; ++i) ASSERT_EQ(got[i].bytes, pattern(1500, i));
    EXPECT_EQ(count<Established>(duo.pair.events_a), 1u);
    EXPECT_TRUE(duo.a.used_snap());
  }
}

TEST(Snap, EndsLikeAnyOther) {
  Duo duo;
  connect_with_each_other(duo);
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5000, 1)));
  duo.a.shutdown(duo.now());
  duo.pair.run_for(5s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 1u);
  ASSERT_EQ(count<Closed>(duo.pair.events_a), 1u);
  ASSERT_EQ(count<Closed>(duo.pair.events_b), 1u);
  EXPECT_EQ(all<Closed>(duo.pair.events_a)[0].reason, CloseReason::Shutdown);
  EXPECT_EQ(all<Closed>(duo.pair.events_b)[0].reason, CloseReason::PeerShutdown);
  ASSERT_TRUE(duo.a.connect_with(duo.now(), duo.b.local_init()));
  EXPECT_FALSE(duo.a.is_established());
}

TEST(Snap, TakesChromiumsInit) {
  EXPECT_TRUE(Association::validate_init(kChromium));
  Puppet puppet;
  ASSERT_TRUE(puppet.association.connect_with(puppet.now, kChromium));
  EXPECT_EQ(puppet.association.outgoing_streams(), 65535);
  ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{0}, kPpid, pattern(10, 1)));
  const auto heard = puppet.hear();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(Puppet::tag_of(heard[0]), 0xcf0e43a6u);
  EXPECT_EQ(puppet.association.counters().peer_window_bytes, 0x00500000u - 10);
}

// RFC 9260 §3.2: padding is not in the length; with it or without, it is the same chunk.
TEST(Snap, PaddingMayBeThere) {
  Buffer padded_init = kChromium;
  padded_init.resize(32);
  EXPECT_TRUE(Association::validate_init(padded_init));
  padded_init[31] = 1;
  EXPECT_FALSE(Association::validate_init(padded_init));
  padded_init.assign(kChromium.begin(), kChromium.end());
  padded_init.push_back(0);
  EXPECT_FALSE(Association::validate_init(padded_init)) << "31 bytes";
  Buffer whole = written(InitChunk{Puppet::init()});
  whole.resize((whole.size() + 3) / 4 * 4 + 4);
  EXPECT_FALSE(Association::validate_init(whole)) << "a whole word too many";
}

TEST(Snap, RefusesWhatIsNoInitToBeginWith) {
  const struct {
    const char* bytes;
    const char* why;
  } table[] = {
      {"", "length"},
      {"01 00 00", "length"},
      {"01 00 00 00", "length"},
      {"01 00 00 03 01", "length"},
      {"01 00 00 04", "too short"},
      {"01 00 00 13 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00", "too short"},
      {"01 00 00 15 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00", "length"},
      {"01 00 00 14 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00 01 00 00 14", "length"},
      {"02 00 00 14 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00", "type is 2"},
      {"00 00 00 14 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00", "type is 0"},
      {"01 01 00 14 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00", "flags"},
      {"01 00 00 14 00 00 00 00 00 10 00 00 00 01 00 01 00 00 00 00", "tag is 0"},
      {"01 00 00 14 00 00 00 01 00 00 05 db 00 01 00 01 00 00 00 00", "1499"},
      {"01 00 00 14 00 00 00 01 00 10 00 00 00 00 00 01 00 00 00 00", "no streams"},
      {"01 00 00 14 00 00 00 01 00 10 00 00 00 01 00 00 00 00 00 00", "no streams"},
      {"01 00 00 18 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00 c0 00 00 03", "parameters"},
      {"01 00 00 18 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00 c0 00 00 05", "parameters"},
      {"01 00 00 16 00 00 00 01 00 10 00 00 00 01 00 01 00 00 00 00 c0 00", "parameters"},
  };
  for (const auto& row : table) {
    Puppet puppet;
    const Buffer bytes = hex(row.bytes);
    const auto result = puppet.association.connect_with(puppet.now, bytes);
    ASSERT_FALSE(result) << row.bytes;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(result.error().message, HasSubstr(row.why)) << row.bytes;
    EXPECT_EQ(Association::validate_init(bytes).error(), result.error());
    // Nothing has happened: an INIT that is one is still taken.
    EXPECT_FALSE(puppet.association.is_established());
    EXPECT_FALSE(puppet.association.next_timeout());
    begin(puppet);
    EXPECT_TRUE(puppet.association.is_established());
  }
  const Buffer smallest = hex("01 00 00 14 00 00 00 01 00 00 05 dc 00 01 00 01 00 00 00 00");
  EXPECT_TRUE(Association::validate_init(smallest));
  for (std::size_t size = 0; size < kChromium.size(); ++size)
    EXPECT_FALSE(Association::validate_init(Bytes(kChromium).first(size))) << size;
}

// The peer's DTLS may be done half a round trip before ours.
TEST(Snap, DataBeforeItIsToldComesAgain) {
  Duo duo;
  ASSERT_TRUE(duo.a.connect_with(duo.now(), duo.b.local_init()));
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5000, 1)));
  duo.pair.run_for(100ms);
  EXPECT_EQ(duo.pair.to_a().sent(), 0u) << "an ABORT would end it";
  EXPECT_GE(duo.b.counters().packets_dropped, 1u);
  ASSERT_TRUE(duo.b.connect_with(duo.now(), duo.a.local_init()));
  EXPECT_TRUE(
      duo.pair.run_until([&] { return count<MessageReceived>(duo.pair.events_b) == 1; }, 1s));
  EXPECT_TRUE(duo.a.used_snap());
}

// A description on its way may lose the attribute: then one side begins with INIT all the same.
TEST(Snap, APeerThatNeverSawOurInitShakesHands) {
  for (const double loss : {0.0, 0.2}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SCOPED_TRACE(seed);
      Duo duo({.latency = 20ms, .jitter = 20ms, .loss = loss, .duplicate = 0.1, .seed = seed});
      ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 1)));
      ASSERT_TRUE(duo.b.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 2)));
      ASSERT_TRUE(duo.a.connect_with(duo.now(), duo.b.local_init()));
      duo.pair.run_for(Duration(10ms) * (seed % 5));
      duo.b.connect(duo.now());
      ASSERT_TRUE(duo.pair.run_until(
          [&] {
            return count<MessageReceived>(duo.pair.events_a) == 1 &&
                   count<MessageReceived>(duo.pair.events_b) == 1;
          },
          30s));
      EXPECT_EQ(count<Established>(duo.pair.events_a), 1u);
      EXPECT_EQ(count<Established>(duo.pair.events_b), 1u);
      EXPECT_FALSE(duo.a.used_snap());
      EXPECT_FALSE(duo.b.used_snap());
    }
  }
}

// The same, and the INIT on the path is another than the described one: RFC 9260 §5.2.4 B. What
// waits is kept, also a reset that was asked for already.
TEST(Snap, APeerThatBeginsWithAnotherInitShakesHands) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Association::Config config;
    config.data.interleaving = false;  // as that INIT says: interleaving_test.cc has the other case
    Duo duo({.latency = 20ms, .jitter = 20ms, .loss = 0.2, .seed = seed}, config);
    bool is_up = false;  // RFC 8261 §6.1: until its DTLS is, b hears nothing
    duo.pair.filter = [&](bool from_a, Buffer&) { return is_up || !from_a; };
    ASSERT_TRUE(duo.a.connect_with(duo.now(), kChromium));
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 1)));
    const StreamId other{7};
    duo.a.reset_streams(duo.now(), {{other}});
    duo.pair.run_for(Duration(10ms) * (seed % 5));
    is_up = true;
    ASSERT_TRUE(duo.b.send(duo.now(), StreamId{0}, kPpid, pattern(3000, 2)));
    duo.b.connect(duo.now());
    ASSERT_TRUE(duo.pair.run_until(
        [&] {
          return count<MessageReceived>(duo.pair.events_a) == 1 &&
                 count<MessageReceived>(duo.pair.events_b) == 1 &&
                 count<OutgoingStreamsReset>(duo.pair.events_a) == 1;
        },
        30s));
    EXPECT_EQ(count<Established>(duo.pair.events_a), 1u);
    EXPECT_FALSE(duo.a.used_snap());
    EXPECT_EQ(count<Closed>(duo.pair.events_a) + count<Closed>(duo.pair.events_b), 0u);
  }
}

// That other INIT may have fewer streams: of a message that is on its way already nothing is sent
// any more, and the peer hears that it is skipped (RFC 3758 §3.5), or gets it whole.
TEST(Snap, AMessageOnItsWayEndsWhereThePeerHasFewerStreamsAfterAll) {
  for (const bool skips : {true, false}) {
    SCOPED_TRACE(skips);
    Puppet puppet;
    begin(puppet);
    const StreamId gone{7}, kept{0};
    ASSERT_TRUE(puppet.association.send(puppet.now, gone, kPpid, pattern(100'000, 1)));
    ASSERT_FALSE(puppet.hear().empty());
    ASSERT_TRUE(puppet.association.send(puppet.now, kept, kPpid, pattern(100, 2)));

    InitChunk other = Puppet::init();
    other.initiate_tag = 0x1234;  // RFC 9260 §5.2.4 B
    other.inbound_streams = 1;
    other.forward_tsn = skips;
    if (!skips) other.extensions = {130};
    const InitChunk ack = puppet.ask_init_ack(other);
    puppet.tag = ack.initiate_tag;
    puppet.say(CookieEchoChunk{ack.cookie});
    // What was lost is due again, and everything is acknowledged as it comes.
    std::uint32_t reached = puppet.peer_tsn - 1;
    bool is_skipped = false, has_kept = false;
    Buffer got;
    for (int i = 0; i < 300; ++i) {
      for (const Buffer& packet : puppet.wait(1s)) {
        const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
        ChunkReader chunks(view->chunks);
        while (const auto chunk = chunks.next()) {
          if (chunk->type == ChunkType::ForwardTsn) {
            is_skipped = true;
            reached = std::max(reached, ForwardTsnChunk::parse(*chunk)->new_cumulative_tsn);
          }
          if (chunk->type != ChunkType::Data) continue;
          const auto data = DataChunk::parse(*chunk);
          if (data->tsn != reached + 1) continue;
          reached = data->tsn;
          if (data->stream == gone)
            got.insert(got.end(), data->payload.begin(), data->payload.end());
          if (data->stream == kept) has_kept = to_buffer(data->payload) == pattern(100, 2);
        }
      }
      puppet.say(puppet.sack(reached));
    }
    EXPECT_EQ(is_skipped, skips);
    EXPECT_TRUE(has_kept);
    if (skips)
      EXPECT_TRUE(got.empty());
    else
      EXPECT_EQ(got, pattern(100'000, 1));
    EXPECT_EQ(puppet.association.counters().send_buffered_bytes, 0u);
    EXPECT_EQ(count<Closed>(puppet.events), 0u);
  }
}

// RFC 9260 §5.2.1: until the peer has said something, its INIT is answered with the tag and TSN
// that are under way.
TEST(Snap, AnInitBeforeAnythingElseIsAnsweredWithOurOwn) {
  Puppet puppet;
  begin(puppet);
  const InitChunk ack = puppet.ask_init_ack();
  EXPECT_EQ(ack.initiate_tag, puppet.tag);
  EXPECT_EQ(ack.initial_tsn, puppet.peer_tsn);
  EXPECT_TRUE(puppet.association.used_snap()) << "an INIT alone changes nothing";
  const auto heard = puppet.say(CookieEchoChunk{ack.cookie});
  EXPECT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::CookieAck));
  EXPECT_FALSE(puppet.association.used_snap());
  EXPECT_EQ(count<Established>(puppet.events), 1u);
}

// RFC 9260 §5.2.2, §5.2.4 A: once the peer has shown that it knows our tag, it is like any other
// association: an INIT changes nothing, and a cookie of a new one is a restart.
TEST(Snap, Rfc9260Section5_2_4CaseAIsARestart) {
  Puppet puppet;
  const Buffer init = puppet.association.local_init();
  begin(puppet);
  puppet.say(puppet.data(Puppet::kTsn, 3, 0, pattern(5, 1)));
  ASSERT_EQ(count<MessageReceived>(puppet.events), 1u);

  InitChunk anew = Puppet::init();
  anew.initiate_tag = 0x1234;
  anew.initial_tsn = 50;
  const InitChunk ack = puppet.ask_init_ack(anew);
  EXPECT_NE(ack.initiate_tag, puppet.tag);
  puppet.say(puppet.data(Puppet::kTsn + 1, 3, 1, pattern(5, 2)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 2u);
  EXPECT_TRUE(puppet.association.used_snap());

  const auto heard = puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  ASSERT_TRUE(Puppet::find<BareChunk>(heard, ChunkType::CookieAck));
  EXPECT_EQ(Puppet::tag_of(heard[0]), 0x1234u);
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
  EXPECT_FALSE(puppet.association.used_snap());
  EXPECT_EQ(puppet.association.local_init(), init) << "descriptions repeat it";
  puppet.tag = ack.initiate_tag;
  puppet.say(puppet.data(50, 3, 0, pattern(6, 1)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 3u);
}

TEST(Snap, IsTooLateForAnAssociationThatIsThere) {
  Puppet puppet;
  puppet.establish();
  ASSERT_TRUE(puppet.association.connect_with(puppet.now, kChromium));
  puppet.say(puppet.data(Puppet::kTsn, 0, 0, pattern(5, 1)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
  EXPECT_EQ(count<Established>(puppet.events), 1u);
  EXPECT_FALSE(puppet.association.used_snap());
}

}  // namespace
}  // namespace specter::sctp
