// One allocation on a TURN server: an address there that stands for one of ours. RFC 8656.
//
//         start             answer                    close
//   Idle ------> Allocating ------> Allocated -----------------> Releasing ----> Over
//                    |                  | refused, expired,          answered, or its time is up
//                    +------------------+---- disconnected -------------------> Over
//
// A relayed address of each family is a machine each, from a local port each: servers give no
// second address to ADDITIONAL-ADDRESS-FAMILY (seen with two), and take one allocation a 5-tuple.
//
// One turn of its owner: undress() for what came from the server, verbs, handle_timeout(); then
// poll_event() and poll_transmit() until both have nothing left.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "base/queue.h"
#include "net/address_policy.h"
#include "turn/channels.h"
#include "turn/permissions.h"
#include "turn/requests.h"
#include "turn/silence.h"
#include "turn/words.h"

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/time.h"

namespace specter::turn {

// Bytes that a writer leaves free around its payload. `before` is exact, `after` is the most that
// padding may take.
struct Room {
  std::size_t before = 0;
  std::size_t after = 0;

  bool operator==(const Room&) const = default;
};

// ---- events

// `mapped` is where the server sees us: a server-reflexive address, when it is one that can be
// used. `lifetime` is what the server granted.
struct Allocated {
  Endpoint relayed;
  std::optional<Endpoint> mapped;
  Duration lifetime;
  bool operator==(const Allocated&) const = default;
};
// 300, RFC 8489 §10. The machine is over. A new one goes there by the same transport, with this
// server among its `visited`. Over TLS the certificate must be that of the first server's name, and
// plain TCP or UDP is no substitute: that is for the owner to see to.
struct Redirected {
  Endpoint server;
  bool operator==(const Redirected&) const = default;
};
// There was no allocation, or one that nobody could use: that is given back, and Closed follows.
// Otherwise the machine is over.
struct Failed {
  Fault fault;
  bool operator==(const Failed&) const = default;
};
struct Lost {  // there was one; the machine is over
  Fault fault;
  bool operator==(const Lost&) const = default;
};
struct Permitted {
  IpAddress peer;
  bool operator==(const Permitted&) const = default;
};
// Only this peer's: the allocation lives on. The peer is forgotten.
struct PermissionRefused {
  IpAddress peer;
  Fault fault;
  bool operator==(const PermissionRefused&) const = default;
};
struct ChannelBound {
  Endpoint peer;
  std::uint16_t number;
  bool operator==(const ChannelBound&) const = default;
};
// Data go on in indications.
struct ChannelRefused {
  Endpoint peer;
  Fault fault;
  bool operator==(const ChannelRefused&) const = default;
};
struct Closed {  // the goodbye was answered, or its time is up
  bool operator==(const Closed&) const = default;
};

enum class Refusal {
  TooMany,      // kMaxPeers or kMaxChannels
  WrongFamily,  // RFC 8656 §9.1: not the relayed address's
  BadAddress,   // unspecified, multicast, port 0
  Over,         // or closing
};

class Client {
 public:
  using Transmit = specter::Transmit;
  using Event = std::variant<Allocated, Redirected, Failed, Lost, Permitted, PermissionRefused,
                             ChannelBound, ChannelRefused, Closed>;
  enum class State { Idle, Allocating, Allocated, Releasing, Over };

  // Alternate servers in a row, RFC 8489 §10.
  static constexpr std::size_t kMaxHops = 3;
  static constexpr Duration kMaxLifetime = std::chrono::hours(1);  // a longer one is not relied on
  static constexpr Duration kMargin = std::chrono::seconds(120);   // two requests that get lost
  static constexpr Duration kPause = std::chrono::seconds(5);      // after a refresh that failed
  // RFC 8656 §23: NATs forget a silent mapping after 30 s.
  static constexpr Duration kKeepalive = std::chrono::seconds(20);

  struct Config {
    Path path;                       // to the server; Tcp stands for any stream, TLS's too
    std::string username, password;  // both empty: a server that asks nobody
    std::optional<stun::AddressFamily> family;  // empty: the server's choice, mostly IPv4
    std::vector<Endpoint> visited;              // servers that have named another one, in order
    // Of a relayed, mapped or alternate address.
    net::LoopbackPolicy loopback = net::LoopbackPolicy::Refuse;
    stun::ClientTransaction::Schedule schedule{};  // over UDP

