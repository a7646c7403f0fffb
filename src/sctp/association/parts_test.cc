// Messages that are sent and received a part at a time, and may be larger than any memory.
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

constexpr StreamId kStream{1}, kOther{2};

// With RFC 8260 and without.
class Parts : public ::testing::TestWithParam<bool> {
 protected:
  Association::Config config() const {
    Association::Config config;
    config.data.interleaving = GetParam();
    return config;
  }
  // The parts of `message` as they are cut by a seed, with an empty last one now and then.
  static std::vector<Buffer> cut(const Buffer& message, std::uint64_t seed) {
    simulation::SeededRandom random(seed);
    std::vector<Buffer> parts;
    for (std::size_t at = 0; at < message.size();) {
      const std::size_t size =
          std::min<std::size_t>(message.size() - at, 1 + random.below(random.below(2) ? 4000 : 3));
      parts.emplace_back(message.begin() + static_cast<std::ptrdiff_t>(at),
                         message.begin() + static_cast<std::ptrdiff_t>(at + size));
      at += size;
    }
    if (parts.size() == 1 || random.below(2)) parts.emplace_back();
    return parts;
  }
};
std::string name_of(const ::testing::TestParamInfo<bool>& interleaving) {
  return interleaving.param ? "IData" : "Data";
}
INSTANTIATE_TEST_SUITE_P(Interleaving, Parts, ::testing::Bool(), name_of);

// What was told of one stream, put together again.
struct Story {
  std::vector<Buffer> messages;
  int parts = 0, cut_off = 0;
  bool in_message = false;

  void take(std::vector<Association::Event>& events, StreamId stream) {
    for (auto& event : events) {
      auto* part = std::get_if<MessageReceived>(&event);
      if (!part || part->stream != stream) continue;
      ++parts;
      EXPECT_EQ(part->begins, !in_message) << "a beginning and an end each, in their order";
      EXPECT_TRUE(!part->bytes.empty() || part->is_cut_off);
      if (part->begins) messages.emplace_back();
      messages.back().insert(messages.back().end(), part->bytes.begin(), part->bytes.end());
      in_message = !part->ends;
      cut_off += part->is_cut_off;
      if (part->is_cut_off) messages.pop_back();
    }
  }
};

TEST_P(Parts, AreOneMessageToWhoReceivesWhole) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Duo duo({.latency = 10ms, .jitter = 5ms, .loss = 0.05, .seed = seed}, config(), config());
    duo.connect();
    const Buffer message = pattern(20'000, seed);
    const auto parts = cut(message, seed);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, parts[i], i + 1 == parts.size()));
      if (i % 7 == 0) duo.pair.run_for(5ms);
    }
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(10, 2)));
    duo.pair.run_for(10s);
    const auto received = all<MessageReceived>(duo.pair.events_b);
    ASSERT_EQ(received.size(), 2u) << seed;
    EXPECT_TRUE(received[0].begins && received[0].ends);
    EXPECT_EQ(received[0].bytes, message) << seed;
    EXPECT_EQ(received[1].bytes, pattern(10, 2));
  }
}

TEST_P(Parts, AreToldAsTheyComeToWhoAsksForIt) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Duo duo({.latency = 10ms, .jitter = 5ms, .loss = 0.05, .seed = seed}, config(), config());
    duo.b.receive_in_parts(kStream);
    duo.connect();
    std::vector<Buffer> sent;
    Story story;
    for (int i = 0; i < 12; ++i) {
      const Buffer message = pattern(1 + 7000u * static_cast<unsigned>(i % 4), seed + 100u);
      sent.push_back(message);
      if (i % 3 == 0) {
        ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, message));
        continue;
      }
      const auto parts = cut(message, seed);
      for (std::size_t k = 0; k < parts.size(); ++k) {
        ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, parts[k], k + 1 == parts.size()));
        if (k % 11 == 0) duo.pair.run_for(3ms);
      }
    }
    duo.pair.run_for(20s);
    story.take(duo.pair.events_b, kStream);
    EXPECT_EQ(story.messages, sent) << seed;
    EXPECT_GT(story.parts, 12);
    EXPECT_FALSE(story.in_message);
    EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
  }
}

