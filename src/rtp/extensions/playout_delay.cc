#include "rtp/extensions/playout_delay.h"

#include "base/check.h"

namespace specter::rtp {

std::expected<PlayoutDelay, ParseError> PlayoutDelay::parse(Bytes in) {
  if (in.size() != 3) return std::unexpected(ParseError::BadLength);
  const std::uint32_t both = ByteReader(in).u24();
  const PlayoutDelay parsed{.least = (both >> 12) * kUnit, .most = (both & 0xfff) * kUnit};
  if (parsed.least > parsed.most) return std::unexpected(ParseError::BadValue);
  return parsed;
}

void PlayoutDelay::write(ByteWriter& out) const {
  SPECTER_CHECK(Duration::zero() <= least && least <= most && most <= kMax);
  out.u24(static_cast<std::uint32_t>(least / kUnit << 12 | most / kUnit));
}

}  // namespace specter::rtp
