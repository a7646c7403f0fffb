// URLs of STUN and TURN servers, one a line; the first two bits of the input say whether there is a
// name and a password. What is taken can be said again from its parts.
#include <string>
#include <vector>

#include "io/ice_url.h"
#include "target.h"

#include "specter/endpoint.h"

namespace specter::fuzz {
namespace {

using namespace specter::io;

std::string url_of(const IceUrl& url) {
  constexpr std::string_view kSchemes[] = {"stun", "stuns", "turn", "turns"};
  std::string text(kSchemes[static_cast<std::size_t>(url.scheme)]);
  const bool is_v6 = url.host.find(':') != url.host.npos;
  text += is_v6 ? ":[" + url.host + "]" : ":" + url.host;
  text += ":" + std::to_string(url.port);
  if (url.scheme == IceScheme::Turn || url.scheme == IceScheme::Turns)
    text += url.transport == IceTransport::Udp ? "?transport=udp" : "?transport=tcp";
  return text;
}

void check_url(const std::string& text) {
  const auto url = parse_ice_url(text);
  if (!url) {
    SPECTER_CHECK(url.error().code == ErrorCode::SyntaxError);
    // It is shown to people, and written into logs.
    SPECTER_CHECK(url.error().message.size() < 400);
    for (const char c : url.error().message) SPECTER_CHECK(c >= ' ' && c <= '~');
    return;
  }
  SPECTER_CHECK(url->text == text);
  SPECTER_CHECK(url->port != 0 && !url->host.empty() && url->host.size() <= 255);
  const bool is_v6 = url->host.find(':') != url->host.npos;
  SPECTER_CHECK(!is_v6 || IpAddress::parse(url->host)->is_v6());
  auto again = parse_ice_url(url_of(*url));
  SPECTER_CHECK(again.has_value());
  again->text = url->text;
  SPECTER_CHECK(*again == *url);
}

}  // namespace

void run(Bytes input) {
  ByteReader in(input);
  const std::uint8_t flags = in.u8();
  IceServer server;
  if (flags & 1) server.username = "user";
  if (flags & 2) server.credential = "password";
  const std::string_view text = as_text(in.rest());
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    server.urls.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }

  for (const std::string& url : server.urls) check_url(url);
  const auto urls = parse_ice_servers(std::span(&server, 1));
  if (!urls) {
    SPECTER_CHECK(urls.error().code == ErrorCode::SyntaxError ||
                  urls.error().code == ErrorCode::InvalidAccess ||
                  urls.error().code == ErrorCode::InvalidArgument);
    return;
  }
  SPECTER_CHECK(urls->size() <= kMaxIceUrls && urls->size() == server.urls.size());
  for (const IceUrl& url : *urls) {
    const bool is_turn = url.scheme == IceScheme::Turn || url.scheme == IceScheme::Turns;
    SPECTER_CHECK(!is_turn || (flags & 3) == 3);
  }
}

}  // namespace specter::fuzz
