// For tests and fuzzers: what their records are sealed and opened by.
#pragma once

#include "crypto/packet_cipher.h"

namespace specter::dtls {

inline crypto::PacketCipher& test_cipher() {
  static crypto::PacketCipher cipher;
  return cipher;
}

}  // namespace specter::dtls
