// One end: a sans-IO connection, a UDP socket of ours, and what is between the two.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <specter/core.h>

// Runs specter::core::PeerConnection on a non-blocking UDP socket. Everything the machine knows of
// the world it is told here: which addresses there are, what came in, and what time it is.
class Peer {
 public:
  explicit Peer(specter::Random& random,
                std::shared_ptr<const specter::core::Certificate> identity);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  specter::core::PeerConnection& connection() { return connection_; }
  int socket() const { return socket_; }

  // One turn, as specter/core.h describes it: what came in, then what is due, then the answers
  // until there are no more. `now` is the same throughout. True when there were answers.
  bool turn(specter::Timestamp now, bool readable);

  // When the next turn is due, if nothing comes in before.
  specter::Deadline next_timeout() const { return connection_.next_timeout(); }

  // What the machine has to say to the application; set it before the first turn.
  std::function<void(specter::Timestamp now, specter::core::Event&& event)> on_event;

 private:
  void gather(specter::Timestamp now);
  void receive(specter::Timestamp now);
  void send(const specter::Transmit& transmit) const;

  specter::core::PeerConnection connection_;
  int socket_;
  specter::Endpoint local_;
};
