// RFC 8866 §5 and §9: from text to Session.
#include <algorithm>

#include <fmt/format.h>

#include "sdp/line.h"
#include "sdp/session.h"

namespace specter::sdp {
namespace {

// Hands out the lines, one after the other; blank ones are passed over but counted.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : text_(text) {}

  // The next line, nothing at the end, or what is wrong with it.
  Result<std::optional<Line>> next() {
    while (at_ < text_.size()) {
      const std::size_t start = at_;
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      at_ = end + 1;
      ++number_;
      std::string_view line = text_.substr(start, end - start);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      if (number_ > kMaxLines)
        return unexpected_line({number_, line}, fmt::format("no more than {} lines", kMaxLines));
      if (!is_letter(line[0]) || line.size() < 2 || line[1] != '=') {
        const std::string_view rest = text_.substr(start);
        return invalid_syntax(number_,
                              rest.substr(0, std::min(rest.find('='), rest.size() - 1) + 1));
      }
      if (line.find('\r') != line.npos)
        return unexpected_line({number_, line}, "a line feed after each carriage return");
      return Line{number_, line};
    }
    return std::nullopt;
  }

  std::size_t number() const { return number_; }

 private:
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

Failure malformed(const Line& line) {
  return invalid_syntax(line.number, fmt::format("`{}`", line.text));
}

Result<Origin> parse_origin(const Line& line) {
  const auto parts = fields(line.value());
  if (parts.size() != 6) return malformed(line);
  for (const std::string_view number : {parts[1], parts[2]}) {
    if (!is_digits(number)) return invalid_value(line.number, number);
  }
  return Origin{std::string(parts[0]), std::string(parts[1]), std::string(parts[2]),
                std::string(parts[3]), std::string(parts[4]), std::string(parts[5])};
}

// "m=<media> <port>[/<number of ports>] <proto> <fmt> …": RFC 8866 §5.14.
Result<Media> parse_media(const Line& line) {
  const auto parts = fields(line.value());
  if (parts.size() < 4) return malformed(line);

  Media media{.kind = std::string(parts[0]), .protocol = std::string(parts[2])};
  media.line = line.number;
  const std::size_t slash = parts[1].find('/');
  const auto port = decimal(parts[1].substr(0, slash), 65535);
  if (!port) return invalid_value(line.number, parts[1]);
  media.port = static_cast<std::uint16_t>(*port);
  if (slash != std::string_view::npos) {
    const auto count = decimal(parts[1].substr(slash + 1), 65535);
    if (!count || *count == 0) return invalid_value(line.number, parts[1]);
    media.port_count = static_cast<std::uint16_t>(*count);
  }
  media.formats.assign(parts.begin() + 3, parts.end());
  return media;
}

Result<Attribute> parse_attribute(const Line& line) {
  const std::string_view value = line.value();
  const std::size_t colon = value.find(':');
  if (value.empty() || colon == 0) return unexpected_line(line, "a=<name> or a=<name>:<value>");
  Attribute attribute{std::string(value.substr(0, colon)), std::nullopt, line.number};
  if (colon != value.npos) attribute.value = std::string(value.substr(colon + 1));
  return attribute;
}

// The lines that are kept as they came; only their rough form is looked at.
Result<> check_other(const Line& line) {
  const auto parts = fields(line.value());
  switch (line.type()) {
    case 'c':  // RFC 8866 §5.7: <nettype> <addrtype> <connection-address>
      if (parts.size() < 3) return malformed(line);
      break;
    case 'b': {  // RFC 8866 §5.8: <bwtype>:<bandwidth>
      const std::size_t colon = line.value().find(':');
      if (colon == line.value().npos || colon == 0) return malformed(line);
      const std::string_view bandwidth = line.value().substr(colon + 1);
      if (!is_digits(bandwidth)) return invalid_value(line.number, bandwidth);
      break;
    }
    case 'r':  // RFC 8866 §5.10: <repeat interval> <active duration> <offsets …>
      if (parts.size() < 3) return malformed(line);
      break;
    default: break;
  }
  return {};
}

Result<> check_time(const Line& line) {  // RFC 8866 §5.9: <start-time> <stop-time>
  const auto parts = fields(line.value());
  if (parts.size() != 2) return malformed(line);
  for (const std::string_view number : parts) {
    if (!is_digits(number)) return invalid_value(line.number, number);
  }
  return {};
}

// The lines of a session description, read straight down.
class Parser {
 public:
  explicit Parser(std::string_view text) : lines_(text) {}

