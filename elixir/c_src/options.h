// What Specter.init is told: %Specter.Config{}, or any map like it.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "terms.h"

#include "specter/specter.h"

namespace specter::nif {

// Owners that give the same share loops, so there is an order of them. The fields are those of
// specter::Configuration; Specter.Config has the words.
struct Options {
  std::vector<std::string> ice_servers{};
  std::uint64_t max_datagram_bytes = 0;
  bool path_mtu_discovery = false;
  std::uint64_t send_buffer_bytes = 0;
  std::uint64_t receive_buffer_bytes = 0;
  std::uint64_t max_message_bytes = 0;
  CongestionControl congestion_control{};
  bool interleaving = false;
  bool snap = false;
  bool sped = false;
  DtlsVersion min_dtls_version{};
  DtlsVersion max_dtls_version{};
  CertificateType certificate{};
  bool share_certificate = false;
  std::string key_log_file{};
  std::uint64_t spin = 0;  // us
  LoopbackPolicy loopback{};

  Options();  // the library's own

  auto operator<=>(const Options&) const = default;

  Configuration configuration() const;
};

// Throws BadArgument for a value that is none; what is not there is as the library has it.
Options decode_options(ErlNifEnv* env, Term map);
Term encode(ErlNifEnv* env, const Options& options);

}  // namespace specter::nif
