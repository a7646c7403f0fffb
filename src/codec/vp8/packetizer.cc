#include "codec/vp8/packetizer.h"

#include "codec/vp8/frame_header.h"

namespace specter::codec::vp8 {

Packetizer::Packetizer(Options options)
    : next_picture_id_(options.first_picture_id),
      tl0_picture_index_(static_cast<std::uint8_t>(options.first_tl0_picture_index - 1)) {
  if (next_picture_id_) next_picture_id_->value &= next_picture_id_->mask();
}

std::expected<void, PacketizeError> Packetizer::packetize(const Sample& frame, Room room,
                                                          Pieces& out) {
  out.clear();
  if (frame.bytes.empty()) return std::unexpected(PacketizeError::Empty);
  const auto header = FrameHeader::parse(frame.bytes);
  if (!header) return std::unexpected(PacketizeError::Malformed);

  Descriptor descriptor;
  descriptor.is_non_reference = frame.is_non_reference;
  descriptor.picture_id = next_picture_id_;
  std::uint8_t tl0_picture_index = tl0_picture_index_;
  if (frame.temporal_id) {
    // RFC 7741 §4.2: it counts the frames of layer 0, and the others name the one they depend on.
    if (*frame.temporal_id == 0) ++tl0_picture_index;
    descriptor.tl0_picture_index = tl0_picture_index;
    descriptor.temporal_id = frame.temporal_id;
    descriptor.is_layer_sync = frame.is_layer_sync;
  }
  InlineBytes<24> prefix;
  descriptor.write(prefix);
  if (std::min(room.first, room.others) <= prefix.size())
    return std::unexpected(PacketizeError::NoRoom);

  // RFC 7741 §4.2 allows PID 0 on all packets; packets of equal size can't begin where partitions
  // do.
  const bool fits =
      append_cut(frame.bytes, {room.first - prefix.size(), room.others - prefix.size()}, out.all,
                 [&](Piece& piece, std::size_t i) {
                   descriptor.starts_partition = i == 0;
                   descriptor.write(piece.prefix);
                 });
  if (!fits) {
    out.clear();
    return std::unexpected(PacketizeError::TooMany);
  }
  out.all.back().marker = true;
  out.is_key_frame = header->is_key_frame();
  tl0_picture_index_ = tl0_picture_index;
  if (next_picture_id_)
    next_picture_id_->value = (next_picture_id_->value + 1) & next_picture_id_->mask();
  return {};
}

}  // namespace specter::codec::vp8
