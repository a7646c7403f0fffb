#include "ice/embedding.h"

#include <algorithm>

#include "base/bytes.h"
#include "net/demux.h"
#include "stun/integrity.h"

namespace specter::ice {

bool may_be_dtls(Bytes datagram) { return net::kind_of(datagram) == net::DatagramKind::Dtls; }

void Embedding::set_remote(bool knows_it) {
  remote_knows_it_ = knows_it;
  if (!knows_it && state_ == EmbeddingState::Tentative) end(EmbeddingState::Off);
}

bool Embedding::keeps_flights() const {
  switch (state_) {
    case EmbeddingState::Tentative:
    case EmbeddingState::Confirmed: return true;
    case EmbeddingState::Pending: return keeps_last_flight_;
    case EmbeddingState::Off:
    case EmbeddingState::Complete: return false;
  }
  return false;
}

bool Embedding::set_flight(std::uint32_t generation, std::span<const Buffer> datagrams) {
  if (!keeps_flights() || generation_ == generation) return false;
  generation_ = generation;
  flight_.clear();
  turn_ = 0;
  std::size_t bytes = 0;
  for (const Buffer& datagram : datagrams) {
    if (!may_be_dtls(datagram) || bytes + datagram.size() > kMaxBytes) continue;
    if (flight_.size() == kMaxDatagrams) break;
    bytes += datagram.size();
    flight_.push_back({stun::crc32(datagram), datagram});
  }
  return true;
}

void Embedding::handshake_done(bool we_sent_the_last_flight) {
  if (state_ != EmbeddingState::Tentative && state_ != EmbeddingState::Confirmed) return;
  state_ = EmbeddingState::Pending;
  keeps_last_flight_ = we_sent_the_last_flight;
  if (!keeps_last_flight_) flight_.clear();
}

void Embedding::received(Bytes datagram) {
  if (state_ == EmbeddingState::Off || state_ == EmbeddingState::Complete) return;
  if (!may_be_dtls(datagram)) return;
  const std::uint32_t checksum = stun::crc32(datagram);
  // One that comes again has not been heard of as acknowledged: it is news once more.
  std::erase(acks_, checksum);
  if (acks_.size() == kMaxAcks) acks_.erase(acks_.begin());
  acks_.push_back(checksum);
}

// draft-hancke-webrtc-sped §4.3
std::optional<Bytes> Embedding::handle_message(std::optional<Bytes> data,
                                               std::optional<std::span<const std::uint32_t>> acks) {
  using enum EmbeddingState;
  if (state_ == Off || state_ == Complete) return std::nullopt;
  if (!data && !acks) {
    // In Confirmed the peer has completed, and we have not: what is missing comes directly.
    if (state_ == Tentative) end(Off);
    if (state_ == Pending) end(Complete);
    return std::nullopt;
  }
  if (state_ == Tentative) state_ = Confirmed;

  for (const std::uint32_t checksum : acks.value_or(std::span<const std::uint32_t>{})) {
    const auto known = std::ranges::find(flight_, checksum, &Outgoing::checksum);
    if (known == flight_.end()) continue;
    // The one whose turn it is keeps it.
    if (static_cast<std::size_t>(known - flight_.begin()) < turn_) --turn_;
    flight_.erase(known);
  }
  const bool has_data = data && !data->empty();
  // An acknowledgement of less than all of the last flight ends nothing.
  if (state_ == Pending && acks && !has_data && flight_.empty()) end(Complete);
  // §3.3.2.1: an empty one only says that the peer knows of this.
  if (!has_data || !may_be_dtls(*data)) return std::nullopt;
  return data;
}

bool Embedding::is_active() const {
  switch (state_) {
    case EmbeddingState::Tentative: return remote_knows_it_;
    case EmbeddingState::Confirmed:
    case EmbeddingState::Pending: return true;
    case EmbeddingState::Off:
    case EmbeddingState::Complete: return false;
  }
  return false;
}

std::optional<Bytes> Embedding::next(std::size_t room) {
  if (!is_active()) return std::nullopt;
  for (std::size_t i = 0; i < flight_.size(); ++i) {
    const std::size_t at = (turn_ + i) % flight_.size();
    if (flight_[at].datagram.size() > room) continue;
    turn_ = at + 1;
    return Bytes(flight_[at].datagram);
  }
  return std::nullopt;
}

bool Embedding::has_waiting(std::size_t room) const {
  return std::ranges::any_of(flight_, [&](const Outgoing& o) { return o.datagram.size() <= room; });
}

void Embedding::end(EmbeddingState state) {
  state_ = state;
  flight_.clear();
  acks_.clear();
}

}  // namespace specter::ice