TEST_P(Parts, OfUnorderedMessagesAreToldToo) {
  Duo duo({.latency = 10ms, .jitter = 30ms, .loss = 0.05, .seed = 3}, config(), config());
  duo.b.receive_in_parts(kStream);
  duo.connect();
  const Buffer message = pattern(100'000, 9);
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, message, {.unordered = true}));
  Story story;
  ASSERT_TRUE(duo.pair.run_until(
      [&] {
        return duo.b.counters().receive_buffered_bytes == 0 &&
               duo.a.counters().send_buffered_bytes == 0;
      },
      60s));
  story.take(duo.pair.events_b, kStream);
  ASSERT_EQ(story.messages.size(), 1u);
  EXPECT_EQ(story.messages[0], message);
  EXPECT_GT(story.parts, 2);
}

// Where one of them waits for a fragment, others must not be told in its middle: nothing says which
// message a part is of.
TEST_P(Parts, OfUnorderedMessagesNeverMix) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Duo duo({.latency = 10ms, .jitter = 30ms, .loss = 0.1, .seed = seed}, config(), config());
    duo.b.receive_in_parts(kStream);
    duo.connect();
    std::vector<Buffer> sent;
    for (std::uint64_t i = 0; i < 10; ++i) {
      sent.push_back(pattern(i % 3 == 2 ? 10 : 6000, 10 * seed + i));
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, sent.back(), {.unordered = i != 5}));
    }
    duo.pair.run_for(20s);
    Story story;
    story.take(duo.pair.events_b, kStream);
    EXPECT_THAT(story.messages, ::testing::UnorderedElementsAreArray(sent)) << seed;
    EXPECT_FALSE(story.in_message);
    EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
  }
}

// One message through buffers that are far smaller. SPECTER_LARGE_MESSAGE: another size.
TEST_P(Parts, MoveAMessageThatIsLargerThanAllBuffers) {
  const char* const asked = std::getenv("SPECTER_LARGE_MESSAGE");
  const std::size_t size = asked ? std::strtoull(asked, nullptr, 10) : 64'000'000;
  Association::Config small = config();
  small.data.send_buffer_bytes = small.data.receive_buffer_bytes = 1 << 20;
  small.data.max_message_bytes = 4096;  // of those that are told whole
  Duo duo({.latency = 100us}, small, small);
  duo.b.receive_in_parts(kStream);
  duo.connect();
  const Buffer part = pattern(64'000, 1);
  std::size_t sent = 0, received = 0, most_held = 0;
  bool is_right = true, has_ended = false;
  while (!has_ended) {
    while (sent < size) {
      const std::size_t bytes = std::min(part.size(), size - sent);
      const auto taken = duo.a.send_part(duo.now(), kStream, kPpid, Bytes(part).first(bytes),
                                         sent + bytes == size);
      if (!taken) {
        ASSERT_EQ(taken.error().code, ErrorCode::WouldBlock);
        break;
      }
      sent += bytes;
    }
    duo.pair.run_for(200us);
    most_held = std::max(
        most_held, duo.a.counters().send_buffered_bytes + duo.b.counters().receive_buffered_bytes);
    for (auto& event : duo.pair.events_b) {
      const auto* told = std::get_if<MessageReceived>(&event);
      if (!told) continue;
      for (std::size_t at = 0; at < told->bytes.size();) {
        const std::size_t offset = (received + at) % part.size();
        const std::size_t same = std::min(told->bytes.size() - at, part.size() - offset);
        is_right = is_right && std::ranges::equal(Bytes(told->bytes).subspan(at, same),
                                                  Bytes(part).subspan(offset, same));
        at += same;
      }
      received += told->bytes.size();
      has_ended = told->ends;
    }
    duo.pair.events_b.clear();
    ASSERT_EQ(count<Closed>(duo.pair.events_a), 0u);
  }
  EXPECT_TRUE(is_right);
  EXPECT_EQ(received, size);
  EXPECT_LE(most_held, 4u << 20);
}

TEST_P(Parts, ASlowReaderClosesTheWindowAndNothingIsLost) {
  Association::Config small = config();
  small.data.receive_buffer_bytes = 100'000;
  Duo duo({.latency = 5ms}, small, small);
  duo.b.receive_in_parts(kStream);
  duo.connect();
  const Buffer message = pattern(3'000'000, 5);
  for (std::size_t at = 0; at < message.size(); at += 60'000) {
    ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, Bytes(message).subspan(at, 60'000),
                                at + 60'000 == message.size()));
  }
  duo.pair.run_for(60s);
  Story story;
  story.take(duo.pair.events_b, kStream);
  ASSERT_EQ(story.messages.size(), 1u);
  EXPECT_EQ(story.messages[0], message);
}

TEST_P(Parts, OthersGoOnMeanwhileWhereRfc8260LetsThem) {
  Duo duo({.latency = 5ms}, config(), config());
  duo.connect();
  ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, pattern(5000, 1), false));
  duo.pair.run_for(100ms);
  ASSERT_TRUE(duo.a.send(duo.now(), kOther, kPpid, pattern(50, 2)));
  duo.pair.run_for(1s);
  EXPECT_EQ(count<MessageReceived>(duo.pair.events_b), GetParam() ? 1u : 0u);
  ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, Bytes{}, true));
  duo.pair.run_for(1s);
  const auto received = all<MessageReceived>(duo.pair.events_b);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[GetParam() ? 1 : 0].bytes, pattern(5000, 1));
}

