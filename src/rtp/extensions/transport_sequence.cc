#include "rtp/extensions/transport_sequence.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

constexpr std::uint16_t kTimesBit = 0x8000;

}  // namespace

std::expected<TransportSequence, ParseError> TransportSequence::parse(Bytes in) {
  if (in.size() != 2) return std::unexpected(ParseError::BadLength);
  return TransportSequence{ByteReader(in).u16()};
}

std::expected<TransportSequence2, ParseError> TransportSequence2::parse(Bytes in) {
  if (in.size() != 2 && in.size() != 4) return std::unexpected(ParseError::BadLength);
  ByteReader r(in);
  TransportSequence2 parsed;
  parsed.sequence = r.u16();
  if (r.remaining() > 0) {
    const std::uint16_t request = r.u16();
    parsed.request =
        FeedbackRequest{.with_times = (request & kTimesBit) != 0,
                        .count = static_cast<std::uint16_t>(request & FeedbackRequest::kMaxCount)};
  }
  return parsed;
}

void TransportSequence2::write(ByteWriter& out) const {
  out.u16(sequence);
  if (!request) return;
  SPECTER_CHECK(request->count <= FeedbackRequest::kMaxCount);
  out.u16(static_cast<std::uint16_t>((request->with_times ? kTimesBit : 0) | request->count));
}

}  // namespace specter::rtp
