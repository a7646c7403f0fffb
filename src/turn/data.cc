// What peers say and are told, in the server's clothes. RFC 8656 §11, §12.
#include "turn/client.h"
#include "turn/framing.h"

namespace specter::turn {

std::optional<Datagram> Client::undress(Timestamp now, const Datagram& in) {
  if (in.path != config_.path) {
    ++counters_.strangers;
    return std::nullopt;
  }
  if (state_ == State::Idle || state_ == State::Over) return std::nullopt;
  if (wire_kind(in.bytes) == WireKind::ChannelData) {
    const auto message = parse_channel_data(in.bytes);
    if (!message) {
      ++counters_.nonsense;
      return std::nullopt;
    }
    const Endpoint* peer = channels_.peer_of(now, message->number);
    if (state_ != State::Allocated || !peer || !permissions_.accepts(now, peer->address)) {
      ++counters_.refused_data;
      return std::nullopt;
    }
    return from_peer(*peer, message->data);
  }
  if (is_data_indication(in.bytes)) {
    const auto message = parse_data_indication(in.bytes);
    if (!message) {
      ++counters_.nonsense;
      return std::nullopt;
    }
    if (state_ != State::Allocated || !permissions_.accepts(now, message->peer.address)) {
      ++counters_.refused_data;
      return std::nullopt;
    }
    return from_peer(message->peer, message->data);
  }
  const auto message = stun::Message::parse(in.bytes);
  if (!message || !requests_.handle_response(now, *message, in.bytes)) {
    ++counters_.nonsense;
    return std::nullopt;
  }
  silence_.note_answer();
  learn(now);
  ask(now);
  return std::nullopt;
}

std::optional<Datagram> Client::from_peer(const Endpoint& peer, MutableBytes data) {
  silence_.note_data();
  ++counters_.received;
  counters_.received_bytes += data.size();
  return Datagram{{*relayed_, peer, Protocol::Udp}, data};
}

Room Client::room(Timestamp now, const Endpoint& peer) const {
  if (!channels_.number_of(now, peer)) return {indication_head_size(peer.address), 3};
  return {kChannelHeaderSize, config_.path.protocol == Protocol::Udp ? 0u : 3u};
}

std::optional<MutableBytes> Client::dress(Timestamp now, const Endpoint& peer, MutableBytes segment,
                                          Room room) {
  const auto number = channels_.number_of(now, peer);
  const std::size_t head = number ? kChannelHeaderSize : indication_head_size(peer.address);
  const bool fits = segment.size() >= room.before + room.after && room.before >= head;
  const std::size_t size = fits ? segment.size() - room.before - room.after : 0;
  const bool is_padded = !number || config_.path.protocol != Protocol::Udp;
  const std::size_t padding = is_padded ? padding_of(size) : 0;
  if (state_ != State::Allocated || !fits || room.after < padding || size > kMaxPayloadBytes ||
      !permissions_.may_send(now, peer.address)) {
    ++counters_.unsent;
    return std::nullopt;
  }
  const MutableBytes out = segment.subspan(room.before - head, head + size + padding);
  if (number) {
    write_channel_header(out, *number, size);
    for (std::uint8_t& byte : out.last(padding)) byte = 0;
  } else {
    write_send_indication(out, peer, size, stun::TransactionId::generate(random_));
  }
  last_sent_ = now;
  silence_.note_sent(now);
  ++counters_.sent;
  counters_.sent_bytes += size;
  return out;
}

}  // namespace specter::turn
