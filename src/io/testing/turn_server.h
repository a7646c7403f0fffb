// For tests: a TURN server over UDP on loopback, one turn::TestServer a 5-tuple. It lives on the
// loop under test.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <asio/ip/udp.hpp>

#include "io/clock.h"
#include "io/ice_url.h"
#include "turn/testing/server.h"

namespace specter::io::testing {

inline Endpoint endpoint_of(const asio::ip::udp::endpoint& from) {
  return {IpAddress::v4(from.address().to_v4().to_bytes()), from.port()};
}
inline asio::ip::udp::endpoint udp_endpoint(const Endpoint& to) {
  return {asio::ip::address_v4::loopback(), to.port};
}

class TurnServer {
 public:
  // Relayed addresses are numbers that nobody has; or sockets on loopback, which carry packets.
  enum class Relayed { Made, Real };

  explicit TurnServer(asio::io_context& context, std::uint16_t first_relayed_port = 49'152,
                      Relayed relayed = Relayed::Made)
      : context_(context),
        socket_(context, {asio::ip::address_v4::loopback(), 0}),
        first_relayed_port_(first_relayed_port),
        relayed_(relayed) {
    receive();
  }
  TurnServer(const TurnServer&) = delete;

  Endpoint at() const { return endpoint_of(socket_.local_endpoint()); }
  IceUrl url(std::string password = "secret", const std::string& host = "127.0.0.1") const {
    IceUrl out = *parse_ice_url("turn:" + host + ":" + std::to_string(at().port));
    out.username = "user";
    out.password = std::move(password);
    return out;
  }

  // Of all 5-tuples: a second family has one of its own, whose port may be any.
  int releases() const {
    int count = 0;
    for (const auto& [from, session] : sessions) count += session.releases;
    return count;
  }

  turn::TestServer::Options options;                       // of all that come from now on
  std::map<stun::Method, turn::TestServer::Trick> tricks;  // of the first 5-tuple
  std::map<Endpoint, turn::TestServer> sessions;
  std::vector<Buffer> to_peers;  // where the relayed addresses are real

 private:
  struct Relay {
    explicit Relay(asio::io_context& context)
        : socket(context, {asio::ip::address_v4::loopback(), 0}) {}
    asio::ip::udp::socket socket;
    asio::ip::udp::endpoint from{};
    std::array<std::uint8_t, 2048> bytes{};
  };

  void receive() {
    socket_.async_receive_from(asio::buffer(bytes_), from_, [this](auto error, std::size_t size) {
      if (error) return;
      const Endpoint from = endpoint_of(from_);
      turn::TestServer& session = session_of(from);
      session.handle(now(), MutableBytes(bytes_).first(size));
      answer(from, session);
      receive();
    });
  }
  turn::TestServer& session_of(const Endpoint& from) {
    if (const auto known = sessions.find(from); known != sessions.end()) return known->second;
    turn::TestServer::Options own = options;
    own.mapped = from;
    own.relayed.port = static_cast<std::uint16_t>(first_relayed_port_ + sessions.size());
    if (relayed_ == Relayed::Real) {
      Relay& relay = *(relays_[from] = std::make_unique<Relay>(context_));
      own.relayed = endpoint_of(relay.socket.local_endpoint());
      receive_from_peers(from, relay);
    }
    turn::TestServer& added = sessions.try_emplace(from, own).first->second;
    if (sessions.size() == 1) added.tricks = tricks;
    return added;
  }
  void receive_from_peers(const Endpoint& client, Relay& relay) {
    relay.socket.async_receive_from(asio::buffer(relay.bytes), relay.from,
                                    [this, client, &relay](auto error, std::size_t size) {
                                      if (error) return;
                                      turn::TestServer& session = sessions.at(client);
                                      session.relay(now(), endpoint_of(relay.from),
                                                    Bytes(relay.bytes).first(size));
                                      answer(client, session);
                                      receive_from_peers(client, relay);
                                    });
  }
  // What a session has to say, to its client and to peers.
  void answer(const Endpoint& client, turn::TestServer& session) {
    for (const Buffer& out : std::exchange(session.out, {}))
      socket_.send_to(asio::buffer(out), udp_endpoint(client));
    if (relayed_ == Relayed::Made) return;
    for (auto& sent : std::exchange(session.sent, {})) {
      relays_.at(client)->socket.send_to(asio::buffer(sent.data), udp_endpoint(sent.peer));
      to_peers.push_back(std::move(sent.data));
    }
  }

  asio::io_context& context_;
  asio::ip::udp::socket socket_;
  const std::uint16_t first_relayed_port_;
  const Relayed relayed_;
  asio::ip::udp::endpoint from_;
  std::array<std::uint8_t, 2048> bytes_{};
  std::map<Endpoint, std::unique_ptr<Relay>> relays_;
};

}  // namespace specter::io::testing
