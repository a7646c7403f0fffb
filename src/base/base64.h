// Base64 with padding, RFC 4648 §4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "specter/bytes.h"

namespace specter {

std::string to_base64(Bytes bytes);

// Nothing when the text isn't exactly what to_base64 would have written for some bytes.
std::optional<Buffer> from_base64(std::string_view text);

}  // namespace specter
