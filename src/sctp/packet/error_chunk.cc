#include "sctp/packet/error_chunk.h"

#include <utility>

namespace specter::sctp {
namespace {

constexpr std::uint8_t kReflectedTag = 0x01;

}  // namespace

std::string_view to_string(CauseCode code) {
  switch (code) {
    case CauseCode::InvalidStreamIdentifier: return "invalid stream identifier";
    case CauseCode::MissingMandatoryParameter: return "missing mandatory parameter";
    case CauseCode::StaleCookie: return "stale cookie";
    case CauseCode::OutOfResource: return "out of resource";
    case CauseCode::UnresolvableAddress: return "unresolvable address";
    case CauseCode::UnrecognizedChunkType: return "unrecognized chunk type";
    case CauseCode::InvalidMandatoryParameter: return "invalid mandatory parameter";
    case CauseCode::UnrecognizedParameters: return "unrecognized parameters";
    case CauseCode::NoUserData: return "no user data";
    case CauseCode::CookieReceivedWhileShuttingDown: return "cookie received while shutting down";
    case CauseCode::RestartWithNewAddresses: return "restart with new addresses";
    case CauseCode::UserInitiatedAbort: return "user-initiated abort";
    case CauseCode::ProtocolViolation: return "protocol violation";
  }
  return "unknown cause";
}

std::expected<ErrorChunk, ParseError> ErrorChunk::parse(const ChunkView& chunk) {
  ErrorChunk error;
  if (chunk.type == ChunkType::Abort)
    error.kind = Kind::Abort;
  else if (chunk.type != ChunkType::Error)
    return std::unexpected(ParseError::WrongType);
  error.reflected_tag = error.kind == Kind::Abort && (chunk.flags & kReflectedTag) != 0;

  TlvReader causes(chunk.value);
  while (const auto cause = causes.next()) {
    if (error.causes.size() == kMaxCauses) break;
    error.causes.push_back({CauseCode{cause->type}, to_buffer(cause->value)});
  }
  if (!causes.ok() && error.kind == Kind::Error) return std::unexpected(ParseError::BadLength);
  return error;
}

void ErrorChunk::write(ByteWriter& w) const {
  const auto type = kind == Kind::Abort ? ChunkType::Abort : ChunkType::Error;
  write_chunk(w, type, reflected_tag ? kReflectedTag : 0, [&] {
    for (const ErrorCause& cause : causes)
      write_tlv(w, std::to_underlying(cause.code), [&] { w.bytes(cause.info); });
  });
}

std::size_t ErrorChunk::written_bytes() const {
  std::size_t size = kChunkHeaderBytes;
  for (const ErrorCause& cause : causes) size = padded(size) + 4 + cause.info.size();
  return size;
}

}  // namespace specter::sctp
