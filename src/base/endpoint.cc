#include "specter/endpoint.h"

#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace specter {

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string z(text);
  if (z.find('\0') != std::string::npos) return std::nullopt;
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, z.c_str(), four.data()) == 1) return v4(four);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, z.c_str(), sixteen.data()) == 1) return v6(sixteen);
  return std::nullopt;
}

bool IpAddress::is_unspecified() const { return octets_ == std::array<std::uint8_t, 16>{}; }

bool IpAddress::is_loopback() const {
  if (!is_v6_) return octets_[0] == 127;
  std::array<std::uint8_t, 16> one{};
  one[15] = 1;
  return octets_ == one;
}

bool IpAddress::is_link_local() const {
  if (!is_v6_) return octets_[0] == 169 && octets_[1] == 254;
  return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const {
  return is_v6_ ? octets_[0] == 0xff : (octets_[0] & 0xf0) == 0xe0;
}

bool IpAddress::is_v4_mapped() const {
  if (!is_v6_) return false;
  for (std::size_t i = 0; i < 10; ++i) {
    if (octets_[i] != 0) return false;
  }
  return octets_[10] == 0xff && octets_[11] == 0xff;
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(is_v6_ ? AF_INET6 : AF_INET, octets_.data(), text, sizeof text);
  return text;
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);

  Endpoint endpoint;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  const auto address = IpAddress::parse(host);
  if (error != std::errc{} || end != port.data() + port.size() || !address) return std::nullopt;
  if (address->is_v6() != bracketed) return std::nullopt;
  endpoint.address = *address;
  return endpoint;
}

std::string_view to_string(Protocol protocol) { return protocol == Protocol::Udp ? "udp" : "tcp"; }

std::string Endpoint::to_string() const {
  return fmt::format(fmt::runtime(address.is_v6() ? "[{}]:{}" : "{}:{}"), address.to_string(),
                     port);
}

}  // namespace specter
