// The relays of one connection: its Ways (src/ways), and the streams and ports that they ask for.
// Between the driver's sockets and its core. On its loop.
//
//     sockets --> receive() --> the core      the core --> send() --> sockets, or a stream
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "io/ice_url.h"
#include "io/network.h"
#include "io/streams.h"
#include "ways/ways.h"

#include "specter/core.h"
#include "specter/endpoint.h"
#include "specter/options.h"
#include "specter/time.h"

namespace specter::io {

class Relays {
 public:
  using Handle = std::function<void(std::span<const Datagram>)>;

  // `wake` is called on the loop, outside of a turn, when there is something to do. `owner` is who
  // has this, and must be alive for it.
  Relays(Loop& loop, std::weak_ptr<void> owner, const IceOptions& options,
         std::function<void()> wake);
  ~Relays();
  Relays(const Relays&) = delete;

  void add_base(Timestamp now, const Endpoint& base, std::uint32_t zone);
  void remove_base(Timestamp now, const Endpoint& base);
  // Before a turns: server.
  void set_trust(std::shared_ptr<TlsTrust> trust) { streams_.set_trust(std::move(trust)); }
  // turn: or turns:, over UDP, TCP or TLS; its name resolved, one address of each family.
  void add_server(Timestamp now, const IceUrl& url, std::vector<Endpoint> endpoints);
  // Of another gathering: servers that are not among these are asked no more, and have their
  // allocations back once the last generation of ICE that uses them has ended.
  void keep_servers(Timestamp now, std::span<const IceUrl> wanted, core::PeerConnection& core);
  // Relays that are wanted are there, or will not be soon.
  bool is_settled() const { return ways_.is_settled(); }

  // What the driver's sockets brought: what is not TURN's goes to `handle`, relayed datagrams too.
  void receive(Timestamp now, std::span<const Datagram> datagrams, const Handle& handle);
  // What streams and ports brought since the last call.
  void receive_late(Timestamp now, const Handle& handle);
  bool is_relayed(const Path& path) const { return ways_.is_relayed(path); }
  // A batch from a relayed address; what is to be sent by the driver's sockets goes to `network`.
  void send(Timestamp now, Transmit batch, Network& network);
  // Timers, and what is to be said to servers and to the core. To be called after each input. True
  // when the core was told anything.
  bool turn(Timestamp now, core::PeerConnection& core, Network& network);
  WakeUp next_timeout() const;
  // Gives the allocations back; then turn_leaving() in place of turn(), until is_over().
  void close(Timestamp now, Network& network);
  void turn_leaving(Timestamp now, Network& network);
  bool is_over() const { return ways_.is_over(); }  // closed, and all servers know it or are silent
  void flush();

 private:
  struct Port {
    std::unique_ptr<Network> network;
    Endpoint local;
    bool is_readable = false;
    Deadline after_errors{};  // not before
  };

  void release_unused(Timestamp now, const core::PeerConnection& core);
  void permit_remotes(Timestamp now, const core::PeerConnection& core);
  void tell(Timestamp now, const ways::Event& event, core::PeerConnection& core);
  void obey(Timestamp now, ways::OpenStream& command);
  void obey(Timestamp now, ways::SendBytes& command);
  void obey(Timestamp now, ways::CloseStream& command);
  void obey(Timestamp now, ways::OpenPort& command);
  void obey(Timestamp now, ways::ClosePort& command);
  void drain(Timestamp now, Network& network);
  void put(Transmit transmit, Network& network);

  Loop& loop_;
  std::weak_ptr<void> owner_;
  std::function<void()> wake_;
  ways::Ways ways_;
  Streams streams_;
  std::map<Endpoint, std::uint32_t> zones_;  // of bases
  std::map<ways::SocketId, Port> ports_;
  // What streams said between two turns: their bytes, in order.
  std::vector<std::function<void(Timestamp, const Handle&)>> late_;
  std::vector<ways::ServerId> left_out_;
  std::vector<Datagram> for_core_;
  std::vector<IpAddress> remotes_;  // that have a permission, or are asked one for
  std::uint32_t remotes_revision_ = 0;
};

}  // namespace specter::io
