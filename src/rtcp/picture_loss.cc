#include "rtcp/picture_loss.h"

#include "rtcp/parse_as.h"

namespace specter::rtcp {

std::expected<PictureLoss, ParseError> PictureLoss::parse(Bytes in) {
  return parse_as<PictureLoss>(in);
}

std::expected<PictureLoss, ParseError> PictureLoss::parse(const RawPacket& packet) {
  if (!packet.is(PayloadFormat::PictureLoss)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  PictureLoss loss;
  loss.sender_ssrc = r.u32();
  loss.media_ssrc = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return loss;
}

void PictureLoss::write(ByteWriter& out) const {
  PacketWriter packet(out, PayloadFormat::PictureLoss);
  out.u32(sender_ssrc);
  out.u32(media_ssrc);
  packet.finish();
}

}  // namespace specter::rtcp
