// What goes through relays: out of the server's clothes, and into them. RFC 8656 §11, §12.
#include <algorithm>
#include <cstring>
#include <utility>

#include "turn/framing.h"
#include "ways/ways.h"

namespace specter::ways {

namespace {

// Whether TURN has to look at it. From the server's address may come what is ICE's, too: answers to
// a Binding request.
bool is_for_turn(Bytes message) {
  constexpr std::uint16_t kMethodBits = 0xfeef, kBinding = 0x0001;  // RFC 8489 §5
  constexpr std::uint8_t kLastOfStun = 3;                           // RFC 7983 §7
  if (turn::wire_kind(message) == turn::WireKind::ChannelData) return true;
  return message.size() >= 2 && message[0] <= kLastOfStun &&
         ((message[0] << 8 | message[1]) & kMethodBits) != kBinding;
}

// The batch anew, with room around each payload.
Transmit widened(Transmit&& batch, turn::Room had, turn::Room wanted) {
  Transmit out{batch.path, {}, 0, batch.may_fragment};
  const std::size_t around = had.before + had.after;
  for (std::size_t at = 0; at < batch.bytes.size(); at += batch.segment_size) {
    const std::size_t size = std::min(batch.segment_size, batch.bytes.size() - at);
    if (size < around) break;
    const auto payload = Bytes(batch.bytes).subspan(at + had.before, size - around);
    out.bytes.resize(out.bytes.size() + wanted.before);
    out.bytes.insert(out.bytes.end(), payload.begin(), payload.end());
    out.bytes.resize(out.bytes.size() + wanted.after);
    if (at == 0) out.segment_size = out.bytes.size();
  }
  return out;
}

}  // namespace

std::optional<Datagram> Ways::undress(Timestamp now, const Datagram& in) {
  if (by_path_.empty() || in.path == last_plain_) return in;
  const auto found = by_path_.find(in.path);
  if (found == by_path_.end() || !is_for_turn(in.bytes)) {
    // A port of a relay's own is nobody's base.
    if (std::ranges::find(ports_, in.path.local, &Port::local) != ports_.end()) return std::nullopt;
    if (found == by_path_.end()) last_plain_ = in.path;
    return in;
  }
  Flow& flow = *found->second;
  const auto out = flow.client()->undress(now, in);
  learn(now, flow);
  return out;
}

void Ways::handle_bytes(Timestamp now, SocketId id, Bytes bytes) {
  while (poll_datagram(now)) ++counters_.unread;
  reading_ = find(id);
  if (reading_) reading_->handle_bytes(now, bytes);
}

std::optional<Datagram> Ways::poll_datagram(Timestamp now) {
  if (!reading_) return std::nullopt;
  Flow& flow = *reading_;
  const auto out = flow.poll_datagram(now);
  if (!out) reading_ = nullptr;
  learn(now, flow);
  return out;
}

turn::Room Ways::room(Timestamp now, const Path& path) const {
  const Flow* flow = find_relayed(path.local);
  return flow ? flow->client()->room(now, path.remote) : turn::Room{};
}

std::size_t Ways::max_payload(const Path& path) {
  constexpr std::size_t kUdpHeader = 8, kIpv4Header = 20, kIpv6Header = 40;
  return kRelayedPacketBytes - kUdpHeader -
         (path.remote.address.is_v6() ? kIpv6Header : kIpv4Header);
}

std::optional<Transmit> Ways::dress(Timestamp now, Transmit batch, turn::Room room) {
  Flow* flow = find_relayed(batch.path.local);
  if (!flow) {
    if (std::ranges::find(bases_, batch.path.local) != bases_.end()) return batch;
    ++counters_.unsent;
    return std::nullopt;
  }
  if (batch.bytes.empty()) return std::nullopt;
  if (batch.segment_size == 0) batch.segment_size = batch.bytes.size();
  turn::Client& client = *flow->client();
  const Endpoint peer = batch.path.remote;
  const turn::Room wanted = client.room(now, peer);
  if (room.before < wanted.before || room.after < wanted.after) {
    batch = widened(std::move(batch), room, wanted);
    room = wanted;
  }

  // In its place, and closed up where less room is used than was left.
  const MutableBytes bytes = batch.bytes;
  std::size_t written = 0, segment_size = 0;
  for (std::size_t at = 0; at < bytes.size(); at += batch.segment_size) {
    const auto segment = bytes.subspan(at, std::min(batch.segment_size, bytes.size() - at));
    const auto dressed = client.dress(now, peer, segment, room);
    if (!dressed) {
      ++counters_.unsent;
      return std::nullopt;
    }
    if (dressed->data() != bytes.data() + written)
      std::memmove(bytes.data() + written, dressed->data(), dressed->size());
    if (at == 0) segment_size = dressed->size();
    written += dressed->size();
  }
  if (written == 0) return std::nullopt;
  batch.bytes.resize(written);
  if (!flow->is_stream()) {
    batch.path = flow->path();
    batch.segment_size = segment_size;
    return batch;
  }
  if (queued_bytes_ + written > kMaxQueuedBytes) {
    counters_.dropped += written;
    return std::nullopt;
  }
  queued_bytes_ += written;
  commands_.push_back(SendBytes{*flow->id(), std::move(batch.bytes), Weight::Data});
  return std::nullopt;
}

std::optional<Transmit> Ways::poll_transmit(Timestamp now) {
  std::optional<Transmit> out;
  each_flow([&](Flow& flow) {
    if (!out && !flow.is_stream() && flow.client()) out = flow.client()->poll_transmit(now);
  });
  return out;
}

}  // namespace specter::ways
