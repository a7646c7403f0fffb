// What a message holds, and the look at it where it arrives. ../README.md, "Content"; the other
// languages do the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace peers {

constexpr std::size_t kCounterBytes = 8;
constexpr std::uint64_t kWholeEvery = 16;  // so many messages from one compared whole to the next

class Content {
 public:
  // At least 16 bytes.
  explicit Content(std::size_t message_bytes) : message_(message_bytes) {
    for (std::size_t i = kCounterBytes; i < message_bytes; ++i) {
      message_[i] = static_cast<std::uint8_t>(i * 131 + (i >> 8) * 29 + 7);
    }
  }

  // The message of that number; until the next call.
  std::span<const std::uint8_t> message(std::uint64_t number) {
    for (std::size_t i = 0; i < kCounterBytes; ++i) {
      message_[i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return message_;
  }

  bool is_message(std::span<const std::uint8_t> message, std::uint64_t number) const {
    if (message.size() != message_.size()) return false;
    std::uint64_t counter = 0;
    for (std::size_t i = 0; i < kCounterBytes; ++i) counter |= std::uint64_t{message[i]} << (8 * i);
    if (counter != number) return false;
    if (number % kWholeEvery == 0) {
      return same(message, kCounterBytes, message_.size() - kCounterBytes);
    }
    const std::size_t places = message_.size() - 2 * kCounterBytes + 1;
    return same(message, kCounterBytes + number * 131 % places, kCounterBytes);
  }

 private:
  bool same(std::span<const std::uint8_t> message, std::size_t from, std::size_t size) const {
    return std::memcmp(message.data() + from, message_.data() + from, size) == 0;
  }

  std::vector<std::uint8_t> message_;
};

}  // namespace peers
