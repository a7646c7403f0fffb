#include "rtcp/bitrate_estimate.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

constexpr std::uint32_t kName = 0x52454d42;  // "REMB"
constexpr int kMantissaBits = 18;
constexpr std::uint32_t kMantissaMask = (1u << kMantissaBits) - 1;

std::uint64_t bitrate(std::uint32_t mantissa, int exponent) {
  if (static_cast<int>(std::bit_width(mantissa)) + exponent > 64) return BitrateEstimate::kMaxBitrate;
  return std::uint64_t{mantissa} << exponent;  // six bits: at most 63
}

}  // namespace

std::expected<BitrateEstimate, ParseError> BitrateEstimate::parse(Bytes in) {
  return parse_as<BitrateEstimate>(in);
}

std::expected<BitrateEstimate, ParseError> BitrateEstimate::parse(const RawPacket& packet) {
  if (!packet.is(PayloadFormat::Application)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  BitrateEstimate estimate;
  estimate.sender_ssrc = r.u32();
  r.skip(4);
  const std::uint32_t name = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (name != kName) return std::unexpected(ParseError::WrongType);
  const std::size_t count = r.u8();
  const std::uint32_t rate = r.u24();
  estimate.bits_per_second = bitrate(rate & kMantissaMask, static_cast<int>(rate >> kMantissaBits));
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() != 4 * count) return std::unexpected(ParseError::BadLength);
  for (std::size_t i = 0; i < count; ++i) estimate.ssrcs.push_back(r.u32());
  return estimate;
}

void BitrateEstimate::write(ByteWriter& out) const {
  SPECTER_CHECK(ssrcs.size() <= kMaxSsrcs);
  const std::uint64_t rate = std::min(bits_per_second, kMaxBitrate);
  const int exponent = std::max(static_cast<int>(std::bit_width(rate)) - kMantissaBits, 0);
  PacketWriter packet(out, PayloadFormat::Application);
  out.u32(sender_ssrc);
  out.u32(0);
  out.u32(kName);
  out.u8(static_cast<std::uint8_t>(ssrcs.size()));
  out.u24(static_cast<std::uint32_t>(exponent) << kMantissaBits |
          static_cast<std::uint32_t>(rate >> exponent));
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
  packet.finish();
}

}  // namespace specter::rtcp
