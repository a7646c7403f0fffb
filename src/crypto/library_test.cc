#include "crypto/library.h"

#include <array>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>
#include <openssl/rand.h>

#include "base/bytes.h"
#include "simulation/random.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;

Buffer draw_public(std::size_t size) {
  Buffer out(size);
  if (RAND_bytes_ex(library_context(), out.data(), size, 256) != 1) return {};
  return out;
}
Buffer draw_private(std::size_t size) {
  Buffer out(size);
  if (RAND_priv_bytes_ex(library_context(), out.data(), size, 256) != 1) return {};
  return out;
}
Buffer straight(std::uint64_t seed, std::size_t size) {
  SeededRandom random(seed);
  Buffer out(size);
  random.fill(out);
  return out;
}

TEST(RandomScope, BothGeneratorsOfAThreadDrawFromTheRandom) {
  SeededRandom random(7);
  const RandomScope scope(random);
  Buffer both = draw_public(32);
  const Buffer second = draw_private(32);
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(both, straight(7, 64));
}

TEST(RandomScope, WithoutOneNothingCanBeDrawn) {
  EXPECT_TRUE(draw_public(16).empty());
  EXPECT_TRUE(draw_private(16).empty());
  {
    SeededRandom random(1);
    const RandomScope scope(random);
    EXPECT_FALSE(draw_public(16).empty());
  }
  EXPECT_TRUE(draw_public(16).empty());
}

TEST(RandomScope, TheInnermostCounts) {
  SeededRandom outer(1), inner(2);
  const RandomScope outer_scope(outer);
  {
    const RandomScope inner_scope(inner);
    EXPECT_EQ(draw_public(16), straight(2, 16));
  }
  EXPECT_EQ(draw_public(16), straight(1, 16));
}

TEST(RandomScope, IsOfItsThreadAlone) {
  SeededRandom random(1);
  const RandomScope scope(random);
  bool other_has_none = false;
  std::array<Buffer, 4> drawn;
  std::thread([&] { other_has_none = draw_public(16).empty(); }).join();
  {
    std::array<std::thread, 4> threads;
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i] = std::thread([&, i] {
        SeededRandom own(100 + i);
        const RandomScope own_scope(own);
        drawn[i] = draw_private(64);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(other_has_none);
  for (std::size_t i = 0; i < drawn.size(); ++i) EXPECT_EQ(drawn[i], straight(100 + i, 64));
}

TEST(RandomScope, ASourceThatThrowsMakesTheDrawFail) {
  struct Dry final : Random {
    void fill(MutableBytes) override { throw std::runtime_error("no entropy"); }
  } dry;
  const RandomScope scope(dry);
  EXPECT_TRUE(draw_public(16).empty());
}

TEST(Library, LeavesTheDefaultContextAlone) {
  EXPECT_NE(library_context(), nullptr);
  std::array<std::uint8_t, 16> out{};
  EXPECT_EQ(RAND_bytes(out.data(), static_cast<int>(out.size())), 1);
}

}  // namespace
}  // namespace specter::crypto
