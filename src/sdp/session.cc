#include "sdp/session.h"

#include <algorithm>

namespace specter::sdp {

void Attributes::add(std::string name, std::optional<std::string> value) {
  lines.push_back(Attribute{std::move(name), std::move(value)});
}

void Attributes::remove(std::string_view name) {
  std::erase_if(lines, [&](const Attribute& line) { return line.name == name; });
}

bool Attributes::has(std::string_view name) const {
  return std::ranges::any_of(lines, [&](const Attribute& line) { return line.name == name; });
}

std::optional<std::string_view> Attributes::value(std::string_view name) const {
  const auto found =
      std::ranges::find_if(lines, [&](const Attribute& line) { return line.name == name; });
  if (found == lines.end() || !found->value) return std::nullopt;
  return *found->value;
}

std::vector<std::string_view> Attributes::values(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const Attribute& line : lines) {
    if (line.name == name && line.value) all.push_back(*line.value);
  }
  return all;
}

bool Media::operator==(const Media& other) const {
  return kind == other.kind && port == other.port && port_count == other.port_count &&
         protocol == other.protocol && formats == other.formats &&
         other_lines == other.other_lines && attributes == other.attributes;
}

}  // namespace specter::sdp
