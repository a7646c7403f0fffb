#include "crypto/secret.h"

#include <algorithm>
#include <cstring>
#include <new>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/check.h"

namespace specter::crypto {
namespace {

bool has_run_of(Bytes memory, std::uint8_t value, std::size_t length) {
  const auto run = std::search_n(memory.begin(), memory.end(), length, value);
  return length == 0 || run != memory.end();
}

TEST(Secret, HoldsWhatItIsGiven) {
  const Buffer bytes(48, 7);
  const Secret secret(bytes);
  EXPECT_EQ(to_buffer(secret), bytes);
  EXPECT_EQ(secret.size(), 48u);
  EXPECT_FALSE(secret.empty());
  EXPECT_TRUE(Secret().empty());
  EXPECT_EQ(to_buffer(Secret(std::size_t{32})), Buffer(32, 0));
  const Secret copy = secret;
  EXPECT_EQ(to_buffer(copy), bytes);
}

TEST(Secret, TakesNoMoreThanItHasRoomFor) {
  EXPECT_EQ(Secret(Buffer(Secret::kMaxBytes, 1)).size(), Secret::kMaxBytes);
  EXPECT_THROW(Secret(Buffer(Secret::kMaxBytes + 1, 1)), Bug);
  EXPECT_THROW(Secret(Secret::kMaxBytes + 1), Bug);
}

TEST(Secret, WipedItIsEmptyAndItsBytesAreZero) {
  Secret secret(Buffer(48, 0xa7));
  const Bytes where = secret.bytes();  // it is in place, so its memory stays
  secret.wipe();
  EXPECT_TRUE(secret.empty());
  EXPECT_EQ(to_buffer(where), Buffer(48, 0));
}

TEST(Secret, WhenItGoesNothingOfItStays) {
  alignas(Secret) std::array<std::uint8_t, sizeof(Secret)> memory{};
  auto* const secret = new (memory.data()) Secret(Buffer(48, 0xa7));
  EXPECT_TRUE(has_run_of(memory, 0xa7, 48));
  secret->~Secret();
  // Through a volatile view: the compiler may think that nobody looks any more.
  const volatile std::uint8_t* const seen = memory.data();
  std::size_t left = 0;
  for (std::size_t i = 0; i < memory.size(); ++i) left += seen[i] == 0xa7;
  EXPECT_EQ(left, 0u);
}

TEST(Secret, AShorterOneOverALongerLeavesNothingOfIt) {
  Secret secret(Buffer(48, 0xa7));
  const Bytes where = secret.bytes();
  secret = Secret(Buffer(4, 1));
  EXPECT_EQ(to_buffer(where.subspan(4)), Buffer(44, 0));
}

TEST(Cleanse, ZeroesAndTakesNothingToo) {
  Buffer bytes(33, 9);
  cleanse(bytes);
  EXPECT_EQ(bytes, Buffer(33, 0));
  cleanse({});
}

}  // namespace
}  // namespace specter::crypto
