// Numbers of SCTP that must not mix.
#pragma once

#include <cstdint>

namespace specter::sctp {

enum class StreamId : std::uint16_t {};
enum class Ppid : std::uint32_t {};  // payload protocol identifier, RFC 9260 §3.3.1

}  // namespace specter::sctp
