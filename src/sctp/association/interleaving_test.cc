// RFC 8260: messages of different streams, mixed fragment by fragment.
#include <array>
#include <map>
#include <set>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};

Association::Config config(bool interleaving) {
  Association::Config out;
  out.data.interleaving = interleaving;
  return out;
}

InitChunk interleaving_init(InitChunk::Kind kind = InitChunk::Kind::Init) {
  InitChunk init = Puppet::init(kind);
  init.extensions = {130, 192, 64, 194};
  return init;
}

Puppet& establish(Puppet& puppet, const InitChunk& init = interleaving_init()) {
  const InitChunk ack = puppet.ask_init_ack(init);
  puppet.tag = ack.initiate_tag;
  puppet.peer_tsn = ack.initial_tsn;
  puppet.say(CookieEchoChunk{ack.cookie});
  return puppet;
}

IDataChunk idata(std::uint32_t tsn, std::uint16_t stream, std::uint32_t mid, std::uint32_t fsn,
                 bool end, Bytes payload) {
  IDataChunk chunk;
  chunk.tsn = tsn;
  chunk.stream = StreamId{stream};
  chunk.mid = mid;
  chunk.begin = fsn == 0;
  chunk.fsn = fsn;
  chunk.end = end;
  chunk.payload = payload;
  return chunk;
}

const Buffer kBytes(100, 0x5a);

// RFC 8260 §2.2.1: when both have said so, and then for all data; else for none.
TEST(Interleaving, IsUsedWhenBothSaySo) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      Duo duo({}, config(a), config(b));
      std::set<ChunkType> seen;
      duo.pair.filter = [&](bool, Buffer& packet) {
        for (const ChunkType type : chunk_types(packet)) seen.insert(type);
        return true;
      };
      duo.connect();
      EXPECT_EQ(duo.a.interleaves(), a && b);
      EXPECT_EQ(duo.b.interleaves(), a && b);
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, 1)));
      ASSERT_TRUE(duo.b.send(duo.now(), kStream, kPpid, pattern(5000, 2), {.unordered = true}));
      duo.pair.run_for(1s);
      EXPECT_EQ(all<MessageReceived>(duo.pair.events_b).at(0).bytes, pattern(5000, 1));
      EXPECT_EQ(all<MessageReceived>(duo.pair.events_a).at(0).bytes, pattern(5000, 2));
      EXPECT_EQ(seen.contains(ChunkType::IData), a && b);
      EXPECT_EQ(seen.contains(ChunkType::Data), !(a && b));
    }
  }
}

TEST(Interleaving, IsSaidInTheSupportedExtensions) {
  for (const bool on : {false, true}) {
    Puppet puppet(config(on));
    const InitChunk ack = puppet.ask_init_ack(interleaving_init());
    const auto lists = [&](ChunkType type) {
      return std::ranges::find(ack.extensions, std::to_underlying(type)) != ack.extensions.end();
    };
    EXPECT_EQ(lists(ChunkType::IData), on);
    EXPECT_EQ(lists(ChunkType::IForwardTsn), on);
    EXPECT_TRUE(lists(ChunkType::ForwardTsn));
  }
}

TEST(Interleaving, IsAgreedByTheInitsOfDescriptionsToo) {
  for (const bool on : {false, true}) {
    simulation::SeededRandom random_a(1), random_b(2);
    Association a(config(true), random_a), b(config(on), random_b);
    ASSERT_TRUE(a.connect_with(simulation::kStart, b.local_init()));
    ASSERT_TRUE(b.connect_with(simulation::kStart, a.local_init()));
    EXPECT_EQ(a.interleaves(), on);
    EXPECT_EQ(b.interleaves(), on);
  }
}

