// A description's text cut at its m= lines, for whoever adds lines to it and needs nothing else of
// it: to parse and to write it takes ten times as long.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace specter::sdp {

// Views into the text; one behind the other they are all of it.
struct Sections {
  std::string_view session;
  std::vector<std::string_view> media;
};

// Of a text that parse() took. Nothing unless each of its lines ends as write() ends them, CRLF.
std::optional<Sections> split(std::string_view text);

// Whether it has this line, which is given with its end.
bool has_line(std::string_view section, std::string_view line);

// Whether the port of a media section is 0. RFC 9429 §5.3.1.
bool is_rejected(std::string_view section);

}  // namespace specter::sdp
