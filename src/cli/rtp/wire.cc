#include "cli/rtp/wire.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>
#include <poll.h>

#include "io/clock.h"
#include "io/resolver.h"

namespace specter::cli::transfer {
namespace {

constexpr std::uint64_t kUnixInNtp = 2'208'988'800;  // s from 1900 to 1970, RFC 3550 §4
constexpr Duration kLongestWait = std::chrono::seconds(60);
constexpr Duration kLongestFlush = std::chrono::seconds(1);
constexpr std::size_t kBudget = 1024;  // datagrams a turn

std::string open_sentence(const Endpoint& local, std::error_code error) {
  if (error == std::errc::address_in_use)
    return fmt::format("UDP port {} is in use; choose another one, or end who has it", local.port);
  if (error == std::errc::permission_denied)
    return fmt::format("UDP port {} is not for us: ports below 1024 are the administrator's",
                       local.port);
  if (error == std::errc::address_not_available)
    return fmt::format("{} is no address of this machine", local.address.to_string());
  return fmt::format("can't open UDP {}: {}", local.to_string(), error.message());
}

// Rounded up: a wait that ends too early would be a loop without a pause.
timespec to_timespec(Duration duration) {
  const auto ns = std::clamp(duration, Duration::zero(), kLongestWait).count();
  return {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
}

}  // namespace

std::expected<Endpoint, std::string> resolve(const std::string& text) {
  if (const auto endpoint = Endpoint::parse(text); endpoint && endpoint->port != 0)
    return *endpoint;
  const std::size_t colon = text.rfind(':');
  std::uint16_t port = 0;
  if (colon != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, port);
    if (read.ec != std::errc{} || read.ptr != end) port = 0;
  }
  if (port == 0 || colon == 0)
    return std::unexpected(fmt::format(
        "'{}' is no HOST:PORT; such are 127.0.0.1:5004, [::1]:5004, host.example:5004", text));
  const std::string host = text.substr(0, colon);
  const auto addresses = io::Resolver::system_lookup(host);
  if (addresses.empty())
    return std::unexpected(fmt::format("there is no host '{}', or nobody answers for it", host));
  return Endpoint{addresses.front(), port};
}

rtcp::NtpTime ntp_epoch() {
  const auto wall = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  const std::chrono::nanoseconds zero = wall - io::now().time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(zero);
  const auto rest = static_cast<std::uint64_t>((zero - seconds).count());
  const auto ntp_seconds = static_cast<std::uint64_t>(seconds.count()) + kUnixInNtp;
  return {ntp_seconds << 32 | (rest << 32) / 1'000'000'000};
}

std::expected<Wire, std::string> Wire::open(const std::vector<Endpoint>& locals,
                                            io::BufferPool* pool) {
  Wire wire;
  for (const Endpoint& local : locals) {
    auto socket = io::UdpSocket::open(local, {}, pool);
    if (!socket) return std::unexpected(open_sentence(local, socket.error()));
    wire.sockets_.push_back(*std::move(socket));
  }
  return wire;
}

bool Wire::wait(Deadline until, int stop) {
  std::vector<pollfd> watched{{.fd = stop, .events = POLLIN, .revents = 0}};
  for (const io::UdpSocket& socket : sockets_)
    watched.push_back({.fd = socket.native_handle(), .events = POLLIN, .revents = 0});
  const timespec time = to_timespec(until ? *until - io::now() : kLongestWait);
  const int ready = ::ppoll(watched.data(), watched.size(), &time, nullptr);
  return ready > 0 && watched.front().revents != 0;
}

void Wire::receive(const std::function<void(std::span<const Datagram>)>& handle) {
  for (io::UdpSocket& socket : sockets_) socket.receive(*buffers_, kBudget, handle);
}

void Wire::send(Transmit&& transmit) {
  const auto its = std::ranges::find(sockets_, transmit.path.local, &io::UdpSocket::local);
  (its != sockets_.end() ? *its : sockets_.front()).send(std::move(transmit));
}

void Wire::flush() {
  for (io::UdpSocket& socket : sockets_) {
    const Timestamp end = io::now() + kLongestFlush;
    while (!socket.flush() && io::now() < end) {
      pollfd watched{.fd = socket.native_handle(), .events = POLLOUT, .revents = 0};
      const timespec time = to_timespec(end - io::now());
      ::ppoll(&watched, 1, &time, nullptr);
    }
  }
}

io::UdpCounters Wire::counters() const {
  io::UdpCounters out;
  for (const io::UdpSocket& socket : sockets_) {
    const io::UdpCounters& one = socket.counters();
    out.datagrams_sent += one.datagrams_sent;
    out.send_calls += one.send_calls;
    out.datagrams_received += one.datagrams_received;
    out.receive_calls += one.receive_calls;
    out.unreachable += one.unreachable;
    out.refused += one.refused;
    out.too_large += one.too_large;
    out.dropped_queue_full += one.dropped_queue_full;
  }
  return out;
}

}  // namespace specter::cli::transfer
