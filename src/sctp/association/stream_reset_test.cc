// RFC 6525 §5: streams that begin again.
#include <array>
#include <set>

#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1};

ReconfigResult result_of(const std::vector<Buffer>& heard) {
  const auto chunk = Puppet::find<ReConfigChunk>(heard, ChunkType::ReConfig);
  return chunk ? std::get<ReconfigResponse>(chunk->parameters.at(0)).result : ReconfigResult{99};
}

TEST(StreamReset, StartsTheNumbersAgain) {
  Association::Config config;
  config.data.interleaving = false;  // interleaving_test.cc has the other
  Duo duo({}, config);
  duo.connect();
  for (std::uint64_t i = 0; i < 3; ++i)
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(3000, i)));
  duo.a.reset_streams(duo.now(), std::array{kStream});
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(100, 7)));  // waits for it
  std::vector<std::uint16_t> numbers;
  duo.pair.filter = [&](bool from_a, Buffer& packet) {
    if (const auto data = Puppet::find<DataChunk>({packet}, ChunkType::Data); from_a && data)
      if (data->end) numbers.push_back(data->ssn);
    return true;
  };
  duo.pair.run_for(2s);
  EXPECT_EQ(numbers.back(), 0);
  ASSERT_EQ(count<OutgoingStreamsReset>(duo.pair.events_a), 1u);
  EXPECT_EQ(all<OutgoingStreamsReset>(duo.pair.events_a)[0].streams, std::vector{kStream});
  // At the peer: what was sent before, then the reset, then what was sent after.
  std::string order;
  for (const auto& event : duo.pair.events_b) {
    if (std::holds_alternative<MessageReceived>(event)) order += 'm';
    if (std::holds_alternative<IncomingStreamsReset>(event)) order += 'r';
  }
  EXPECT_EQ(order, "mmmrm");
}

TEST(StreamReset, ManyStreamsGoInFewRequests) {
  Duo duo;
  duo.connect();
  std::vector<StreamId> streams;
  for (std::uint16_t id = 0; id < 1000; ++id) streams.push_back(StreamId{id});
  duo.a.reset_streams(duo.now(), streams);
  duo.a.reset_streams(duo.now(), streams);  // again is not twice
  duo.pair.run_for(5s);
  EXPECT_EQ(count<OutgoingStreamsReset>(duo.pair.events_a), 2u);  // some 550 fit into a packet
  std::set<StreamId> done;
  for (const auto& event : all<OutgoingStreamsReset>(duo.pair.events_a))
    done.insert(event.streams.begin(), event.streams.end());
  EXPECT_EQ(done.size(), 1000u);
}

// §5.1.1: a peer that can't is not asked.
TEST(StreamReset, FailsWhereThePeerCanNot) {
  Puppet puppet;
  InitChunk init = Puppet::init();
  init.extensions = {};
  const InitChunk ack = puppet.ask_init_ack(init);
  puppet.say_with(ack.initiate_tag, CookieEchoChunk{ack.cookie});
  puppet.association.reset_streams(puppet.now, std::array{kStream});
  EXPECT_TRUE(puppet.hear().empty());
  EXPECT_EQ(count<OutgoingResetFailed>(puppet.events), 1u);
}

// §5.2.7.
TEST(StreamReset, HearsWhatThePeerAnswers) {
  struct Case {
    ReconfigResult result;
    bool done;
  };
  for (const Case c : {Case{ReconfigResult::Performed, true},
                       {ReconfigResult::NothingToDo, true},
                       {ReconfigResult::Denied, false},
                       {ReconfigResult::WrongSsn, false},
                       {ReconfigResult::BadSequenceNumber, false}}) {
    Puppet puppet;
    puppet.establish();
    puppet.association.reset_streams(puppet.now, std::array{kStream});
    const auto asked = Puppet::find<ReConfigChunk>(puppet.hear(), ChunkType::ReConfig);
    const auto& request = std::get<OutgoingResetRequest>(asked->parameters.at(0));
    EXPECT_EQ(request.request, puppet.peer_tsn);
    EXPECT_EQ(request.last_tsn, puppet.peer_tsn - 1);
    EXPECT_EQ(request.response, Puppet::kTsn - 1);
    EXPECT_EQ(request.streams, std::vector{kStream});
    puppet.say(ReConfigChunk{{ReconfigResponse{request.request + 1, c.result}}});  // not ours
    EXPECT_EQ(count<OutgoingStreamsReset>(puppet.events), 0u);
    puppet.say(ReConfigChunk{{ReconfigResponse{request.request, c.result}}});
    puppet.say(ReConfigChunk{{ReconfigResponse{request.request, c.result}}});  // again is nothing
    EXPECT_EQ(count<OutgoingStreamsReset>(puppet.events), c.done ? 1u : 0u);
    EXPECT_EQ(count<OutgoingResetFailed>(puppet.events), c.done ? 0u : 1u);
  }
}

