// What the server's answers change. RFC 8656 §7.3, §8.3, §10.3, §12.3.
#include <algorithm>

#include "stun/turn_attributes.h"
#include "turn/client.h"

namespace specter::turn {

void Client::learn(Timestamp now) {
  while (const auto outcome = requests_.poll_outcome()) {
    switch (outcome->question.kind) {
      case Kind::Allocate: learn_allocate(now, *outcome); break;
      case Kind::Refresh: learn_refresh(now, *outcome); break;
      case Kind::Release:
        if (!requests_.has(Kind::Allocate)) end(Closed{});
        break;
      case Kind::Permit: learn_permit(now, *outcome); break;
      case Kind::Bind: learn_bind(now, *outcome); break;
    }
    if (state_ == State::Over) return;
  }
}

void Client::learn_allocate(Timestamp now, const Outcome& outcome) {
  if (state_ == State::Releasing) {
    // Closed in the meantime: what was made is given back, once more if the goodbye was too early.
    if (outcome.answer) {
      release(now);
    } else if (!requests_.has(Kind::Release)) {
      end(Closed{});
    }
    return;
  }
  if (outcome.answer) {
    allocated(now, outcome);
  } else if (outcome.fault.code == 300 && outcome.refusal) {
    redirected(*outcome.refusal);
  } else {
    end(Failed{outcome.fault});
  }
}

void Client::allocated(Timestamp now, const Outcome& outcome) {
  const auto relayed = outcome.answer->get<stun::XorRelayedAddress>();
  const auto mapped = outcome.answer->get<stun::XorMappedAddress>();
  const auto lifetime = outcome.answer->get<stun::Lifetime>();
  Reason reason{};
  if (!relayed || !lifetime || lifetime->seconds == 0) {
    reason = Reason::Malformed;
  } else if (!is_usable(relayed->endpoint) || relayed->endpoint == config_.path.local ||
             (mapped && relayed->endpoint == mapped->endpoint) ||
             // RFC 8656 §7.3: another family than the one that was asked for.
             (config_.family && relayed->endpoint.address.is_v6() !=
                                    (*config_.family == stun::AddressFamily::Ipv6))) {
    reason = Reason::BadAddress;
  } else {
    state_ = State::Allocated;
    relayed_ = relayed->endpoint;
    last_sent_ = now;
    granted(outcome.asked_at, std::chrono::seconds(lifetime->seconds));
    Allocated event{*relayed_, std::nullopt, std::chrono::seconds(lifetime->seconds)};
    if (mapped && is_usable(mapped->endpoint)) event.mapped = mapped->endpoint;
    events_.push_back(event);
    drop_other_family();
    return;
  }
  events_.push_back(Failed{{reason, 0}});
  release(now);
}

void Client::drop_other_family() {
  for (const IpAddress& peer : permissions_.all()) {
    if (peer.is_v6() == relayed_->address.is_v6()) continue;
    forget(peer);
    events_.push_back(PermissionRefused{peer, {Reason::Refused, 443}});
  }
}

// RFC 8489 §10.
void Client::redirected(const stun::Message& refusal) {
  const auto alternate = refusal.get<stun::AlternateServer>();
  const Endpoint& here = config_.path.remote;
  if (!alternate) {
    end(Failed{{Reason::Malformed, 300}});
  } else if (!is_usable(alternate->endpoint) ||
             alternate->endpoint.address.is_v6() != here.address.is_v6()) {
    end(Failed{{Reason::BadAddress, 300}});
  } else if (alternate->endpoint == here || config_.visited.size() >= kMaxHops ||
             std::ranges::find(config_.visited, alternate->endpoint) != config_.visited.end()) {
    end(Failed{{Reason::TooManyHops, 300}});
  } else {
    end(Redirected{alternate->endpoint});
  }
}

// The server's clock ran from a moment after `asked_at`: what is counted from there ends early.
void Client::granted(Timestamp asked_at, Duration lifetime) {
  lifetime = std::min(lifetime, kMaxLifetime);
  const Duration margin = std::min(kMargin, lifetime / 2);
  const auto jitter = std::chrono::milliseconds(
      random_.below(static_cast<std::uint32_t>(margin / std::chrono::milliseconds(5)) + 1));
  until_ = asked_at + lifetime;
  refresh_at_ = until_ - margin - jitter;
  last_refusal_ = {Reason::Expired, 0};
}

void Client::learn_refresh(Timestamp now, const Outcome& outcome) {
  const auto lifetime =
      outcome.answer ? outcome.answer->get<stun::Lifetime>() : std::optional<stun::Lifetime>();
  if (lifetime && lifetime->seconds > 0) {
    granted(outcome.asked_at, std::chrono::seconds(lifetime->seconds));
    // A server that grants a second is not asked more than once in it.
    refresh_at_ = std::max(*refresh_at_, now + std::chrono::milliseconds(500));
    return;
  }
  if (outcome.answer) {
    // A signed word that the time is over, or none at all: ask again.
    last_refusal_ = {Reason::Malformed, 0};
  } else {
    last_refusal_ = outcome.fault;
    if (outcome.fault == Fault{Reason::Refused, 437}) {
      end(Lost{outcome.fault});
      return;
    }
  }
  refresh_at_ = now + kPause;
}

// Some servers say 437 to whatever comes without an allocation, others nothing. A refresh finds
// out.
void Client::doubt_allocation(Timestamp now) {
  if (refresh_at_ && *refresh_at_ > now) refresh_at_ = now;
}

void Client::learn_permit(Timestamp now, const Outcome& outcome) {
  const auto& peers = outcome.question.peers;
  if (outcome.answer) {
    for (const IpAddress& peer : peers) {
      if (permissions_.granted(outcome.asked_at, peer)) events_.push_back(Permitted{peer});
    }
    return;
  }
  const Fault& fault = outcome.fault;
  const bool is_final = fault.reason == Reason::Refused && outcome.is_signed && fault.code < 500;
  if (!is_final || fault.code == 437) doubt_allocation(now);
  for (const IpAddress& peer : peers) {
    if (!permissions_.has(peer)) continue;
    if (!is_final || fault.code == 437) {
      permissions_.failed(now, peer, Permissions::Alone::No);
    } else if (peers.size() > 1) {
      // RFC 8656 §10.2: one peer that is refused refuses all of the request.
      permissions_.failed(now, peer, Permissions::Alone::Yes);
    } else {
      forget(peer);
      events_.push_back(PermissionRefused{peer, fault});
    }
  }
}

void Client::learn_bind(Timestamp now, const Outcome& outcome) {
  const Endpoint& peer = outcome.question.peer;
  if (outcome.answer) {
    const bool is_news = channels_.bound(outcome.asked_at, peer);
    // RFC 8656 §12.2: it renews the permission as well.
    if (permissions_.granted(outcome.asked_at, peer.address))
      events_.push_back(Permitted{peer.address});
    if (is_news) events_.push_back(ChannelBound{peer, outcome.question.channel});
    return;
  }
  const Fault& fault = outcome.fault;
  const bool is_final = fault.reason == Reason::Refused && outcome.is_signed && fault.code < 500;
  if (is_final && fault.code != 437) {
    channels_.refused(now, peer);
    events_.push_back(ChannelRefused{peer, fault});
    return;
  }
  doubt_allocation(now);
  channels_.failed(now, peer);
}

bool Client::is_usable(const Endpoint& endpoint) const {
  return net::may_check(endpoint, config_.loopback);
}

}  // namespace specter::turn
