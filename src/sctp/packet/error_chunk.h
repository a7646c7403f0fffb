// ABORT and ERROR, RFC 9260 §3.3.7, §3.3.10: both are a list of causes.
//
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   | Type = 6 or 9 |  Reserved   |T|            Length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |          Cause Code           |         Cause Length          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Cause-Specific Information, padded; then the next cause
#pragma once

#include <string_view>
#include <vector>

#include "sctp/packet/packet.h"

namespace specter::sctp {

enum class CauseCode : std::uint16_t {
  InvalidStreamIdentifier = 1,
  MissingMandatoryParameter = 2,
  StaleCookie = 3,
  OutOfResource = 4,
  UnresolvableAddress = 5,
  UnrecognizedChunkType = 6,
  InvalidMandatoryParameter = 7,
  UnrecognizedParameters = 8,
  NoUserData = 9,
  CookieReceivedWhileShuttingDown = 10,
  RestartWithNewAddresses = 11,
  UserInitiatedAbort = 12,
  ProtocolViolation = 13,
};

std::string_view to_string(CauseCode code);  // as RFC 9260 §3.3.10 calls it; "unknown cause"

struct ErrorCause {
  CauseCode code{};
  Buffer info;

  bool operator==(const ErrorCause&) const = default;
};

struct ErrorChunk {
  enum class Kind { Error, Abort };
  static constexpr std::size_t kMaxCauses = 32;  // of a received one, no more are kept

  Kind kind = Kind::Error;
  bool reflected_tag = false;  // the T bit, of ABORT only: §8.5.1
  std::vector<ErrorCause> causes;

  // An ABORT with causes that can't be read is an ABORT all the same: they are left out.
  static std::expected<ErrorChunk, ParseError> parse(const ChunkView& chunk);
  void write(ByteWriter& w) const;
  std::size_t written_bytes() const;

  bool operator==(const ErrorChunk&) const = default;
};

}  // namespace specter::sctp
