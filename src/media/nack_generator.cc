#include "media/nack_generator.h"

#include <algorithm>

namespace specter::media {

void NackGenerator::set_round_trip(Duration round_trip) {
  repeat_ = std::max(round_trip, kMinRepeat);
}

bool NackGenerator::handle_packet(Timestamp now, std::int64_t sequence) {
  if (!highest_) {
    highest_ = sequence;
    return true;
  }
  if (sequence <= *highest_) {
    const auto place = std::ranges::lower_bound(missing_, sequence, {}, &Missing::sequence);
    if (place != missing_.end() && place->sequence == sequence) missing_.erase(place);
    return true;
  }
  const auto gap = static_cast<std::size_t>(sequence - *highest_ - 1);
  if (missing_.size() + gap > kMaxMissing) {
    missing_.clear();
    highest_ = sequence;
    return false;
  }
  for (std::int64_t lost = *highest_ + 1; lost < sequence; ++lost)
    missing_.push_back({lost, now, now + kReorderedTime, 0});
  highest_ = sequence;
  for (auto last = missing_.rbegin(); last != missing_.rend() && last->tries == 0; ++last)
    if (sequence - last->sequence >= kReorderedPackets) last->due = std::min(last->due, now);
  return true;
}

void NackGenerator::forget_below(std::int64_t sequence) {
  const auto kept = std::ranges::lower_bound(missing_, sequence, {}, &Missing::sequence);
  missing_.erase(missing_.begin(), kept);
}

void NackGenerator::reset() {
  highest_.reset();
  missing_.clear();
}

std::size_t NackGenerator::write(Timestamp now, std::uint32_t sender_ssrc, std::uint32_t media_ssrc,
                                 std::vector<rtcp::Message>& out) {
  std::erase_if(missing_, [&](const Missing& each) {
    return now >= each.due && (each.tries == kMaxTries || now - each.noticed >= kMaxAge);
  });
  std::size_t messages = 0;
  rtcp::Nack nack{sender_ssrc, media_ssrc, {}};
  for (Missing& each : missing_) {
    if (now < each.due) continue;
    const auto sequence = static_cast<std::uint16_t>(each.sequence);
    if (!nack.add(sequence)) {
      out.emplace_back(std::move(nack));
      ++messages;
      nack = {sender_ssrc, media_ssrc, {}};
      nack.add(sequence);
    }
    ++each.tries;
    each.due = now + repeat_;
  }
  if (nack.items.empty()) return messages;
  out.emplace_back(std::move(nack));
  return messages + 1;
}

Deadline NackGenerator::next_timeout() const {
  if (missing_.empty()) return {};
  return std::ranges::min_element(missing_, {}, &Missing::due)->due;
}

}  // namespace specter::media
