#include "peer/log_words.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace specter::peer {
namespace {

// What follows `prefix`.
std::optional<std::string_view> after(std::string_view line, std::string_view prefix) {
  if (!line.starts_with(prefix)) return std::nullopt;
  return line.substr(prefix.size());
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

// "m=video 0 …": port 0 rejects it, RFC 3264 §6. In a bundle it may mean something else, which its
// a=bundle-only says: RFC 9143 §6.
bool has_port_zero(std::string_view media) {
  const std::size_t space = media.find(' ');
  return space != std::string_view::npos && first_word(media.substr(space + 1)) == "0";
}

struct Section {
  std::string_view kind;
  bool has_port_zero = false;
  bool is_bundle_only = false;
  std::string_view direction{};
};

constexpr std::string_view kDirections[] = {"sendrecv", "sendonly", "recvonly", "inactive"};

struct Summary {
  void read(std::string_view line) {
    if (const auto media = after(line, "m=")) {
      sections.push_back({first_word(*media), has_port_zero(*media)});
    } else if (const auto attribute = after(line, "a=")) {
      read_attribute(*attribute);
    }
  }
  void read_attribute(std::string_view attribute) {
    if (attribute.starts_with("candidate:")) ++candidates;
    if (attribute == "end-of-candidates") has_all_candidates = true;
    if (attribute == "ice-lite") is_lite = true;
    if (const auto value = after(attribute, "setup:"); value && setup.empty()) setup = *value;
    if (sections.empty()) return;
    if (attribute == "bundle-only") sections.back().is_bundle_only = true;
    if (std::ranges::find(kDirections, attribute) != std::end(kDirections))
      sections.back().direction = attribute;
  }

  std::vector<Section> sections;
  std::string_view setup;
  std::size_t candidates = 0;
  bool has_all_candidates = false;
  bool is_lite = false;
};

Summary read(std::string_view sdp) {
  Summary summary;
  while (!sdp.empty()) {
    const std::size_t end = std::min(sdp.find('\n'), sdp.size());
    std::string_view line = sdp.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    summary.read(line);
    sdp.remove_prefix(std::min(end + 1, sdp.size()));
  }
  return summary;
}

}  // namespace

std::string words(const SessionDescription& description) {
  if (description.type == SdpType::Rollback) return std::string(to_string(description.type));
  const Summary summary = read(description.sdp);
  std::string out =
      fmt::format("{} of {} bytes: ", to_string(description.type), description.sdp.size());
  const std::size_t named = std::min(summary.sections.size(), kMaxSectionsInWords);
  for (std::size_t i = 0; i < named; ++i) {
    const Section& section = summary.sections[i];
    if (i > 0) out += ", ";
    out += section.kind;
    if (section.has_port_zero && !section.is_bundle_only)
      out += " rejected";
    else if (!section.direction.empty())
      out += fmt::format(" {}", section.direction);
  }
  if (summary.sections.empty()) out += "no section";
  if (const std::size_t more = summary.sections.size() - named; more > 0)
    out += fmt::format(" and {} more", more);
  if (!summary.setup.empty()) out += fmt::format("; setup {}", summary.setup);
  if (summary.is_lite) out += ", ice-lite";
  out += fmt::format("; {} candidates{}", summary.candidates,
                     summary.has_all_candidates ? ", all of them" : "");
  return out;
}

namespace {

std::string_view whose(jsep::Side side) { return side == jsep::Side::Remote ? "remote" : "local"; }

void log_refusal(const Log& log, jsep::Side side, const Error& error) {
  const bool is_quoted = log.shows_addresses();
  log.info("{} description is refused: {}{}{}", whose(side), to_string(error.code),
           is_quoted ? ": " : "", is_quoted ? std::string_view(error.message) : "");
}

}  // namespace

void log_description(const Log& log, jsep::Side side, const SessionDescription* description,
                     const jsep::Negotiation& negotiation, const Error* refusal) {
  if (!log.wants(LogLevel::Info)) return;
  if (refusal) return log_refusal(log, side, *refusal);
  const auto& made =
      negotiation.pending_local() ? negotiation.pending_local() : negotiation.current_local();
  if (!description && !made) return;
  log.info("{} {}", whose(side), words(description ? *description : *made));
}

void log_event(const Log& log, const core::Event& event) {
  if (!log.wants(LogLevel::Info)) return;
  if (const auto* change = std::get_if<core::ConnectionStateChange>(&event))
    log.info("the connection is {}", to_string(change->state));
  else if (const auto* signaling = std::get_if<core::SignalingStateChange>(&event))
    log.info("signaling is {}", to_string(signaling->state));
  else if (std::holds_alternative<core::NegotiationNeeded>(event))
    log.info("negotiation is needed");
}

}  // namespace specter::peer
