#include "codec/codecs.h"

#include <algorithm>

namespace specter::codec {
namespace {

// RFC 8866 §6.6: encoding names are compared without regard to case.
bool is_same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::optional<AnyPacketizer> AnyPacketizer::of(std::string_view encoding_name, const Setup& setup) {
  if (is_same_name(encoding_name, "opus")) return AnyPacketizer(opus::Packetizer());
  if (is_same_name(encoding_name, "H264")) return AnyPacketizer(h264::Packetizer(setup.h264_mode));
  if (is_same_name(encoding_name, "VP8")) {
    return AnyPacketizer(
        vp8::Packetizer({.first_picture_id = vp8::PictureId{setup.first_picture_id},
                         .first_tl0_picture_index = setup.first_tl0_picture_index}));
  }
  return std::nullopt;
}

std::expected<void, PacketizeError> AnyPacketizer::packetize(const Sample& sample, Room room,
                                                             Pieces& out) {
  return std::visit([&](auto& each) { return each.packetize(sample, room, out); }, each_);
}

std::optional<AnyDepacketizer> AnyDepacketizer::of(std::string_view encoding_name) {
  if (is_same_name(encoding_name, "opus")) return AnyDepacketizer(opus::Depacketizer());
  if (is_same_name(encoding_name, "VP8")) return AnyDepacketizer(vp8::Depacketizer());
  if (is_same_name(encoding_name, "H264")) return AnyDepacketizer(h264::Depacketizer());
  return std::nullopt;
}

void AnyDepacketizer::handle_packet(const Arrival& arrival) {
  std::visit([&](auto& each) { each.handle_packet(arrival); }, each_);
}

std::optional<Frame> AnyDepacketizer::poll_frame() {
  return std::visit([](auto& each) { return each.poll_frame(); }, each_);
}

const DepacketizeCounts& AnyDepacketizer::counts() const {
  return std::visit([](const auto& each) -> const DepacketizeCounts& { return each.counts(); },
                    each_);
}

}  // namespace specter::codec
