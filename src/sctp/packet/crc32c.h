// The checksum of SCTP packets: CRC32c. RFC 9260 §6.8, appendix A.
#pragma once

#include <cstdint>

#include "specter/bytes.h"

namespace specter::sctp {

// A CRC over bytes that come in pieces: Crc32c().add(a).add(b).value().
class Crc32c {
 public:
  Crc32c& add(Bytes data);
  std::uint32_t value() const { return ~state_; }

 private:
  std::uint32_t state_ = 0xffffffff;
};

inline std::uint32_t crc32c(Bytes data) { return Crc32c().add(data).value(); }

namespace crc32c_detail {

// One step each: the state after `data`. The CPU's instruction, where there is one, and tables.
std::uint32_t portable(std::uint32_t state, Bytes data);
bool has_hardware();
std::uint32_t hardware(std::uint32_t state, Bytes data);  // only where has_hardware()

}  // namespace crc32c_detail
}  // namespace specter::sctp
