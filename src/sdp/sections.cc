#include "sdp/sections.h"

#include <algorithm>

namespace specter::sdp {

std::optional<Sections> split(std::string_view text) {
  Sections out;
  std::size_t start = 0;  // of the section
  bool in_session = true;
  const auto end_section = [&](std::size_t end) {
    const std::string_view section = text.substr(start, end - start);
    if (in_session)
      out.session = section;
    else
      out.media.push_back(section);
    in_session = false;
    start = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    // Shorter than this none is but a blank one.
    if (end == text.npos || end < at + 3 || text[end - 1] != '\r') return std::nullopt;
    if (text.substr(at, 2) == "m=") end_section(at);
    at = end + 1;
  }
  end_section(text.size());
  return out;
}

bool has_line(std::string_view section, std::string_view line) {
  for (std::size_t at = section.find(line); at != section.npos; at = section.find(line, at + 1)) {
    if (at == 0 || section[at - 1] == '\n') return true;
  }
  return false;
}

bool is_rejected(std::string_view section) {
  const std::size_t port = std::min(section.find(' '), section.size());
  const std::size_t digits = section.find_first_not_of(' ', port);
  if (digits == section.npos) return false;
  const std::size_t end = section.find_first_not_of('0', digits);
  return end != digits && end != section.npos && (section[end] == ' ' || section[end] == '/');
}

}  // namespace specter::sdp
