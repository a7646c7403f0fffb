// The sockets of one connection on its loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <asio/posix/stream_descriptor.hpp>

#include "io/loop_impl.h"
#include "io/udp_socket.h"

#include "specter/endpoint.h"

namespace specter::io {

class Network {
 public:
  using Lost = std::function<void(const Endpoint& local, const std::error_code& why)>;

  // `ready` is called on the loop when there is something to receive(); `lost` when a socket can't
  // be watched any more, and is closed. `owner` is who has this network and must be alive for it.
  Network(Loop& loop, std::weak_ptr<void> owner, std::function<void()> ready, Lost lost);
  ~Network();
  Network(const Network&) = delete;

  // One more socket, on a port that is free; the endpoint it is bound to. One that is open for this
  // address in this zone already is answered again.
  std::expected<Endpoint, std::error_code> open(const IpAddress& address, std::uint32_t zone);
  std::size_t size() const { return sockets_.size(); }
  // Closes those whose address the machine has no longer, and answers which those were.
  std::vector<Endpoint> close_unless(
      const std::function<bool(const IpAddress& address, std::uint32_t zone)>& is_there);

  // Hands over what came, about `budget` datagrams at most. True when more may wait; else the
  // sockets are watched again.
  bool receive(std::size_t budget, const std::function<void(std::span<const Datagram>)>& handle);
  // In the last receive() a socket had nothing but errors: to be tried again, a little later.
  bool has_failed_to_receive() const { return has_failed_to_receive_; }

  // Gathers; flush() sends. A transmit from an address that has no socket is dropped.
  void send(Transmit&& transmit);
  void flush();
  // Tells what was refused for its size since the last call.
  void take_too_large(const std::function<void(const Endpoint& local, const Endpoint& remote,
                                               std::size_t most)>& tell);

  void close();  // all sockets

 private:
  struct Socket;
  void watch_reading(const std::shared_ptr<Socket>& socket);
  void watch_writing(const std::shared_ptr<Socket>& socket);

  Loop& loop_;
  std::weak_ptr<void> owner_;
  std::function<void()> ready_;
  Lost lost_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::size_t next_ = 0;  // who receives first: in turns
  bool has_failed_to_receive_ = false;
};

}  // namespace specter::io