  Result<Session> parse() {
    if (auto head = parse_head(); !head) return fail(head.error());
    while (true) {
      const auto line = lines_.next();
      if (!line) return fail(line.error());
      if (!*line) break;
      const auto taken = session_.media.empty() && (*line)->type() != 'm' ? session_line(**line)
                                                                          : media_line(**line);
      if (!taken) return fail(taken.error());
    }
    session_.other_lines.insert(session_.other_lines.end(), of_times_.begin(), of_times_.end());
    return std::move(session_);
  }

 private:
  // v=, o= and s=, which no description can do without, in this order.
  Result<> parse_head() {
    const auto version = required('v', "v=0 first of all");
    if (!version) return fail(version.error());
    if (version->value() != "0") return invalid_value(version->number, version->value());

    const auto origin =
        required('o', "o=<username> <session id> <version> IN IP4|IP6 <address>, which follows v=");
    if (!origin) return fail(origin.error());
    auto parsed = parse_origin(*origin);
    if (!parsed) return fail(parsed.error());
    session_.origin = *std::move(parsed);

    const auto name = required('s', "s=<name of the session, or ->, which follows o=");
    if (!name) return fail(name.error());
    session_.name = std::string(name->value());
    session_.times.clear();
    return {};
  }

  Result<Line> required(char type, std::string_view what) {
    const auto line = lines_.next();
    if (!line) return fail(line.error());
    if (!*line) {
      return fail(Error{
          ErrorCode::SyntaxError,
          fmt::format("line {}: the description ends here: expected {}", lines_.number() + 1, what),
          lines_.number() + 1});
    }
    if ((*line)->type() != type) return unexpected_line(**line, what);
    return **line;
  }

  // Between s= and the first m=. RFC 8866 §5 has an order for these; browsers and we care only
  // that the attributes come last.
  Result<> session_line(const Line& line) {
    constexpr std::string_view kOthers = "iuepcbrzk";
    constexpr std::string_view kOfTimes = "rzk";
    if (line.type() == 'a') return add_attribute(session_.attributes, line);
    const bool is_time = line.type() == 't';
    if (!is_time && kOthers.find(line.type()) == kOthers.npos)
      return unexpected_line(line, "i=, u=, e=, p=, c=, b=, t=, r=, z=, k=, a= or m=");
    if (!session_.attributes.lines.empty())
      return unexpected_line(line, "a= or m=, since the session's attributes have begun");
    if (const auto good = is_time ? check_time(line) : check_other(line); !good)
      return fail(good.error());
    if (is_time)
      session_.times.emplace_back(line.value());
    else if (kOfTimes.find(line.type()) != kOfTimes.npos)
      of_times_.emplace_back(line.text);
    else
      session_.other_lines.emplace_back(line.text);
    return {};
  }

  Result<> media_line(const Line& line) {
    constexpr std::string_view kOthers = "icbk";
    if (line.type() == 'm') {
      if (session_.media.size() == kMaxMedia)
        return unexpected_line(line, fmt::format("no more than {} m= sections", kMaxMedia));
      auto media = parse_media(line);
      if (!media) return fail(media.error());
      session_.media.push_back(*std::move(media));
      return {};
    }
    if (line.type() == 'a') return add_attribute(session_.media.back().attributes, line);
    if (kOthers.find(line.type()) == kOthers.npos)
      return unexpected_line(line, "i=, c=, b=, k= or a= of the m= section, or the next m=");
    if (const auto good = check_other(line); !good) return fail(good.error());
    session_.media.back().other_lines.emplace_back(line.text);
    return {};
  }

  static Result<> add_attribute(Attributes& attributes, const Line& line) {
    auto attribute = parse_attribute(line);
    if (!attribute) return fail(attribute.error());
    attributes.lines.push_back(*std::move(attribute));
    return {};
  }

  LineReader lines_;
  Session session_;
  // r=, z= and k=. write() puts them behind the times (RFC 8866 §5), so they are the last of the
  // other lines: what was written is parsed as it was.
  std::vector<std::string> of_times_;
};

}  // namespace

Result<Session> parse(std::string_view text) {
  const auto line_of = [&](std::size_t at) {
    return 1 + static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n'));
  };
  if (text.size() > kMaxBytes) {
    return fail(
        Error{ErrorCode::SyntaxError,
              fmt::format("line {}: expected a description of no more than {} bytes, not {}",
                          line_of(kMaxBytes), kMaxBytes, text.size()),
              line_of(kMaxBytes)});
  }
  if (const std::size_t nul = text.find('\0'); nul != text.npos) {
    // RFC 8866 §9, byte-string: NUL is the one character that no field may hold.
    const std::size_t before = text.substr(0, nul).rfind('\n');
    const std::size_t start = before == text.npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find('\n', nul), text.size());
    return unexpected_line({line_of(nul), text.substr(start, end - start)},
                           "a text without NUL characters");
  }
  return Parser(text).parse();
}

}  // namespace specter::sdp
