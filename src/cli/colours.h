// Colours for people who look at a terminal.
#pragma once

#include <string>
#include <string_view>

namespace specter::cli {

enum class Colours { Off, On };

// On for a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is dumb.
Colours colours_of(int descriptor);

namespace style {
inline constexpr std::string_view kBold = "\033[1m", kFaint = "\033[2m", kRed = "\033[31m",
                                  kGreen = "\033[32m", kPlain = "\033[0m";
}

// `text` in that style; as it is where colours are off.
inline std::string styled(Colours colours, std::string_view style, std::string_view text) {
  if (colours == Colours::Off) return std::string(text);
  return std::string(style).append(text).append(style::kPlain);
}

}  // namespace specter::cli
