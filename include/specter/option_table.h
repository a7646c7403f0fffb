// Each connection option by its name and with the values that are good: for command lines, for
// bindings and for checks. An option is spelled three times: in specter/options.h, here, and where
// it takes effect.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "specter/options.h"

namespace specter {

// A row: the name, and for numbers the least and the greatest value. Durations count milliseconds.
struct OptionRow {
  std::string_view name;
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

// The names of an enum's values, as command lines and bindings have them.
template <class E>
struct OptionNames;
template <>
struct OptionNames<LoopbackPolicy> {
  static constexpr std::array kAll = {
      std::pair<std::string_view, LoopbackPolicy>{"fallback", LoopbackPolicy::Fallback},
      std::pair<std::string_view, LoopbackPolicy>{"include", LoopbackPolicy::Include},
      std::pair<std::string_view, LoopbackPolicy>{"only", LoopbackPolicy::Only}};
};
template <>
struct OptionNames<DtlsVersion> {
  static constexpr std::array kAll = {
      std::pair<std::string_view, DtlsVersion>{"dtls12", DtlsVersion::Dtls12},
      std::pair<std::string_view, DtlsVersion>{"dtls13", DtlsVersion::Dtls13}};
};
template <>
struct OptionNames<CongestionControl> {
  static constexpr std::array kAll = {
      std::pair<std::string_view, CongestionControl>{"cubic", CongestionControl::Cubic},
      std::pair<std::string_view, CongestionControl>{"bbr", CongestionControl::Bbr},
      std::pair<std::string_view, CongestionControl>{"reno", CongestionControl::Reno}};
};
template <>
struct OptionNames<CipherEngine> {
  static constexpr std::array kAll = {
      std::pair<std::string_view, CipherEngine>{"fastest", CipherEngine::Fastest},
      std::pair<std::string_view, CipherEngine>{"openssl", CipherEngine::OpenSsl},
      std::pair<std::string_view, CipherEngine>{"multi_buffer", CipherEngine::MultiBuffer}};
};

template <class E>
constexpr std::string_view option_name(E value) {
  for (const auto& [name, known] : OptionNames<E>::kAll) {
    if (known == value) return name;
  }
  return {};
}
template <class E>
constexpr std::optional<E> named_option(std::string_view wanted) {
  for (const auto& [name, known] : OptionNames<E>::kAll) {
    if (name == wanted) return known;
  }
  return std::nullopt;
}

// Calls visit(OptionRow, field) for each option that has a value of its own; `options` is a
// ConnectionOptions, const or not. The certificate has no name: it is an object.
template <class Options, class Visit>
void for_each_option(Options& options, Visit&& visit) {
  constexpr std::uint64_t kDay = 24ull * 3600 * 1000;
  constexpr std::uint64_t kLeastBuffer = 4096;
  constexpr std::uint64_t kMostBuffer = 4ull << 30;
  visit(OptionRow{"ice_servers"}, options.ice_servers);
  auto& ice = options.ice;
  visit(OptionRow{"loopback"}, ice.loopback);
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
  visit(OptionRow{"show_remote_candidates"}, options.show_remote_candidates);
  visit(OptionRow{"key_log_file"}, options.key_log_file);
}

// Sets an option from text: "true", "false", a number of bytes or milliseconds, a name, a URL (one
// more ICE server). Error: InvalidArgument, with a sentence that says what would be good; the
// values' ranges are check_options()'s.
SPECTER_EXPORT Result<> set_option(ConnectionOptions& options, std::string_view name,
                                   std::string_view value);

}  // namespace specter