template <class Chunk>
void is_a_violation(Puppet& puppet, const Chunk& chunk) {
  const auto heard = puppet.say(chunk);
  const auto abort = Puppet::find<ErrorChunk>(heard, ChunkType::Abort);
  ASSERT_TRUE(abort);
  ASSERT_EQ(abort->causes.size(), 1u);
  EXPECT_EQ(abort->causes[0].code, CauseCode::ProtocolViolation);
  EXPECT_EQ(all<Closed>(puppet.events).at(0).reason, CloseReason::ProtocolViolation);
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
}

// RFC 8260 §2.2.3, §2.3.1.
TEST(Interleaving, TheOtherKindOfDataIsAViolation) {
  {
    Puppet puppet;
    is_a_violation(establish(puppet), puppet.data(Puppet::kTsn, 1, 0, kBytes));
  }
  {
    Puppet puppet;
    is_a_violation(establish(puppet), ForwardTsnChunk{Puppet::kTsn, {}});
  }
  {
    Puppet puppet;
    is_a_violation(puppet.establish(), idata(Puppet::kTsn, 1, 0, 0, true, kBytes));
  }
  {
    Puppet puppet;
    is_a_violation(puppet.establish(), IForwardTsnChunk{Puppet::kTsn, {}});
  }
  {  // we did not offer it
    Puppet puppet(config(false));
    is_a_violation(establish(puppet), idata(Puppet::kTsn, 1, 0, 0, true, kBytes));
  }
}

// RFC 8260 §2.3.1: with I-DATA, partial reliability is there when the peer lists I-FORWARD-TSN, and
// not when it knows FORWARD TSN alone.
TEST(Interleaving, WithoutIForwardTsnNothingIsGivenUp) {
  InitChunk init = interleaving_init();
  init.extensions = {130, 192, 64};
  Puppet puppet;
  establish(puppet, init);
  ASSERT_TRUE(puppet.association.send(puppet.now, kStream, kPpid, kBytes, {.lifetime = 10ms}));
  puppet.hear();
  const auto later = puppet.wait(3s);
  EXPECT_TRUE(Puppet::find<IDataChunk>(later, ChunkType::IData));
  EXPECT_FALSE(Puppet::find<IForwardTsnChunk>(later, ChunkType::IForwardTsn));
  EXPECT_EQ(puppet.association.counters().messages_abandoned, 0u);
  Puppet other;
  is_a_violation(establish(other, init), IForwardTsnChunk{Puppet::kTsn, {}});
}

// RFC 8260 §2.1: MIDs count ordered and unordered messages apart, FSNs the fragments; the PPID goes
// with the first alone.
TEST(Interleaving, FragmentsSayWhereTheyBelong) {
  Puppet puppet;
  establish(puppet);
  const auto send = [&](std::uint16_t stream, std::size_t size, bool unordered) {
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{stream}, kPpid, pattern(size, 1),
                                        {.unordered = unordered}));
  };
  send(1, 3000, false);
  send(1, 10, true);
  send(1, 10, true);
  send(1, 10, false);
  send(2, 3000, true);
  std::vector<std::string> seen;
  std::uint32_t tsn = puppet.peer_tsn;
  for (const Buffer& bytes : puppet.hear()) {
    const auto packet = PacketView::parse(bytes, ZeroChecksum::Accepted);
    ChunkReader chunks(packet->chunks);
    while (const auto chunk = chunks.next()) {
      const auto data = IDataChunk::parse(*chunk);
      if (!data) continue;
      EXPECT_EQ(data->tsn, tsn++);
      EXPECT_EQ(data->begin ? data->ppid : kPpid, kPpid);
      seen.push_back(fmt::format("{}{}{}.{}{}{}", std::to_underlying(data->stream),
                                 data->unordered ? "u" : "o", data->mid, data->fsn,
                                 data->begin ? "B" : "", data->end ? "E" : ""));
    }
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"1o0.0B", "2u0.0B", "1o0.1", "2u0.1", "1o0.2E", "2u0.2",
                                            "2u0.3E", "1u0.0BE", "1u1.0BE", "1o1.0BE"}));
}

