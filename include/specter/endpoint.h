/// @file
/// Transport addresses and datagrams.
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

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address stays an IPv6 address.
class SPECTER_EXPORT IpAddress {
 public:
  /// 0.0.0.0.
  constexpr IpAddress() = default;
  /// An IPv4 address, from its bytes in network order.
  static constexpr IpAddress v4(std::array<std::uint8_t, 4> octets) {
    IpAddress a;
    for (std::size_t i = 0; i < 4; ++i) a.octets_[i] = octets[i];
    return a;
  }
  /// An IPv6 address, from its bytes in network order.
  static constexpr IpAddress v6(std::array<std::uint8_t, 16> octets) {
    IpAddress a;
    a.octets_ = octets;
    a.is_v6_ = true;
    return a;
  }
  /// Parses "192.0.2.1" or "2001:db8::1". Empty for any other text: names, ports and zones are not
  /// accepted.
  static std::optional<IpAddress> parse(std::string_view text);

  /// Whether it is an IPv4 address.
  constexpr bool is_v4() const { return !is_v6_; }
  /// Whether it is an IPv6 address.
  constexpr bool is_v6() const { return is_v6_; }
  /// 4 or 16 bytes, in network order.
  constexpr Bytes octets() const { return Bytes(octets_).first(is_v6_ ? 16 : 4); }

  /// 0.0.0.0 or ::.
  bool is_unspecified() const;
  /// 127/8, ::1.
  bool is_loopback() const;
  /// 169.254/16, fe80::/10.
  bool is_link_local() const;
  /// 224/4, ff00::/8.
  bool is_multicast() const;
  /// Whether it is an IPv4-mapped IPv6 address.
  bool is_v4_mapped() const;

  /// The text form; RFC 5952 for IPv6.
  std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  bool is_v6_ = false;
};

/// An address and a port.
struct SPECTER_EXPORT Endpoint {
  /// The address.
  IpAddress address;
  /// The port, in host byte order.
  std::uint16_t port = 0;

  /// Parses "192.0.2.1:5000" or "[2001:db8::1]:5000". Empty for any other text.
  static std::optional<Endpoint> parse(std::string_view text);
  /// The form that parse() reads.
  std::string to_string() const;

  auto operator<=>(const Endpoint&) const = default;
};

/// A transport protocol.
enum class Protocol : std::uint8_t { Udp, Tcp };
/// "udp", "tcp".
SPECTER_EXPORT std::string_view to_string(Protocol protocol);

/// A local and a remote address that datagrams pass between.
struct Path {
  /// The local address.
  Endpoint local;
  /// The peer's address.
  Endpoint remote;
  /// The transport protocol.
  Protocol protocol = Protocol::Udp;

  auto operator<=>(const Path&) const = default;
};

/// A received datagram.
struct Datagram {
  /// Where it was received, and from whom.
  Path path;
  /// The payload. It belongs to the caller, must stay valid during the call, and is decrypted in
  /// place.
  MutableBytes bytes;
};

/// One or more datagrams to send to the same destination. They are concatenated in `bytes`. Each
/// has `segment_size` bytes; the last one may be shorter. Linux sends this form in one call
/// (UDP_SEGMENT).
struct Transmit {
  /// Where to send from, and to whom.
  Path path;
  /// The payload of all datagrams.
  Buffer bytes;
  /// Bytes of each datagram but the last. Equal to bytes.size() for a single datagram.
  std::size_t segment_size = 0;
  /// The datagram may be larger than the path MTU: send it without "don't fragment".
  bool may_fragment = false;

  bool operator==(const Transmit&) const = default;
};

}  // namespace specter

/// Hash of an address, for unordered containers.
template <>
struct std::hash<specter::IpAddress> {
  /// The hash.
  std::size_t operator()(const specter::IpAddress& address) const noexcept {
    return std::hash<std::string_view>{}(specter::as_text(address.octets()));
  }
};

/// Hash of an address and port, for unordered containers.
template <>
struct std::hash<specter::Endpoint> {
  /// The hash.
  std::size_t operator()(const specter::Endpoint& endpoint) const noexcept {
    return std::hash<specter::IpAddress>{}(endpoint.address) * 31 + endpoint.port;
  }
};
