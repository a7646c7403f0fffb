#include "dtls/handshake/assembly.h"

#include <gmock/gmock.h>

#include "base/bytes.h"
#include "simulation/random.h"

namespace specter::dtls {
namespace {

using enum Assembly::Taken;

HandshakeFragment part(std::uint16_t seq, Bytes whole, std::size_t offset, std::size_t size,
                       HandshakeType type = HandshakeType::Certificate) {
  return {static_cast<std::uint8_t>(type), static_cast<std::uint32_t>(whole.size()), seq,
          static_cast<std::uint32_t>(offset), whole.subspan(offset, size)};
}
Buffer counted(std::size_t size) {
  Buffer out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(i);
  return out;
}

TEST(Assembly, AWholeMessageIsHandedOutOnce) {
  Assembly assembly;
  const Buffer body = counted(10);
  EXPECT_EQ(assembly.take(part(0, body, 0, 10), 2), New);
  const auto message = assembly.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->type, HandshakeType::Certificate);
  EXPECT_EQ(message->message_seq, 0);
  EXPECT_EQ(message->epoch, 2u);
  EXPECT_EQ(message->body, body);
  EXPECT_FALSE(assembly.next());
  EXPECT_EQ(assembly.take(part(0, body, 0, 10), 2), Old);
  EXPECT_FALSE(assembly.next());
}

TEST(Assembly, AnEmptyMessageIsOne) {
  Assembly assembly;
  EXPECT_EQ(assembly.take(part(0, {}, 0, 0, HandshakeType::ServerHelloDone), 0), New);
  EXPECT_EQ(assembly.next()->type, HandshakeType::ServerHelloDone);
}

TEST(Assembly, PiecesMayComeInAnyOrderAndOverlap) {
  const Buffer body = counted(300);
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    simulation::SeededRandom random(seed);
    Assembly assembly;
    std::vector<bool> had(300);
    std::size_t missing = 300;
    while (missing > 0) {
      const std::size_t offset = random.below(300);
      const std::size_t size = 1 + random.below(static_cast<std::uint32_t>(300 - offset));
      EXPECT_FALSE(assembly.next());
      bool is_new = false;
      for (std::size_t i = offset; i < offset + size; ++i) {
        if (had[i]) continue;
        had[i] = is_new = true;
        --missing;
      }
      EXPECT_EQ(assembly.take(part(0, body, offset, size), 0), is_new ? New : Old);
    }
    EXPECT_EQ(assembly.next()->body, body) << seed;
  }
}

TEST(Assembly, MessagesAreHandedOutInTheirOrder) {
  Assembly assembly(5);
  const Buffer body = counted(3);
  for (const std::uint16_t seq : {8, 6, 7}) EXPECT_EQ(assembly.take(part(seq, body, 0, 3), 0), New);
  EXPECT_TRUE(assembly.has_gap());
  EXPECT_FALSE(assembly.next());
  EXPECT_EQ(assembly.take(part(5, body, 0, 3), 0), New);
  for (const std::uint16_t seq : {5, 6, 7, 8}) EXPECT_EQ(assembly.next()->message_seq, seq);
  EXPECT_EQ(assembly.next_seq(), 9);
  EXPECT_FALSE(assembly.has_gap());
}

// Pieces of one message that lie about its size, type or epoch don't spoil the true ones.
TEST(Assembly, PutsRivalMessagesTogetherSideBySide) {
  Assembly assembly;
  const Buffer body = counted(100);
  EXPECT_EQ(assembly.take(part(0, Buffer(99, 7), 0, 50), 0), New);
  EXPECT_EQ(assembly.take(part(0, Buffer(100, 7), 0, 50, HandshakeType::Finished), 0), New);
  EXPECT_EQ(assembly.take(part(0, Buffer(100, 7), 0, 50), 1), New);
  EXPECT_EQ(assembly.take(part(0, body, 0, 50), 0), New);
  EXPECT_EQ(assembly.take(part(0, Buffer(98, 7), 0, 50), 0), New);  // a fifth: the first goes
  EXPECT_EQ(assembly.take(part(0, body, 50, 50), 0), New);
  const auto message = assembly.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, body);
  // What was left of the rivals is gone, and its memory is free for others.
  EXPECT_FALSE(assembly.has_gap());
}

