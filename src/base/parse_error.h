// What a codec says of bytes that are not what they should be. The peer's fault: drop, count, go
// on.
#pragma once

#include <string_view>

namespace specter {

enum class ParseError {
  Truncated,    // ends before it should, or a length points past the end
  BadLength,    // a length that can't be
  WrongType,    // another message than the one asked for
  BadValue,     // a field with a value that its RFC forbids
  BadChecksum,  // a checksum, fingerprint or integrity that does not fit
  TooMany,      // more parts than we are willing to look at
};

std::string_view to_string(ParseError error);

}  // namespace specter
