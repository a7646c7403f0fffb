// Messages that came before the channel they are for: on a stream whose OPEN was overtaken, whose
// negotiated channel is not created yet, or which the peer uses anew before it has confirmed our
// reset. Bounded: what doesn't fit is dropped.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "sctp/association.h"

namespace specter::channel {

class HeldMessages {
 public:
  static constexpr std::size_t kMaxMessages = 1024;
  static constexpr std::size_t kMaxBytes = 1 << 20;

  // False when it doesn't fit.
  bool hold(sctp::MessageReceived&& message);
  std::vector<sctp::MessageReceived> release(std::uint16_t stream);  // in the order they came
  void clear();

 private:
  std::unordered_map<std::uint16_t, std::vector<sctp::MessageReceived>> by_stream_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace specter::channel
