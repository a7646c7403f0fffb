// The messages that the benches send, and the check that each came as it was sent.
//
//    16 bytes or more:   sequence (8) | XXH3 of the rest, xored with the sequence (8) | rest
//    fewer:              as much of the sequence as fits | rest
//
// The sequence is the number of the message on its channel, and the channel's in the upper 16 bits;
// its lowest byte comes first. The rest comes out of a small pool that
// both ends make alike, so that making a message costs next to nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "specter/bytes.h"
#include "specter/result.h"

namespace specter::cli::bench {

// Which of a connection's channels, from 0; at most 65,535.
using ChannelIndex = std::uint32_t;

class MessagePool {
 public:
  explicit MessagePool(std::size_t message_bytes);  // at least 1

  std::size_t message_bytes() const { return message_bytes_; }

  // That message; valid until the next call.
  Bytes message(ChannelIndex channel, std::uint64_t number);

  // The number of a message that came; `due` tells apart those whose sequence was cut. An error
  // says what is wrong with it.
  Result<std::uint64_t> number_of(ChannelIndex channel, Bytes message, std::uint64_t due) const;

 private:
  struct Payload {
    Buffer bytes;  // the head is written anew for each message
    std::uint64_t hash = 0;
  };

  const std::size_t message_bytes_;
  std::vector<Payload> payloads_;
};

enum class Order { Kept, Free };

// What came on one channel: nothing damaged, doubled, or lost, and in order where that is kept.
class MessageCheck {
 public:
  // Messages ahead of the first that is missing. Past it that one is taken for lost.
  static constexpr std::size_t kMaxAhead = 1 << 20;

  MessageCheck(ChannelIndex channel, Order order) : channel_(channel), order_(order) {}

  Result<> take(const MessagePool& pool, Bytes message);
  // Once the sender has told how many it sent.
  Result<> end(std::uint64_t sent) const;

  std::uint64_t received() const { return due_ + ahead_.size(); }

 private:
  Error error(std::uint64_t number, std::string_view what) const;

  const ChannelIndex channel_;
  const Order order_;
  std::uint64_t due_ = 0;                    // all before this one came
  std::unordered_set<std::uint64_t> ahead_;  // those after it that came
};

}  // namespace specter::cli::bench
