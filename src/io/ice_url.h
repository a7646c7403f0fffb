// The URLs of STUN and TURN servers. RFC 7064, RFC 7065.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "turn/credentials.h"

#include "specter/options.h"
#include "specter/result.h"
#include "specter/states.h"

namespace specter::io {

enum class IceScheme { Stun, Stuns, Turn, Turns };
enum class IceTransport { Udp, Tcp };

struct IceUrl {
  IceScheme scheme = IceScheme::Stun;
  std::string host;  // a name for a resolver or an address, without brackets: see host_name.h
  std::uint16_t port = 0;
  IceTransport transport = IceTransport::Udp;
  std::string text;  // as it was given
  // Of the server that it is of; of turn: and turns: alone. Never in a log or an error.
  std::string username{}, password{};

  ~IceUrl() { turn::wipe(password); }
  bool operator==(const IceUrl&) const = default;
};

// RFC 7065 §3.1: "turns" over TCP is TLS, over UDP DTLS, for which there is no word of its own.
IceServerTransportProtocol protocol_of(const IceUrl& url);

// Error: SyntaxError.
Result<IceUrl> parse_ice_url(std::string_view text);

// All URLs of all servers. Errors: SyntaxError, also for a server without one; InvalidAccess for a
// turn: URL without credentials (W3C §4.4.1.6); InvalidArgument past kMaxIceUrls.
inline constexpr std::size_t kMaxIceUrls = 64;
Result<std::vector<IceUrl>> parse_ice_servers(std::span<const IceServer> servers);

}  // namespace specter::io