TEST_P(Parts, WhatIsCutOffIsToldAsThat) {
  for (const bool receives_parts : {true, false}) {
    Duo duo({.latency = 5ms}, config(), config());
    if (receives_parts) duo.b.receive_in_parts(kStream);
    duo.connect();
    ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, pattern(5000, 1), false));
    ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, pattern(3000, 2), false));
    duo.pair.run_for(200ms);
    duo.a.cut_message(kStream);
    ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(7, 7)));
    ASSERT_TRUE(duo.a.send(duo.now(), kOther, kPpid, pattern(8, 8)));
    duo.pair.run_for(5s);
    Story story;
    story.take(duo.pair.events_b, kStream);
    EXPECT_EQ(story.cut_off, receives_parts ? 1 : 0);
    ASSERT_EQ(story.messages.size(), 1u);
    EXPECT_EQ(story.messages[0], pattern(7, 7));
    Story other;
    other.take(duo.pair.events_b, kOther);
    EXPECT_EQ(other.messages.size(), 1u);
    EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u);
    EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u);
  }
}

TEST_P(Parts, ThatCameBeforeTheEndAreToldBeforeIt) {
  Puppet puppet(config());
  puppet.association.receive_in_parts(kStream);
  puppet.establish();
  puppet.polls_events = false;
  const Buffer bytes = pattern(500, 1);
  DataChunk part = puppet.data(Puppet::kTsn, 1, 0, bytes);
  part.end = false;
  puppet.say(part, ErrorChunk{ErrorChunk::Kind::Abort, false, {}});
  puppet.polls_events = true;
  puppet.hear();
  ASSERT_EQ(count<MessageReceived>(puppet.events), 1u);
  EXPECT_EQ(all<MessageReceived>(puppet.events)[0].bytes, bytes);
  EXPECT_TRUE(std::holds_alternative<Closed>(puppet.events.back()));
}

// Else the end of the old message would be taken for one of the stream's next life.
TEST_P(Parts, CutOffByAResetAreToldBeforeIt) {
  Puppet puppet(config());
  puppet.association.receive_in_parts(kStream);
  puppet.establish();
  const Buffer bytes = pattern(500, 1);
  DataChunk part = puppet.data(Puppet::kTsn, 1, 0, bytes);
  part.end = false;
  puppet.say(part);
  puppet.events.clear();
  puppet.say(ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn, {kStream}}}});
  ASSERT_EQ(puppet.events.size(), 2u);
  ASSERT_TRUE(std::holds_alternative<MessageReceived>(puppet.events[0]));
  EXPECT_TRUE(std::get<MessageReceived>(puppet.events[0]).is_cut_off);
  EXPECT_TRUE(std::holds_alternative<IncomingStreamsReset>(puppet.events[1]));
}