// §5.2.7 H2: the same request again, and not for ever.
TEST(StreamReset, AsksAgainWhileInProgressButNotForEver) {
  Puppet puppet;
  puppet.establish();
  puppet.association.reset_streams(puppet.now, std::array{kStream});
  auto heard = puppet.hear();
  const auto first = Puppet::find<ReConfigChunk>(heard, ChunkType::ReConfig);
  int rounds = 0;
  while (count<OutgoingResetFailed>(puppet.events) == 0 && rounds < 100) {
    puppet.say(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn, ReconfigResult::InProgress}}});
    heard = puppet.wait(1s);
    const auto again = Puppet::find<ReConfigChunk>(heard, ChunkType::ReConfig);
    if (again) {
      EXPECT_EQ(*again, *first);
    }
    ++rounds;
  }
  EXPECT_EQ(rounds, 33);
}

// A reset waits for the data of all streams that were sent before it. Where many messages were
// given up, a FORWARD TSN may pass one gap a round trip (RFC 3758 §3.5 C2). While the peer gets on,
// "in progress" is no refusal.
TEST(StreamReset, AsksAgainForAsLongAsThePeerGetsOn) {
  Puppet puppet;
  puppet.establish();
  constexpr std::uint32_t kMessages = 100;
  for (std::uint32_t i = 0; i < kMessages; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{2}, kPpid, pattern(10, i)));
  puppet.association.reset_streams(puppet.now, std::array{kStream});
  ASSERT_TRUE(Puppet::find<ReConfigChunk>(puppet.hear(), ChunkType::ReConfig));
  for (std::uint32_t i = 0; i < kMessages; ++i) {
    puppet.say(puppet.sack(puppet.peer_tsn + i));
    puppet.say(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn, ReconfigResult::InProgress}}});
    puppet.wait(1s);
    ASSERT_EQ(count<OutgoingResetFailed>(puppet.events), 0u) << i;
  }
  puppet.say(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn, ReconfigResult::Performed}}});
  EXPECT_EQ(count<OutgoingStreamsReset>(puppet.events), 1u);
}

// RFC 9260 §6.1 A: what can't be sent before the peer's window opens, on another stream, is no
// fault of the peer's, however long that takes.
TEST(StreamReset, AsksAgainForAsLongAsThePeersWindowIsClosed) {
  Puppet puppet;
  puppet.establish();
  for (std::uint32_t i = 0; i < 2; ++i)
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{2}, kPpid, pattern(10, i)));
  puppet.hear();
  SackChunk full = puppet.sack(puppet.peer_tsn - 1);
  full.window_bytes = 0;
  puppet.say(full);
  puppet.association.reset_streams(puppet.now, std::array{kStream});
  ASSERT_TRUE(Puppet::find<ReConfigChunk>(puppet.hear(), ChunkType::ReConfig));
  for (int i = 0; i < 120; ++i) {
    puppet.say(full);
    puppet.say(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn, ReconfigResult::InProgress}}});
    puppet.wait(1s);
    ASSERT_EQ(count<OutgoingResetFailed>(puppet.events), 0u) << i;
  }
  puppet.say(puppet.sack(puppet.peer_tsn + 1));
  puppet.say(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn, ReconfigResult::Performed}}});
  EXPECT_EQ(count<OutgoingStreamsReset>(puppet.events), 1u);
}

