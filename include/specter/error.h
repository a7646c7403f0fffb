// What a call answers when it can't be done.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "specter/export.h"

namespace specter {

// Why a call failed. The names of the W3C's errors (https://www.w3.org/TR/webrtc/) where it has
// one; to_string() gives them as it spells them ("InvalidStateError").
enum class ErrorCode {
  InvalidState,         // InvalidStateError: not now, e.g. create_answer() without an offer
  InvalidAccess,        // InvalidAccessError: the argument can't be used, e.g. a bad certificate or
                        // description
  InvalidModification,  // InvalidModificationError: a description that is not the one that was
                        // created
  InvalidArgument,      // TypeError: a value out of its range, e.g. a label over 65,535 bytes
  SyntaxError,          // SyntaxError: text that can't be parsed: SDP, a candidate, a URL
  NotSupported,         // NotSupportedError
  OperationFailed,      // OperationError: a candidate that fits no section, a data channel limit, …
  Network,              // NetworkError: the connection or a channel ended
  WouldBlock,           // the send buffer is full; buffered_amount_low tells when to go on
  Closed,               // what the handle names is closed or gone
  NotFound,             // no such thing
  // Why a connection is `failed`, or one of its channels; the last four are the W3C's
  // RTCErrorDetailType, and ICE's like.
  ClosedByPeer,        // the peer said goodbye: an ordinary departure
  IceFailure,          // no path to the peer, or not any more
  DtlsFailure,         // dtls-failure: the handshake did not end well
  FingerprintFailure,  // fingerprint-failure: who answers is not whom the description names
  SctpFailure,         // sctp-failure: of data channels alone
  Timeout,             // nothing came in the time given
  InvalidJson,         // JSON text that is not what was asked for
  Internal,            // our own fault: please report it
};

SPECTER_EXPORT std::string_view to_string(ErrorCode code);

// An error value: a code to branch on, and a sentence for people that says what was wrong and what
// to do.
struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
  std::optional<std::size_t>
      sdp_line;  // the line of the description that is wrong, from 1; W3C RTCError.sdpLineNumber

  bool operator==(const Error&) const = default;
};

}  // namespace specter
