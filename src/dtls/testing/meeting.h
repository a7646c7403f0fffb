// For tests: one of our connections and a peer made of OpenSSL, on a simulated path.
#pragma once

#include <utility>

#include "dtls/testing/ends.h"
#include "dtls/testing/openssl_peer.h"
#include "simulation/link.h"

namespace specter::dtls {

struct Meeting {
  Meeting(Connection::Config config, const Identity* identity, const Foreigner::Setup& setup = {},
          simulation::LinkOptions link = {.latency = Duration::zero()})
      : random(link.seed),
        peer(other(config.role), identity, setup),
        us(std::move(config), random, test_cipher()),
        to_peer(link),
        to_us([&] {
          simulation::LinkOptions back = link;
          back.seed = ~link.seed;
          return back;
        }()) {
    us.start(now);
    peer.go_on();
    settle();
  }
  Meeting(Role our_role, const Identity* identity, const Foreigner::Setup& setup = {},
          const Identity* promised = nullptr)
      : Meeting(config(our_role, promised ? promised : identity), identity, setup) {}

  static Connection::Config config(Role role, const Identity* identity) {
    auto out = config_for(role);
    if (identity) out.remote_fingerprints = {identity->fingerprint()};
    out.mtu = 600;
    return out;
  }

  bool both_connected() const { return us.is_connected() && peer.is_connected(); }

  // Until there is nothing more to come, or `limit` is over; then `now` is there.
  void run(Duration limit = 60s) {
    run_until([] { return false; }, limit);
  }
  bool run_until(const std::function<bool()>& done, Duration limit) {
    const Timestamp end = now + limit;
    settle();
    while (!done()) {
      const Deadline next =
          soonest(us.next_timeout(), peer_due, to_us.next_arrival(), to_peer.next_arrival());
      if (!next || *next > end) {
        if (next) now = end;
        return false;
      }
      now = std::max(now, *next);
      while (auto packet = to_us.receive(now)) us.handle_datagram(now, *packet);
      while (auto packet = to_peer.receive(now)) peer.handle(*packet);
      if (const Deadline due = us.next_timeout(); due && *due <= now) us.handle_timeout(now);
      if (peer_due && *peer_due <= now) {
        peer.expire_timer();
        peer_due.reset();
        peer_wait = std::min<Duration>(peer_wait * 2, 2s);
      }
      settle();
    }
    return true;
  }
  // What both say at this instant, and all that follows from it without a wait.
  void exchange() {
    settle();
    run_until([this] { return to_us.next_arrival() > now && to_peer.next_arrival() > now; }, 0s);
  }
  void settle() {
    while (auto datagram = us.poll_transmit(now)) {
      largest = std::max(largest, datagram->size());
      to_peer.send(now, *datagram);
    }
    bool said = false;
    while (auto datagram = peer.poll()) {
      said = true;
      to_us.send(now, *datagram);
    }
    if (!peer.timer_runs()) {
      peer_due.reset();
      peer_wait = 200ms;
    } else if (said || !peer_due) {
      peer_due = now + peer_wait;
    }
    while (auto event = us.poll_event()) events.push_back(std::move(*event));
  }

  Timestamp now = simulation::kStart;
  simulation::SeededRandom random;
  Foreigner peer;
  Connection us;
  simulation::Link<Buffer> to_peer, to_us;
  Deadline peer_due;
  Duration peer_wait = 200ms;
  std::vector<Connection::Event> events;
  std::size_t largest = 0;
};

}  // namespace specter::dtls
