#include "peer/told_candidates.h"

#include <algorithm>

namespace specter::peer {
namespace {

std::string_view without_prefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t start = text.find_first_not_of(kSpace);
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(kSpace) - start + 1);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

bool ToldCandidates::add(std::optional<std::size_t> section, std::string_view candidate) {
  const std::string_view value =
      without_prefix(without_prefix(trimmed(candidate), "a="), "candidate:");
  // It must not write lines of its own.
  if (std::ranges::any_of(value, is_control)) return false;
  Line line{{}, std::string(value)};
  if (section) line.section = static_cast<std::uint16_t>(*section);
  if (lines_.size() == kMaxLines || std::ranges::find(lines_, line) != lines_.end()) return false;
  lines_.push_back(std::move(line));
  return true;
}

SessionDescription ToldCandidates::shown_in(const SessionDescription& description) const {
  if (lines_.empty()) return description;
  auto session = sdp::parse(description.sdp);
  if (!session) return description;
  for (std::size_t i = 0; i < session->media.size(); ++i) {
    auto& lines = session->media[i].attributes.lines;
    for (const Line& told : lines_) {
      if (told.section && told.section != i) continue;
      sdp::Attribute attribute{.name = "end-of-candidates"};
      if (!told.candidate.empty()) attribute = {.name = "candidate", .value = told.candidate};
      if (std::ranges::find(lines, attribute) == lines.end()) lines.push_back(std::move(attribute));
    }
  }
  return {description.type, sdp::write(*session)};
}

}  // namespace specter::peer
