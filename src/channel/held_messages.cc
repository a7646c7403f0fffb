#include "channel/held_messages.h"

#include <utility>

namespace specter::channel {

bool HeldMessages::hold(sctp::MessageReceived&& message) {
  if (messages_ == kMaxMessages || message.bytes.size() > kMaxBytes - bytes_) return false;
  ++messages_;
  bytes_ += message.bytes.size();
  by_stream_[std::to_underlying(message.stream)].push_back(std::move(message));
  return true;
}

std::vector<sctp::MessageReceived> HeldMessages::release(std::uint16_t stream) {
  const auto found = by_stream_.extract(stream);
  if (!found) return {};
  messages_ -= found.mapped().size();
  for (const sctp::MessageReceived& message : found.mapped()) bytes_ -= message.bytes.size();
  return std::move(found.mapped());
}

void HeldMessages::clear() {
  by_stream_.clear();
  messages_ = bytes_ = 0;
}

}  // namespace specter::channel
