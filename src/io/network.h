// The sockets of one connection on its loop.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>

#include "io/loop_impl.h"
#include "io/udp_socket.h"

#include "specter/endpoint.h"

namespace specter::io {

class Network {
 public:
  // `ready` is called on the loop when there is something to receive(). `owner` is who has this
  // network and must be alive for it.
  Network(Loop& loop, std::weak_ptr<void> owner, std::function<void()> ready);
  ~Network();
  Network(const Network&) = delete;

  // One more socket, on a port that is free; the endpoint it is bound to. One that is open for this
  // address already is answered again.
  std::expected<Endpoint, std::error_code> open(const IpAddress& address);
  std::size_t size() const { return sockets_.size(); }

  // Hands over what came, about `budget` datagrams at most. True when more may wait; else the
  // sockets are watched again.
  bool receive(std::size_t budget, const std::function<void(const DatagramView&)>& handle);

  // Gathers; flush() sends. A transmit from an address that has no socket is dropped.
  void send(Transmit&& transmit);
  void flush();

  void close();  // all sockets

 private:
  struct Socket;
  void watch_reading(const std::shared_ptr<Socket>& socket);
  void watch_writing(const std::shared_ptr<Socket>& socket);

  Loop& loop_;
  std::weak_ptr<void> owner_;
  std::function<void()> ready_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::size_t next_ = 0;  // who receives first: in turns
};

}  // namespace specter::io
