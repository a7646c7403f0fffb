/// @file
/// Errors as values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "specter/export.h"

namespace specter {

/// Why a call, a channel or a connection failed. docs/errors.md has cause and cure of each code.
///
/// The names are those of https://www.w3.org/TR/webrtc/ where it has one. to_string() returns the
/// W3C's spelling ("InvalidStateError").
enum class ErrorCode {
  /// InvalidStateError: not possible at this point, e.g. create_answer() without an offer.
  InvalidState,
  /// InvalidAccessError: the argument is unusable, e.g. a bad certificate or description.
  InvalidAccess,
  /// InvalidModificationError: the description is not the one that was created.
  InvalidModification,
  /// TypeError: a value is out of range, e.g. a label over 65,535 bytes.
  InvalidArgument,
  /// SyntaxError: text that cannot be parsed: SDP, a candidate, a URL.
  SyntaxError,
  /// NotSupportedError: the library does not implement it.
  NotSupported,
  /// OperationError: e.g. a candidate that fits no media section, or no free data channel id.
  OperationFailed,
  /// NetworkError: one data channel failed, e.g. because the peer broke the protocol on it.
  Network,
  /// The send buffer is full. Retry after event::BufferedAmountLow.
  WouldBlock,
  /// The connection or channel of this handle is closed.
  Closed,
  /// Nothing has this name or id.
  NotFound,
  /// A connection failed because the peer closed it: an ordinary end.
  ClosedByPeer,
  /// A connection failed because there is no path to the peer, or no longer one.
  IceFailure,
  /// RTCErrorDetailType "dtls-failure": a connection failed because of the DTLS handshake.
  DtlsFailure,
  /// RTCErrorDetailType "fingerprint-failure": the peer's certificate does not match the
  /// fingerprint in its description.
  FingerprintFailure,
  /// RTCErrorDetailType "sctp-failure": data channels could not be set up, or were aborted.
  SctpFailure,
  /// Nothing arrived within the timeout.
  Timeout,
  /// Text that is not the expected JSON.
  InvalidJson,
  /// A bug in this library. Please report it.
  Internal,
};

/// The name of a code, in the W3C's spelling where it has one: "InvalidStateError", "WouldBlock".
SPECTER_EXPORT std::string_view to_string(ErrorCode code);

/// An error: a code for the program and a sentence for people.
struct Error {
  /// What kind of error.
  ErrorCode code = ErrorCode::Internal;
  /// What was wrong and what to do.
  std::string message;
  /// The line of the description that is wrong, from 1. W3C RTCError.sdpLineNumber.
  std::optional<std::size_t> sdp_line;

  bool operator==(const Error&) const = default;
};

}  // namespace specter
