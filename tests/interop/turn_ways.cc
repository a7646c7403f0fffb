// Relays over UDP, TCP and TLS against a server that somebody else wrote, with real sockets:
// src/ways on a loop of src/io, and a peer on this machine. Data both ways in indications and over
// a channel, batches, and a goodbye.
//
//     turn_ways udp|tcp|tls SERVER:PORT USER PASSWORD [HOST AUTHORITIES.pem]
//
// Prints what it sees; the last line of a failure is the server's or the stream's sentence.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>

#include "io/alarm.h"
#include "io/clock.h"
#include "io/loop_impl.h"
#include "io/network.h"
#include "io/streams.h"
#include "ways/ways.h"

namespace {

using namespace specter;
using namespace std::chrono_literals;

const IpAddress kLoopback = IpAddress::v4({127, 0, 0, 1});
const Buffer kKnock = {0};

void expect(bool holds, const std::string& sentence) {
  if (!holds) throw std::runtime_error(sentence);
}

struct Arguments {
  ways::Server server;
  std::string authorities;
};

class Session {
 public:
  explicit Session(const Arguments& with)
      : streams_(*loop_, owner_, stream_options(with),
                 {[this](std::uint64_t id) {
                    ways_.handle_opened(io::now(), ways::SocketId{id}, {});
                    turn();
                  },
                  [this](std::uint64_t id, Bytes bytes) {
                    ways_.handle_bytes(io::now(), ways::SocketId{id}, bytes);
                    while (const auto data = ways_.poll_datagram(io::now())) hear(*data);
                    turn();
                  },
                  [this](std::uint64_t id, const io::StreamFault& fault) {
                    ways_.handle_closed(io::now(), ways::SocketId{id}, fault.sentence,
                                        fault.is_final ? turn::Cure::None : turn::Cure::Again);
                    turn();
                  }}),
        alarm_(*loop_, owner_,
               [this] {
                 ways_.handle_timeout(io::now());
                 turn();
               }),
        base_(open(network_)),
        peer_at_(open(peer_)) {
    ways_.add_base(io::now(), base_);
    ways_.add_server(io::now(), with.server);
    turn();
  }

  void run() {
    wait([this] { return relayed_ || !failure_.empty(); }, "neither a relay nor a reason");
    expect(failure_.empty(), failure_);
    const Path path{relayed_->endpoint, peer_at_};
    std::printf("relayed over %s\n", std::string(to_string(relayed_->protocol)).c_str());
    ways_.permit(io::now(), peer_at_.address);
    turn();
    // Until the permission is there, what is sent is dropped, as checks would be. Not as fast as
    // the loop turns: that is thousands, and what follows them finds the peer's socket full.
    const Transmit first{path, kKnock, kKnock.size()};
    Timestamp next{};
    wait(
        [&] {
          if (!is_peer_reached_ && io::now() >= next) {
            send(first, {});
            next = io::now() + 200ms;
          }
          return is_peer_reached_;
        },
        "the peer hears nothing");
    exchange(path, "indication");
    ways_.bind(io::now(), path);
    turn();
    wait([&] { return ways_.room(io::now(), path).before == 4; }, "no channel");
    exchange(path, "channel");
    batches(path);
    ways_.close(io::now());
    turn();
    wait([this] { return ways_.is_over(); }, "no end of the goodbye");
    expect(streams_.size() == 0, "a stream is left");
    std::printf("closed\n");
  }

 private:
  static io::StreamOptions stream_options(const Arguments& with) {
    io::StreamOptions options;
    if (with.server.protocol == ways::RelayProtocol::Tls) {
      auto trust = io::TlsTrust::make(with.authorities);
      expect(trust.has_value(), trust ? "" : trust.error());
      options.trust = *trust;
    }
    return options;
  }
  std::unique_ptr<io::Network> network(const std::function<void(const Datagram&)>& handle) {
    const auto slot = std::make_shared<io::Network*>(nullptr);
    auto made = std::make_unique<io::Network>(
        *loop_, owner_,
        [this, slot, handle] {
          (*slot)->receive(1000, [&](std::span<const Datagram> datagrams) {
            for (const Datagram& datagram : datagrams) handle(datagram);
          });
          turn();
        },
        [](const Endpoint&, const std::error_code& error) {
          throw std::runtime_error("a socket is lost: " + error.message());
        });
    *slot = made.get();
    return made;
  }
  static Endpoint open(const std::unique_ptr<io::Network>& network) {
    const auto local = network->open(kLoopback, 0);
    expect(local.has_value(), "no socket");
    return *local;
  }
  void undress(const Datagram& datagram) {
    if (const auto data = ways_.undress(io::now(), datagram)) hear(*data);
  }
  void hear(const Datagram& data) { heard_.emplace_back(data.bytes.begin(), data.bytes.end()); }

