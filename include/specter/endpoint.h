// Transport addresses, and datagrams to and from them.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "specter/bytes.h"
#include "specter/export.h"

namespace specter {

// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is kept as the IPv6
// address that it is.
class SPECTER_EXPORT IpAddress {
 public:
  constexpr IpAddress() = default;  // 0.0.0.0
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> octets) {
    IpAddress a;
    for (std::size_t i = 0; i < 4; ++i) a.octets_[i] = octets[i];
    return a;
  }
  static constexpr IpAddress v6(std::array<std::uint8_t, 16> octets) {
    IpAddress a;
    a.octets_ = octets;
    a.is_v6_ = true;
    return a;
  }
  // "192.0.2.1" or "2001:db8::1"; nothing for any other text (no names, no ports, no zone).
  static std::optional<IpAddress> parse(std::string_view text);

  constexpr bool is_v4() const { return !is_v6_; }
  constexpr bool is_v6() const { return is_v6_; }
  // 4 or 16 bytes in network order.
  constexpr Bytes octets() const { return Bytes(octets_).first(is_v6_ ? 16 : 4); }

  bool is_unspecified() const;  // 0.0.0.0, ::
  bool is_loopback() const;     // 127/8, ::1
  bool is_link_local() const;   // 169.254/16, fe80::/10
  bool is_multicast() const;    // 224/4, ff00::/8
  bool is_v4_mapped() const;    // ::ffff:0:0/96

  std::string to_string() const;  // RFC 5952 for IPv6

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  bool is_v6_ = false;
};

// An address and a UDP port.
struct SPECTER_EXPORT Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  // "192.0.2.1:5000" or "[2001:db8::1]:5000".
  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;

  auto operator<=>(const Endpoint&) const = default;
};

enum class Protocol : std::uint8_t { Udp, Tcp };
SPECTER_EXPORT std::string_view to_string(Protocol protocol);  // "udp", "tcp"

// The way that datagrams go between an address of ours and one of the peer's.
struct Path {
  Endpoint local;
  Endpoint remote;
  Protocol protocol = Protocol::Udp;

  auto operator<=>(const Path&) const = default;
};

// A datagram that came in. The bytes are the caller's, valid during the call, which may change
// them: what is enciphered is deciphered in its place.
struct Datagram {
  Path path;
  MutableBytes bytes;
};

// Datagrams to send: one or more to the same destination, one behind the other in `bytes`, each
// `segment_size` long but the last, which may be shorter. The form that UDP_SEGMENT takes in one
// call.
struct Transmit {
  Path path;  // from an address of ours to one of the peer's
  Buffer bytes;
  std::size_t segment_size = 0;  // of each datagram but the last; bytes.size() when there is one
  // Larger than what the path is known to carry, and sent all the same: without "don't fragment".
  bool may_fragment = false;

  bool operator==(const Transmit&) const = default;
};

}  // namespace specter

template <>
struct std::hash<specter::IpAddress> {
  std::size_t operator()(const specter::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(specter::as_text(address.octets()));
  }
};

template <>
struct std::hash<specter::Endpoint> {
  std::size_t operator()(const specter::Endpoint& endpoint) const noexcept {
    return std::hash<specter::IpAddress>{}(endpoint.address) * 31 + endpoint.port;
  }
};
