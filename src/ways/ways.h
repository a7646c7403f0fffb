// The ways that datagrams go below ICE: as they are, or through relays. A Ways owns all relays of
// one connection: one for each local base, TURN server and family of the relayed address, side by
// side, each with its own time. RFC 8656; W3C §4.2.2.
//
// ICE sees a relayed address as one more local endpoint. What it sends from there goes through
// dress(), what comes in goes through undress() first.
//
//     datagram from a socket ---> undress() ---> its own path, or a relayed one; nothing: TURN's
//     own bytes of a stream -> handle_bytes(), poll_datagram() -----^ Transmit to a relayed path,
//     with room() in it ---> dress() ---> Transmit to the server;
//                                        nothing: a stream has it (poll_command), or it is dropped
//
// One turn of its owner: inputs, verbs, handle_timeout(); then poll_event(), poll_transmit() and
// poll_command() until all have nothing left. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/machine.h"
#include "base/queue.h"
#include "net/address_policy.h"
#include "stun/transaction.h"
#include "turn/client.h"
#include "ways/flow.h"
#include "ways/messages.h"
#include "ways/relay.h"

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::ways {

struct Options {
  // Of relayed, mapped and alternate addresses. A server that the user named is not asked.
  net::LoopbackPolicy loopback = net::LoopbackPolicy::Refuse;
  // A second relay, of the family that the first is not, where the server has it.
  bool wants_both_families = true;
  // For a port or a stream, TLS's handshake too. Whoever opens it has limits of its own below.
  Duration open_timeout = std::chrono::seconds(11);
  // From then on to the allocation; then the server counts as silent.
  Duration allocate_timeout = std::chrono::seconds(5);
  stun::ClientTransaction::Schedule schedule{};  // of requests over UDP
};

struct Counters {
  std::uint64_t unsent = 0;   // datagrams from an address that is no base and no relay's (any more)
  std::uint64_t dropped = 0;  // bytes for a stream: too many wait already
  std::uint64_t unread = 0;   // datagrams of a stream that nobody polled
  std::uint64_t refused = 0;  // bases, servers, relays, peers past their limits
};

class Ways {
 public:
  using Transmit = specter::Transmit;
  using Event = ways::Event;

  static constexpr std::size_t kMaxBases = 16;
  static constexpr std::size_t kMaxServers = 64;
  static constexpr std::size_t kMaxRelays = 64;
  static constexpr std::size_t kMaxLeaving =
      64;  // those that say goodbye; then the oldest is cut off
  static constexpr std::size_t kMaxPeers = turn::Permissions::kMaxPeers;
  static constexpr std::size_t kMaxQueuedBytes = 1 << 20;  // for streams, until poll_command()
  // RFC 8656 §14, §15: the server may cut larger ones in fragments without a word.
  static constexpr std::size_t kRelayedPacketBytes =
      1200;  // of IP, between the server and the peer

  Ways(Options options, Random& random);
  ~Ways();
  Ways(const Ways&) = delete;

  // ---- where from, and by whom
  void add_base(Timestamp now, const Endpoint& base);
  // Its socket is gone: its relays are lost, without a goodbye.
  void remove_base(Timestamp now, const Endpoint& base);
  // The same server again (all of it): the same id, and relays that were given up are tried again.
  // ServerId{}: past kMaxServers, or closed.
  ServerId add_server(Timestamp now, Server server);
  // Its allocations are given back; its relayed addresses are not Lost events any more.
  void remove_server(Timestamp now, ServerId server);
  template <class F>
  void each_server(F&& tell) const {
    for (const KnownServer& known : servers_) tell(known.id, *known.server);
  }
  std::vector<Endpoint> relayed_by(ServerId server) const;  // its relayed addresses of now
  // This relay is not needed any more: given back, and none comes in its place.
  void release(Timestamp now, const Endpoint& relayed);
  // Gives all back. The goodbyes are what poll_transmit() and poll_command() say next; nothing has
  // to wait for is_over(). No event follows.
  void close(Timestamp now);

  // ---- peers
  // A remote candidate came: all relays of its family, and those that will be, let it through.
  void permit(Timestamp now, const IpAddress& peer);
  void forget(const IpAddress& peer);
  // Of a relayed path: a channel, which needs less room.
  void bind(Timestamp now, const Path& path);
  void unbind(const Path& path);

  // ---- the world
  std::optional<Datagram> undress(Timestamp now, const Datagram& in);
  // Of an OpenPort: what it is bound to. Of an OpenStream: not looked at.
  void handle_opened(Timestamp now, SocketId id, const Endpoint& local);
  // Bytes of a stream; then poll_datagram() until nothing is left, before anything else.
  void handle_bytes(Timestamp now, SocketId id, Bytes bytes);
  // A datagram over a relayed path, out of the stream that spoke last: a view until its next bytes.
  std::optional<Datagram> poll_datagram(Timestamp now);
  // It could not be opened, or has ended. `reason`: a sentence, which comes back in events;
  // `cure`: None where another try is no use (a certificate that is not the host's).
  void handle_closed(Timestamp now, SocketId id, std::string reason,
                     turn::Cure cure = turn::Cure::Again);
  void handle_timeout(Timestamp now);

  // ---- datagrams out
  // What a writer leaves free around each payload on this path, now: nothing on one that is not
  // relayed.
  turn::Room room(Timestamp now, const Path& path) const;
  // Datagrams of one size, each with `room` around its payload, from a relayed address: as they go
  // to the server. They keep being one batch. Those from a base come back as they are. Room that is
  // too small (a channel that ended) is made, at the price of a copy.
  std::optional<Transmit> dress(Timestamp now, Transmit batch, turn::Room room);
  bool is_relayed(const Path& path) const { return by_relayed_.contains(path.local); }
  // Bytes of UDP payload that a relayed path is given at most: for it no path MTU is looked for.
  static std::size_t max_payload(const Path& path);

  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Command> poll_command(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  // ---- questions
  // Whether each relay has been tried once to its end: then gathering need not wait for more.
  bool is_settled() const;
  bool is_over() const;  // closed, and every goodbye is answered or its time is up
  const Counters& counters() const { return counters_; }
  // Of the allocation behind a relayed address.
  std::optional<turn::Client::Counters> counters(const Endpoint& relayed) const;

 private:
  struct PathHash {
    std::size_t operator()(const Path& path) const noexcept {
      return std::hash<Endpoint>{}(path.local) * 31 + std::hash<Endpoint>{}(path.remote);
    }
  };
  struct KnownServer {
    ServerId id{};
    std::shared_ptr<const Server> server;
  };
  struct Failure {
    std::uint16_t code = 701;
    std::string text;
    turn::Cure cure = turn::Cure::Again;
  };
  struct Port {
    SocketId id{};
    Endpoint local;
  };
  enum class From { Base, NewPort };

  void add_relays(Timestamp now, const Endpoint& base, const KnownServer& known);
  void add_relay(Timestamp now, Relay relay);
  void begin(Timestamp now, Relay& relay, const Endpoint& remote, std::vector<Endpoint> visited,
             From from);
  void start(Timestamp now, Flow& flow, const Endpoint& local);
  void learn(Timestamp now, Flow& flow);
  void allocated(Timestamp now, Flow& flow, const turn::Allocated& event);
  void failed(Timestamp now, Relay& relay, const Failure& failure);
  void leave(Timestamp now, Relay& relay);
  void sweep();
  Flow* find(SocketId id);
  Flow* find_relayed(const Endpoint& relayed) const;
  // By number: what is called may add some.
  template <class F>
  void each_flow(F&& f) const {
    for (std::size_t i = 0; i < relays_.size(); ++i) {
      if (Flow* flow = relays_[i]->flow.get()) f(*flow);
    }
    for (std::size_t i = 0; i < leaving_.size(); ++i) f(*leaving_[i]);
  }

  const Options options_;
  Random& random_;
  std::vector<Endpoint> bases_;
  std::vector<KnownServer> servers_;
  std::vector<IpAddress> peers_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Flow>> leaving_;
  std::unordered_map<Path, Flow*, PathHash> by_path_;  // over UDP
  std::optional<Path>
      last_plain_;  // the path of the last datagram that was not TURN's, and is none
  std::unordered_map<Endpoint, Flow*> by_relayed_;
  std::vector<Port> ports_;  // those that are open and no bases
  Flow* reading_ = nullptr;  // the stream that spoke last
  RareQueue<Event> events_;
  Queue<Command> commands_;
  std::size_t queued_bytes_ = 0;  // of Data in commands_
  std::uint32_t last_server_ = 0;
  std::uint64_t last_socket_ = 0;
  bool is_closed_ = false;
  Counters counters_;
};

static_assert(Machine<Ways>);

}  // namespace specter::ways
