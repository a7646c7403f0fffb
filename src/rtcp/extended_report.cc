#include "rtcp/extended_report.h"

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

constexpr std::size_t kReferenceTimeSize = 8;
constexpr std::size_t kReceiverSize = 4 * DelaySinceLastRr::Receiver::kWords;

std::expected<DelaySinceLastRr, ParseError> parse_delays(Bytes body) {
  if (body.size() % kReceiverSize != 0) return std::unexpected(ParseError::BadLength);
  if (body.size() / kReceiverSize > DelaySinceLastRr::kMaxReceivers)
    return std::unexpected(ParseError::TooMany);
  ByteReader r(body);
  DelaySinceLastRr block;
  while (r.remaining() > 0) {
    DelaySinceLastRr::Receiver receiver;
    receiver.ssrc = r.u32();
    receiver.last_rr = {r.u32()};
    receiver.delay_since_last_rr = {r.u32()};
    block.receivers.push_back(receiver);
  }
  return block;
}

std::expected<ExtendedReport::Block, ParseError> parse_block(ByteReader& r) {
  const std::uint8_t type = r.u8();
  const std::uint8_t specific = r.u8();
  const std::size_t words = r.u16();
  const Bytes body = r.bytes(4 * words);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (type == ReceiverReferenceTime::kType) {
    if (body.size() != kReferenceTimeSize) return std::unexpected(ParseError::BadLength);
    return ReceiverReferenceTime{{ByteReader(body).u64()}};
  }
  if (type == DelaySinceLastRr::kType) return parse_delays(body);
  return UnknownReportBlock{type, specific, to_buffer(body)};
}

void write_block_header(ByteWriter& out, std::uint8_t type, std::uint8_t specific,
                        std::size_t size) {
  SPECTER_CHECK(size % 4 == 0 && size / 4 <= 0xffff);
  out.u8(type);
  out.u8(specific);
  out.u16(static_cast<std::uint16_t>(size / 4));
}

struct WriteBlock {
  ByteWriter& out;

  void operator()(const ReceiverReferenceTime& block) const {
    write_block_header(out, ReceiverReferenceTime::kType, 0, kReferenceTimeSize);
    out.u64(block.ntp.value);
  }
  void operator()(const DelaySinceLastRr& block) const {
    SPECTER_CHECK(block.receivers.size() <= DelaySinceLastRr::kMaxReceivers);
    write_block_header(out, DelaySinceLastRr::kType, 0, kReceiverSize * block.receivers.size());
    for (const auto& receiver : block.receivers) {
      out.u32(receiver.ssrc);
      out.u32(receiver.last_rr.value);
      out.u32(receiver.delay_since_last_rr.value);
    }
  }
  void operator()(const UnknownReportBlock& block) const {
    write_block_header(out, block.type, block.specific, block.body.size());
    out.bytes(block.body);
  }
};

}  // namespace

std::expected<ExtendedReport, ParseError> ExtendedReport::parse(Bytes in) {
  return parse_as<ExtendedReport>(in);
}

std::expected<ExtendedReport, ParseError> ExtendedReport::parse(const RawPacket& packet) {
  if (!packet.is(PacketType::ExtendedReport)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  ExtendedReport report;
  report.ssrc = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  while (r.remaining() > 0) {
    if (report.blocks.size() == kMaxBlocks) return std::unexpected(ParseError::TooMany);
    auto block = parse_block(r);
    if (!block) return std::unexpected(block.error());
    report.blocks.push_back(std::move(*block));
  }
  return report;
}

void ExtendedReport::write(ByteWriter& out) const {
  PacketWriter packet(out, PacketType::ExtendedReport, 0);
  out.u32(ssrc);
  for (const Block& block : blocks) std::visit(WriteBlock{out}, block);
  packet.finish();
}

}  // namespace specter::rtcp
