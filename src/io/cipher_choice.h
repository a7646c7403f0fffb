// Which library enciphers which algorithm's packets, by a measurement on this processor.
#pragma once

#include <array>

#include "crypto/packet_cipher.h"

#include "specter/options.h"
#include "specter/time.h"

namespace specter::io {

// The time of one batch by each library: less of it wins, and OpenSSL where both are equal.
struct CipherTimes {
  Duration openssl{}, multi_buffer{};
};
crypto::PacketCipher::Choice faster_of(
    const std::array<CipherTimes, crypto::kPacketAlgorithms>& times);

// Takes some 4 ms, once in a process (cipher_choice_test tells); then what it found.
crypto::PacketCipher::Choice choose_ciphers(CipherEngine engine);

}  // namespace specter::io
