#include "io/network.h"

#include <algorithm>

#include <asio/error.hpp>

namespace specter::io {

struct Network::Socket {
  Socket(asio::io_context& context, UdpSocket&& opened, std::uint32_t of_zone)
      : udp(std::move(opened)), zone(of_zone), waits(context, udp.native_handle()) {}
  ~Socket() { waits.release(); }  // the descriptor is the UdpSocket's to close

  UdpSocket udp;
  std::uint32_t zone;
  asio::posix::stream_descriptor waits;
  bool readable = false;
  bool writing = false;  // it waits until the kernel takes more
};

Network::Network(Loop& loop, std::weak_ptr<void> owner, std::function<void()> ready, Lost lost)
    : loop_(loop), owner_(std::move(owner)), ready_(std::move(ready)), lost_(std::move(lost)) {}

Network::~Network() = default;

std::expected<Endpoint, std::error_code> Network::open(const IpAddress& address,
                                                       std::uint32_t zone) {
  for (const auto& socket : sockets_) {
    if (socket->udp.local().address == address && socket->zone == zone) return socket->udp.local();
  }
  auto opened = UdpSocket::open({address, 0}, {}, &loop_.impl().buffers, zone);
  if (!opened) return std::unexpected(opened.error());
  try {
    sockets_.push_back(std::make_shared<Socket>(loop_.impl().context, std::move(*opened), zone));
    watch_reading(sockets_.back());
  } catch (const std::system_error& e) {  // the poller had no room for it
    return std::unexpected(e.code());
  }
  return sockets_.back()->udp.local();
}

std::vector<Endpoint> Network::close_unless(
    const std::function<bool(const IpAddress& address, std::uint32_t zone)>& is_there) {
  std::vector<Endpoint> closed;
  std::erase_if(sockets_, [&](const std::shared_ptr<Socket>& socket) {
    const Endpoint local = socket->udp.local();
    if (is_there(local.address, socket->zone)) return false;
    closed.push_back(local);
    return true;
  });
  return closed;
}

bool Network::receive(std::size_t budget,
                      const std::function<void(std::span<const Datagram>)>& handle) {
  bool more = false;
  has_failed_to_receive_ = false;
  const std::size_t count = sockets_.size();
  const std::size_t share = std::max<std::size_t>(1, budget / std::max<std::size_t>(1, count));
  if (count > 0) next_ = (next_ + 1) % count;
  for (std::size_t i = 0; i < count; ++i) {
    const auto socket = sockets_[(next_ + i) % count];
    if (!socket->readable) continue;
    socket->readable = socket->udp.receive(loop_.impl().receive_buffers, share, handle);
    if (socket->readable && socket->udp.has_failed_to_receive())
      has_failed_to_receive_ = true;
    else if (socket->readable)
      more = true;
    else
      watch_reading(socket);
  }
  return more;
}

void Network::send(Transmit&& transmit) {
  for (const auto& socket : sockets_) {
    if (socket->udp.local() != transmit.path.local) continue;
    socket->udp.send(std::move(transmit));
    return;
  }
}

void Network::flush() {
  for (const auto& socket : sockets_) {
    if (!socket->udp.flush() && !socket->writing) watch_writing(socket);
  }
}

void Network::take_too_large(const std::function<void(const Endpoint& local, const Endpoint& remote,
                                                      std::size_t most)>& tell) {
  for (const auto& socket : sockets_) {
    for (const auto& [remote, most] : socket->udp.take_too_large())
      tell(socket->udp.local(), remote, most);
  }
}

void Network::close() { sockets_.clear(); }

// A wait may have ended well and still stand in the loop's queue when its socket goes.
void Network::watch_reading(const std::shared_ptr<Socket>& socket) {
  socket->waits.async_wait(
      asio::posix::stream_descriptor::wait_read,
      [this, owner = owner_, weak = std::weak_ptr(socket)](const std::error_code& error) {
        const auto alive = owner.lock();
        const auto readable = weak.lock();
        if (!alive || !readable || error == asio::error::operation_aborted) return;
        if (error) {
          const Endpoint local = readable->udp.local();
          std::erase(sockets_, readable);
          lost_(local, error);
          return;
        }
        readable->readable = true;
        ready_();
      });
}

void Network::watch_writing(const std::shared_ptr<Socket>& socket) {
  socket->writing = true;
  socket->waits.async_wait(
      asio::posix::stream_descriptor::wait_write,
      [this, owner = owner_, weak = std::weak_ptr(socket)](const std::error_code& error) {
        const auto alive = owner.lock();
        const auto writable = weak.lock();
        if (!alive || !writable || error == asio::error::operation_aborted) return;
        writable->writing = false;
        // What can't be watched is tried again with the next packet.
        if (!writable->udp.flush() && !error) watch_writing(writable);
      });
}

}  // namespace specter::io
