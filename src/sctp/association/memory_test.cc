// What a peer that has the keys can make us keep: not much more than the buffer that it was told
// of, whatever shape it sends in.
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"
#include "testing/counting_allocator.h"

namespace specter::sctp {
namespace {

constexpr std::size_t kBuffer = 4 << 20;
// What is next is taken up to twice the buffer, and to three times with the cost of keeping track
// when something beyond it waits: see Receiver::accepts().
constexpr std::int64_t kChunks = 60'000;
constexpr std::int64_t kMostForAStream = 100;
constexpr std::int64_t kMost = 2 * kBuffer + (1 << 20);
constexpr std::int64_t kMostBehindAGap = kMost + kBuffer;

struct Shape {
  const char* name;
  bool interleaving;
  bool polls_events;
  std::size_t bytes;
  // The i-th chunk.
  std::function<void(DataChunk&, std::uint32_t i)> data{};
  std::function<void(IDataChunk&, std::uint32_t i)> idata{};
  bool leaves_something = true;
  bool gap = false;  // the last TSN of all comes first
};

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const std::size_t bytes : {1, 33, 1000}) {
    all.push_back({"beginnings without end", true, true, bytes, {}, [](IDataChunk& c, auto i) {
                     c.stream = StreamId{static_cast<std::uint16_t>(i % 50)};
                     c.mid = i / 50;
                     c.begin = true;
                   }});
    all.push_back({"pieces that never meet", true, true, bytes, {}, [](IDataChunk& c, auto i) {
                     c.stream = StreamId{static_cast<std::uint16_t>(i / 10'000)};
                     c.fsn = 2 * (i % 10'000) + 2;
                   }});
    all.push_back({"messages out of turn", true, true, bytes, {}, [](IDataChunk& c, auto i) {
                     c.begin = c.end = true;
                     c.mid = i + 1;
                   }});
    all.push_back({"messages out of turn, DATA", false, true, bytes, [](DataChunk& c, auto i) {
                     c.begin = c.end = true;
                     c.stream = StreamId{static_cast<std::uint16_t>(i / 30'000)};
                     c.ssn = static_cast<std::uint16_t>(i % 30'000 + 1);
                   }});
    all.push_back({"messages that nobody takes", false, false, bytes,
                   [](DataChunk& c, auto) { c.begin = c.end = c.unordered = true; }});
    all.push_back({"fragments that nobody takes", false, false, bytes, [](DataChunk& c, auto i) {
                     c.unordered = true;
                     c.begin = i % 9 == 0;
                     c.end = i % 9 == 8;
                   }});
    all.push_back(
        {"messages that nobody takes, I-DATA", true, false, bytes, {}, [](IDataChunk& c, auto i) {
           c.begin = c.end = c.unordered = true;
           c.mid = i;
         }});
  }
  return all;
}

std::int64_t kept_of(const Shape& shape) {
  Association::Config config;
  config.data.receive_buffer_bytes = kBuffer;
  config.data.max_message_bytes = 256 << 10;
  const auto puppet = std::make_unique<Puppet>(config);
  InitChunk init = Puppet::init();
  init.outbound_streams = 65'535;
  if (shape.interleaving) init.extensions = {130, 192, 64, 194};
  const InitChunk ack = puppet->ask_init_ack(init);
  puppet->tag = ack.initiate_tag;
  puppet->say(CookieEchoChunk{ack.cookie});
  puppet->polls_events = shape.polls_events;
  const Buffer payload(shape.bytes, 1);
  const std::int64_t before = testing::live_bytes;
  std::int64_t most = 0;
  const auto say = [&](auto chunk, const auto& fill, std::uint32_t i) {
    chunk.tsn = Puppet::kTsn + (shape.gap ? (i + kChunks) % (kChunks + 1) : i);
    chunk.payload = payload;
    fill(chunk, i);
    puppet->say(chunk);
    if (!shape.leaves_something) puppet->events.clear();  // they are the owner's
    most = std::max<std::int64_t>(most, testing::live_bytes - before);
  };
  for (std::uint32_t i = 0; i < kChunks; ++i) {
    if (shape.interleaving)
      say(IDataChunk{}, shape.idata, i);
    else
      say(DataChunk{}, shape.data, i);
  }
  EXPECT_EQ(puppet->association.counters().receive_buffered_bytes > 0u, shape.leaves_something)
      << shape.name;
  return most;
}

// The numbers of each stream that had a message are kept, and nothing is waiting: 60,000 streams.
TEST(Memory, APeerPinsLittleByUsingEveryStream) {
  const Shape data{"a message on each stream",
                   false,
                   true,
                   1,
                   [](DataChunk& c, auto i) {
                     c.begin = c.end = true;
                     c.stream = StreamId{static_cast<std::uint16_t>(i)};
                   },
                   {},
                   false};
  const Shape idata{"the same, I-DATA",
                    true,
                    true,
                    1,
                    {},
                    [](IDataChunk& c, auto i) {
                      c.begin = c.end = true;
                      c.stream = StreamId{static_cast<std::uint16_t>(i)};
                    },
                    false};
  for (const Shape& shape : {data, idata}) {
    const std::int64_t kept = kept_of(shape);
    RecordProperty(shape.name, std::to_string(kept));
    EXPECT_LE(kept, kMostForAStream * kChunks) << shape.name;
  }
}

TEST(Memory, APeerPinsLittleMoreThanTheBuffer) {
  for (const Shape& shape : shapes())
    EXPECT_LE(kept_of(shape), kMost) << shape.name << ", " << shape.bytes;
}

// Each TSN is the next one, and something lies beyond it.
TEST(Memory, APeerPinsNotMuchMoreBehindAGap) {
  for (Shape& shape : shapes()) {
    shape.gap = true;
    const std::int64_t kept = kept_of(shape);
    EXPECT_LE(kept, shape.bytes < 100 ? kMostBehindAGap : kMost)
        << shape.name << ", " << shape.bytes;
  }
}

// What is given up before it was sent whole leaves its bytes at once, not when its TSNs are
// acknowledged: a peer that never says a word pins no more than the send buffer.
TEST(Memory, WhatIsGivenUpLeavesItsBytes) {
  Association::Config config;
  config.data.send_buffer_bytes = 1 << 20;
  Puppet puppet(config);
  puppet.establish();
  const std::int64_t before = testing::live_bytes;
  for (std::uint32_t i = 0; i < 100; ++i) {
    (void)puppet.association.send(puppet.now, StreamId{1}, Ppid{53}, pattern(256 << 10, i),
                                  {.lifetime = std::chrono::milliseconds(100)});
    EXPECT_FALSE(puppet.hear().empty());  // some of it leaves
    puppet.wait(std::chrono::milliseconds(200));
  }
  EXPECT_GE(puppet.association.counters().messages_abandoned, 90u);
  EXPECT_LE(testing::live_bytes - before, 2 << 20);
}

// The time at which a message would have ended is nothing to keep once it has arrived.
TEST(Memory, WhatArrivedLeavesItsLifetime) {
  Puppet puppet;
  puppet.establish();
  std::int64_t before = 0;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    if (i == 1000) before = testing::live_bytes;
    ASSERT_TRUE(puppet.association.send(puppet.now, StreamId{1}, Ppid{53}, pattern(10, i),
                                        {.lifetime = std::chrono::seconds(60)}));
    puppet.hear();
    puppet.say(puppet.sack(puppet.peer_tsn + i));
    puppet.events.clear();
  }
  EXPECT_EQ(puppet.association.counters().send_buffered_bytes, 0u);
  EXPECT_LE(testing::live_bytes - before, 64 << 10);
}

// No window counts resets: those that wait for the owner have a bound of their own.
TEST(Memory, APeerPinsLittleByResettingStreamsAgainAndAgain) {
  Puppet puppet;
  puppet.establish();
  puppet.association.set_receiving(false);
  puppet.say(puppet.data(Puppet::kTsn, 1, 0, Buffer(10)));
  std::vector<StreamId> streams;
  for (std::uint16_t i = 0; i < 100; ++i) streams.push_back(StreamId{i});
  const std::int64_t before = testing::live_bytes;
  const auto reset = [&](std::uint32_t number) {
    const auto heard = puppet.say(
        ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn + number, 0, Puppet::kTsn, streams}}});
    const auto answer = Puppet::find<ReConfigChunk>(heard, ChunkType::ReConfig);
    return answer &&
           std::get<ReconfigResponse>(answer->parameters.at(0)).result == ReconfigResult::Performed;
  };
  std::uint32_t done = 0;
  for (int i = 0; i < 20'000; ++i) done += reset(done) ? 1 : 0;
  EXPECT_EQ(done, 1024u);
  EXPECT_LE(testing::live_bytes - before, 1 << 20);
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 0u);
  puppet.association.set_receiving(true);
  puppet.hear();
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1024u);
  EXPECT_TRUE(reset(done));
  EXPECT_EQ(count<IncomingStreamsReset>(puppet.events), 1025u);
}

}  // namespace
}  // namespace specter::sctp
