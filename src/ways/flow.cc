#include "ways/flow.h"

#include <utility>

#include "ways/relay.h"

namespace specter::ways {

Flow::Flow(Relay& of, RelayProtocol protocol, std::optional<SocketId> id,
           turn::Client::Config config)
    : relay(&of), base_(of.base), protocol_(protocol), id_(id), config_(std::move(config)) {}

void Flow::start(Timestamp now, const Endpoint& local, Random& random) {
  config_.path.local = local;
  client_.emplace(config_, random);
  client_->start(now);
}

void Flow::leave(Timestamp now) {
  relay = nullptr;
  if (client_) client_->close(now);
}

void Flow::end(Timestamp now, std::string reason) {
  reason_ = std::move(reason);
  message_deadline_.reset();
  if (client_) client_->handle_disconnect(now);
}

void Flow::handle_bytes(Timestamp now, Bytes bytes) {
  if (!client_ || is_over()) return;
  reader_.push(bytes);
  if (!message_deadline_) message_deadline_ = now + kMessageTimeout;
}

std::optional<Datagram> Flow::poll_datagram(Timestamp now) {
  if (!client_ || is_over()) return std::nullopt;
  while (const auto message = reader_.next()) {
    message_deadline_ = now + kMessageTimeout;
    if (const auto data = client_->undress(now, Datagram{config_.path, *message})) return data;
  }
  if (reader_.waiting_bytes() == 0) message_deadline_.reset();
  if (reader_.is_broken()) {
    message_deadline_.reset();
    client_->handle_disconnect(now);
  }
  return std::nullopt;
}

void Flow::handle_timeout(Timestamp now) {
  if (message_deadline_ && now >= *message_deadline_) {
    message_deadline_.reset();
    if (client_) client_->handle_disconnect(now);
  }
  if (client_) client_->handle_timeout(now);
}

WakeUp Flow::next_timeout() const {
  if (!client_) return {};
  return soonest(client_->next_timeout(), WakeUp(message_deadline_, "turn stream message"));
}

bool Flow::is_over() const {
  if (!client_) return relay == nullptr;
  return client_->state() == turn::Client::State::Over;
}

}  // namespace specter::ways