// §5.2.2, docs/failures.md row 89: done once, answered each time alike.
TEST(StreamReset, APeersRequestIsDoneOnce) {
  Puppet puppet;
  puppet.establish();
  puppet.say(puppet.data(Puppet::kTsn, 1, 0, pattern(5, 1)));
  const ReConfigChunk request{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn, {kStream}}}};
  EXPECT_EQ(result_of(puppet.say(request)), ReconfigResult::Performed);
  puppet.say(puppet.data(Puppet::kTsn + 1, 1, 0, pattern(5, 2)));
  EXPECT_EQ(result_of(puppet.say(request)), ReconfigResult::Performed);
  puppet.say(puppet.data(Puppet::kTsn + 2, 1, 1, pattern(5, 3)));
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
  EXPECT_EQ(count<MessageReceived>(puppet.events), 3u);
  EXPECT_EQ(result_of(puppet.say(
                ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn + 5, 0, Puppet::kTsn, {}}}})),
            ReconfigResult::BadSequenceNumber);
}

// §5.2.2 E2: the reset waits for what was sent before it; what comes after waits for the reset.
TEST(StreamReset, AStreamThatIsNamedTwiceIsResetOnce) {
  Puppet puppet;
  puppet.establish();
  puppet.say(ReConfigChunk{{OutgoingResetRequest{
      Puppet::kTsn, 0, Puppet::kTsn - 1, {kStream, StreamId{0}, kStream, StreamId{0}}}}});
  ASSERT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
  EXPECT_EQ(all<IncomingStreamsReset>(puppet.events)[0].streams,
            (std::vector{StreamId{0}, kStream}));
}

// Stream 0 is where DATA's fragments of all streams lie.
TEST(StreamReset, LeavesTheMessagesOfOtherStreamsAlone) {
  for (const std::uint16_t reset : {0, 2}) {
    Puppet puppet;
    puppet.establish();
    const Buffer bytes = pattern(500, 1);
    DataChunk first = puppet.data(Puppet::kTsn, 1, 0, bytes);
    first.end = false;
    puppet.say(first);
    puppet.say(
        ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn, {StreamId{reset}}}}});
    EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
    DataChunk last = puppet.data(Puppet::kTsn + 1, 1, 0, bytes);
    last.begin = false;
    puppet.say(last);
    ASSERT_EQ(count<MessageReceived>(puppet.events), 1u) << reset;
    EXPECT_EQ(all<MessageReceived>(puppet.events)[0].bytes.size(), 1000u);
  }
}

TEST(StreamReset, IsDeferredUntilAllIsThere) {
  Puppet puppet;
  puppet.establish();
  const ReConfigChunk request{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn + 1, {kStream}}}};
  EXPECT_EQ(result_of(puppet.say(request)), ReconfigResult::InProgress);
  const Buffer after = pattern(5, 3);
  puppet.say(puppet.data(Puppet::kTsn + 2, 1, 0, after));  // of the stream's next life
  puppet.say(puppet.data(Puppet::kTsn + 1, 1, 1, pattern(5, 2)));
  EXPECT_EQ(count<MessageReceived>(puppet.events), 0u);
  EXPECT_EQ(result_of(puppet.say(request)), ReconfigResult::InProgress);
  const ReConfigChunk second{
      {OutgoingResetRequest{Puppet::kTsn + 1, 0, Puppet::kTsn + 2, {kStream}}}};
  EXPECT_EQ(result_of(puppet.say(second)), ReconfigResult::RequestInProgress);

  EXPECT_EQ(result_of(puppet.say(puppet.data(Puppet::kTsn, 1, 0, pattern(5, 1)))),
            ReconfigResult::Performed)
      << "E5, without being asked again";
  std::string order;
  for (const auto& event : puppet.events) {
    if (const auto* message = std::get_if<MessageReceived>(&event))
      order += message->bytes == after ? '3' : message->bytes == pattern(5, 2) ? '2' : '1';
    if (std::holds_alternative<IncomingStreamsReset>(event)) order += 'r';
  }
  EXPECT_EQ(order, "12r3");
  EXPECT_EQ(result_of(puppet.say(second)), ReconfigResult::Performed);
}

