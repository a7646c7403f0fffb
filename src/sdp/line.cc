#include "sdp/line.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace specter::sdp {
namespace {

constexpr std::size_t kShownBytes = 60;
// Texts that others pin are given whole; but a hostile description does not size an error.
constexpr std::size_t kMaxPinnedBytes = 4096;

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Cut to at most `size` bytes, not within a character of UTF-8.
std::string_view cut(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  while (size > 0 && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

Failure at(std::size_t line, std::string message) {
  return fail(Error{ErrorCode::SyntaxError, std::move(message), line});
}

}  // namespace

std::string shown(std::string_view text) {
  const std::string_view part = cut(text, kShownBytes);
  std::string out;
  for (const char c : part) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  if (part.size() < text.size()) out += "…";
  return out;
}

Failure unexpected_line(const Line& line, std::string_view expected) {
  return at(line.number,
            fmt::format("line {}: `{}`: expected {}", line.number, shown(line.text), expected));
}

Failure invalid_syntax(std::size_t line, std::string_view text) {
  return at(line, fmt::format("SdpInvalidSyntax: {}", cut(text, kMaxPinnedBytes)));
}

Failure invalid_value(std::size_t line, std::string_view value) {
  return at(line, fmt::format("SdpInvalidValue: {}", cut(value, kMaxPinnedBytes)));
}

std::vector<std::string_view> fields(std::string_view value) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(' ', at), value.size());
    if (end > at) all.push_back(value.substr(at, end - at));
    at = end + 1;
  }
  return all;
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t max) {
  if (!is_digits(text)) return std::nullopt;
  std::uint64_t number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  if (result.ec != std::errc{} || number > max) return std::nullopt;
  return number;
}

}  // namespace specter::sdp
