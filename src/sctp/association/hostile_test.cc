// A peer that holds the keys and means harm: any packet, in any state. Nothing crashes, memory
// stays bounded, the machine's contract holds.
#include <array>

#include <gtest/gtest.h>

#include "sctp/testing/puppet.h"

namespace specter::sctp {
namespace {

// Every state that a peer can bring an association to, and some ways between.
constexpr int kStates = 11;

void bring_to(Puppet& puppet, int state) {
  Association& association = puppet.association;
  const auto send = [&](std::size_t size, const SendOptions& options = {}) {
    EXPECT_TRUE(association.send(puppet.now, StreamId{1}, kPpid, pattern(size, 1), options));
  };
  switch (state) {
    case 0: return;  // Closed
    case 1:          // CookieWait
    case 2: {        // CookieEchoed
      association.connect(puppet.now);
      const auto init = Puppet::find<InitChunk>(puppet.hear(), ChunkType::Init);
      puppet.tag = init->initiate_tag;
      puppet.peer_tsn = init->initial_tsn;
      if (state == 1) return;
      InitChunk ack = Puppet::init(InitChunk::Kind::InitAck);
      ack.cookie = pattern(60, 1);
      puppet.say(ack);
      return;
    }
    default: break;
  }
  puppet.establish();
  switch (state) {
    case 3: return;               // Established, nothing going on
    case 4: send(20'000); break;  // much outstanding
    case 5:                       // much of it given up
      for (int i = 0; i < 5; ++i) send(3000, {.max_retransmits = 0});
      puppet.hear();
      puppet.wait(300ms);
      break;
    case 6: association.reset_streams(puppet.now, std::array{StreamId{1}}); break;  // being reset
    case 7:  // the peer's reset deferred, pieces in reassembly
      puppet.say(
          ReConfigChunk{{OutgoingResetRequest{Puppet::kTsn, 0, Puppet::kTsn + 20, {StreamId{2}}}}});
      for (std::uint32_t i = 1; i < 20; i += 3)
        puppet.say(puppet.data(Puppet::kTsn + i, 2, static_cast<std::uint16_t>(i), pattern(50, i)));
      break;
    case 8:  // ShutdownPending
      send(20'000);
      association.shutdown(puppet.now);
      break;
    case 9: association.shutdown(puppet.now); break;                 // ShutdownSent
    case 10: puppet.say(ShutdownChunk{puppet.peer_tsn - 1}); break;  // ShutdownAckSent
    default: FAIL() << "no state " << state;
  }
  puppet.hear();
}

// A legal packet of any kind, with numbers near those that matter.
Buffer draw_packet(Puppet& puppet, simulation::SeededRandom& random,
                   const std::vector<Buffer>& heard) {
  const auto near = [&](std::uint32_t n) { return n + random.below(40) - 20; };
  const auto stream = [&] { return static_cast<std::uint16_t>(random.below(4)); };
  PacketWriter writer({5000, 5000, random.chance(0.9) ? puppet.tag : random.u32()}, 20'000);
  if (random.chance(0.05)) {
    InitChunk init = Puppet::init();
    init.initiate_tag = random.chance(0.5) ? Puppet::kTag : random.u32();
    writer = PacketWriter({5000, 5000, 0}, 20'000);
    writer.add(init);
    return writer.finish();
  }
  const std::size_t chunks = 1 + random.below(4);
  for (std::size_t i = 0; i < chunks; ++i) {
    const Buffer payload = pattern(1 + random.below(random.chance(0.1) ? 3000 : 60), 1);
    switch (random.below(14)) {
      case 0:
      case 1:
      case 2: {
        DataChunk data = puppet.data(near(Puppet::kTsn + 10), stream(), stream(), payload);
        data.begin = random.chance(0.5);
        data.end = random.chance(0.5);
        data.unordered = random.chance(0.5);
        writer.add(data);
        break;
      }
      case 3:
      case 4: {
        SackChunk sack{
            near(puppet.peer_tsn + 5), random.chance(0.3) ? 0 : random.below(200'000), {}, {}};
        std::uint16_t at = 1;
        for (std::uint32_t g = random.below(4); g > 0; --g) {
          at = static_cast<std::uint16_t>(at + 1 + random.below(4));
          sack.gaps.push_back({at, static_cast<std::uint16_t>(at + random.below(3))});
        }
        writer.add(sack);
        break;
      }
      case 5:
        writer.add(ForwardTsnChunk{near(Puppet::kTsn + 10), {{StreamId{stream()}, stream()}}});
        break;
      case 6:
        writer.add(ReConfigChunk{{OutgoingResetRequest{
            Puppet::kTsn + random.below(6), 0, near(Puppet::kTsn + 10), {StreamId{stream()}}}}});
        break;
      case 7:
        writer.add(ReConfigChunk{{ReconfigResponse{puppet.peer_tsn + random.below(3),
                                                   ReconfigResult{random.below(8)}}}});
        break;
      case 8: writer.add(HeartbeatChunk{HeartbeatChunk::Kind{random.chance(0.5)}, payload}); break;
      case 9:
        writer.add(ErrorChunk{ErrorChunk::Kind::Error, false, {{CauseCode::StaleCookie, payload}}});
        break;
      case 10: writer.add(ShutdownChunk{near(puppet.peer_tsn)}); break;
      case 11: {
        constexpr ChunkType kBare[] = {ChunkType::CookieAck, ChunkType::ShutdownAck,
                                       ChunkType::ShutdownComplete};
        writer.add(BareChunk{kBare[random.below(3)], random.chance(0.2)});
        break;
      }
      case 12: {
        const auto ack = Puppet::find<InitChunk>(heard, ChunkType::InitAck);
        writer.add(CookieEchoChunk{ack ? ack->cookie : payload});
        break;
      }
      default: writer.add_bytes(payload);
    }
  }
  return writer.finish();
}

TEST(Hostile, AnyPacketsInAnyStateKeepTheContract) {
  for (int state = 0; state < kStates; ++state) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      SCOPED_TRACE("state " + std::to_string(state) + " seed " + std::to_string(seed));
      Puppet puppet({}, seed);
      bring_to(puppet, state);
      simulation::SeededRandom random(seed * 100 + static_cast<std::uint64_t>(state));
      std::vector<Buffer> heard;
      bool closed = false;
      for (int i = 0; i < 120; ++i) {
        Buffer packet = draw_packet(puppet, random, heard);
        if (random.chance(0.3)) {  // bytes changed, and the checksum made right again
          for (std::uint32_t k = 1 + random.below(4); k > 0; --k)
            packet[12 + random.below(static_cast<std::uint32_t>(packet.size() - 12))] =
                static_cast<std::uint8_t>(random.u32());
          if (random.chance(0.2))
            packet.resize(12 + random.below(static_cast<std::uint32_t>(packet.size() - 12)));
          fix_checksum(packet);
        }
        puppet.association.handle_packet(puppet.now, packet);
        const auto answers = puppet.hear();
        ASSERT_LE(answers.size(), 60u) << "no packet provokes a flood";
        for (const Buffer& answer : answers) {
          ASSERT_LE(answer.size(), 1135u);
          ASSERT_TRUE(PacketView::parse(answer)) << "what we send is well formed";
        }
        if (!answers.empty()) heard = answers;
        if (random.chance(0.2)) puppet.wait(Duration(1ms) * random.below(400));
        if (const Deadline next = puppet.association.next_timeout(); next && *next <= puppet.now) {
          puppet.association.handle_timeout(puppet.now);
          puppet.hear();
          const Deadline later = puppet.association.next_timeout();
          ASSERT_TRUE(!later || *later > puppet.now);
        }
        ASSERT_LE(puppet.association.counters().receive_buffered_bytes, 2u << 20);
        // docs/failures.md row 85: something outstanding has a timer.
        if (puppet.association.counters().flight_bytes > 0 && !closed &&
            count<Closed>(puppet.events) == 0) {
          ASSERT_TRUE(puppet.association.next_timeout());
        }
        if (closed) {
          ASSERT_EQ(puppet.events.size(), 0u) << "no event after Closed";
        }
        closed = closed || count<Closed>(puppet.events) > 0;
        if (closed) {
          ASSERT_TRUE(puppet.events.empty() ||
                      std::holds_alternative<Closed>(puppet.events.back()));
          ASSERT_FALSE(puppet.association.next_timeout());
        }
        puppet.events.clear();
      }
    }
  }
}

// The buffer may be filled and no more, whatever is left out: fragments, numbers, order.
TEST(Hostile, TheReceiveBufferIsALimit) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    Association::Config config;
    config.data.receive_buffer_bytes = 50'000;
    Puppet puppet(config, seed);
    puppet.establish();
    puppet.polls_events = seed % 2 == 0;
    simulation::SeededRandom random(seed);
    const Buffer payload = pattern(1000, 1);
    std::uint32_t tsn = Puppet::kTsn + (seed % 4 < 2 ? 1 : 0);
    for (int i = 0; i < 5000; ++i) {
      const std::size_t size = seed % 3 == 0 ? 1 : 1000;
      DataChunk data =
          puppet.data(tsn, static_cast<std::uint16_t>(random.below(100)),
                      static_cast<std::uint16_t>(random.below(8)), Bytes(payload).first(size));
      data.begin = random.chance(0.5);
      data.end = random.chance(0.5);
      data.unordered = random.chance(0.3);
      tsn += 1 + (random.chance(0.2) ? 1 : 0);
      puppet.say(data);
      ASSERT_LE(puppet.association.counters().receive_buffered_bytes, 101'000u);
    }
  }
}

// docs/failures.md row 94: two of them, fed junk, fall silent.
TEST(Hostile, TwoAssociationsDoNotTalkForEver) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Duo duo({.latency = 10ms, .seed = seed});
    duo.connect();
    simulation::SeededRandom random(seed);
    duo.pair.filter = [&](bool, Buffer& packet) {
      packet[12] = static_cast<std::uint8_t>(random.u32());  // another chunk type
      fix_checksum(packet);
      return true;
    };
    ASSERT_TRUE(duo.a.send(duo.now(), StreamId{0}, kPpid, pattern(5000, 1)));
    duo.pair.run_for(20s);
    duo.pair.filter = nullptr;
    duo.pair.run_for(10s);
    const std::uint64_t before = duo.pair.to_a().sent() + duo.pair.to_b().sent();
    duo.pair.run_for(20s);
    EXPECT_LE(duo.pair.to_a().sent() + duo.pair.to_b().sent() - before, 60u);
  }
}

}  // namespace
}  // namespace specter::sctp
