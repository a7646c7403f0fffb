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

Failure syntax(std::string message) { return fail(ErrorCode::SyntaxError, std::move(message)); }

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

// RFC 8866 §9: token.
bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`{|}~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kOthers.find(c) != kOthers.npos;
  });
}

TransportProtocol protocol_of(std::string_view text) {
  if (equal_ignoring_case(text, "udp")) return TransportProtocol::Udp;
  if (equal_ignoring_case(text, "tcp")) return TransportProtocol::Tcp;
  return TransportProtocol::Other;
}

CandidateType type_of(std::string_view text) {
  for (const CandidateType type : {CandidateType::Host, CandidateType::ServerReflexive,
                                   CandidateType::PeerReflexive, CandidateType::Relayed}) {
    if (text == to_string(type)) return type;
  }
  return CandidateType::Other;
}

// RFC 8839 §5.1 has no zone in an address, and RFC 4007 §6 no meaning for one on another host. Some
// write theirs all the same: fe80::1%eth0.
std::string_view without_zone(std::string_view host) {
  const auto address = IpAddress::parse(host.substr(0, host.find('%')));
  return address && address->is_v6() && address->is_link_local() ? host.substr(0, host.find('%'))
                                                                 : host;
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

using Extensions = std::vector<std::pair<std::string, std::string>>;

// RFC 8839 §5.1: *(SP extension-att-name SP extension-att-value), the value *VCHAR: two spaces in a
// row are an empty value, by the grammar. Nothing when the text is not so.
std::optional<Extensions> by_the_grammar(std::string_view text) {
  constexpr std::string_view kLineEnd = "\t\r\n";
  while (!text.empty() && kLineEnd.find(text.back()) != kLineEnd.npos) text.remove_suffix(1);
  if (text.find_first_of(kLineEnd) != text.npos) return std::nullopt;
  Extensions out;
  while (!text.empty()) {
    if (text.front() != ' ') return std::nullopt;
    text.remove_prefix(1);
    const std::size_t name = text.find(' ');
    if (name == 0 || name == text.npos) return std::nullopt;
    const std::size_t end = std::min(text.find(' ', name + 1), text.size());
    out.emplace_back(text.substr(0, name), text.substr(name + 1, end - name - 1));
    text.remove_prefix(end);
  }
  return out;
}

// `text` is what `words` were split from. Spaces that are many, or fell off at the end, are no
// reason to do without the candidate.
Extensions parse_extensions(std::string_view text, Words words) {
  if (auto exact = by_the_grammar(text)) return *std::move(exact);
  Extensions out;
  for (; !words.empty(); words = words.subspan(std::min<std::size_t>(2, words.size())))
    out.emplace_back(words[0], words.size() > 1 ? words[1] : "");
  return out;
}

}  // namespace

std::string_view to_string(CandidateType type) {
  switch (type) {
    case CandidateType::Host: return "host";
    case CandidateType::ServerReflexive: return "srflx";
    case CandidateType::PeerReflexive: return "prflx";
    case CandidateType::Relayed: return "relay";
    case CandidateType::Other: return "other";
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

  if (!is_token(words[2])) return syntax("could not parse transport");
  candidate.protocol = protocol_of(words[2]);

  const auto priority = number_of<std::uint32_t>(words[3], 1, kMaxPriority);
  if (!priority) return syntax("could not parse priority");
  candidate.priority = *priority;

  if (words[4].size() > kMaxHostBytes) return syntax("could not parse address");
  candidate.host = without_zone(words[4]);
  const auto port = number_of<std::uint16_t>(words[5], 0, 0xffff);
  if (!port) return syntax("could not parse port");
  candidate.endpoint = {IpAddress::parse(candidate.host).value_or(IpAddress{}), *port};

  if (words[6] != "typ") return syntax("could not parse type");
  if (!is_token(words[7])) return syntax("unknown candidate type");
  candidate.type = type_of(words[7]);
  OtherWords other;
  if (candidate.protocol == TransportProtocol::Other) other.protocol = words[2];
  if (candidate.type == CandidateType::Other) other.type = words[7];
  if (other != OtherWords{}) candidate.other = std::move(other);

  Words rest = Words(words).subspan(8);
  const auto related = parse_related(rest);
  if (!related) return fail(related.error());
  candidate.related = *related;

  const std::string_view last = words[words.size() - rest.size() - 1];
  const std::size_t end = static_cast<std::size_t>(last.data() - text.data()) + last.size();
  candidate.extensions = parse_extensions(text.substr(end), rest);
  return candidate;
}

namespace {

std::string_view word_of(const Candidate& candidate) {
  switch (candidate.protocol) {
    case TransportProtocol::Udp: return "udp";
    case TransportProtocol::Tcp: return "tcp";
    case TransportProtocol::Other:
      return candidate.other ? candidate.other->protocol : std::string_view();
  }
  return "";
}

}  // namespace

std::string Candidate::to_string() const {
  std::string out =
      fmt::format("candidate:{} {} {} {} {} {} typ {}", foundation, component, word_of(*this),
                  priority, host.empty() ? endpoint.address.to_string() : host, endpoint.port,
                  other && !other->type.empty() ? other->type : ice::to_string(type));
  if (related)
    out += fmt::format(" raddr {} rport {}", related->address.to_string(), related->port);
  for (const auto& [name, value] : extensions) out += fmt::format(" {} {}", name, value);
  return out;
}

std::optional<std::string_view> Candidate::extension(std::string_view name) const {
  for (const auto& [key, value] : extensions) {
    if (key == name && !value.empty()) return value;
  }
  return std::nullopt;
}

std::string words(const Log& log, const Candidate& candidate) {
  const std::string_view type = candidate.type == CandidateType::Other
                                    ? std::string_view("of an unknown type")
                                    : to_string(candidate.type);
  if (!candidate.is_resolved())
    return fmt::format("{} by a name{}{}", type, log.shows_addresses() ? " " : "",
                       log.shows_addresses() ? candidate.host : "");
  return fmt::format("{} {}{}, priority {}", type,
                     candidate.protocol == TransportProtocol::Udp ? "" : "not over UDP ",
                     log.shown(candidate.endpoint), candidate.priority);
}

}  // namespace specter::ice
