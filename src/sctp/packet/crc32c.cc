#include "sctp/packet/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__) && (defined(__linux__) || defined(__ARM_FEATURE_CRC32))
#define SPECTER_ARM_CRC32
#include <arm_acle.h>
#ifndef __ARM_FEATURE_CRC32
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#endif

namespace specter::sctp {
namespace crc32c_detail {
namespace {

// RFC 9260 appendix A: the polynomial 0x1EDC6F41, its bits reflected.
constexpr std::uint32_t kPolynomial = 0x82f63b78;

// kTables[k][b]: what the byte b does to the state when k further zero bytes follow it, so that
// eight bytes are taken at once.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

}  // namespace

std::uint32_t portable(std::uint32_t state, Bytes data) {
  while (data.size() >= 8) {
    const auto at = [&](std::size_t i) { return std::uint32_t{data[i]}; };
    const std::uint32_t low = state ^ (at(0) | at(1) << 8 | at(2) << 16 | at(3) << 24);
    state = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^
            kTables[5][(low >> 16) & 0xff] ^ kTables[4][low >> 24] ^ kTables[3][data[4]] ^
            kTables[2][data[5]] ^ kTables[1][data[6]] ^ kTables[0][data[7]];
    data = data.subspan(8);
  }
  for (const std::uint8_t byte : data) state = (state >> 8) ^ kTables[0][(state ^ byte) & 0xff];
  return state;
}

#if defined(__x86_64__)

bool has_hardware() { return __builtin_cpu_supports("sse4.2"); }

__attribute__((target("sse4.2"))) std::uint32_t hardware(std::uint32_t state, Bytes data) {
  std::uint64_t wide = state;
  while (data.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, data.data(), 8);
    wide = _mm_crc32_u64(wide, word);
    data = data.subspan(8);
  }
  state = static_cast<std::uint32_t>(wide);
  for (const std::uint8_t byte : data) state = _mm_crc32_u8(state, byte);
  return state;
}

#elif defined(SPECTER_ARM_CRC32)

// The instructions are optional in ARMv8.0, for which distributions compile; later ones have them.
bool has_hardware() {
#ifdef __ARM_FEATURE_CRC32
  return true;
#else
  return (::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
#endif
}

__attribute__((target("+crc"))) std::uint32_t hardware(std::uint32_t state, Bytes data) {
  while (data.size() >= 8) {
    std::uint64_t word;
    std::memcpy(&word, data.data(), 8);
    state = __crc32cd(state, word);
    data = data.subspan(8);
  }
  for (const std::uint8_t byte : data) state = __crc32cb(state, byte);
  return state;
}

#else

bool has_hardware() { return false; }

std::uint32_t hardware(std::uint32_t state, Bytes data) { return portable(state, data); }

#endif

}  // namespace crc32c_detail

Crc32c& Crc32c::add(Bytes data) {
  static const auto step =
      crc32c_detail::has_hardware() ? crc32c_detail::hardware : crc32c_detail::portable;
  state_ = step(state_, data);
  return *this;
}

}  // namespace specter::sctp
