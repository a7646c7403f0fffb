#include "rtp/extensions/absolute_capture_time.h"

namespace specter::rtp {

std::expected<AbsoluteCaptureTime, ParseError> AbsoluteCaptureTime::parse(Bytes in) {
  if (in.size() != 8 && in.size() != 16) return std::unexpected(ParseError::BadLength);
  ByteReader r(in);
  AbsoluteCaptureTime parsed;
  parsed.ntp = r.u64();
  if (r.remaining() > 0) parsed.clock_offset = static_cast<std::int64_t>(r.u64());
  return parsed;
}

void AbsoluteCaptureTime::write(ByteWriter& out) const {
  out.u64(ntp);
  if (clock_offset) out.u64(static_cast<std::uint64_t>(*clock_offset));
}

}  // namespace specter::rtp
