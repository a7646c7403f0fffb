// What Ways is told of servers, what it answers, and what it asks of whoever has the sockets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "turn/credentials.h"

#include "specter/bytes.h"
#include "specter/endpoint.h"
#include "specter/states.h"

namespace specter::ways {

// How we speak with a server: RFC 8656 §3.1. What the server says to peers is UDP in any case.
using RelayProtocol = IceServerTransportProtocol;

// Neither is used twice in the life of a Ways.
enum class ServerId : std::uint32_t {};
enum class SocketId : std::uint64_t {};  // of a stream, or of a UDP port

// A TURN server, its name resolved.
struct Server {
  std::string url;  // as it was given; it comes back in events
  RelayProtocol protocol = RelayProtocol::Udp;
  std::vector<Endpoint> endpoints;  // one of each family at most; of more the first is used
  std::string host;                 // Tls: the name or address that the certificate must have
  std::string username, password;   // never in an event or a command

  ~Server() { turn::wipe(password); }
  bool operator==(const Server&) const = default;
};

// ---- events

// A relayed address: it is like a local address of ours, of which `base` is the ICE base's socket.
struct Relayed {
  Endpoint endpoint;
  Endpoint base;
  std::string url;
  RelayProtocol protocol = RelayProtocol::Udp;

  bool operator==(const Relayed&) const = default;
};
// Where a server saw a base: a server-reflexive address for nothing. Of UDP from the base itself,
// and only where it is another one than the base.
struct Reflexive {
  Endpoint mapped;
  Endpoint base;
  std::string url;

  bool operator==(const Reflexive&) const = default;
};
// A relayed address is no more. Another one may come, which is Relayed again.
struct Lost {
  Endpoint endpoint;
  Endpoint base;
  std::string reason;  // a sentence without addresses

  bool operator==(const Lost&) const = default;
};
// W3C §4.8.3, RTCPeerConnectionIceErrorEvent. Once for each base and server until an allocation
// comes and goes again, however often it is tried.
struct ServerFailed {
  std::string url;
  Endpoint base;
  std::uint16_t code = 701;  // what the server said, 300 to 699; 701: it was not reached
  std::string text;          // a sentence without addresses

  bool operator==(const ServerFailed&) const = default;
};
// The server relays nothing to this peer's address: pairs of the two are dead.
struct PeerRefused {
  Endpoint relayed;
  IpAddress peer;
  std::uint16_t code = 0;

  bool operator==(const PeerRefused&) const = default;
};

using Event = std::variant<Relayed, Reflexive, Lost, ServerFailed, PeerRefused>;

// ---- commands

// A TCP connection from the base's address (any port, the base's zone); with a host, TLS in it,
// whose certificate must be that host's. Answered by handle_opened() or handle_closed().
struct OpenStream {
  SocketId id{};
  Endpoint base;
  Endpoint remote;
  std::optional<std::string> tls_host;

  bool operator==(const OpenStream&) const = default;
};
enum class Weight : std::uint8_t {
  Data,     // whole batches may be dropped where the stream does not keep up
  Control,  // few and small; they are said once
};
// Whole messages, in the order of the commands.
struct SendBytes {
  SocketId id{};
  Buffer bytes;
  Weight weight = Weight::Data;

  bool operator==(const SendBytes&) const = default;
};
// What was handed over before is sent; then it is closed. No answer.
struct CloseStream {
  SocketId id{};

  bool operator==(const CloseStream&) const = default;
};
// One more UDP socket on the base's address (and in its zone), on a free port: a server takes one
// allocation a port. Answered by handle_opened() or handle_closed().
struct OpenPort {
  SocketId id{};
  Endpoint base;

  bool operator==(const OpenPort&) const = default;
};
struct ClosePort {
  SocketId id{};

  bool operator==(const ClosePort&) const = default;
};

using Command = std::variant<OpenStream, SendBytes, CloseStream, OpenPort, ClosePort>;

}  // namespace specter::ways
