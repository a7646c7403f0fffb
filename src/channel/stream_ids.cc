#include "channel/stream_ids.h"

#include <algorithm>

#include "base/check.h"

namespace specter::channel {

void StreamIds::set_parity(Parity parity) {
  SPECTER_CHECK(!parity_);
  parity_ = parity;
  next_ = parity == Parity::Even ? 0 : 1;
}

std::optional<std::uint16_t> StreamIds::take_lowest(std::uint32_t end) {
  SPECTER_CHECK(parity_);
  end = std::min(end, kEnd);
  if (!returned_.empty()) {
    const std::uint16_t id = *returned_.begin();
    if (id >= end) return std::nullopt;
    returned_.erase(returned_.begin());
    used_.insert(id);
    return id;
  }
  while (next_ < end) {
    const auto id = static_cast<std::uint16_t>(next_);
    next_ += 2;
    if (used_.insert(id).second) return id;
  }
  return std::nullopt;
}

bool StreamIds::take(std::uint16_t id) {
  if (!used_.insert(id).second) return false;
  returned_.erase(id);
  return true;
}

void StreamIds::release(std::uint16_t id) {
  used_.erase(id);
  if (is_ours(id) && id < next_) returned_.insert(id);
}

bool StreamIds::is_ours(std::uint16_t id) const {
  return parity_ && (id % 2 == 0) == (*parity_ == Parity::Even);
}

}  // namespace specter::channel
