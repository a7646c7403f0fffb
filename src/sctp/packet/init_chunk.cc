#include "sctp/packet/init_chunk.h"

#include <algorithm>
#include <array>
#include <utility>

namespace specter::sctp {
namespace {

// RFC 9260 §3.3.2.1, §3.3.3.1; RFC 3758 §3.1; RFC 5061 §4.2.7.
enum class Parameter : std::uint16_t {
  HeartbeatInfo = 1,
  Ipv4Address = 5,
  Ipv6Address = 6,
  StateCookie = 7,
  Unrecognized = 8,
  CookiePreservative = 9,
  HostName = 11,
  SupportedAddressTypes = 12,
  EcnCapable = 0x8000,
  ZeroChecksumAcceptable = 0x8001,  // RFC 9653 §4
  Random = 0x8002,                  // RFC 4895 and its two siblings: authentication, DTLS's task
  ChunkList = 0x8003,
  RequestedHmac = 0x8004,
  Padding = 0x8005,
  SupportedExtensions = 0x8008,
  ForwardTsnSupported = 0xc000,
  AdaptationLayer = 0xc006,
};

// A peer's INIT has a handful of parameters; more are not looked at.
constexpr int kMaxParameters = 64;
// RFC 9653 §8: of all error detection methods the one that is there.
constexpr std::array<std::uint8_t, 4> kLowerLayerDtls{0, 0, 0, 1};

}  // namespace

std::expected<InitChunk, ParseError> InitChunk::parse(const ChunkView& chunk) {
  InitChunk init;
  if (chunk.type == ChunkType::InitAck)
    init.kind = Kind::InitAck;
  else if (chunk.type != ChunkType::Init)
    return std::unexpected(ParseError::WrongType);

  ByteReader r(chunk.value);
  init.initiate_tag = r.u32();
  init.window_bytes = r.u32();
  init.outbound_streams = r.u16();
  init.inbound_streams = r.u16();
  init.initial_tsn = r.u32();
  if (!r.ok()) return std::unexpected(ParseError::Truncated);

  TlvReader parameters(r.rest());
  bool has_cookie = false;
  for (int seen = 0; const auto parameter = parameters.next(); ++seen) {
    if (seen == kMaxParameters) return std::unexpected(ParseError::TooMany);
    switch (Parameter{parameter->type}) {
      case Parameter::StateCookie:
        if (init.kind == Kind::InitAck) {
          init.cookie = to_buffer(parameter->value);
          has_cookie = true;
        }
        continue;
      case Parameter::Unrecognized:
        if (init.kind == Kind::InitAck)
          init.unrecognized_parameters.push_back(to_buffer(parameter->value));
        continue;
      case Parameter::SupportedExtensions:
        init.extensions.assign(parameter->value.begin(), parameter->value.end());
        continue;
      case Parameter::ForwardTsnSupported: init.forward_tsn = true; continue;
      case Parameter::ZeroChecksumAcceptable:
        init.zero_checksum = std::ranges::equal(parameter->value, kLowerLayerDtls);
        continue;
      case Parameter::HeartbeatInfo:
      case Parameter::Ipv4Address:
      case Parameter::Ipv6Address:
      case Parameter::CookiePreservative:
      case Parameter::HostName:
      case Parameter::SupportedAddressTypes:
      case Parameter::EcnCapable:
      case Parameter::Random:
      case Parameter::ChunkList:
      case Parameter::RequestedHmac:
      case Parameter::Padding:
      case Parameter::AdaptationLayer: continue;
    }
    const UnknownAction action = unknown_parameter_action(parameter->type);
    if (action.report) init.to_report.push_back(to_buffer(parameter->whole));
    if (action.stop) break;
  }
  if (!parameters.ok()) return std::unexpected(ParseError::BadLength);
  // RFC 9260 §3.3.3: the cookie is mandatory.
  if (init.kind == Kind::InitAck && (!has_cookie || init.cookie.empty()))
    return std::unexpected(ParseError::BadValue);
  return init;
}

void InitChunk::write(ByteWriter& w) const {
  const auto type = kind == Kind::Init ? ChunkType::Init : ChunkType::InitAck;
  write_chunk(w, type, 0, [&] {
    w.u32(initiate_tag);
    w.u32(window_bytes);
    w.u16(outbound_streams);
    w.u16(inbound_streams);
    w.u32(initial_tsn);
    const auto parameter = [&](Parameter which, Bytes value) {
      write_tlv(w, std::to_underlying(which), [&] { w.bytes(value); });
    };
    if (kind == Kind::InitAck) parameter(Parameter::StateCookie, cookie);
    if (forward_tsn) parameter(Parameter::ForwardTsnSupported, {});
    if (zero_checksum) parameter(Parameter::ZeroChecksumAcceptable, kLowerLayerDtls);
    if (!extensions.empty()) parameter(Parameter::SupportedExtensions, extensions);
    for (const Buffer& unknown : unrecognized_parameters)
      parameter(Parameter::Unrecognized, unknown);
  });
}

}  // namespace specter::sctp