// Nobody keeps the true one out by being first.
TEST(Assembly, TakesTheTrueOneHoweverManyRivalsCameBefore) {
  const Buffer body = counted(100);
  for (const std::size_t first : {100u, 50u}) {
    Assembly assembly;
    for (std::size_t i = 0; i < 20; ++i) {
      ASSERT_EQ(assembly.take(part(0, Buffer(1000 + i), 0, 1), 0), New);
    }
    EXPECT_EQ(assembly.take(part(0, body, 0, first), 0), New);
    if (first < 100) {
      EXPECT_EQ(assembly.take(part(0, body, first, 100 - first), 0), New);
    }
    const auto message = assembly.next();
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body, body);
    EXPECT_FALSE(assembly.has_gap());
  }
}

TEST(Assembly, TakesWhatIsNextHoweverMuchOfLaterMessagesCameBefore) {
  Assembly assembly;
  const Buffer large(Assembly::kMaxMessageBytes, 3);
  for (std::uint16_t seq = 1; seq < 8; ++seq) {
    for (std::uint8_t type = 1; type <= 4; ++type)
      (void)assembly.take(part(seq, large, 0, 1, HandshakeType{type}), 0);
  }
  EXPECT_EQ(assembly.take(part(0, large, 0, 5000), 0), New);
  EXPECT_EQ(assembly.take(part(0, large, 5000, large.size() - 5000), 0), New);
  const auto message = assembly.next();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body, large);
}

TEST(Assembly, RefusesWhatIsFarAheadOrTooLarge) {
  Assembly assembly(10);
  const Buffer body = counted(4);
  EXPECT_EQ(assembly.take(part(9, body, 0, 4), 0), Old);
  EXPECT_EQ(assembly.take(part(17, body, 0, 4), 0), New);
  EXPECT_EQ(assembly.take(part(18, body, 0, 4), 0), Refused);
  EXPECT_EQ(assembly.take(part(65'535, body, 0, 4), 0), Refused);
  const Buffer largest(Assembly::kMaxMessageBytes);
  EXPECT_EQ(assembly.take(part(10, largest, 0, 100), 0), New);
  const Buffer larger(Assembly::kMaxMessageBytes + 1);
  EXPECT_EQ(assembly.take(part(11, larger, 0, 100), 0), Refused);
}

// docs/failures.md row 44.
TEST(Assembly, RefusesAnEmptyPartOfSomething) {
  Assembly assembly;
  EXPECT_EQ(assembly.take(part(0, Buffer(10), 0, 0), 0), Refused);
  EXPECT_EQ(assembly.take(part(0, Buffer(10), 10, 0), 0), Refused);
  EXPECT_FALSE(assembly.has_gap());
}

TEST(Assembly, HoldsABoundedNumberOfBytes) {
  Assembly assembly;
  std::size_t held = 0;
  for (std::uint16_t seq = 0; seq < 8; ++seq) {
    for (std::uint8_t type = 1; type <= 4; ++type) {
      const Buffer body(Assembly::kMaxMessageBytes);
      const auto taken = assembly.take(part(seq, body, 0, 1, HandshakeType{type}), 0);
      if (taken == New) held += body.size();
    }
  }
  EXPECT_EQ(held, Assembly::kMaxBytes);
  // And when a message is whole, there is room again.
  Assembly other;
  for (std::uint16_t seq = 0; seq < 200; ++seq) {
    const Buffer body(Assembly::kMaxMessageBytes, 1);
    ASSERT_EQ(other.take(part(seq, body, 0, body.size()), 0), New);
    ASSERT_TRUE(other.next());
  }
}

// docs/failures.md row 43: what a length says costs nothing.
TEST(Assembly, TheFloodOfHugeLengthsIsRefused) {
  Assembly assembly;
  for (int i = 0; i < 100'000; ++i) {
    const Buffer piece(64, 1);
    const HandshakeFragment fragment{11, 0xff'ffff, static_cast<std::uint16_t>(i % 10),
                                     static_cast<std::uint32_t>(i), piece};
    ASSERT_EQ(assembly.take(fragment, 0), Refused);
  }
  EXPECT_FALSE(assembly.has_gap());
}

}  // namespace
}  // namespace specter::dtls
