#include "rtcp/receiver_report.h"

#include "rtcp/parse_as.h"

namespace specter::rtcp {

std::expected<ReceiverReport, ParseError> ReceiverReport::parse(Bytes in) {
  return parse_as<ReceiverReport>(in);
}

std::expected<ReceiverReport, ParseError> ReceiverReport::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::ReceiverReport)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  ReceiverReport report;
  report.ssrc = r.u32();
  report.blocks = parse_blocks(r, packet.count);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return report;
}

void ReceiverReport::write(ByteWriter& out) const {
  PacketWriter packet(out, PacketType::ReceiverReport, blocks.size());
  out.u32(ssrc);
  for (const ReportBlock& block : blocks) block.write(out);
  packet.finish();
}

}  // namespace specter::rtcp
