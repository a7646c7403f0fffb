#include "rtp/extensions/transmission_offset.h"

#include "base/check.h"

namespace specter::rtp {

std::expected<TransmissionOffset, ParseError> TransmissionOffset::parse(Bytes in) {
  if (in.size() != 3) return std::unexpected(ParseError::BadLength);
  // The shift to the left and back copies the sign bit of the 24 into the 32.
  return TransmissionOffset{static_cast<std::int32_t>(ByteReader(in).u24() << 8) >> 8};
}

void TransmissionOffset::write(ByteWriter& out) const {
  SPECTER_CHECK(value >= kMin && value <= kMax);
  out.u24(static_cast<std::uint32_t>(value) & 0xffffff);
}

}  // namespace specter::rtp
