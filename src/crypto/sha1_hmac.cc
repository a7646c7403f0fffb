#include "crypto/sha1_hmac.h"

#include <algorithm>

#include "base/check.h"

namespace specter::crypto {
namespace {

constexpr std::size_t kBlock = 64;

}  // namespace

Sha1Hmac::Tag Sha1Hmac::of(Bytes key, std::span<const Bytes> parts) {
  SPECTER_CHECK(key.size() <= kBlock);
  std::array<std::uint8_t, kBlock> pad{};
  std::ranges::copy(key, pad.begin());
  for (std::uint8_t& byte : pad) byte ^= 0x36;
  state_.start();
  state_.update(pad);
  for (const Bytes part : parts) state_.update(part);
  const Secret inner = state_.finish();
  for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5c;
  state_.start();
  state_.update(pad);
  state_.update(inner);
  cleanse(pad);
  const Secret whole = state_.finish();
  Tag out;
  std::ranges::copy(whole.bytes(), out.begin());
  return out;
}

}  // namespace specter::crypto
