/// @file
/// The connection options by name, with their ranges: for command lines and bindings. An option is
/// declared in specter/options.h, listed here, and used where it takes effect.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "specter/options.h"

namespace specter {

/// An option: its name and, for numbers, its range. Durations are in milliseconds.
struct OptionRow {
  /// The name, e.g. "send_buffer_bytes".
  std::string_view name;
  /// The smallest valid number.
  std::uint64_t least = 0;
  /// The largest valid number; 0: the option is not a number.
  std::uint64_t most = 0;
};

/// The names of the values of an enum option.
template <class E>
struct OptionNames;
/// The names of LoopbackPolicy's values.
template <>
struct OptionNames<LoopbackPolicy> {
  /// Name and value of each.
  static constexpr std::array kAll = {
      std::pair<std::string_view, LoopbackPolicy>{"fallback", LoopbackPolicy::Fallback},
      std::pair<std::string_view, LoopbackPolicy>{"include", LoopbackPolicy::Include},
      std::pair<std::string_view, LoopbackPolicy>{"only", LoopbackPolicy::Only}};
};
/// The names of IceTransportPolicy's values.
template <>
struct OptionNames<IceTransportPolicy> {
  /// Name and value of each.
  static constexpr std::array kAll = {
      std::pair<std::string_view, IceTransportPolicy>{"all", IceTransportPolicy::All},
      std::pair<std::string_view, IceTransportPolicy>{"relay", IceTransportPolicy::Relay}};
};
/// The names of DtlsVersion's values.
template <>
struct OptionNames<DtlsVersion> {
  /// Name and value of each.
  static constexpr std::array kAll = {
      std::pair<std::string_view, DtlsVersion>{"dtls12", DtlsVersion::Dtls12},
      std::pair<std::string_view, DtlsVersion>{"dtls13", DtlsVersion::Dtls13}};
};
/// The names of CongestionControl's values.
template <>
struct OptionNames<CongestionControl> {
  /// Name and value of each.
  static constexpr std::array kAll = {
      std::pair<std::string_view, CongestionControl>{"cubic", CongestionControl::Cubic},
      std::pair<std::string_view, CongestionControl>{"bbr", CongestionControl::Bbr},
      std::pair<std::string_view, CongestionControl>{"reno", CongestionControl::Reno}};
};
/// The names of CipherEngine's values.
template <>
struct OptionNames<CipherEngine> {
  /// Name and value of each.
  static constexpr std::array kAll = {
      std::pair<std::string_view, CipherEngine>{"fastest", CipherEngine::Fastest},
      std::pair<std::string_view, CipherEngine>{"openssl", CipherEngine::OpenSsl},
      std::pair<std::string_view, CipherEngine>{"multi_buffer", CipherEngine::MultiBuffer}};
};

/// The name of an enum value, e.g. "cubic". Empty for an unknown value.
template <class E>
constexpr std::string_view option_name(E value) {
  for (const auto& [name, known] : OptionNames<E>::kAll) {
    if (known == value) return name;
  }
  return {};
}
/// The enum value of a name. Empty for an unknown name.
template <class E>
constexpr std::optional<E> named_option(std::string_view wanted) {
  for (const auto& [name, known] : OptionNames<E>::kAll) {
    if (name == wanted) return known;
  }
  return std::nullopt;
}

/// Calls visit(OptionRow, field) for each option. `options` is a ConnectionOptions, const or not.
/// The certificate, codecs and header extensions are not visited: they have no
/// text form.
template <class Options, class Visit>
void for_each_option(Options& options, Visit&& visit) {
  constexpr std::uint64_t kDay = 24ull * 3600 * 1000;
  constexpr std::uint64_t kLeastBuffer = 4096;
  constexpr std::uint64_t kMostBuffer = 4ull << 30;
  visit(OptionRow{"ice_servers"}, options.ice_servers);
  auto& ice = options.ice;
  visit(OptionRow{"loopback"}, ice.loopback);
  visit(OptionRow{"ice_transport_policy"}, ice.transport_policy);
  visit(OptionRow{"authorities_file"}, ice.authorities_file);
  visit(OptionRow{"check_interval", 5, 1000}, ice.check_interval);
  visit(OptionRow{"gathering_timeout", 1, kDay}, ice.gathering_timeout);
  visit(OptionRow{"patience", 1, kDay}, ice.patience);
  visit(OptionRow{"limbo_timeout", 1, kDay}, ice.limbo_timeout);
  visit(OptionRow{"consent_interval", 100, kDay}, ice.consent_interval);
  visit(OptionRow{"consent_timeout", 100, kDay}, ice.consent_timeout);
  visit(OptionRow{"disconnected_timeout", 100, kDay}, ice.disconnected_timeout);
  auto& transport = options.transport;
  visit(OptionRow{"max_datagram_bytes", 548, 65'507}, transport.max_datagram_bytes);
  visit(OptionRow{"path_mtu_discovery"}, transport.path_mtu_discovery);
  visit(OptionRow{"min_dtls_version"}, transport.min_dtls_version);
  visit(OptionRow{"max_dtls_version"}, transport.max_dtls_version);
  visit(OptionRow{"sped"}, transport.sped);
  auto& data = options.data;
  visit(OptionRow{"send_buffer_bytes", kLeastBuffer, kMostBuffer}, data.send_buffer_bytes);
  visit(OptionRow{"receive_buffer_bytes", kLeastBuffer, kMostBuffer}, data.receive_buffer_bytes);
  visit(OptionRow{"max_message_bytes", 0, 1ull << 30}, data.max_message_bytes);
  visit(OptionRow{"congestion_control"}, data.congestion_control);
  visit(OptionRow{"snap"}, data.snap);
  visit(OptionRow{"interleaving"}, data.interleaving);
  auto& media = options.media;
  visit(OptionRow{"jitter_buffer", 0, 1000}, media.jitter_buffer);
  visit(OptionRow{"frame_buffer_bytes", 64 << 10, 1 << 30}, media.frame_buffer_bytes);
  visit(OptionRow{"retransmission_buffer_bytes", 0, 1 << 30}, media.retransmission_buffer_bytes);
  visit(OptionRow{"cryptex"}, media.cryptex);
  visit(OptionRow{"show_remote_candidates"}, options.show_remote_candidates);
  visit(OptionRow{"connection_reports"}, options.connection_reports);
  visit(OptionRow{"key_log_file"}, options.key_log_file);
}

/// Sets an option from text: "true" or "false", a number of bytes or milliseconds, a name, or a
/// URL, which adds an ICE server. Error: InvalidArgument, with a message that lists the valid
/// values. The range is not checked here: call check_options().
SPECTER_EXPORT Result<> set_option(ConnectionOptions& options, std::string_view name,
                                   std::string_view value);

}  // namespace specter
