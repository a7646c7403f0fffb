#include "sdp/attributes.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "base/base64.h"
#include "sdp/line.h"

namespace specter::sdp {
namespace {

const Attribute* find(const Attributes& attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes.lines, name, &Attribute::name);
  return found == attributes.lines.end() ? nullptr : &*found;
}

// The section's own attribute goes before the session's.
const Attribute* find(const Session& session, const Media& media, std::string_view name) {
  const Attribute* own = find(media.attributes, name);
  return own ? own : find(session.attributes, name);
}

std::string_view text_of(const Attribute& attribute) {
  return attribute.value ? std::string_view(*attribute.value) : std::string_view();
}

Failure bad(const Attribute& attribute, std::string_view expected) {
  std::string line = "a=" + attribute.name;
  if (attribute.value) line += ":" + *attribute.value;
  Error error{ErrorCode::SyntaxError, {}, std::nullopt};
  if (attribute.line > 0) {
    error.sdp_line = attribute.line;
    error.message = fmt::format("line {}: ", attribute.line);
  }
  error.message += fmt::format("`{}`: expected {}", shown(line), expected);
  return fail(std::move(error));
}

bool is_ice_char(char c) {  // RFC 8839 §5.1: ALPHA / DIGIT / "+" / "/"
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool is_ice_text(std::string_view text, std::size_t min, std::size_t max) {
  return text.size() >= min && text.size() <= max && std::ranges::all_of(text, is_ice_char);
}

constexpr std::array kSetups = {Setup::Active, Setup::Passive, Setup::ActPass, Setup::HoldConn};
constexpr std::array kDirections = {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly,
                                    Direction::Inactive};

const Direction* direction_of(const Attributes& attributes) {
  for (const Attribute& line : attributes.lines) {
    for (const Direction& direction : kDirections) {
      if (line.name == to_string(direction)) return &direction;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view to_string(Setup setup) {
  switch (setup) {
    case Setup::Active: return "active";
    case Setup::Passive: return "passive";
    case Setup::ActPass: return "actpass";
    case Setup::HoldConn: return "holdconn";
  }
  return "";
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::SendRecv: return "sendrecv";
    case Direction::SendOnly: return "sendonly";
    case Direction::RecvOnly: return "recvonly";
    case Direction::Inactive: return "inactive";
  }
  return "";
}

Result<std::optional<Setup>> setup(const Session& session, const Media& media) {
  const Attribute* line = find(session, media, "setup");
  if (!line) return std::nullopt;
  for (const Setup setup : kSetups) {
    if (text_of(*line) == to_string(setup)) return setup;
  }
  return bad(*line, "active, passive, actpass or holdconn");
}

Result<std::optional<IceCredentials>> ice_credentials(const Session& session, const Media& media) {
  const Attribute* ufrag = find(session, media, "ice-ufrag");
  const Attribute* pwd = find(session, media, "ice-pwd");
  if (!ufrag && !pwd) return std::nullopt;
  // RFC 8839 §5.4: ufrag = 4*256ice-char, password = 22*256ice-char.
  if (ufrag && !is_ice_text(text_of(*ufrag), 4, 256))
    return bad(*ufrag, "4 to 256 letters, digits, + and /");
  if (pwd && !is_ice_text(text_of(*pwd), 22, 256))
    return bad(*pwd, "22 to 256 letters, digits, + and /");
  if (!pwd) return bad(*ufrag, "an a=ice-pwd beside it");
  if (!ufrag) return bad(*pwd, "an a=ice-ufrag beside it");
  return IceCredentials{*ufrag->value, *pwd->value};
}

std::vector<std::string> ice_options(const Session& session, const Media& media) {
  std::vector<std::string> all;
  for (const Attributes* level : {&session.attributes, &media.attributes}) {
    for (const std::string_view value : level->values("ice-options")) {
      for (const std::string_view option : fields(value)) {
        if (all.size() < kMaxIceOptions && std::ranges::find(all, option) == all.end())
          all.emplace_back(option);
      }
    }
  }
  return all;
}

bool has_sped(const Session& session, const Media& media) {
  return std::ranges::any_of(ice_options(session, media), [](const std::string& option) {
    return option == "sped" || option == "googspedv1" || option == "goog-sped-v1";
  });
}

bool ice_lite(const Session& session) { return session.attributes.has("ice-lite"); }

std::vector<std::string_view> candidates(const Media& media) {
  return media.attributes.values("candidate");
}

bool end_of_candidates(const Session& session, const Media& media) {
  return media.attributes.has("end-of-candidates") || session.attributes.has("end-of-candidates");
}

std::vector<std::string_view> fingerprints(const Session& session, const Media& media) {
  auto own = media.attributes.values("fingerprint");
  return own.empty() ? session.attributes.values("fingerprint") : own;
}

std::optional<std::string_view> tls_id(const Session& session, const Media& media) {
  // RFC 8842 §4 knows it at media level only; one at session level can only mean every section.
  const Attribute* line = find(session, media, "tls-id");
  if (!line || !line->value) return std::nullopt;
  return *line->value;
}

std::optional<std::string_view> mid(const Media& media) { return media.attributes.value("mid"); }

std::vector<std::vector<std::string>> bundle_groups(const Session& session) {
  std::vector<std::vector<std::string>> groups;
  for (const std::string_view value : session.attributes.values("group")) {
    const auto parts = fields(value);
    if (parts.empty() || parts[0] != "BUNDLE") continue;
    groups.emplace_back(parts.begin() + 1, parts.end());
  }
  return groups;
}

bool bundle_only(const Media& media) { return media.attributes.has("bundle-only"); }

Result<std::optional<std::uint16_t>> sctp_port(const Media& media) {
  const Attribute* line = find(media.attributes, "sctp-port");
  if (!line) return std::nullopt;
  // RFC 8841 §5.2: 1*5DIGIT; 0 says that the association is closed.
  const auto port = decimal(text_of(*line), 65535);
  if (!port || text_of(*line).size() > 5) return bad(*line, "a port, 0 to 65535");
  return static_cast<std::uint16_t>(*port);
}

Result<std::optional<std::uint64_t>> max_message_size(const Media& media) {
  const Attribute* line = find(media.attributes, "max-message-size");
  if (!line) return std::nullopt;
  if (!is_digits(text_of(*line))) return bad(*line, "a number of bytes");
  // RFC 8841 §6.1: 1*DIGIT has no bound; what no counter holds is as good as the largest it holds.
  return decimal(text_of(*line)).value_or(std::numeric_limits<std::uint64_t>::max());
}

Result<std::optional<Buffer>> sctp_init(const Media& media) {
  const Attribute* line = find(media.attributes, "sctp-init");
  if (!line) return std::nullopt;
  for (const Attribute& other : media.attributes.lines) {
    if (other.name == line->name && other != *line) return bad(other, "one a=sctp-init, not two");
  }
  constexpr std::size_t kMaxText = (kMaxSctpInitBytes + 2) / 3 * 4;
  auto bytes = text_of(*line).size() <= kMaxText ? from_base64(text_of(*line)) : std::nullopt;
  if (!bytes || bytes->empty() || bytes->size() > kMaxSctpInitBytes)
    return bad(*line, fmt::format("1 to {} bytes in base64", kMaxSctpInitBytes));
  return bytes;
}

Direction direction(const Session& session, const Media& media) {
  if (const Direction* own = direction_of(media.attributes)) return *own;
  if (const Direction* common = direction_of(session.attributes)) return *common;
  return Direction::SendRecv;  // RFC 8866 §6.7
}

}  // namespace specter::sdp
