// One 5-tuple to a server, and the allocation on it.
//
//   waits for a stream or a port ---> its client lives ---> leaving (goodbye) ---> over
//              |                                                               ^
//              +---------------------------------------------------------------+
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "turn/client.h"
#include "turn/framing.h"
#include "ways/messages.h"

#include "specter/random.h"
#include "specter/time.h"

namespace specter::ways {

struct Relay;

class Flow {
 public:
  // A message that has begun to come over a stream: so long until its end.
  static constexpr Duration kMessageTimeout = std::chrono::seconds(10);

  // `config.path.local` is filled by start(). Without an id: it leaves from the base itself.
  Flow(Relay& relay, RelayProtocol protocol, std::optional<SocketId> id,
       turn::Client::Config config);
  Flow(const Flow&) = delete;

  // The way is there: the client allocates, from here.
  void start(Timestamp now, const Endpoint& local, Random& random);
  // Gives the allocation back, where there may be one.
  void leave(Timestamp now);
  // There is no way any more. `reason`: a sentence.
  void end(Timestamp now, std::string reason);
  void handle_socket_closed() { is_socket_closed_ = true; }

  // Bytes of a stream; then poll_datagram() until nothing is left. What it answers is a view until
  // the next handle_bytes().
  void handle_bytes(Timestamp now, Bytes bytes);
  std::optional<Datagram> poll_datagram(Timestamp now);
  void handle_timeout(Timestamp now);
  WakeUp next_timeout() const;

  // Nothing before start().
  turn::Client* client() { return client_ ? &*client_ : nullptr; }
  const turn::Client* client() const { return client_ ? &*client_ : nullptr; }
  const Path& path() const { return config_.path; }
  const Endpoint& base() const { return base_; }
  RelayProtocol protocol() const { return protocol_; }
  bool is_stream() const { return protocol_ != RelayProtocol::Udp; }
  const std::optional<SocketId>& id() const { return id_; }
  const std::vector<Endpoint>& visited() const { return config_.visited; }
  const std::string& reason() const { return reason_; }  // of end()
  // Nothing more will be said.
  bool is_over() const;
  // Whether its socket is still to be closed.
  bool has_socket() const { return id_ && !is_socket_closed_; }

  Relay* relay;  // none: it is leaving

 private:
  const Endpoint base_;
  const RelayProtocol protocol_;
  const std::optional<SocketId> id_;
  turn::Client::Config config_;
  std::optional<turn::Client> client_;
  turn::StreamReader reader_;
  Deadline message_deadline_;  // of the message that has come in part
  std::string reason_;
  bool is_socket_closed_ = false;
};

}  // namespace specter::ways
