// What is remembered of channels that are over: their statistics stay (W3C webrtc-stats), and what
// they still had to send.
#pragma once

#include <optional>

#include "base/queue.h"
#include "channel/data_channels.h"

namespace specter::channel {

class ClosedChannels {
 public:
  // The oldest makes room: a connection may open and close channels for ever.
  static constexpr std::size_t kMaxChannels = 256;
  static constexpr std::size_t kMaxNameBytes = 1 << 20;  // labels and protocols, together

  void add(ChannelStats channel, std::size_t buffered_bytes);
  std::optional<std::size_t> buffered_amount(ChannelId channel) const;
  std::vector<ChannelStats> all() const;

 private:
  struct Closed {
    ChannelStats stats;
    std::size_t buffered_bytes;
  };

  RareQueue<Closed> channels_;
  std::size_t name_bytes_ = 0;
};

}  // namespace specter::channel
