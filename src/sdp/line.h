// The lines of a description, and the errors that name one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specter/result.h"

namespace specter::sdp {

// "<type>=<value>" and where it stands.
struct Line {
  std::size_t number = 0;  // from 1
  std::string_view text;   // without its line end

  char type() const { return text[0]; }
  std::string_view value() const { return text.substr(2); }
};

// "line 3: `o=- 1`: expected …": the line is cut, and what can't be printed is escaped.
Failure unexpected_line(const Line& line, std::string_view expected);
// The two texts that Elixir's programs match on: "SdpInvalidSyntax: …", "SdpInvalidValue: …".
Failure invalid_syntax(std::size_t line, std::string_view text);
Failure invalid_value(std::size_t line, std::string_view value);

// What an error may show of a text that somebody else wrote.
std::string shown(std::string_view text);

// RFC 8866 §9: fields stand one space apart; more spaces, and spaces around all, are taken too.
std::vector<std::string_view> fields(std::string_view value);

// All of the text in decimal digits, and not too large; else nothing.
std::optional<std::uint64_t> decimal(std::string_view text, std::uint64_t max = ~std::uint64_t{0});
bool is_digits(std::string_view text);

}  // namespace specter::sdp
