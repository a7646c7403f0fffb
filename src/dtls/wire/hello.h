// The two hellos, with exactly the extensions that WebRTC's profile of DTLS uses. RFC 5246 §7.4.1,
// RFC 8446 §4.1, RFC 9147 §5.3.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "dtls/wire/extension_set.h"
#include "dtls/wire/numbers.h"

#include "specter/bytes.h"

namespace specter::dtls {

using HelloRandom = std::array<std::uint8_t, 32>;

struct KeyShareEntry {
  std::uint16_t group = 0;
  Buffer key;
  bool operator==(const KeyShareEntry&) const = default;
};

struct UseSrtp {
  std::vector<std::uint16_t> profiles;  // of a client: its choice, best first; of a server: one
  Buffer mki;
  bool operator==(const UseSrtp&) const = default;
};

// All lists keep their order. parse() takes what a peer may send: unknown extensions are passed
// over, a known one that comes twice or is malformed is an error, as are bytes behind the end.
// "Absent" is nullopt or false. Written in a fixed order.
struct ClientHello {
  static constexpr std::size_t kMaxBytes = 16'384;
  static constexpr std::size_t kMaxKeyShares = 32;  // TooMany beyond; browsers send two or three

  std::uint16_t version = 0xfefd;  // legacy_version
  HelloRandom random{};
  Buffer session_id;
  Buffer cookie;  // DTLS 1.2's, RFC 6347 §4.2.1; always empty in 1.3
  std::vector<std::uint16_t> cipher_suites;
  bool null_compression = true;  // offered, as it must be
  bool other_compression =
      false;  // offered too: illegal in 1.3 (RFC 8446 §4.1.2), else passed over

  std::optional<std::vector<std::uint16_t>> supported_versions;
  std::optional<std::vector<std::uint16_t>> groups;
  std::optional<std::vector<std::uint16_t>> signature_schemes;
  std::optional<std::vector<KeyShareEntry>> key_shares;
  std::optional<UseSrtp> use_srtp;
  std::optional<Buffer> retry_cookie;  // the cookie extension of 1.3
  std::optional<Buffer> renegotiation_info;
  bool uncompressed_points = true;  // ec_point_formats is absent or has it
  bool extended_master_secret = false;

  ExtensionSet extensions() const;  // as write() writes them

  static std::expected<ClientHello, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;  // the body; ec_point_formats is always written
  bool operator==(const ClientHello&) const = default;
};

// A HelloRetryRequest too: it is told by its random. RFC 8446 §4.1.3.
struct ServerHello {
  static constexpr std::size_t kMaxBytes = 4096;
  static const HelloRandom kRetryRandom;                       // SHA-256("HelloRetryRequest")
  static constexpr std::array<std::uint8_t, 8> kDowngrade12 =  // the end of random
      {0x44, 0x4f, 0x57, 0x4e, 0x47, 0x52, 0x44, 0x01};

  std::uint16_t version = 0xfefd;
  HelloRandom random{};
  Buffer session_id;
  std::uint16_t cipher_suite = 0;
  std::uint8_t compression = 0;

  std::optional<std::uint16_t> supported_version;
  std::optional<KeyShareEntry> key_share;       // not in a HelloRetryRequest
  std::optional<std::uint16_t> selected_group;  // key_share of a HelloRetryRequest
  std::optional<UseSrtp> use_srtp;
  std::optional<Buffer> retry_cookie;
  std::optional<Buffer> renegotiation_info;
  bool ec_point_formats = false;  // present
  bool extended_master_secret = false;
  // What is none of the above: written empty, and an unknown one as one of GREASE's (RFC 8701).
  ExtensionSet others{};

  bool is_retry() const { return random == kRetryRandom; }
  bool says_downgrade() const;  // from 1.3 to 1.2
  ExtensionSet extensions() const;

  static std::expected<ServerHello, ParseError> parse(Bytes body);
  void write(ByteWriter& out) const;
  bool operator==(const ServerHello&) const = default;
};

}  // namespace specter::dtls