// RFC 8260 §2.2.2: never two messages of one stream at once.
TEST(Interleaving, MessagesOfOneStreamAreNotMixed) {
  Duo duo({.loss = 0.05, .seed = 3});
  duo.connect();
  std::map<std::uint16_t, std::pair<bool, std::uint32_t>> open;
  std::set<std::uint32_t> known;
  int mixed = 0;
  std::uint16_t last_stream = 0;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a) return true;
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    ChunkReader chunks(view->chunks);
    while (const auto chunk = chunks.next()) {
      const auto data = IDataChunk::parse(*chunk);
      if (!data || !known.insert(data->tsn).second) continue;
      const auto stream = std::to_underlying(data->stream);
      const std::pair message{data->unordered, data->mid};
      EXPECT_EQ(open.contains(stream), !data->begin);
      if (!data->begin) {
        EXPECT_EQ(open[stream], message);
      }
      open[stream] = message;
      if (data->end) open.erase(stream);
      if (!data->begin && last_stream != stream) ++mixed;
      last_stream = stream;
    }
    return true;
  };
  for (std::uint64_t i = 0; i < 90; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{static_cast<std::uint16_t>(i % 3)}, kPpid,
                           pattern(1 + i * 131 % 9000, i), {.unordered = i % 2 == 0}));
  duo.pair.run_for(10s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 90u);
  EXPECT_GT(mixed, 100);
}

// RFC 8260 §2.1: more than SSNs there are.
TEST(Interleaving, MidsHaveMoreThan16Bits) {
  Duo duo({.latency = 1ms});
  duo.connect();
  std::size_t got = 0;
  for (int round = 0; round < 80; ++round) {
    for (int i = 0; i < 2000; ++i) {
      const Buffer bytes = {1, 2, 3};
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, bytes, {.unordered = i % 2 == 0}));
    }
    duo.pair.run_for(20ms);
    got += count<MessageReceived>(std::exchange(duo.pair.events_b, {}));
  }
  duo.pair.run_for(1s);
  EXPECT_EQ(got + count<MessageReceived>(duo.pair.events_b), 160'000u);
}

// RFC 8260 §2.3.1: of ordered and unordered messages the last one skipped; the whole message is,
// with what of it was not sent yet.
TEST(Interleaving, AMessageIsGivenUpAsAWhole) {
  for (const bool unordered : {false, true}) {
    Puppet puppet;
    establish(puppet);
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{1}, kPpid, pattern(100'000, 1),
                                        {.unordered = unordered, .lifetime = 50ms}));
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{2}, kPpid, pattern(100'000, 2)));
    const auto first = puppet.hear();
    ASSERT_GE(first.size(), 4u);
    std::vector<Buffer> heard = puppet.wait(60ms);
    EXPECT_EQ(puppet.association.counters().messages_abandoned, 1u);
    EXPECT_EQ(puppet.association.buffered_amount(StreamId{1}), 0u);
    // The first chunk of all was the given up message's, the second was not: it stops there.
    for (Buffer& more : puppet.say(puppet.sack(puppet.peer_tsn - 1)))
      heard.push_back(std::move(more));
    for (Buffer& more : puppet.wait(1s)) heard.push_back(std::move(more));
    const auto forward = Puppet::find<IForwardTsnChunk>(heard, ChunkType::IForwardTsn);
    ASSERT_TRUE(forward);
    EXPECT_EQ(forward->new_cumulative_tsn, puppet.peer_tsn);
    EXPECT_EQ(forward->skipped,
              (std::vector{IForwardTsnChunk::Skipped{StreamId{1}, unordered, 0}}));
    EXPECT_FALSE(Puppet::find<ForwardTsnChunk>(heard, ChunkType::ForwardTsn));
    // Nothing of it is sent any more.
    for (const Buffer& bytes : heard) {
      const auto data = Puppet::find<IDataChunk>({bytes}, ChunkType::IData);
      if (data) {
        EXPECT_EQ(data->stream, StreamId{2});
      }
    }
  }
}

