#include "rtp/extensions/mid.h"

#include <algorithm>

namespace specter::rtp {
namespace {

// RFC 8866 §9: `token-char`.
bool is_token_char(std::uint8_t c) {
  constexpr std::string_view kSeparators = "\"(),/:;<=>?@[\\]";
  return c > 0x20 && c < 0x7f && kSeparators.find(static_cast<char>(c)) == std::string_view::npos;
}

}  // namespace

std::expected<Mid, ParseError> Mid::parse(Bytes in) {
  if (in.empty()) return std::unexpected(ParseError::BadLength);
  if (!std::ranges::all_of(in, is_token_char)) return std::unexpected(ParseError::BadValue);
  return Mid{std::string(as_text(in))};
}

}  // namespace specter::rtp
