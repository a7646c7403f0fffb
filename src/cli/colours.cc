#include "cli/colours.h"

#include <cstdlib>

#include <unistd.h>

namespace specter::cli {

Colours colours_of(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool plain = (no_color && *no_color) || (term && std::string_view(term) == "dumb");
  return ::isatty(descriptor) && !plain ? Colours::On : Colours::Off;
}

}  // namespace specter::cli