// RFC 7496, RFC 3758: exact, though fragments of others lie between.
TEST(Interleaving, LimitedRetransmitsAreCountedByMessage) {
  Duo duo({.latency = 5ms});
  duo.connect();
  duo.pair.run_for(1s);
  std::map<std::uint32_t, int> sent;  // by TSN
  std::map<std::uint32_t, std::uint16_t> stream_of;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    if (!from_a) return true;
    bool lose = false;
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    ChunkReader chunks(view->chunks);
    while (const auto chunk = chunks.next()) {
      const auto data = IDataChunk::parse(*chunk);
      if (!data) continue;
      ++sent[data->tsn];
      stream_of[data->tsn] = std::to_underlying(data->stream);
      // The third fragment of stream 1's message never comes through.
      lose = lose || (data->stream == StreamId{1} && data->fsn == 2 && !data->begin);
    }
    return !lose;
  };
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{1}, kPpid, pattern(20'000, 1),
                         {.max_retransmits = std::uint16_t{2}}));
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{2}, kPpid, pattern(20'000, 2)));
  ASSERT_TRUE(duo.a.send(duo.now(), StreamId{1}, kPpid, pattern(3, 3)));
  duo.pair.run_for(20s);
  int most = 0;
  for (const auto& [tsn, times] : sent)
    if (stream_of[tsn] == 1) most = std::max(most, times);
  EXPECT_EQ(most, 3);
  EXPECT_EQ(duo.a.counters().messages_abandoned, 1u);
  const auto got = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].bytes.size() + got[1].bytes.size(), 20'003u);
  EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
}

// RFC 6525, RFC 8260 §2.3.2.
TEST(Interleaving, AResetStartsBothCountersAgain) {
  Duo duo;
  duo.connect();
  for (std::uint64_t i = 0; i < 6; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(3000, i), {.unordered = i < 3}));
  duo.a.reset_streams(duo.now(), std::array{kStream});
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 7)));
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 8), {.unordered = true}));
  std::map<bool, std::uint32_t> last;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    const auto view = PacketView::parse(packet, ZeroChecksum::Accepted);
    ChunkReader chunks(view->chunks);
    while (const auto chunk = chunks.next())
      if (const auto data = IDataChunk::parse(*chunk); from_a && data)
        last[data->unordered] = data->mid;
    return true;
  };
  duo.pair.run_for(2s);
  EXPECT_EQ(last, (std::map<bool, std::uint32_t>{{false, 0}, {true, 0}}));
  EXPECT_EQ(count<OutgoingStreamsReset>(duo.pair.events_a), 1u);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), 8u);
}

// RFC 9260 §5.2.4 A: the peer that starts anew may have another opinion.
TEST(Interleaving, IsAgreedAnewWhenThePeerStartsAnew) {
  Puppet puppet;
  establish(puppet);
  puppet.say(idata(Puppet::kTsn, 1, 0, 0, false, kBytes));  // the beginning of something
  ASSERT_TRUE(puppet.association.interleaves());
  InitChunk init = Puppet::init();
  init.initiate_tag = 0x88888888;
  establish(puppet, init);
  EXPECT_FALSE(puppet.association.interleaves());
  puppet.say(puppet.data(Puppet::kTsn, 1, 0, kBytes));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
  init = interleaving_init();
  init.initiate_tag = 0x99999999;
  establish(puppet, init);
  EXPECT_TRUE(puppet.association.interleaves());
  puppet.say(idata(Puppet::kTsn, 1, 0, 0, true, kBytes));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 2u);
  EXPECT_EQ(puppet.association.counters().receive_buffered_bytes, 0u);
}

