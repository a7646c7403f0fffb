#include "turn/channels.h"

#include <algorithm>

#include "turn/framing.h"

namespace specter::turn {

bool Channels::add(Timestamp now, const Endpoint& peer) {
  if (const auto found = channels_.find(peer); found != channels_.end()) {
    Channel& channel = found->second;
    if (!channel.is_wanted) {
      channel.is_wanted = true;
      if (!channel.is_asked) channel.ask_at = std::max(now, channel.refused_until.value_or(now));
    }
    return true;
  }
  handle_timeout(now);
  if (channels_.size() == kMaxChannels) return false;
  while (peers_.contains(next_)) next_ = next_ == kLastChannel ? kFirstChannel : next_ + 1;
  Channel& channel = channels_[peer];
  channel.number = next_;
  channel.ask_at = now;
  channel.quiet = now + kLifetime + kRest + kSlack;
  peers_[next_] = peer;
  next_ = next_ == kLastChannel ? kFirstChannel : next_ + 1;
  return true;
}

void Channels::remove(const Endpoint& peer) {
  const auto found = channels_.find(peer);
  if (found == channels_.end()) return;
  found->second.is_wanted = false;
  found->second.ask_at.reset();
}

void Channels::remove_all_of(const IpAddress& peer) {
  for (auto& [endpoint, channel] : channels_) {
    if (endpoint.address != peer) continue;
    channel.is_wanted = false;
    channel.ask_at.reset();
  }
}

std::optional<Channels::Due> Channels::take_due(Timestamp now) {
  for (auto& [peer, channel] : channels_) {
    if (!channel.ask_at || *channel.ask_at > now) continue;
    channel.ask_at.reset();
    channel.is_asked = true;
    // The server may bind it without our hearing of it.
    channel.quiet = now + kLifetime + kRest + kSlack;
    return Due{peer, channel.number};
  }
  return std::nullopt;
}

bool Channels::bound(Timestamp asked_at, const Endpoint& peer) {
  const auto found = channels_.find(peer);
  if (found == channels_.end()) return false;
  Channel& channel = found->second;
  const bool is_news = !channel.until || *channel.until <= asked_at;
  channel.is_asked = false;
  channel.until = asked_at + kLifetime;
  if (channel.is_wanted) {
    channel.ask_at = *channel.until - kMargin - std::chrono::milliseconds(random_.below(20'000));
  }
  return is_news;
}

void Channels::failed(Timestamp now, const Endpoint& peer) {
  const auto found = channels_.find(peer);
  if (found == channels_.end()) return;
  found->second.is_asked = false;
  if (found->second.is_wanted) found->second.ask_at = now + kPause;
}

void Channels::refused(Timestamp now, const Endpoint& peer) {
  const auto found = channels_.find(peer);
  if (found == channels_.end()) return;
  found->second.is_asked = false;
  found->second.refused_until = now + kRefused;
  remove(peer);
}

std::optional<std::uint16_t> Channels::number_of(Timestamp now, const Endpoint& peer) const {
  const auto found = channels_.find(peer);
  if (found == channels_.end() || !found->second.is_wanted) return std::nullopt;
  if (!found->second.until || now >= *found->second.until) return std::nullopt;
  return found->second.number;
}

const Endpoint* Channels::peer_of(Timestamp now, std::uint16_t number) const {
  const auto found = peers_.find(number);
  if (found == peers_.end()) return nullptr;
  const Channel& channel = channels_.at(found->second);
  const bool is_bound = channel.until && now < *channel.until;
  return is_bound || channel.is_asked ? &found->second : nullptr;
}

void Channels::handle_timeout(Timestamp now) {
  std::erase_if(channels_, [&](const auto& entry) {
    const Channel& channel = entry.second;
    if (channel.is_wanted || channel.is_asked || now < channel.quiet) return false;
    peers_.erase(channel.number);
    return true;
  });
}

Deadline Channels::next_timeout() const {
  Deadline out;
  for (const auto& [peer, channel] : channels_) out = soonest(out, channel.ask_at);
  return out;
}

}  // namespace specter::turn
