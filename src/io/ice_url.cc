#include "io/ice_url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "io/host_name.h"

#include "specter/endpoint.h"

namespace specter::io {

namespace {

constexpr std::size_t kMaxShown = 100;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::optional<IceScheme> scheme_of(std::string_view text) {
  const std::string name = lower(text);  // RFC 3986 §3.1: schemes know no case
  if (name == "stun") return IceScheme::Stun;
  if (name == "stuns") return IceScheme::Stuns;
  if (name == "turn") return IceScheme::Turn;
  if (name == "turns") return IceScheme::Turns;
  return std::nullopt;
}

// RFC 7064 §3.2, RFC 7065 §3.2.
std::uint16_t default_port(IceScheme scheme) {
  return scheme == IceScheme::Stun || scheme == IceScheme::Turn ? 3478 : 5349;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), rest_(text) {}

  Result<IceUrl> run() {
    const std::size_t colon = rest_.find(':');
    const auto scheme = scheme_of(rest_.substr(0, colon));
    if (colon == std::string_view::npos || !scheme)
      return bad("it must begin with stun:, stuns:, turn: or turns:");
    url_.scheme = *scheme;
    url_.text = text_;
    url_.transport = *scheme == IceScheme::Turns ? IceTransport::Tcp : IceTransport::Udp;
    rest_.remove_prefix(colon + 1);
    if (rest_.starts_with("//")) return bad("there is no // in such a URL");
    if (auto error = query()) return bad(*error);
    if (auto error = host_and_port()) return bad(*error);
    return std::move(url_);
  }

 private:
  using Problem = std::optional<const char*>;

  Failure bad(const char* why) const {
    return fail(ErrorCode::SyntaxError, fmt::format("the ICE server URL \"{}\" can't be read: {}",
                                                    printable(text_.substr(0, kMaxShown)), why));
  }
  static std::string printable(std::string_view text) {
    std::string out(text);
    std::ranges::replace_if(out, [](char c) { return c < ' ' || c > '~'; }, '?');
    return out;
  }

  // RFC 7065 §3.1: only turn: has one, and only this one.
  Problem query() {
    const std::size_t mark = rest_.find('?');
    if (mark == std::string_view::npos) return std::nullopt;
    if (url_.scheme == IceScheme::Stun || url_.scheme == IceScheme::Stuns)
      return "a stun: URL has no query";
    const std::string text = lower(rest_.substr(mark + 1));
    rest_ = rest_.substr(0, mark);
    if (text == "transport=udp")
      url_.transport = IceTransport::Udp;
    else if (text == "transport=tcp")
      url_.transport = IceTransport::Tcp;
    else
      return "its query must be transport=udp or transport=tcp";
    return std::nullopt;
  }

  Problem host_and_port() {
    if (rest_.starts_with('[')) {
      const std::size_t end = rest_.find(']');
      if (end == std::string_view::npos) return "the ] after its IPv6 address is missing";
      const std::string_view host = rest_.substr(1, end - 1);
      const auto address = IpAddress::parse(host);
      if (!address || !address->is_v6()) return "between [ and ] is no IPv6 address";
      url_.host = host;
      rest_.remove_prefix(end + 1);
      if (!rest_.empty() && rest_.front() != ':') return "after ] only a port may follow";
    } else {
      const std::string_view text = rest_.substr(0, rest_.find(':'));
      if (text.empty()) return "its host is missing";
      auto host = host_from_url(text);
      if (!host) return "its host is neither a name nor an address";
      url_.host = *std::move(host);
      rest_.remove_prefix(text.size());
    }
    url_.port = default_port(url_.scheme);
    // RFC 3986 §3.2.3: a port may be empty, and is then the default one.
    if (rest_.empty() || rest_ == ":") return std::nullopt;
    const auto port = port_of(rest_.substr(1));
    if (!port) return "its port must be a number from 1 to 65535 (an IPv6 address needs [ and ])";
    url_.port = *port;
    return std::nullopt;
  }

  std::string_view text_;
  std::string_view rest_;
  IceUrl url_;
};

}  // namespace

IceServerTransportProtocol protocol_of(const IceUrl& url) {
  using enum IceServerTransportProtocol;
  if (url.transport == IceTransport::Udp) return Udp;
  const bool is_tls = url.scheme == IceScheme::Turns || url.scheme == IceScheme::Stuns;
  return is_tls ? Tls : Tcp;
}

Result<IceUrl> parse_ice_url(std::string_view text) { return Parser(text).run(); }

Result<std::vector<IceUrl>> parse_ice_servers(std::span<const IceServer> servers) {
  std::vector<IceUrl> urls;
  for (const IceServer& server : servers) {
    // W3C §4.4.1.6.
    if (server.urls.empty())
      return fail(ErrorCode::SyntaxError, "an ICE server has no URL: leave it out");
    for (const std::string& text : server.urls) {
      auto url = parse_ice_url(text);
      if (!url) return fail(std::move(url).error());
      const bool is_turn = url->scheme == IceScheme::Turn || url->scheme == IceScheme::Turns;
      if (is_turn && (server.username.empty() || server.credential.empty()))
        return fail(
            ErrorCode::InvalidAccess,
            fmt::format("{}: turn server credentials required: set username and credential", text));
      if (urls.size() == kMaxIceUrls) {
        return fail(ErrorCode::InvalidArgument,
                    fmt::format("more than {} URLs of ICE servers", kMaxIceUrls));
      }
      if (is_turn) {
        url->username = server.username;
        url->password = server.credential;
      }
      urls.push_back(std::move(*url));
    }
  }
  return urls;
}

}  // namespace specter::io
