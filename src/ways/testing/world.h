// For tests: a Ways with its driver, TURN servers, and the network between them, in virtual time.
// Each 5-tuple has a server of its own, as allocations are.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulation/random.h"
#include "turn/framing.h"
#include "turn/testing/server.h"
#include "ways/ways.h"

namespace specter::ways {

using turn::at;
using turn::TestServer;
using namespace std::chrono_literals;

inline const Endpoint kBase = at("192.0.2.1:5000"), kOtherBase = at("192.0.2.2:5000");
inline const Endpoint kServer = at("198.51.100.53:3478"), kOther = at("198.51.100.54:3478");
inline const Endpoint kPeer = at("203.0.113.77:6000"), kOtherPeer = at("203.0.113.78:6000");

inline Server udp(const Endpoint& endpoint = kServer) {
  return {"turn:" + endpoint.to_string(), RelayProtocol::Udp, {endpoint}, "", "user", "secret"};
}
inline Server tcp(const Endpoint& endpoint = kServer) {
  return {"turn:tcp", RelayProtocol::Tcp, {endpoint}, "", "user", "secret"};
}
inline Server tls(const Endpoint& endpoint = kServer) {
  return {"turns:turn.example.org",
          RelayProtocol::Tls,
          {endpoint},
          "turn.example.org",
          "user",
          "secret"};
}

// A server as all of its 5-tuples see it.
struct Site {
  TestServer::Options options{};
  std::map<stun::Method, TestServer::Trick> tricks{};  // of each new 5-tuple
  bool is_deaf = false;
  enum class Streams { Taken, Refused, Unanswered, Untrusted } streams = Streams::Taken;
};

struct World {
  explicit World(Options options = {}, std::uint64_t seed = 1)
      : random(seed), chance(seed + 1), ways(options, random) {}

  // One 5-tuple of a server's.
  struct Session {
    Endpoint site;
    TestServer server;
    std::optional<SocketId> stream;
    Path path;  // over UDP
    turn::StreamReader reader;
    bool is_closed = false;
  };

  Session& session(const Endpoint& site, std::optional<SocketId> stream, const Path& path) {
    for (const auto& one : sessions) {
      if (one->site == site && one->stream == stream && (stream || one->path == path)) return *one;
    }
    TestServer::Options options = sites.at(site).options;
    options.protocol = stream ? Protocol::Tcp : Protocol::Udp;
    if (has_own_relays) {
      options.relayed.port = static_cast<std::uint16_t>(options.relayed.port + sessions.size());
      if (options.relayed_v6)
        options.relayed_v6->port =
            static_cast<std::uint16_t>(options.relayed_v6->port + sessions.size());
    }
    sessions.push_back(
        std::make_unique<Session>(Session{site, TestServer(options), stream, path, {}, false}));
    sessions.back()->server.tricks = sites.at(site).tricks;
    return *sessions.back();
  }
  // The sessions that have an allocation.
  std::vector<Session*> allocations() {
    std::vector<Session*> out;
    for (const auto& one : sessions) {
      if (one->server.allocation_until && *one->server.allocation_until > now)
        out.push_back(one.get());
    }
    return out;
  }
  Session& session_of(const Endpoint& relayed) {
    for (const auto& one : sessions) {
      if (one->server.allocation_until && one->server.relayed == relayed) return *one;
    }
    throw std::logic_error("nobody has this relayed address");
  }

