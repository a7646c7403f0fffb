#include "rtcp/report_block.h"

#include <algorithm>

namespace specter::rtcp {

ReportBlock ReportBlock::parse(ByteReader& in) {
  ReportBlock block;
  block.ssrc = in.u32();
  block.fraction_lost = in.u8();
  // The shift to the left and back copies the sign bit of the 24 into the 32.
  block.cumulative_lost = static_cast<std::int32_t>(in.u24() << 8) >> 8;
  block.highest_sequence = in.u32();
  block.jitter = in.u32();
  block.last_sr = {in.u32()};
  block.delay_since_last_sr = {in.u32()};
  return block;
}

void ReportBlock::write(ByteWriter& out) const {
  const std::int32_t lost = std::clamp(cumulative_lost, kMinLost, kMaxLost);
  out.u32(ssrc);
  out.u8(fraction_lost);
  out.u24(static_cast<std::uint32_t>(lost) & 0xffffff);
  out.u32(highest_sequence);
  out.u32(jitter);
  out.u32(last_sr.value);
  out.u32(delay_since_last_sr.value);
}

std::optional<Duration> round_trip(CompactNtp now, CompactNtp last, CompactNtp delay) {
  if (last.value == 0) return std::nullopt;
  // Modulo 2^32: what is negative comes out as hours.
  const Duration result = to_duration({now.value - last.value - delay.value});
  if (result > kMaxRoundTrip) return std::nullopt;
  return result;
}

std::vector<ReportBlock> parse_blocks(ByteReader& in, std::size_t count) {
  std::vector<ReportBlock> blocks;
  for (std::size_t i = 0; i < count && in.remaining() >= ReportBlock::kSize; ++i)
    blocks.push_back(ReportBlock::parse(in));
  if (blocks.size() < count) in.fail();
  return blocks;
}

}  // namespace specter::rtcp
