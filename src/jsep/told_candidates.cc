#include "jsep/told_candidates.h"

#include <algorithm>
#include <utility>

#include "sdp/sections.h"

namespace specter::jsep {
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

// As it stands in a description, put together in `out`.
const std::string& ToldCandidates::text_of(const Line& line, std::string& out) {
  if (line.candidate.empty()) return out.assign("a=end-of-candidates\r\n");
  return out.assign("a=candidate:").append(line.candidate).append("\r\n");
}

SessionDescription ToldCandidates::shown_in(const SessionDescription& description) const {
  if (lines_.empty()) return description;
  const auto sections = sdp::split(description.sdp);
  if (!sections) {  // once more, with the ends of lines that we write
    const auto session = sdp::parse(description.sdp);
    return session ? shown_in({description.type, sdp::write(*session)}) : description;
  }
  std::string out, line;
  // It is kept as long as the connection: no larger than it will be.
  std::size_t size = description.sdp.size();
  for (const Line& told : lines_)
    size += text_of(told, line).size() * (told.section ? 1 : sections->media.size());
  out.reserve(size);
  out += sections->session;
  for (std::size_t i = 0; i < sections->media.size(); ++i) {
    const std::size_t start = out.size();
    out += sections->media[i];
    for (const Line& told : lines_) {
      if (told.section && told.section != i) continue;
      if (!sdp::has_line(std::string_view(out).substr(start), text_of(told, line))) out += line;
    }
  }
  return {description.type, std::move(out)};
}

}  // namespace specter::jsep
