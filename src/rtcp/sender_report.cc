#include "rtcp/sender_report.h"

#include "rtcp/parse_as.h"

namespace specter::rtcp {

std::expected<SenderReport, ParseError> SenderReport::parse(Bytes in) {
  return parse_as<SenderReport>(in);
}

std::expected<SenderReport, ParseError> SenderReport::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::SenderReport)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  SenderReport report;
  report.ssrc = r.u32();
  report.ntp = {r.u64()};
  report.rtp_timestamp = r.u32();
  report.packets = r.u32();
  report.octets = r.u32();
  report.blocks = parse_blocks(r, packet.count);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  return report;
}

void SenderReport::write(ByteWriter& out) const {
  PacketWriter packet(out, PacketType::SenderReport, blocks.size());
  out.u32(ssrc);
  out.u64(ntp.value);
  out.u32(rtp_timestamp);
  out.u32(packets);
  out.u32(octets);
  for (const ReportBlock& block : blocks) block.write(out);
  packet.finish();
}

}  // namespace specter::rtcp
