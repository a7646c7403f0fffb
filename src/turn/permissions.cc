#include "turn/permissions.h"

namespace specter::turn {

bool Permissions::add(Timestamp now, const IpAddress& peer) {
  if (peers_.contains(peer)) return true;
  if (peers_.size() == kMaxPeers) return false;
  peers_[peer].ask_at = now;
  return true;
}

std::vector<IpAddress> Permissions::take_due(Timestamp now) {
  std::vector<IpAddress> due;
  bool is_due = false;
  for (auto& [peer, permission] : peers_) {
    if (permission.alone && permission.ask_at && *permission.ask_at <= now) {
      permission.ask_at.reset();
      return {peer};
    }
    is_due |= permission.ask_at && *permission.ask_at <= now;
  }
  if (!is_due) return due;
  // First those that are due, then those that will be so soon that one request does for both.
  for (const Duration ahead : {Duration{}, kTogether}) {
    for (auto& [peer, permission] : peers_) {
      if (due.size() == kMaxPeersPerRequest) return due;
      if (permission.alone || !permission.ask_at || *permission.ask_at > now + ahead) continue;
      permission.ask_at.reset();
      due.push_back(peer);
    }
  }
  return due;
}

bool Permissions::granted(Timestamp asked_at, const IpAddress& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  Permission& permission = found->second;
  const bool is_news = !permission.until || *permission.until <= asked_at;
  permission.until = asked_at + kLifetime;
  permission.ask_at =
      *permission.until - kMargin - std::chrono::milliseconds(random_.below(10'000));
  permission.alone = false;
  return is_news;
}

void Permissions::failed(Timestamp now, const IpAddress& peer, Alone alone) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  found->second.alone = alone == Alone::Yes;
  found->second.ask_at = alone == Alone::Yes ? now : now + kPause;
}

bool Permissions::may_send(Timestamp now, const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  return !found->second.ask_at || (found->second.until && now < *found->second.until);
}

bool Permissions::accepts(Timestamp now, const IpAddress& peer) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  return !found->second.until || now < *found->second.until || !found->second.ask_at;
}

std::vector<IpAddress> Permissions::all() const {
  std::vector<IpAddress> out;
  for (const auto& [peer, permission] : peers_) out.push_back(peer);
  return out;
}

Deadline Permissions::next_timeout() const {
  Deadline out;
  for (const auto& [peer, permission] : peers_) out = soonest(out, permission.ask_at);
  return out;
}

}  // namespace specter::turn
