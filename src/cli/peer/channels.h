// The small numbers by which the protocol names data channels.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "specter/data_channel.h"

namespace specter::cli {

using ChannelNumber = std::uint64_t;

// A number is given when a channel is first heard of, from 1, and never used again.
class Channels {
 public:
  ChannelNumber number_of(const DataChannel& channel) {
    const auto [found, is_new] = numbers_.try_emplace(channel.handle().get(), next_);
    if (is_new) channels_.emplace(next_++, channel);
    return found->second;
  }
  std::optional<DataChannel> find(ChannelNumber number) const {
    const auto found = channels_.find(number);
    return found == channels_.end() ? std::optional<DataChannel>() : found->second;
  }
  void forget(ChannelNumber number) {
    const auto found = channels_.find(number);
    if (found == channels_.end()) return;
    numbers_.erase(found->second.handle().get());
    channels_.erase(found);
  }

 private:
  std::map<ChannelNumber, DataChannel> channels_;
  std::unordered_map<const void*, ChannelNumber> numbers_;
  ChannelNumber next_ = 1;
};

}  // namespace specter::cli