  // ---- time
  void run(Duration time) {
    const Timestamp end = now + time;
    settle();
    while (true) {
      Deadline next = ways.next_timeout();
      if (!due.empty()) next = soonest(next, Deadline(due.begin()->first));
      if (!next || *next > end) break;
      now = std::max(now, *next);
      if (const auto wake = ways.next_timeout(); wake && *wake <= now) ways.handle_timeout(now);
      settle();
      const auto after = ways.next_timeout();
      if (after && *after <= now) throw std::logic_error(std::string("it spins: ") + after.timer);
      while (!due.empty() && due.begin()->first <= now) {
        auto node = due.extract(due.begin());
        node.mapped()();
        settle();
      }
    }
    now = end;
  }

  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      while (auto event = ways.poll_event()) {
        busy = true;
        events.push_back(std::move(*event));
      }
      while (auto transmit = ways.poll_transmit(now)) {
        busy = true;
        send(std::move(*transmit));
      }
      while (is_driving) {
        auto command = ways.poll_command(now);
        if (!command) break;
        busy = true;
        std::visit([this](auto& known) { obey(known); }, *command);
        commands.push_back(std::move(*command));
      }
    }
  }

  void later(Duration delay, std::function<void()> what) {
    due.insert({now + delay, std::move(what)});
  }

  // ---- the driver
  void send(Transmit transmit) {
    const bool is_there = std::ranges::count(bases, transmit.path.local) > 0 ||
                          std::ranges::any_of(ports, [&](const auto& port) {
                            return port.second == transmit.path.local;
                          });
    if (!is_there) throw std::logic_error("from an address without a socket");
    if (transmit.segment_size == 0) throw std::logic_error("datagrams without a size");
    ++transmits;
    if (!sites.contains(transmit.path.remote)) return;
    for (std::size_t from = 0; from < transmit.bytes.size(); from += transmit.segment_size) {
      const auto size = std::min(transmit.segment_size, transmit.bytes.size() - from);
      Buffer bytes = to_buffer(Bytes(transmit.bytes).subspan(from, size));
      if (chance.chance(loss)) continue;
      later(latency, [this, path = transmit.path, bytes]() mutable {
        Session& to = session(path.remote, std::nullopt, path);
        to.server.is_deaf = sites.at(path.remote).is_deaf;
        if (sites.at(path.remote).is_deaf) return;
        to.server.handle(now, bytes);
        flush(to);
      });
    }
  }
  void obey(const OpenStream& open) {
    streams[open.id] = open.remote;
    const auto site = sites.find(open.remote);
    const auto how = site == sites.end() ? Site::Streams::Unanswered : site->second.streams;
    later(2 * latency, [this, id = open.id, how] {
      if (!streams.contains(id)) return;
      if (how == Site::Streams::Taken) ways.handle_opened(now, id, {});
      if (how == Site::Streams::Refused || how == Site::Streams::Untrusted) streams.erase(id);
      if (how == Site::Streams::Refused)
        ways.handle_closed(now, id, "The server refuses the connection.");
      if (how == Site::Streams::Untrusted)
        ways.handle_closed(now, id, "The certificate is another host's.", turn::Cure::None);
    });
  }
  void obey(const SendBytes& data) {
    if (!streams.contains(data.id)) throw std::logic_error("bytes for a stream that is closed");
    later(latency, [this, data] {
      const Endpoint site = streams_ever.at(data.id);
      Session& to = session(site, data.id, {});
      if (to.is_closed || sites.at(site).is_deaf) return;
      to.reader.push(data.bytes);
      while (const auto message = to.reader.next()) to.server.handle(now, *message);
      if (to.reader.is_broken()) throw std::logic_error("the server's stream is out of step");
      flush(to);
    });
    streams_ever[data.id] = streams.at(data.id);
  }
  void obey(const CloseStream& close) {
    if (streams.erase(close.id) == 0) throw std::logic_error("closed twice");
  }
  void obey(const OpenPort& open) {
    if (refuses_ports) {
      ways.handle_closed(now, open.id, "No socket can be opened.");
      return;
    }
    const Endpoint local{open.base.address, static_cast<std::uint16_t>(6000 + ports_ever++)};
    ports[open.id] = local;
    ways.handle_opened(now, open.id, local);
  }
  void obey(const ClosePort& close) {
    if (ports.erase(close.id) == 0) throw std::logic_error("closed twice");
  }
  // What the kernel says of a stream that the server has ended.
  void hang_up(Session& session) {
    session.is_closed = true;
    const SocketId id = *session.stream;
    if (streams.erase(id) > 0) ways.handle_closed(now, id, "The server closed the connection.");
    settle();
  }

  void flush(Session& from) {
    for (; !from.server.out.empty(); from.server.out.pop_front()) {
      if (!from.stream && chance.chance(loss)) continue;
      later(latency, [this, &from, bytes = from.server.out.front()]() mutable {
        deliver(from, std::move(bytes));
      });
    }
  }
  void deliver(Session& from, Buffer bytes) {
    if (!from.stream) {
      inject(from.path, std::move(bytes));
    } else if (streams.contains(*from.stream)) {
      for (std::size_t at = 0; at < bytes.size(); at += piece) {
        const auto size = std::min(piece, bytes.size() - at);
        ways.handle_bytes(now, *from.stream, Bytes(bytes).subspan(at, size));
        while (const auto data = ways.poll_datagram(now))
          heard.push_back({data->path, to_buffer(data->bytes)});
      }
    }
    settle();
  }
  void inject(const Path& path, Buffer bytes) {
    if (const auto data = ways.undress(now, Datagram{path, bytes}))
      heard.push_back({data->path, to_buffer(data->bytes)});
    settle();
  }

  // ---- peers and us
  void relay(const Endpoint& relayed, const Endpoint& peer, Bytes payload) {
    Session& through = session_of(relayed);
    through.server.relay(now, peer, payload);
    flush(through);
  }
  // In the room that is asked for.
  void say(const Path& path, Bytes payload, std::size_t times = 1) {
    const turn::Room room = ways.room(now, path);
    Transmit batch{path, {}, room.before + payload.size() + room.after};
    for (; times > 0; --times) {
      batch.bytes.resize(batch.bytes.size() + room.before);
      batch.bytes.insert(batch.bytes.end(), payload.begin(), payload.end());
      batch.bytes.resize(batch.bytes.size() + room.after);
    }
    if (auto dressed = ways.dress(now, std::move(batch), room)) send(std::move(*dressed));
    settle();
  }

  void add_base(const Endpoint& base) {
    bases.push_back(base);
    ways.add_base(now, base);
  }
  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const auto& event : events) {
      if (const auto* found = std::get_if<E>(&event)) out.push_back(*found);
    }
    return out;
  }
  template <class C>
  std::vector<C> asked() const {
    std::vector<C> out;
    for (const auto& command : commands) {
      if (const auto* found = std::get_if<C>(&command)) out.push_back(*found);
    }
    return out;
  }
  std::vector<Endpoint> relayed() const {
    std::vector<Endpoint> out;
    for (const Relayed& one : all<Relayed>()) out.push_back(one.endpoint);
    return out;
  }

  struct Heard {
    Path path;
    Buffer bytes;
    bool operator==(const Heard&) const = default;
  };

  Timestamp now{1000s};
  simulation::SeededRandom random, chance;
  Ways ways;
  Duration latency = 20ms;
  double loss = 0;             // over UDP
  std::size_t piece = 65'536;  // bytes of a stream that come at once
  bool is_driving = true;
  bool refuses_ports = false;
  bool has_own_relays = true;  // each session its own relayed address
  std::map<Endpoint, Site> sites;
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<Endpoint> bases;
  std::map<SocketId, Endpoint> ports, streams, streams_ever;
  int ports_ever = 0;
  std::multimap<Timestamp, std::function<void()>> due;
  std::vector<Event> events;
  std::vector<Command> commands;
  std::vector<Heard> heard;
  int transmits = 0;
};

}  // namespace specter::ways
