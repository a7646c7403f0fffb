// For the tests of this folder: what every codec must show, and values that a seed decides.
#pragma once

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::dtls {

using specter::simulation::SeededRandom;
using specter::testing::hex;

// A message's bytes, and back. `version` for the messages that differ between 1.2 and 1.3.
template <class Message, class... Version>
Buffer bytes_of(const Message& message, Version... version) {
  Buffer out;
  ByteWriter writer(out);
  message.write(version..., writer);
  return out;
}

// Each shorter body is refused, but for those of the sizes in `whole_too`; so is each longer one.
template <class Message, class... Version>
void expect_only_whole(Bytes body, const std::set<std::size_t>& whole_too, Version... version) {
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_EQ(Message::parse(version..., body.first(size)).has_value(), whole_too.contains(size))
        << "cut to " << size << " bytes";
  }
  for (const std::uint8_t more : {0x00, 0x01, 0xff}) {
    Buffer longer = to_buffer(body);
    longer.push_back(more);
    EXPECT_FALSE(Message::parse(version..., longer)) << "with a byte behind it";
  }
}

// Known bytes both ways, and nothing but the whole of them.
template <class Message, class... Version>
void expect_known_bytes(const Message& message, Bytes body, Version... version) {
  EXPECT_EQ(bytes_of(message, version...), to_buffer(body));
  const auto parsed = Message::parse(version..., body);
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(*parsed, message);
  expect_only_whole<Message>(body, {}, version...);
}

template <class Message, class... Version>
void expect_round_trip(const Message& message, Version... version) {
  const auto parsed = Message::parse(version..., bytes_of(message, version...));
  ASSERT_TRUE(parsed) << to_string(parsed.error());
  EXPECT_EQ(*parsed, message);
}

// Values for the round trips.
class Values {
 public:
  explicit Values(std::uint64_t seed) : random_(seed) {}

  bool yes() { return random_.chance(0.5); }
  std::uint8_t u8() { return static_cast<std::uint8_t>(random_.u32()); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(random_.u32()); }
  std::uint64_t u64() { return random_.u64(); }
  // A size, mostly small, and every so often one of the two bounds.
  std::size_t size(std::size_t least, std::size_t most) {
    if (random_.chance(0.1)) return yes() ? least : most;
    const std::size_t usual = std::min<std::size_t>(most - least, 40);
    return least + random_.below(static_cast<std::uint32_t>(usual + 1));
  }
  Buffer bytes(std::size_t least, std::size_t most) {
    Buffer out(size(least, most));
    random_.fill(out);
    return out;
  }
  std::vector<std::uint16_t> numbers(std::size_t least, std::size_t most) {
    std::vector<std::uint16_t> out(size(least, most));
    for (std::uint16_t& number : out) number = u16();
    return out;
  }
  template <class Make>
  auto maybe(const Make& make) {
    return yes() ? std::optional(make()) : std::nullopt;
  }

 private:
  SeededRandom random_;
};

inline constexpr std::uint64_t kRoundTrips = 500;

}  // namespace specter::dtls