// docs/failures.md row 90: what a peer may pile up behind a reset that never ends is bounded, and a
// FORWARD TSN ends it.
TEST(StreamReset, ADeferredOnePilesUpNothing) {
  Puppet puppet;
  puppet.establish();
  puppet.say(ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn + 50'000, {}}}});
  const Buffer payload = pattern(1000, 1);
  for (std::uint32_t i = 1; i < 4000; ++i)
    puppet.say(puppet.data(Puppet::kTsn + 50'000 + i, 1, static_cast<std::uint16_t>(i), payload));
  EXPECT_LE(puppet.association.counters().receive_buffered_bytes, (1u << 20) + 1000);
  for (std::uint32_t i = 0; i < 40'000; ++i)
    puppet.say(
        ForwardTsnChunk{Puppet::kTsn + i, {{StreamId{static_cast<std::uint16_t>(i % 100)}, 5}}});
  EXPECT_LE(puppet.association.counters().receive_buffered_bytes, (1u << 20) + 1000);
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 0u);
  puppet.say(ForwardTsnChunk{Puppet::kTsn + 50'000, {}});
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1u);
}

// What we don't do is refused, each time alike: §4.2, §4.3, §4.5, §4.6.
TEST(StreamReset, OtherRequestsAreDenied) {
  Puppet puppet;
  puppet.establish();
  std::uint32_t number = Puppet::kTsn;
  for (const ReconfigParameter& parameter : std::vector<ReconfigParameter>{
           IncomingResetRequest{number, {kStream}}, OtherReconfigRequest{15, number + 1, 0},
           OtherReconfigRequest{17, number + 2, 5}, OtherReconfigRequest{18, number + 3, 5}}) {
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(result_of(puppet.say(ReConfigChunk{{parameter}})), ReconfigResult::Denied);
  }
  EXPECT_EQ(result_of(puppet.say(ReConfigChunk{{IncomingResetRequest{number, {kStream}}}})),
            ReconfigResult::BadSequenceNumber)
      << "long ago";
  EXPECT_EQ(result_of(puppet.say(
                ReConfigChunk{{OutgoingResetRequest{number + 4, 0, 0, {StreamId{100}}}}})),
            ReconfigResult::WrongSsn);
}

TEST(StreamReset, BothSidesMayAtOnce) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Duo duo({.latency = 20ms, .jitter = 20ms, .loss = 0.2, .duplicate = 0.1, .seed = seed});
    duo.connect();
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, 1)));
    ASSERT_TRUE(duo.b.send(duo.now(), kStream, kPpid, pattern(5000, 2)));
    duo.a.reset_streams(duo.now(), std::array{kStream});
    duo.b.reset_streams(duo.now(), std::array{kStream});
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(5000, 3)));
    ASSERT_TRUE(duo.b.send(duo.now(), kStream, kPpid, pattern(5000, 4)));
    duo.pair.run_for(60s);
    for (const auto* events : {&duo.pair.events_a, &duo.pair.events_b}) {
      EXPECT_EQ(count<OutgoingStreamsReset>(*events), 1u);
      EXPECT_EQ(count<IncomingStreamsReset>(*events), 1u);
      EXPECT_EQ(count<MessageReceived>(*events), 2u);
    }
  }
}

// docs/failures.md row 89: ten thousand lives of streams over a path that loses.
TEST(StreamReset, TenThousandOpensAndCloses) {
  Duo duo({.latency = 5ms, .jitter = 3ms, .loss = 0.05, .seed = 3});
  duo.connect();
  std::size_t closed = 0, received = 0, incoming = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<StreamId> streams;
    for (std::uint16_t id = 0; id < 100; ++id) {
      streams.push_back(StreamId{id});
      ASSERT_TRUE(duo.a.send(duo.now(), StreamId{id}, kPpid, pattern(20, id)));
    }
    duo.a.reset_streams(duo.now(), streams);
    ASSERT_TRUE(duo.pair.run_until(
        [&] {
          for (const auto& event : all<OutgoingStreamsReset>(std::exchange(duo.pair.events_a, {})))
            closed += event.streams.size();
          return closed == static_cast<std::size_t>(round + 1) * 100;
        },
        60s))
        << "round " << round;
    for (const auto& event : std::exchange(duo.pair.events_b, {})) {
      received += std::holds_alternative<MessageReceived>(event);
      if (const auto* reset = std::get_if<IncomingStreamsReset>(&event))
        incoming += reset->streams.size();
    }
  }
  EXPECT_EQ(received, 10'000u);
  EXPECT_EQ(incoming, 10'000u);
}

}  // namespace
}  // namespace specter::sctp
