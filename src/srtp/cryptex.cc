#include "srtp/cryptex.h"

#include <algorithm>

namespace specter::srtp {
namespace {

constexpr std::uint16_t kOneByte = 0xBEDE, kTwoByte = 0x1000;  // RFC 8285 §4.2, §4.3
constexpr std::uint16_t kOneByteCryptex = 0xC0DE, kTwoByteCryptex = 0xC2DE;

void rotate(MutableBytes packet, std::size_t middle, std::size_t bytes) {
  const auto first = packet.begin() + rtp::kFixedHeaderSize;
  std::rotate(first, first + static_cast<std::ptrdiff_t>(middle),
              first + static_cast<std::ptrdiff_t>(bytes));
}

}  // namespace

std::optional<std::uint16_t> cryptex_profile(std::uint16_t plain) {
  if (plain == kOneByte) return kOneByteCryptex;
  if (plain == kTwoByte) return kTwoByteCryptex;
  return std::nullopt;
}

std::optional<std::uint16_t> plain_profile(std::uint16_t profile) {
  if (profile == kOneByteCryptex) return kOneByte;
  if (profile == kTwoByteCryptex) return kTwoByte;
  return std::nullopt;
}

void gather(MutableBytes packet, std::size_t csrc_bytes) {
  rotate(packet, csrc_bytes, csrc_bytes + rtp::ExtensionBlock::kHeaderSize);
}

void scatter(MutableBytes packet, std::size_t csrc_bytes) {
  constexpr std::size_t kMoved = rtp::ExtensionBlock::kHeaderSize;
  rotate(packet, kMoved, csrc_bytes + kMoved);
}

}  // namespace specter::srtp
