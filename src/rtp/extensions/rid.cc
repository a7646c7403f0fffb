#include "rtp/extensions/rid.h"

#include <algorithm>

namespace specter::rtp {
namespace {

constexpr std::size_t kMaxSize = 255;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::expected<std::string, ParseError> parse_text(Bytes in) {
  if (in.empty()) return std::unexpected(ParseError::BadLength);
  const std::string_view text = as_text(in);
  const auto is_allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; };
  if (!std::ranges::all_of(text, is_allowed)) return std::unexpected(ParseError::BadValue);
  return std::string(text);
}

}  // namespace

bool is_strict_rid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSize && std::ranges::all_of(text, is_alphanumeric);
}

std::expected<Rid, ParseError> Rid::parse(Bytes in) {
  auto text = parse_text(in);
  if (!text) return std::unexpected(text.error());
  return Rid{std::move(*text)};
}

std::expected<RepairedRid, ParseError> RepairedRid::parse(Bytes in) {
  auto text = parse_text(in);
  if (!text) return std::unexpected(text.error());
  return RepairedRid{std::move(*text)};
}

}  // namespace specter::rtp
