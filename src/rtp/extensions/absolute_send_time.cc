#include "rtp/extensions/absolute_send_time.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint32_t kMask = 0xffffff;
constexpr std::int64_t kUnitsPerSecond = 1 << 18;
constexpr std::int64_t kNanosecondsPerTurn = std::int64_t{64} * 1'000'000'000;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

AbsoluteSendTime AbsoluteSendTime::at(Timestamp now) {
  const std::int64_t within_turn = now.time_since_epoch().count() % kNanosecondsPerTurn;
  const std::int64_t units =
      (within_turn * kUnitsPerSecond + kNanosecondsPerSecond / 2) / kNanosecondsPerSecond;
  return {static_cast<std::uint32_t>(units) & kMask};
}

Duration AbsoluteSendTime::since(AbsoluteSendTime earlier) const {
  // Shifted to the top, the 24 bits wrap as a signed number of 32 does.
  const auto units = static_cast<std::int32_t>((value - earlier.value) << 8) >> 8;
  return Duration(units * kNanosecondsPerSecond / kUnitsPerSecond);
}

std::expected<AbsoluteSendTime, ParseError> AbsoluteSendTime::parse(Bytes in) {
  if (in.size() != 3) return std::unexpected(ParseError::BadLength);
  return AbsoluteSendTime{ByteReader(in).u24()};
}

void AbsoluteSendTime::write(ByteWriter& out) const {
  SPECTER_CHECK(value <= kMask);
  out.u24(value);
}

}  // namespace specter::rtp
