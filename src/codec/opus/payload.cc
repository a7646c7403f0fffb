#include "codec/opus/payload.h"

#include <utility>

#include "codec/opus/toc.h"

namespace specter::codec::opus {

std::expected<void, PacketizeError> Packetizer::packetize(const Sample& packet, Room room,
                                                          Pieces& out) {
  out.clear();
  if (packet.bytes.empty()) return std::unexpected(PacketizeError::Empty);
  const auto toc = Toc::parse(packet.bytes);
  if (!toc) return std::unexpected(PacketizeError::Malformed);
  // RFC 7587 §4.2: one packet an RTP payload, never a part of one.
  if (packet.bytes.size() > room.first) return std::unexpected(PacketizeError::TooLarge);
  const bool was_silent = std::exchange(is_silent_, toc->is_dtx);
  Piece& piece = out.all.emplace_back();
  piece.body = packet.bytes;
  piece.marker = was_silent && !toc->is_dtx;
  out.is_key_frame = true;
  return {};
}

void Depacketizer::handle_packet(const Arrival& arrival) {
  frame_.reset();
  if (!arrival.is_contiguous && has_heard_) has_lost_ = true;
  has_heard_ = true;
  if (arrival.payload.empty()) return;  // padding: RFC 3550 §5.1
  const auto toc = Toc::parse(arrival.payload);
  if (!toc) {
    ++counts_.malformed;
    has_lost_ = true;
    return;
  }
  ++counts_.frames;
  Frame& frame = frame_.emplace();
  frame.bytes = arrival.payload;
  frame.timestamp = arrival.timestamp;
  frame.is_key_frame = true;
  frame.follows_loss = std::exchange(has_lost_, false);
  frame.duration = toc->duration();
  frame.is_dtx = toc->is_dtx;
}

std::optional<Frame> Depacketizer::poll_frame() { return std::exchange(frame_, std::nullopt); }

}  // namespace specter::codec::opus
