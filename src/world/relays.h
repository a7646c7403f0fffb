// The relays of a peer: its Ways, between its sockets and its connection, as src/io/relays.h has
// them.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "simulation/random.h"
#include "ways/ways.h"
#include "world/plan.h"

#include "specter/core.h"

namespace specter::world {

class Relays {
 public:
  // Where datagrams go: to the network.
  using Send = std::function<void(Timestamp, const Transmit&)>;

  Relays(std::uint64_t seed, std::vector<Endpoint> server, Send send);

  // The bases of a gathering, the useful ones first. The server is asked from each.
  void gather(Timestamp now, std::vector<Endpoint> bases);
  void add_base(Timestamp now, const Endpoint& base) { ways_.add_base(now, base); }
  void remove_base(Timestamp now, const Endpoint& base) { ways_.remove_base(now, base); }
  // Whether all attempts have come to an end.
  bool is_settled() const { return ways_.is_settled(); }

  // What came; nothing: it was the server's own.
  std::optional<Datagram> undress(Timestamp now, const Datagram& in) {
    return ways_.undress(now, in);
  }
  bool is_relayed(const Path& path) const { return ways_.is_relayed(path); }
  void send(Timestamp now, Transmit batch);
  // Timers, what is to be said to the server, and what the connection is told. True: it was told
  // something.
  bool turn(Timestamp now, core::PeerConnection& connection);
  WakeUp next_timeout() const;

  // The allocations are given back, and the server is heard for a while.
  void close(Timestamp now);
  bool is_closed() const { return leaves_at_.has_value(); }

 private:
  void permit_remotes(Timestamp now, const core::PeerConnection& connection);
  void tell(Timestamp now, const ways::Event& event, core::PeerConnection& connection);
  void drain(Timestamp now);

  simulation::SeededRandom random_;
  ways::Ways ways_;
  const std::vector<Endpoint> server_;
  const Send send_;
  std::uint16_t next_port_ = 40'000;
  std::uint32_t remotes_revision_ = 0;
  std::vector<IpAddress> remotes_;
  Deadline leaves_at_;
  bool has_left_ = false;
};

}  // namespace specter::world
