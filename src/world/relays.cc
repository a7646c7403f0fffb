#include "world/relays.h"

#include <algorithm>
#include <variant>

#include "world/turn_server.h"

namespace specter::world {
namespace {

// As Driver has it: what a server has to say to a goodbye comes by then.
constexpr Duration kGoodbye = std::chrono::milliseconds(500);

}  // namespace

Relays::Relays(std::uint64_t seed, std::vector<Endpoint> server, Send send)
    : random_(seed), ways_({}, random_), server_(std::move(server)), send_(std::move(send)) {}

void Relays::gather(Timestamp now, std::vector<Endpoint> bases) {
  for (const Endpoint& base : bases) ways_.add_base(now, base);
  ways_.add_server(now, {.url = "turn:server.example",
                         .endpoints = server_,
                         .host = "server.example",
                         .username = std::string(TurnServer::kUsername),
                         .password = std::string(TurnServer::kPassword)});
  drain(now);
}

// As io::Relays::send().
void Relays::send(Timestamp now, Transmit batch) {
  if (has_left_) return;
  ways_.permit(now, batch.path.remote.address);
  drain(now);
  const bool is_stun = !batch.bytes.empty() && batch.bytes[0] < 4;
  if (!is_stun) ways_.bind(now, batch.path);
  if (auto dressed = ways_.dress(now, std::move(batch), {})) send_(now, *dressed);
  drain(now);
}

void Relays::permit_remotes(Timestamp now, const core::PeerConnection& connection) {
  const std::uint32_t revision = connection.remote_addresses_revision();
  if (std::exchange(remotes_revision_, revision) == revision) return;
  std::vector<IpAddress> remotes = connection.remote_addresses();
  for (const IpAddress& known : remotes_) {
    if (std::ranges::find(remotes, known) == remotes.end()) ways_.forget(known);
  }
  for (const IpAddress& remote : remotes) ways_.permit(now, remote);
  remotes_ = std::move(remotes);
}

bool Relays::turn(Timestamp now, core::PeerConnection& connection) {
  if (has_left_) return false;
  if (!leaves_at_) permit_remotes(now, connection);
  ways_.handle_timeout(now);
  drain(now);
  bool is_busy = false;
  while (const auto event = ways_.poll_event()) {
    if (!leaves_at_) tell(now, *event, connection);
    is_busy = true;
  }
  has_left_ = leaves_at_ && (now >= *leaves_at_ || ways_.is_over());
  return is_busy;
}

void Relays::tell(Timestamp now, const ways::Event& event, core::PeerConnection& connection) {
  if (const auto* up = std::get_if<ways::Relayed>(&event))
    connection.add_relayed_endpoint(now, up->endpoint, up->base, up->url);
  else if (const auto* lost = std::get_if<ways::Lost>(&event))
    connection.remove_local_endpoint(now, lost->endpoint);
  else if (const auto* failed = std::get_if<ways::ServerFailed>(&event))
    connection.handle_server_failure(now, {failed->url, failed->base, failed->code, failed->text});
  else if (const auto* refused = std::get_if<ways::PeerRefused>(&event))
    connection.handle_peer_refused(refused->relayed, refused->code);
}

void Relays::drain(Timestamp now) {
  while (const auto transmit = ways_.poll_transmit(now)) send_(now, *transmit);
  while (const auto command = ways_.poll_command(now)) {
    // Over UDP nothing else is asked for.
    if (const auto* open = std::get_if<ways::OpenPort>(&*command))
      ways_.handle_opened(now, open->id, {open->base.address, next_port_++});
  }
  while (const auto transmit = ways_.poll_transmit(now)) send_(now, *transmit);
}

WakeUp Relays::next_timeout() const {
  if (has_left_) return {};
  return soonest(ways_.next_timeout(), WakeUp(leaves_at_, "relays that are given back"));
}

void Relays::close(Timestamp now) {
  if (leaves_at_) return;
  leaves_at_ = now + kGoodbye;
  ways_.close(now);
  drain(now);
}

}  // namespace specter::world
