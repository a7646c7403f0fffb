#include "ice/candidate.h"

#include <algorithm>
#include <charconv>
#include <span>

#include <fmt/format.h>

namespace specter::ice {

namespace {

// A candidate line that anybody writes is far shorter; more is not looked at.
constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxFoundationBytes = 32;  // RFC 8839 §5.1
constexpr std::size_t kMaxHostBytes = 255;
constexpr std::uint32_t kMaxPriority = 0x7fffffff;  // RFC 8839 §5.1: 1 to 2^31 - 1

std::unexpected<Error> syntax(std::string message) {
  return fail(ErrorCode::SyntaxError, std::move(message));
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::vector<std::string_view> words_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::vector<std::string_view> words;
  for (;;) {
    const std::size_t start = text.find_first_not_of(kSpace);
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    const std::size_t size = std::min(text.find_first_of(kSpace), text.size());
    words.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

template <class Number>
std::optional<Number> number_of(std::string_view text, Number low, Number high) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (value < low || value > high) return std::nullopt;
  return value;
}

bool is_ice_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(
      a, lower, [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y; });
}

std::optional<TransportProtocol> protocol_of(std::string_view text) {
  if (equal_ignoring_case(text, "udp")) return TransportProtocol::Udp;
  if (equal_ignoring_case(text, "tcp")) return TransportProtocol::Tcp;
  return std::nullopt;
}

std::optional<CandidateType> type_of(std::string_view text) {
  for (const CandidateType type : {CandidateType::Host, CandidateType::ServerReflexive,
                                   CandidateType::PeerReflexive, CandidateType::Relayed}) {
    if (text == to_string(type)) return type;
  }
  return std::nullopt;
}

using Words = std::span<const std::string_view>;

// raddr and rport, RFC 8839 §5.1. A name in place of the address hides it: kept as unspecified.
Result<std::optional<Endpoint>> parse_related(Words& rest) {
  if (rest.empty() || rest[0] != "raddr") return std::nullopt;
  if (rest.size() < 4 || rest[2] != "rport") return syntax("could not parse related addresses");
  const auto port = number_of<std::uint16_t>(rest[3], 0, 0xffff);
  if (!port) return syntax("could not parse related addresses");
  const Endpoint related{IpAddress::parse(rest[1]).value_or(IpAddress{}), *port};
  rest = rest.subspan(4);
  return related;
}

}  // namespace

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::Host: return "host";
    case CandidateType::ServerReflexive: return "srflx";
    case CandidateType::PeerReflexive: return "prflx";
    case CandidateType::Relayed: return "relay";
  }
  return "";
}

Result<Candidate> Candidate::parse(std::string_view text) {
  if (text.size() > kMaxTextBytes) return syntax("candidate text is longer than 4096 bytes");
  take_prefix(text, "a=");
  take_prefix(text, "candidate:");
  const std::vector<std::string_view> words = words_of(text);
  if (words.size() < 8) return syntax("attribute not long enough to be ICE candidate");

  Candidate candidate;
  candidate.foundation = words[0];
  if (candidate.foundation.size() > kMaxFoundationBytes ||
      !std::ranges::all_of(candidate.foundation, is_ice_char))
    return syntax("could not parse foundation");

  const auto component = number_of<std::uint16_t>(words[1], 1, 256);
  if (!component) return syntax("could not parse component");
  candidate.component = *component;

  const auto protocol = protocol_of(words[2]);
  if (!protocol) return syntax("could not parse transport");
  candidate.protocol = *protocol;

  const auto priority = number_of<std::uint32_t>(words[3], 1, kMaxPriority);
  if (!priority) return syntax("could not parse priority");
  candidate.priority = *priority;

  candidate.host = words[4];
  if (candidate.host.size() > kMaxHostBytes) return syntax("could not parse address");
  const auto port = number_of<std::uint16_t>(words[5], 0, 0xffff);
  if (!port) return syntax("could not parse port");
  candidate.endpoint = {IpAddress::parse(candidate.host).value_or(IpAddress{}), *port};

  if (words[6] != "typ") return syntax("could not parse type");
  const auto type = type_of(words[7]);
  if (!type) return syntax("unknown candidate type");
  candidate.type = *type;

  Words rest = Words(words).subspan(8);
  const auto related = parse_related(rest);
  if (!related) return std::unexpected(related.error());
  candidate.related = *related;

  if (rest.size() % 2 != 0) return syntax("could not parse extensions: a name without a value");
  for (; !rest.empty(); rest = rest.subspan(2)) candidate.extensions.emplace_back(rest[0], rest[1]);
  return candidate;
}

std::string Candidate::to_string() const {
  std::string out = fmt::format("candidate:{} {} {} {} {} {} typ {}", foundation, component,
                                protocol == TransportProtocol::Udp ? "udp" : "tcp", priority,
                                host.empty() ? endpoint.address.to_string() : host, endpoint.port,
                                ice::to_string(type));
  if (related)
    out += fmt::format(" raddr {} rport {}", related->address.to_string(), related->port);
  for (const auto& [name, value] : extensions) out += fmt::format(" {} {}", name, value);
  return out;
}

std::optional<std::string_view> Candidate::extension(std::string_view name) const {
  for (const auto& [key, value] : extensions) {
    if (key == name) return value;
  }
  return std::nullopt;
}

}  // namespace specter::ice
