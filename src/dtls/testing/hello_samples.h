// For the tests of both hellos.
#pragma once

#include <numeric>

#include "dtls/testing/codec_checks.h"
#include "dtls/wire/hello.h"

namespace specter::dtls {

inline constexpr std::string_view kRandomText =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

inline HelloRandom counting_random() {
  HelloRandom random{};
  std::iota(random.begin(), random.end(), std::uint8_t{0});
  return random;
}

inline Buffer with_extensions(Buffer head, const Buffer& extensions) {
  ByteWriter out(head);
  out.u16(static_cast<std::uint16_t>(extensions.size()));
  out.bytes(extensions);
  return head;
}

inline UseSrtp some_use_srtp(Values& v, std::size_t most) {
  return UseSrtp{v.numbers(1, most), v.bytes(0, 255)};
}

inline HelloRandom some_random(Values& v) {
  HelloRandom random{};
  for (std::uint8_t& byte : random) byte = v.u8();
  return random;
}

}  // namespace specter::dtls
