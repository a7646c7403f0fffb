#include "channel/closed_channels.h"

#include <algorithm>
#include <utility>

namespace specter::channel {
namespace {

std::size_t name_bytes(const ChannelInfo& info) {
  return info.label.size() + info.options.protocol.size();
}

}  // namespace

void ClosedChannels::add(ChannelStats channel, std::size_t buffered_bytes) {
  channel.state = DataChannelState::Closed;
  name_bytes_ += name_bytes(channel.info);
  channels_.push_back({std::move(channel), buffered_bytes});
  while (channels_.size() > kMaxChannels || name_bytes_ > kMaxNameBytes) {
    name_bytes_ -= name_bytes(channels_.front().stats.info);
    channels_.pop_front();
  }
}

std::optional<std::size_t> ClosedChannels::buffered_amount(ChannelId channel) const {
  const auto at =
      std::ranges::find(channels_, channel, [](const Closed& each) { return each.stats.channel; });
  if (at == channels_.end()) return std::nullopt;
  return at->buffered_bytes;
}

std::vector<ChannelStats> ClosedChannels::all() const {
  std::vector<ChannelStats> out;
  out.reserve(channels_.size());
  for (const Closed& each : channels_) out.push_back(each.stats);
  return out;
}

}  // namespace specter::channel
