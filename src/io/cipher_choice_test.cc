#include "io/cipher_choice.h"

#include <gtest/gtest.h>

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using crypto::CipherLibrary;
using crypto::PacketCipher;

TEST(CipherChoice, IsTheFasterLibraryOfEachAlgorithm) {
  const PacketCipher::Choice expected{CipherLibrary::MultiBuffer, CipherLibrary::OpenSsl,
                                      CipherLibrary::OpenSsl, CipherLibrary::MultiBuffer,
                                      CipherLibrary::OpenSsl};
  EXPECT_EQ(faster_of({{{2us, 1us}, {1us, 2us}, {1us, 1us}, {10us, 1us}, {1us, 10us}}}), expected);
}

TEST(CipherChoice, IsWhatTheUserNamed) {
  EXPECT_EQ(choose_ciphers(CipherEngine::OpenSsl), PacketCipher::all(CipherLibrary::OpenSsl));
  // OpenSSL where there is no other.
  EXPECT_EQ(choose_ciphers(CipherEngine::MultiBuffer),
            PacketCipher::all(CipherLibrary::MultiBuffer));
}

TEST(CipherChoice, IsMeasuredOnceAProcess) {
  EXPECT_EQ(choose_ciphers(CipherEngine::Fastest), choose_ciphers(CipherEngine::Fastest));
}

}  // namespace
}  // namespace specter::io
