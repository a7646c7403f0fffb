#include "io/relays.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "io/log.h"
#include "io/loop_impl.h"

namespace specter::io {
namespace {

ways::Options ways_options(const IceOptions& options) {
  ways::Options out;
  if (options.loopback != LoopbackPolicy::Fallback) out.loopback = net::LoopbackPolicy::Allow;
  return out;
}

// A port that brings nothing but errors is left alone for so long.
constexpr Duration kAfterErrors = std::chrono::milliseconds(1);

std::uint64_t number(ways::SocketId id) { return static_cast<std::uint64_t>(id); }

}  // namespace

Relays::Relays(Loop& loop, std::weak_ptr<void> owner, const IceOptions& options,
               std::function<void()> wake)
    : loop_(loop),
      owner_(owner),
      wake_(std::move(wake)),
      ways_(ways_options(options), loop.random()),
      streams_(loop, std::move(owner), StreamOptions{},
               {.opened =
                    [this](std::uint64_t id) {
                      late_.emplace_back([this, id](Timestamp now, const Handle&) {
                        ways_.handle_opened(now, ways::SocketId{id}, {});
                      });
                      wake_();
                    },
                .received =
                    [this](std::uint64_t id, Bytes bytes) {
                      late_.emplace_back([this, id, kept = Buffer(bytes.begin(), bytes.end())](
                                             Timestamp now, const Handle& handle) {
                        ways_.handle_bytes(now, ways::SocketId{id}, kept);
                        while (const auto datagram = ways_.poll_datagram(now))
                          handle({&*datagram, 1});
                      });
                      wake_();
                    },
                .closed =
                    [this](std::uint64_t id, const StreamFault& fault) {
                      late_.emplace_back([this, id, fault](Timestamp now, const Handle&) {
                        ways_.handle_closed(now, ways::SocketId{id}, fault.sentence,
                                            fault.is_final ? turn::Cure::None : turn::Cure::Again);
                      });
                      wake_();
                    }}) {}

Relays::~Relays() = default;

void Relays::add_base(Timestamp now, const Endpoint& base, std::uint32_t zone) {
  zones_[base] = zone;
  ways_.add_base(now, base);
}

void Relays::remove_base(Timestamp now, const Endpoint& base) {
  zones_.erase(base);
  ways_.remove_base(now, base);
}

void Relays::add_server(Timestamp now, const IceUrl& url, std::vector<Endpoint> endpoints) {
  ways_.add_server(now, {.url = url.text,
                         .protocol = protocol_of(url),
                         .endpoints = std::move(endpoints),
                         .host = url.host,
                         .username = url.username,
                         .password = url.password});
}

void Relays::keep_servers(Timestamp now, std::span<const IceUrl> wanted,
                          core::PeerConnection& core) {
  left_out_.clear();
  ways_.each_server([&](ways::ServerId id, const ways::Server& server) {
    const bool is_wanted = std::ranges::any_of(wanted, [&](const IceUrl& url) {
      return url.text == server.url && url.username == server.username &&
             url.password == server.password;
    });
    if (!is_wanted) left_out_.push_back(id);
  });
  for (const ways::ServerId id : left_out_) {
    for (const Endpoint& relayed : ways_.relayed_by(id)) core.retire_local_endpoint(now, relayed);
  }
  release_unused(now, core);
}

void Relays::release_unused(Timestamp now, const core::PeerConnection& core) {
  std::erase_if(left_out_, [&](ways::ServerId id) {
    const auto relayed = ways_.relayed_by(id);
    const bool is_used = std::ranges::any_of(
        relayed, [&](const Endpoint& one) { return core.has_local_endpoint(one); });
    if (!is_used) ways_.remove_server(now, id);
    return !is_used;
  });
}

void Relays::receive(Timestamp now, std::span<const Datagram> datagrams, const Handle& handle) {
  for_core_.clear();
  for (const Datagram& datagram : datagrams) {
    if (auto undressed = ways_.undress(now, datagram)) for_core_.push_back(*undressed);
  }
  if (!for_core_.empty()) handle(for_core_);
}

void Relays::receive_late(Timestamp now, const Handle& handle) {
  for (const auto& told : std::exchange(late_, {})) told(now, handle);
  for (auto& [id, port] : ports_) {
    if (!port.is_readable || (port.after_errors && now < *port.after_errors)) continue;
    port.after_errors.reset();
    port.is_readable = port.network->receive(
        128, [&](std::span<const Datagram> datagrams) { receive(now, datagrams, handle); });
    if (port.is_readable) wake_();  // others have their turn first
    if (port.network->has_failed_to_receive()) {
      port.is_readable = true;
      port.after_errors = now + kAfterErrors;
    }
  }
}

WakeUp Relays::next_timeout() const {
  WakeUp out = ways_.next_timeout();
  for (const auto& [id, port] : ports_) out = soonest(out, WakeUp(port.after_errors, "turn port"));
  return out;
}

// A peer that no candidate told is asked a permission for by the first datagram to it, which
// follows the request. What is no STUN makes a pair the one in use, for which a channel is worth
// it.
void Relays::send(Timestamp now, Transmit batch, Network& network) {
  ways_.permit(now, batch.path.remote.address);
  drain(now, network);
  const bool is_stun = !batch.bytes.empty() && batch.bytes[0] < 4;
  if (!is_stun) ways_.bind(now, batch.path);
  if (auto dressed = ways_.dress(now, std::move(batch), {})) put(std::move(*dressed), network);
  drain(now, network);
}

void Relays::put(Transmit transmit, Network& network) {
  for (auto& [id, port] : ports_) {
    if (port.local == transmit.path.local) return port.network->send(std::move(transmit));
  }
  network.send(std::move(transmit));
}

void Relays::drain(Timestamp now, Network& network) {
  while (auto transmit = ways_.poll_transmit(now)) put(std::move(*transmit), network);
  while (auto command = ways_.poll_command(now))
    std::visit([&](auto& known) { obey(now, known); }, *command);
}

// RFC 8656 §9: before the first check, ours or the peer's.
void Relays::permit_remotes(Timestamp now, const core::PeerConnection& core) {
  const std::uint32_t revision = core.remote_addresses_revision();
  if (std::exchange(remotes_revision_, revision) == revision) return;
  std::vector<IpAddress> remotes = core.remote_addresses();
  for (const IpAddress& known : remotes_) {
    if (std::ranges::find(remotes, known) == remotes.end()) ways_.forget(known);
  }
  for (const IpAddress& remote : remotes) ways_.permit(now, remote);
  remotes_ = std::move(remotes);
}

bool Relays::turn(Timestamp now, core::PeerConnection& core, Network& network) {
  permit_remotes(now, core);
  if (!left_out_.empty()) release_unused(now, core);
  ways_.handle_timeout(now);
  drain(now, network);
  bool busy = false;
  while (const auto event = ways_.poll_event()) {
    tell(now, *event, core);
    busy = true;
  }
  flush();
  return busy;
}

void Relays::tell(Timestamp now, const ways::Event& event, core::PeerConnection& core) {
  if (const auto* up = std::get_if<ways::Relayed>(&event)) {
    core.add_relayed_endpoint(now, up->endpoint, up->base, up->url);
  } else if (const auto* lost = std::get_if<ways::Lost>(&event)) {
    core.remove_local_endpoint(now, lost->endpoint);
  } else if (const auto* failed = std::get_if<ways::ServerFailed>(&event)) {
    log(LogModule::Turn).warn("a TURN server gives no relay: {} {}", failed->code, failed->text);
    core.handle_server_failure(now, {failed->url, failed->base, failed->code, failed->text});
  } else if (const auto* refused = std::get_if<ways::PeerRefused>(&event)) {
    core.handle_peer_refused(refused->relayed, refused->code);
  }
}

void Relays::flush() {
  for (auto& [id, port] : ports_) port.network->flush();
}

void Relays::close(Timestamp now, Network& network) {
  ways_.close(now);
  drain(now, network);
  flush();
}

void Relays::turn_leaving(Timestamp now, Network& network) {
  ways_.handle_timeout(now);
  drain(now, network);
  flush();
}

// ---- what they ask for

void Relays::obey(Timestamp, ways::OpenStream& command) {
  streams_.open(number(command.id), {.local = command.base.address,
                                     .zone = zones_[command.base],
                                     .remote = command.remote,
                                     .tls_host = command.tls_host});
}

void Relays::obey(Timestamp, ways::SendBytes& command) {
  streams_.send(
      number(command.id), std::move(command.bytes),
      command.weight == ways::Weight::Control ? Stream::Weight::Control : Stream::Weight::Data);
}

void Relays::obey(Timestamp, ways::CloseStream& command) { streams_.close(number(command.id)); }

void Relays::obey(Timestamp now, ways::OpenPort& command) {
  Port& port = ports_[command.id];
  port.network = std::make_unique<Network>(
      loop_, owner_,
      [this, id = command.id] {
        if (const auto known = ports_.find(id); known != ports_.end())
          known->second.is_readable = true;
        wake_();
      },
      [this, id = command.id](const Endpoint&, const std::error_code& why) {
        late_.emplace_back([this, id, why](Timestamp at, const Handle&) {
          ports_.erase(id);
          ways_.handle_closed(at, id, why.message());
        });
        wake_();
      });
  const auto local = port.network->open(command.base.address, zones_[command.base]);
  if (!local) {
    ports_.erase(command.id);
    return ways_.handle_closed(now, command.id, local.error().message());
  }
  port.local = *local;
  ways_.handle_opened(now, command.id, *local);
}

void Relays::obey(Timestamp, ways::ClosePort& command) {
  const auto port = ports_.find(command.id);
  if (port == ports_.end()) return;
  port->second.network->flush();
  ports_.erase(port);
}

}  // namespace specter::io