// The peer's INIT on the path is another than the one that its description had, and what we sent
// meanwhile can't be sent to it in another form.
TEST(Interleaving, APeerThatChangesItsMindWhileItBeginsIsLeft) {
  for (const bool sends : {false, true}) {
    Puppet puppet;
    Buffer described;
    ByteWriter w(described);
    interleaving_init().write(w);
    ASSERT_TRUE(puppet.association.connect_with(puppet.now, described));
    if (sends) {
      ASSERT_TRUE(puppet.association.send(puppet.now, kStream, kPpid, kBytes));
      puppet.hear();
    }
    InitChunk init = Puppet::init();
    init.initiate_tag = 0x88888888;
    const InitChunk ack = puppet.ask_init_ack(init);
    puppet.tag = ack.initiate_tag;
    const auto heard = puppet.say(CookieEchoChunk{ack.cookie});
    EXPECT_EQ(Puppet::find<ErrorChunk>(heard, ChunkType::Abort).has_value(), sends);
    EXPECT_EQ(count<Closed>(puppet.events), sends ? 1u : 0u);
    EXPECT_FALSE(puppet.association.interleaves());
  }
}

TEST(Interleaving, FragmentsThatContradictEachOtherAreAViolation) {
  Puppet puppet;
  establish(puppet);
  puppet.say(idata(Puppet::kTsn, 1, 0, 0, false, kBytes));
  is_a_violation(puppet, idata(Puppet::kTsn + 1, 1, 0, 0, false, kBytes));
}

TEST(Interleaving, AnEmptyFragmentIsAViolation) {
  Puppet puppet;
  establish(puppet);
  const auto heard = puppet.say(idata(Puppet::kTsn, 1, 0, 0, true, {}));
  EXPECT_EQ(Puppet::find<ErrorChunk>(heard, ChunkType::Abort)->causes[0].code,
            CauseCode::NoUserData);
}

TEST(Interleaving, AStreamThatDoesNotExistIsReported) {
  Puppet puppet;
  establish(puppet);
  const auto heard = puppet.say(idata(Puppet::kTsn, 100, 0, 0, true, kBytes));
  EXPECT_EQ(Puppet::find<ErrorChunk>(heard, ChunkType::Error)->causes[0].code,
            CauseCode::InvalidStreamIdentifier);
  EXPECT_TRUE(puppet.association.is_established());
}

// Whatever a peer begins and never ends, no more is kept than the buffer and its items.
TEST(Interleaving, BeginningsWithoutEndAreBounded) {
  Association::Config small;
  small.data.receive_buffer_bytes = 100'000;
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}}) {
    Puppet puppet(small);
    establish(puppet);
    const Buffer part(bytes, 1);
    for (std::uint32_t i = 0; i < 20'000; ++i)
      puppet.say(
          idata(Puppet::kTsn + i, static_cast<std::uint16_t>(i % 50), i / 50, 0, false, part));
    EXPECT_TRUE(puppet.association.is_established());
    EXPECT_LE(puppet.association.counters().receive_buffered_bytes, 201'000u);
    EXPECT_LE(puppet.association.counters().receive_buffered_bytes, bytes * 2 * 1563);
  }
}

TEST(Interleaving, AnIForwardTsnThatCanNotBeIsDropped) {
  Puppet puppet;
  establish(puppet);
  puppet.say(IForwardTsnChunk{Puppet::kTsn + 3, {{StreamId{100}, false, 0}}});
  puppet.say(IForwardTsnChunk{Puppet::kTsn + (1u << 30), {}});
  EXPECT_EQ(puppet.association.counters().packets_dropped, 2u);
  // One that is right goes on from there.
  puppet.say(idata(Puppet::kTsn + 3, 1, 1, 0, true, kBytes));
  puppet.say(IForwardTsnChunk{Puppet::kTsn + 2, {{StreamId{1}, false, 0}}});
  EXPECT_EQ(count<MessageReceived>(puppet.events), 1u);
}

}  // namespace
}  // namespace specter::sctp
