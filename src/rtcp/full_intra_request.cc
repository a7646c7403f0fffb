#include "rtcp/full_intra_request.h"

#include "base/check.h"
#include "rtcp/parse_as.h"

namespace specter::rtcp {
namespace {

constexpr std::size_t kRequestSize = 8;

}  // namespace

std::expected<FullIntraRequest, ParseError> FullIntraRequest::parse(Bytes in) {
  return parse_as<FullIntraRequest>(in);
}

std::expected<FullIntraRequest, ParseError> FullIntraRequest::parse(const RawPacket& packet) {
  if (!packet.is(PayloadFormat::FullIntraRequest)) return std::unexpected(ParseError::WrongType);
  ByteReader r(packet.body);
  FullIntraRequest request;
  request.sender_ssrc = r.u32();
  r.skip(4);  // RFC 5104 §4.3.1.2: the media source is said in each request.
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() == 0 || r.remaining() % kRequestSize != 0)
    return std::unexpected(ParseError::BadLength);
  if (r.remaining() / kRequestSize > kMaxRequests) return std::unexpected(ParseError::TooMany);
  while (r.remaining() > 0) {
    const std::uint32_t ssrc = r.u32();
    request.requests.push_back({.ssrc = ssrc, .number = r.u8()});
    r.skip(3);
  }
  return request;
}

void FullIntraRequest::write(ByteWriter& out) const {
  SPECTER_CHECK(!requests.empty() && requests.size() <= kMaxRequests);
  PacketWriter packet(out, PayloadFormat::FullIntraRequest);
  out.u32(sender_ssrc);
  out.u32(0);
  for (const Request& request : requests) {
    out.u32(request.ssrc);
    out.u8(request.number);
    out.zeros(3);
  }
  packet.finish();
}

}  // namespace specter::rtcp
