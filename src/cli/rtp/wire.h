// The sockets of `specter rtp`, one or two, and the wait for them.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/buffer_pool.h"
#include "io/udp_socket.h"
#include "rtcp/ntp.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::cli::transfer {

// "127.0.0.1:5004", "[::1]:5004" or "host.example:5004"; asks the system's resolver for a name. The
// error is a sentence.
std::expected<Endpoint, std::string> resolve(const std::string& text);

// What the zero of io::now() is in NTP time, by the wall clock.
rtcp::NtpTime ntp_epoch();

class Wire {
 public:
  // The error is a sentence.
  static std::expected<Wire, std::string> open(const std::vector<Endpoint>& locals,
                                               io::BufferPool* pool);

  // Until something has come, `until`, or `stop` is readable (-1: nothing to watch). Answers
  // whether it is.
  bool wait(Deadline until, int stop);
  void receive(const std::function<void(std::span<const Datagram>)>& handle);
  // By the socket of `transmit.path.local`, or else by the first.
  void send(Transmit&& transmit);
  void flush();  // waits for the kernel to take it, a second at most

  const Endpoint& local() const { return sockets_.front().local(); }
  io::UdpCounters counters() const;  // of all sockets

 private:
  Wire() = default;

  std::vector<io::UdpSocket> sockets_;
  std::unique_ptr<io::ReceiveBuffers> buffers_ = std::make_unique<io::ReceiveBuffers>();
};

}  // namespace specter::cli::transfer