  // What a driver does at the end of each turn.
  void turn() {
    while (const auto event = ways_.poll_event()) {
      if (const auto* up = std::get_if<ways::Relayed>(&*event)) {
        if (!relayed_) relayed_ = *up;
      } else if (const auto* failed = std::get_if<ways::ServerFailed>(&*event)) {
        failure_ = std::to_string(failed->code) + " " + failed->text;
      } else if (const auto* lost = std::get_if<ways::Lost>(&*event)) {
        failure_ = lost->reason;
      }
    }
    while (auto transmit = ways_.poll_transmit(io::now())) put(std::move(*transmit));
    while (auto command = ways_.poll_command(io::now()))
      std::visit([this](auto& known) { obey(known); }, *command);
    flush();
    alarm_.set(ways_.next_timeout());
  }
  void put(Transmit transmit) {
    if (transmit.path.local == base_) return network_->send(std::move(transmit));
    for (const auto& [id, port] : ports_) port->send(Transmit(transmit));
  }
  void flush() {
    network_->flush();
    peer_->flush();
    for (const auto& [id, port] : ports_) port->flush();
  }
  void obey(ways::OpenStream& open_stream) {
    io::Stream::Target target;
    target.local = open_stream.base.address;
    target.remote = open_stream.remote;
    target.tls_host = open_stream.tls_host;
    streams_.open(number(open_stream.id), std::move(target));
  }
  void obey(ways::SendBytes& data) {
    streams_.send(number(data.id), std::move(data.bytes),
                  data.weight == ways::Weight::Control ? io::Stream::Weight::Control
                                                       : io::Stream::Weight::Data);
  }
  void obey(ways::CloseStream& close) { streams_.close(number(close.id)); }
  void obey(ways::OpenPort& open_port) {
    auto& port = ports_[open_port.id];
    port = network([this](const Datagram& datagram) { undress(datagram); });
    ways_.handle_opened(io::now(), open_port.id, open(port));
  }
  void obey(ways::ClosePort& close) { ports_.erase(close.id); }
  static std::uint64_t number(ways::SocketId id) { return static_cast<std::uint64_t>(id); }

  void send(const Transmit& batch, turn::Room room) {
    if (auto dressed = ways_.dress(io::now(), batch, room)) put(std::move(*dressed));
    turn();
  }

  void wait(const std::function<bool()>& holds, const std::string& sentence) {
    const Timestamp end = io::now() + 10s;
    while (!holds()) {
      expect(io::now() < end, sentence);
      loop_->impl().context.run_one_for(20ms);
    }
  }

  // A payload of each size modulo four to the peer, and back.
  void exchange(const Path& path, const char* what) {
    for (std::size_t size = 1; size <= 5; ++size) {
      const Buffer payload(size, static_cast<std::uint8_t>('a' + size));
      peer_heard_.clear();
      heard_.clear();
      const turn::Room room = ways_.room(io::now(), path);
      Transmit batch{path, Buffer(room.before), room.before + size + room.after};
      batch.bytes.insert(batch.bytes.end(), payload.begin(), payload.end());
      batch.bytes.resize(batch.segment_size);
      send(batch, room);
      wait([&] { return !peer_heard_.empty(); }, "the peer heard nothing");
      expect(peer_heard_.front() == payload, "the peer heard something else");
      peer_->send({{peer_at_, path.local}, payload, size});
      peer_->flush();
      wait([&] { return !heard_.empty(); }, "nothing came back");
      expect(heard_.front() == payload, "something else came back");
    }
    std::printf("%s: data both ways\n", what);
  }

  // A hundred batches of ten, each of which has arrived before the next goes.
  void batches(const Path& path) {
    constexpr std::size_t kPayload = 1000, kCount = 10;
    const turn::Room room = ways_.room(io::now(), path);
    for (int round = 0; round < 100; ++round) {
      peer_heard_.clear();
      Transmit batch{path, Buffer((room.before + kPayload + room.after) * kCount),
                     room.before + kPayload + room.after};
      send(batch, room);
      wait([&] { return peer_heard_.size() == kCount; }, "a batch did not arrive whole");
    }
    std::printf("batches: %zu datagrams\n", 100 * kCount);
  }

  std::shared_ptr<io::Loop> loop_ = std::make_shared<io::Loop>();
  std::shared_ptr<int> owner_ = std::make_shared<int>(0);
  ways::Ways ways_{{.loopback = net::LoopbackPolicy::Allow}, loop_->random()};
  io::Streams streams_;
  io::Alarm alarm_;
  std::unique_ptr<io::Network> network_ =
      network([this](const Datagram& datagram) { undress(datagram); });
  std::unique_ptr<io::Network> peer_ = network([this](const Datagram& datagram) {
    Buffer bytes(datagram.bytes.begin(), datagram.bytes.end());
    if (bytes == kKnock) {
      is_peer_reached_ = true;
    } else {
      peer_heard_.push_back(std::move(bytes));
    }
  });
  std::map<ways::SocketId, std::unique_ptr<io::Network>> ports_;
  Endpoint base_, peer_at_;
  std::optional<ways::Relayed> relayed_;
  std::string failure_;
  bool is_peer_reached_ = false;
  std::vector<Buffer> heard_, peer_heard_;
};

std::optional<Arguments> arguments_of(int count, char** given) {
  if (count != 5 && count != 7) return std::nullopt;
  const std::string kind = given[1];
  const auto endpoint = Endpoint::parse(given[2]);
  if (!endpoint) return std::nullopt;
  Arguments out;
  out.server.url = "turn:a server under test";
  out.server.endpoints = {*endpoint};
  out.server.username = given[3];
  out.server.password = given[4];
  if (kind == "tcp") {
    out.server.protocol = ways::RelayProtocol::Tcp;
  } else if (kind == "tls" && count == 7) {
    out.server.protocol = ways::RelayProtocol::Tls;
    out.server.host = given[5];
    out.authorities = given[6];
  } else if (kind != "udp") {
    return std::nullopt;
  }
  return out;
}

}  // namespace

int main(int count, char** given) {
  const auto arguments = arguments_of(count, given);
  if (!arguments) {
    std::fprintf(stderr,
                 "turn_ways udp|tcp|tls SERVER:PORT USER PASSWORD [HOST AUTHORITIES.pem]\n");
    return 2;
  }
  try {
    Session(*arguments).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "turn_ways: %s\n", error.what());
    return 1;
  }
  return 0;
}
