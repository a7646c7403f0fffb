#include "base/parse_error.h"

namespace specter {

std::string_view to_string(ParseError error) {
  switch (error) {
    case ParseError::Truncated: return "truncated";
    case ParseError::BadLength: return "bad length";
    case ParseError::WrongType: return "wrong type";
    case ParseError::BadValue: return "bad value";
    case ParseError::BadChecksum: return "bad checksum";
    case ParseError::TooMany: return "too many parts";
  }
  return "unknown";
}

}  // namespace specter
