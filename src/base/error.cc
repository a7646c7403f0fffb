#include "specter/error.h"

namespace specter {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidState: return "InvalidStateError";
    case ErrorCode::InvalidAccess: return "InvalidAccessError";
    case ErrorCode::InvalidModification: return "InvalidModificationError";
    case ErrorCode::InvalidArgument: return "TypeError";
    case ErrorCode::SyntaxError: return "SyntaxError";
    case ErrorCode::NotSupported: return "NotSupportedError";
    case ErrorCode::OperationFailed: return "OperationError";
    case ErrorCode::Network: return "NetworkError";
    case ErrorCode::WouldBlock: return "WouldBlock";
    case ErrorCode::Closed: return "Closed";
    case ErrorCode::NotFound: return "NotFound";
    case ErrorCode::ClosedByPeer: return "ClosedByPeer";
    case ErrorCode::IceFailure: return "IceFailure";
    case ErrorCode::DtlsFailure: return "DtlsFailure";
    case ErrorCode::FingerprintFailure: return "FingerprintFailure";
    case ErrorCode::SctpFailure: return "SctpFailure";
    case ErrorCode::Timeout: return "Timeout";
    case ErrorCode::InvalidJson: return "InvalidJson";
    case ErrorCode::Internal: return "Internal";
  }
  return "Internal";
}

}  // namespace specter
