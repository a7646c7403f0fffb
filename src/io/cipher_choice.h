// Chooses the library that encrypts packets, for each algorithm, by a measurement on this
// processor.
#pragma once

#include <array>

#include "crypto/packet_cipher.h"

#include "specter/options.h"
#include "specter/time.h"

namespace specter::io {

// The time of one batch with each library. The faster one is chosen; OpenSSL if they are equal.
struct CipherTimes {
  Duration openssl{}, multi_buffer{};
};
crypto::PacketCipher::Choice faster_of(
    const std::array<CipherTimes, crypto::kPacketAlgorithms>& times);

// Measures once per process, for about 4 ms (cipher_choice_test), and caches the result.
crypto::PacketCipher::Choice choose_ciphers(CipherEngine engine);

}  // namespace specter::io
