// One of our TURN clients against a server that somebody else wrote, and a peer on this machine:
// allocate, permission, data in indications, channel, data over it, refresh, goodbye.
//
//     turn_client SERVER:PORT USER PASSWORD
//
// Waiting for a refresh is not needed: the client is told that nine minutes have passed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <variant>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "turn/client.h"

#include "specter/random.h"

namespace {

using namespace specter;
using namespace std::chrono_literals;

void expect(bool holds, const char* sentence) {
  if (!holds) throw std::runtime_error(sentence);
}

// IPv4 on loopback.
class Socket {
 public:
  Socket() : handle_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address = to_system(*Endpoint::parse("127.0.0.1:0"));
    expect(bind(handle_, as_address(address), sizeof(address)) == 0, "can't bind a socket");
    socklen_t size = sizeof(address);
    getsockname(handle_, as_address(address), &size);
    at = from_system(address);
  }
  ~Socket() { close(handle_); }
  Socket(const Socket&) = delete;

  void send(const Endpoint& to, Bytes bytes) {
    sockaddr_in address = to_system(to);
    sendto(handle_, bytes.data(), bytes.size(), 0, as_address(address), sizeof(address));
  }
  // Nothing after `patience`.
  bool receive(Endpoint& from, Buffer& bytes, std::chrono::milliseconds patience) {
    pollfd waiting{handle_, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(patience.count())) <= 0) return false;
    bytes.resize(65'536);
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    const auto got = recvfrom(handle_, bytes.data(), bytes.size(), 0, as_address(address), &size);
    if (got < 0) return false;
    bytes.resize(static_cast<std::size_t>(got));
    from = from_system(address);
    return true;
  }

  Endpoint at;

 private:
  static sockaddr* as_address(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
  }
  static sockaddr_in to_system(const Endpoint& endpoint) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_port = htons(endpoint.port);
    std::memcpy(&out.sin_addr, endpoint.address.octets().data(), 4);
    return out;
  }
  static Endpoint from_system(const sockaddr_in& address) {
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &address.sin_addr, 4);
    return {IpAddress::v4(octets), ntohs(address.sin_port)};
  }

  int handle_;
};

class DeviceRandom final : public Random {
 public:
  void fill(MutableBytes out) override {
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(device_());
  }

 private:
  std::random_device device_;
};

class Session {
 public:
  Session(const Endpoint& server, std::string user, std::string password)
      : client_(config(server, std::move(user), std::move(password)), random_) {}

  void run() {
    client_.start(now());
    const auto allocated = wait<turn::Allocated>("no allocation");
    std::printf("allocated for %lld s\n",
                static_cast<long long>(allocated.lifetime / std::chrono::seconds(1)));
    expect(allocated.mapped == socket_.at, "the server sees us elsewhere");
    expect(client_.permit(now(), peer_.at.address).has_value(), "no place for a permission");
    wait<turn::Permitted>("no permission");
    exchange("indication", allocated.relayed);
    expect(client_.bind(now(), peer_.at).has_value(), "no place for a channel");
    wait<turn::ChannelBound>("no channel");
    exchange("channel", allocated.relayed);
    const auto before = client_.counters().requests.started;
    // Refresh, permission and channel fall due on the way.
    for (int minute = 0; minute < 9; ++minute) {
      ahead_ += 1min;
      turn_over(200ms);
      expect(!event_, "something happened that should not");
    }
    expect(client_.counters().requests.started >= before + 3, "nothing was renewed");
    exchange("refreshed", allocated.relayed);
    const auto counters = client_.counters();
    expect(counters.requests.bad_answers == 0, "answers that were not right");
    expect(counters.nonsense == 0, "datagrams that were nothing");
    client_.close(now());
    wait<turn::Closed>("no goodbye");
    std::printf("requests: %llu, challenges: %llu\n",
                static_cast<unsigned long long>(counters.requests.started),
                static_cast<unsigned long long>(counters.requests.challenges));
  }

 private:
  turn::Client::Config config(const Endpoint& server, std::string user, std::string password) {
    turn::Client::Config out;
    out.path = {socket_.at, server, Protocol::Udp};
    out.username = std::move(user);
    out.password = std::move(password);
    out.loopback = net::LoopbackPolicy::Allow;
    return out;
  }
  Timestamp now() const {
    return Timestamp(std::chrono::steady_clock::now().time_since_epoch()) + ahead_;
  }

  // Sends, hears, lets time pass; until `patience` is over or an event waits.
  void turn_over(Duration patience) {
    const Timestamp end = now() + patience;
    while (now() < end && !event_) {
      client_.handle_timeout(now());
      while (auto out = client_.poll_transmit(now())) socket_.send(out->path.remote, out->bytes);
      Endpoint from;
      Buffer bytes;
      if (socket_.receive(from, bytes, 20ms)) {
        const Path path{socket_.at, from, Protocol::Udp};
        if (const auto data = client_.undress(now(), Datagram{path, bytes}))
          heard_.assign(data->bytes.begin(), data->bytes.end());
      }
      event_ = client_.poll_event();
    }
  }
  template <class E>
  E wait(const char* sentence) {
    const Timestamp end = now() + 10s;
    while (now() < end) {
      turn_over(1s);
      const auto event = std::exchange(event_, std::nullopt);
      if (event && std::holds_alternative<E>(*event)) return std::get<E>(*event);
    }
    throw std::runtime_error(sentence);
  }

  // A payload of each size modulo four to the peer, and back.
  void exchange(const std::string& what, const Endpoint& relayed) {
    for (std::size_t size = 1; size <= 5; ++size) {
      const Buffer payload(size, static_cast<std::uint8_t>('a' + size));
      const turn::Room room = client_.room(now(), peer_.at);
      Buffer segment(room.before);
      segment.insert(segment.end(), payload.begin(), payload.end());
      segment.resize(segment.size() + room.after);
      const auto out = client_.dress(now(), peer_.at, segment, room);
      expect(out.has_value(), "nothing may be sent");
      socket_.send(client_.path().remote, *out);
      Endpoint from;
      Buffer got;
      expect(peer_.receive(from, got, 3s), "the peer heard nothing");
      expect(from == relayed && got == payload, "the peer heard something else");
      peer_.send(relayed, payload);
      for (int i = 0; i < 100 && heard_ != payload; ++i) turn_over(30ms);
      expect(heard_ == payload, "nothing came back from the peer");
    }
    std::printf("%s: data both ways\n", what.c_str());
  }

  Socket socket_, peer_;
  DeviceRandom random_;
  turn::Client client_;
  Duration ahead_{};
  std::optional<turn::Client::Event> event_;
  Buffer heard_;
};

}  // namespace

int main(int count, char** arguments) {
  const auto server = count == 4 ? Endpoint::parse(arguments[1]) : std::nullopt;
  if (!server) {
    std::fprintf(stderr, "turn_client SERVER:PORT USER PASSWORD\n");
    return 2;
  }
  try {
    Session(*server, arguments[2], arguments[3]).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "turn_client: %s\n", error.what());
    return 1;
  }
  return 0;
}