TEST_P(Parts, CutOffAtAnyMomentLeaveTheStreamSound) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Duo duo({.latency = 5ms, .loss = 0.1, .seed = seed}, config(), config());
    simulation::SeededRandom random(seed);
    if (seed % 2) duo.b.receive_in_parts(kStream);
    duo.connect();
    for (int round = 0; round < 5; ++round) {
      for (std::uint32_t parts = 1 + random.below(4); parts > 0; --parts) {
        ASSERT_TRUE(
            duo.a.send_part(duo.now(), kStream, kPpid, pattern(1 + random.below(4000), 1), false));
        duo.pair.run_for(std::chrono::milliseconds(random.below(20)));
      }
      duo.a.cut_message(kStream);
      if (random.below(2)) duo.pair.run_for(std::chrono::milliseconds(random.below(50)));
      ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(7, seed)));
    }
    duo.pair.run_for(30s);
    Story story;
    story.take(duo.pair.events_b, kStream);
    EXPECT_EQ(story.messages, std::vector<Buffer>(5, pattern(7, seed))) << seed;
    EXPECT_EQ(duo.a.counters().send_buffered_bytes, 0u) << seed;
    EXPECT_EQ(duo.b.counters().receive_buffered_bytes, 0u) << seed;
  }
}

TEST_P(Parts, OfAMessageThatIsOpenEndWithTheStream) {
  Duo duo({.latency = 5ms}, config(), config());
  duo.b.receive_in_parts(kStream);
  duo.connect();
  ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, pattern(5000, 1), false));
  duo.pair.run_for(100ms);
  duo.a.reset_streams(duo.now(), std::vector{kStream});
  duo.pair.run_for(5s);
  EXPECT_EQ(count<OutgoingStreamsReset>(duo.pair.events_a), 1u);
  EXPECT_EQ(count<IncomingStreamsReset>(duo.pair.events_b), 1u);
  Story story;
  story.take(duo.pair.events_b, kStream);
  EXPECT_EQ(story.cut_off, 1);
  // And the stream may be used anew.
  ASSERT_TRUE(duo.a.send(duo.now(), kStream, kPpid, pattern(9, 9)));
  duo.pair.run_for(1s);
  EXPECT_EQ(all<MessageReceived>(duo.pair.events_b).back().bytes, pattern(9, 9));
}

TEST_P(Parts, SayWhatCantBeSent) {
  Duo duo({.latency = 5ms}, config(), config());
  duo.connect();
  const auto part = [&](Bytes bytes, bool last, const SendOptions& options = {}) {
    const auto sent = duo.a.send_part(duo.now(), kStream, kPpid, bytes, last, options);
    return sent ? std::optional<ErrorCode>() : std::optional(sent.error().code);
  };
  const Buffer bytes = pattern(100, 1);
  EXPECT_EQ(part({}, false), ErrorCode::InvalidArgument);
  EXPECT_EQ(part({}, true), ErrorCode::InvalidArgument);
  EXPECT_EQ(part(bytes, false, {.max_retransmits = 0}), ErrorCode::InvalidArgument);
  EXPECT_EQ(part(bytes, false), std::nullopt);
  EXPECT_EQ(part({}, false), ErrorCode::InvalidArgument);
  const auto whole = duo.a.send(duo.now(), kStream, kPpid, bytes);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, ErrorCode::InvalidState);
  EXPECT_EQ(part({}, true), std::nullopt);
  EXPECT_TRUE(duo.a.send(duo.now(), kStream, kPpid, bytes));
}

TEST_P(Parts, DoNotKeepAShutdownWaiting) {
  Duo duo({.latency = 5ms}, config(), config());
  duo.connect();
  ASSERT_TRUE(duo.a.send_part(duo.now(), kStream, kPpid, pattern(5000, 1), false));
  duo.pair.run_for(100ms);
  duo.a.shutdown(duo.now());
  duo.pair.run_for(60s);
  EXPECT_EQ(count<Closed>(duo.pair.events_a), 1u) << "a message that never ends does not stop it";
}

}  // namespace
}  // namespace specter::sctp
