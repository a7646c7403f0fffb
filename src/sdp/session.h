// A session description as a value: what RFC 8866 gives a structure, and every attribute as it
// came. Parsing keeps what it does not know; write(parse(x)) is x with CRLF line ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specter/result.h"

namespace specter::sdp {

struct Attribute {
  std::string name;                    // a=<name>
  std::optional<std::string> value{};  // a=<name>:<value>
  std::size_t line = 0;  // where it stood, from 1; 0 when it was not parsed. Not part of ==.

  bool operator==(const Attribute& other) const {
    return name == other.name && value == other.value;
  }
};

// The a= lines of a session or of a media section, in their order. Names are compared exactly (RFC
// 8866 §5.13).
class Attributes {
 public:
  void add(std::string name, std::optional<std::string> value = std::nullopt);
  void remove(std::string_view name);  // all of that name
  bool has(std::string_view name) const;
  std::optional<std::string_view> value(
      std::string_view name) const;  // of the first; nothing if it has none
  std::vector<std::string_view> values(std::string_view name) const;  // of all

  std::vector<Attribute> lines;
  bool operator==(const Attributes&) const = default;
};

struct Origin {  // o=
  std::string username = "-";
  std::string session_id = "0";
  std::string session_version = "0";
  std::string network_type = "IN";
  std::string address_type = "IP4";
  std::string address = "127.0.0.1";

  bool operator==(const Origin&) const = default;
};

struct Media {       // m= and what belongs to it
  std::string kind;  // "audio", "video", "application", …
  std::uint16_t port = 9;
  std::optional<std::uint16_t> port_count{};
  std::string protocol;  // "UDP/DTLS/SCTP", "UDP/TLS/RTP/SAVPF"
  std::vector<std::string> formats;
  // The i=, c=, b= and k= lines as they came, whole, in their order ("c=IN IP4 0.0.0.0").
  std::vector<std::string> other_lines{};
  Attributes attributes{};
  std::size_t line = 0;  // where its m= stood, from 1; 0 when it was not parsed. Not part of ==.

  bool operator==(const Media& other) const;
};

struct Session {
  Origin origin;
  std::string name = "-";  // s=
  // All other lines between s= and the first a= or m= that are not t=: i=, u=, e=, p=, c=, b=, r=,
  // z=, k=, as they came.
  std::vector<std::string> other_lines{};
  std::vector<std::string> times = {"0 0"};  // t=
  Attributes attributes{};
  std::vector<Media> media{};

  bool operator==(const Session&) const = default;
};

// Conference servers offer some 400 sections of two kilobytes and sixty lines each.
inline constexpr std::size_t kMaxBytes = 1024 * 1024;
inline constexpr std::size_t kMaxLines = 80'000;
inline constexpr std::size_t kMaxMedia = 1'000;

// CRLF, LF and a missing last line end are taken. Errors: SyntaxError with sdp_line set and a
// message that shows the offending line, or one of the texts that Elixir's programs match on
// ("SdpInvalidSyntax: …").
Result<Session> parse(std::string_view text);

std::string write(const Session& session);

}  // namespace specter::sdp