    ~Config() { wipe(password); }
  };

  struct Counters {
    Requests::Counters requests;
    std::uint64_t strangers = 0;     // datagrams that are not from the server
    std::uint64_t nonsense = 0;      // from the server, and neither an answer nor data
    std::uint64_t refused_data = 0;  // of peers without permission, over numbers without a peer
    std::uint64_t received = 0, received_bytes = 0;  // payloads
    std::uint64_t sent = 0, sent_bytes = 0;
    std::uint64_t unsent = 0;  // dress() had no way for it
  };

  Client(Config config, Random& random);
  Client(const Client&) = delete;

  void start(Timestamp now);
  // Before the allocation, too: it is asked for then.
  std::expected<void, Refusal> permit(Timestamp now, const IpAddress& peer);
  // The permission and the channels are not renewed, and what comes from there is refused.
  void forget(const IpAddress& peer);
  // A channel, and the permission with it.
  std::expected<void, Refusal> bind(Timestamp now, const Endpoint& peer);
  void unbind(const Endpoint& peer);
  // Gives the allocation back. The goodbye is what poll_transmit() says next; nothing has to wait
  // for Closed.
  void close(Timestamp now);

  // What came from the server: a datagram, or one message out of a StreamReader. Data of a peer's
  // come back as a datagram from there to the relayed address, a view into `in`; nothing: it was
  // TURN's own, or nobody's.
  std::optional<Datagram> undress(Timestamp now, const Datagram& in);
  void handle_disconnect(Timestamp now);
  void handle_timeout(Timestamp now);

  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  // What a payload for that peer needs around it now. It shrinks when a channel is bound. RFC 8656
  // §11.1, §12.4: an indication takes 36 bytes (48 for an IPv6 peer) and padding; a channel 4, and
  // padding over streams alone.
  Room room(Timestamp now, const Endpoint& peer) const;
  // `segment` is room.before bytes, a payload, room.after bytes. What is to be sent is the part
  // that comes back. Over a bound channel and UDP that is all of it, so segments of one size stay
  // in one batch. Nothing: no allocation, no permission, too little room, more than
  // kMaxPayloadBytes.
  std::optional<MutableBytes> dress(Timestamp now, const Endpoint& peer, MutableBytes segment,
                                    Room room);

  State state() const { return state_; }
  const Path& path() const { return config_.path; }
  const std::optional<Endpoint>& relayed() const { return relayed_; }
  Counters counters() const;

 private:
  void ask(Timestamp now);    // whatever is due
  void learn(Timestamp now);  // what became of requests
  void learn_allocate(Timestamp now, const Outcome& outcome);
  void learn_refresh(Timestamp now, const Outcome& outcome);
  void learn_permit(Timestamp now, const Outcome& outcome);
  void learn_bind(Timestamp now, const Outcome& outcome);
  void allocated(Timestamp now, const Outcome& outcome);
  void redirected(const stun::Message& refusal);
  void granted(Timestamp asked_at, Duration lifetime);
  void doubt_allocation(Timestamp now);
  void drop_other_family();
  void release(Timestamp now);
  void end(Event last);
  std::optional<Refusal> why_not(const IpAddress& peer) const;
  std::optional<Datagram> from_peer(const Endpoint& peer, MutableBytes data);
  bool is_usable(const Endpoint& endpoint) const;

  const Config config_;
  Random& random_;
  State state_ = State::Idle;
  Requests requests_;
  Permissions permissions_;
  Channels channels_;
  std::optional<Endpoint> relayed_;
  Timestamp until_{};                       // Allocated: the end of the lifetime
  Deadline refresh_at_;                     // Allocated: empty while one is under way
  Fault last_refusal_{Reason::Expired, 0};  // of a refresh
  Timestamp last_sent_{};                   // Allocated, over UDP
  Silence silence_;
  RareQueue<Event> events_;
  Counters counters_;
};

static_assert(Machine<Client>);

}  // namespace specter::turn
