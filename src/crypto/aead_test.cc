#include "crypto/aead.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "base/bytes.h"
#include "base/check.h"
#include "simulation/random.h"
#include "testing/hex.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::hex;
using enum AeadAlgorithm;

constexpr AeadAlgorithm kAlgorithms[] = {Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
// Around the block sizes of all of them, and a whole record.
constexpr std::size_t kSizes[] = {0,  1,  2,   15,  16,  17,   31,   32,   33,    47,    48,   63,
                                  64, 65, 127, 128, 129, 1186, 1187, 4096, 16383, 16384, 16400};

AeadNonce nonce_of(Bytes bytes) {
  AeadNonce nonce;
  SPECTER_CHECK(bytes.size() == nonce.size());
  std::ranges::copy(bytes, nonce.begin());
  return nonce;
}
Buffer filled(Random& random, std::size_t size) {
  Buffer out(size);
  random.fill(out);
  return out;
}
AeadNonce nonce_of(Random& random) { return nonce_of(filled(random, kAeadNonceBytes)); }

// Ciphertext and tag.
Buffer sealed(AeadSealer& sealer, const AeadNonce& nonce, Bytes additional, Bytes text) {
  Buffer out = to_buffer(text);
  out.resize(text.size() + kAeadTagBytes);
  sealer.seal(nonce, additional, std::span(out).first(text.size()),
              std::span(out).last<kAeadTagBytes>());
  return out;
}
std::optional<Buffer> opened(AeadOpener& opener, const AeadNonce& nonce, Bytes additional,
                             Bytes sealed) {
  Buffer out(sealed.size() < kAeadTagBytes ? 0 : sealed.size() - kAeadTagBytes);
  if (!opener.open(nonce, additional, sealed, out)) return std::nullopt;
  return out;
}

struct KnownAnswer {
  AeadAlgorithm algorithm;
  Buffer key, nonce, additional, text, ciphertext, tag;
};

const std::string kGcmKey = "feffe9928665731c6d6a8f9467308308";
const std::string kGcmText =
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b5"
    "25b16aedf5aa0de657ba637b391aafd255";
const std::string kGcmAdditional = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
const std::string kGcmNonce = "cafebabefacedbaddecaf888";
const std::string kGcm128Ciphertext =
    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa"
    "051ba30b396a0aac973d58e091473f5985";
const std::string kGcm256Ciphertext =
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b10568288"
    "38c5f61e6393ba7a0abcc9f662898015ad";

// McGrew and Viega, "The Galois/Counter Mode of Operation", Appendix B: test cases 1 to 4 and 13 to
// 16; RFC 8439 §2.8.2.
std::vector<KnownAnswer> known_answers() {
  const Buffer zeros(32, 0);
  const Buffer zero16(16, 0), zero12(12, 0);
  const std::string short_text = kGcmText.substr(0, 120);
  return {
      {Aes128Gcm, zero16, zero12, {}, {}, {}, hex("58e2fccefa7e3061367f1d57a4e7455a")},
      {Aes128Gcm,
       zero16,
       zero12,
       {},
       zero16,
       hex("0388dace60b6a392f328c2b971b2fe78"),
       hex("ab6e47d42cec13bdf53a67b21257bddf")},
      {Aes128Gcm,
       hex(kGcmKey),
       hex(kGcmNonce),
       {},
       hex(kGcmText),
       hex(kGcm128Ciphertext),
       hex("4d5c2af327cd64a62cf35abd2ba6fab4")},
      {Aes128Gcm, hex(kGcmKey), hex(kGcmNonce), hex(kGcmAdditional), hex(short_text),
       hex(kGcm128Ciphertext.substr(0, 120)), hex("5bc94fbc3221a5db94fae95ae7121a47")},
      {Aes256Gcm, zeros, zero12, {}, {}, {}, hex("530f8afbc74536b9a963b4f1c4cb738b")},
      {Aes256Gcm,
       zeros,
       zero12,
       {},
       zero16,
       hex("cea7403d4d606b6e074ec5d3baf39d18"),
       hex("d0d1c8a799996bf0265b98b5d48ab919")},
      {Aes256Gcm,
       hex(kGcmKey + kGcmKey),
       hex(kGcmNonce),
       {},
       hex(kGcmText),
       hex(kGcm256Ciphertext),
       hex("b094dac5d93471bdec1a502270e3cc6c")},
      {Aes256Gcm, hex(kGcmKey + kGcmKey), hex(kGcmNonce), hex(kGcmAdditional), hex(short_text),
       hex(kGcm256Ciphertext.substr(0, 120)), hex("76fc6ece0f4e1768cddf8853bb2d551b")},
      {ChaCha20Poly1305, hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
       hex("070000004041424344454647"), hex("50515253c0c1c2c3c4c5c6c7"),
       to_buffer(as_bytes("Ladies and Gentlemen of the class of '99: If I could offer you only one "
                          "tip for the future, sunscreen would be it.")),
       hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb6"
           "9da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675"
           "945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116"),
       hex("1ae10b594f09e26a7e902ecbd0600691")},
  };
}

TEST(Aead, GivesTheKnownAnswersBothWays) {
  int number = 0;
  for (const KnownAnswer& known : known_answers()) {
    SCOPED_TRACE(number++);
    AeadSealer sealer(known.algorithm, known.key);
    AeadOpener opener(known.algorithm, known.key);
    Buffer expected = known.ciphertext;
    expected.insert(expected.end(), known.tag.begin(), known.tag.end());
    const AeadNonce nonce = nonce_of(known.nonce);
    EXPECT_EQ(sealed(sealer, nonce, known.additional, known.text), expected);
    EXPECT_EQ(opened(opener, nonce, known.additional, expected), known.text);
  }
}

// One context for records of all sizes, in any order, as a connection uses it.
TEST(Aead, WhatWasSealedOpensInPlaceAndElsewhereAlike) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(static_cast<std::uint64_t>(algorithm) + 1);
    const Buffer key = filled(random, key_size(algorithm));
    AeadSealer sealer(algorithm, key);
    AeadOpener opener(algorithm, key);
    for (const std::size_t additional_size : {0, 5, 13, 16, 37}) {
      for (const std::size_t size : kSizes) {
        SCOPED_TRACE(size);
        const Buffer text = filled(random, size), additional = filled(random, additional_size);
        const AeadNonce nonce = nonce_of(random);
        Buffer record = sealed(sealer, nonce, additional, text);
        EXPECT_EQ(opened(opener, nonce, additional, record), text);
        ASSERT_TRUE(opener.open(nonce, additional, record, std::span(record).first(size)));
        EXPECT_TRUE(std::equal(text.begin(), text.end(), record.begin()));
      }
    }
  }
}

TEST(Aead, AnyBitThatIsNotAsSealedIsRefusedAndWhatWasWrittenIsWiped) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(9);
    const Buffer key = filled(random, key_size(algorithm));
    AeadSealer sealer(algorithm, key);
    AeadOpener opener(algorithm, key);
    const Buffer text = filled(random, 37), additional = filled(random, 13);
    const AeadNonce nonce = nonce_of(random);
    const Buffer record = sealed(sealer, nonce, additional, text);
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
      Buffer forged = record;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      Buffer out(text.size(), 0xee);
      EXPECT_FALSE(opener.open(nonce, additional, forged, out)) << bit;
      EXPECT_EQ(out, Buffer(text.size(), 0));
    }
    for (std::size_t bit = 0; bit < additional.size() * 8; ++bit) {
      Buffer forged = additional;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(opened(opener, nonce, forged, record)) << bit;
    }
    for (std::size_t bit = 0; bit < nonce.size() * 8; ++bit) {
      AeadNonce forged = nonce;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(opened(opener, forged, additional, record)) << bit;
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
    // All that has left the opener as good as it was.
    EXPECT_EQ(opened(opener, nonce, additional, record), text);
  }
}

TEST(Aead, EachTruncationIsRefused) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(11);
    const Buffer key = filled(random, key_size(algorithm));
    AeadSealer sealer(algorithm, key);
    AeadOpener opener(algorithm, key);
    const AeadNonce nonce = nonce_of(random);
    const Buffer record = sealed(sealer, nonce, {}, filled(random, 40));
    for (std::size_t size = 0; size < record.size(); ++size)
      EXPECT_FALSE(opened(opener, nonce, {}, Bytes(record).first(size))) << size;
  }
}

TEST(Aead, AnotherKeyOpensNothing) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(12);
    AeadSealer sealer(algorithm, filled(random, key_size(algorithm)));
    AeadOpener opener(algorithm, filled(random, key_size(algorithm)));
    const AeadNonce nonce = nonce_of(random);
    EXPECT_FALSE(opened(opener, nonce, {}, sealed(sealer, nonce, {}, as_bytes("text"))));
  }
}

TEST(Aead, MovesWithItsKey) {
  SeededRandom random(13);
  const Buffer key = filled(random, 16), other_key = filled(random, 32);
  AeadSealer first(Aes128Gcm, key);
  AeadSealer sealer(std::move(first));
  AeadOpener opener(ChaCha20Poly1305, other_key);
  opener = AeadOpener(Aes128Gcm, key);
  const AeadNonce nonce = nonce_of(random);
  EXPECT_TRUE(opened(opener, nonce, {}, sealed(sealer, nonce, {}, as_bytes("text"))));
  sealer = AeadSealer(ChaCha20Poly1305, other_key);
  EXPECT_FALSE(opened(opener, nonce, {}, sealed(sealer, nonce, {}, as_bytes("text"))));
}

TEST(Aead, AKeyOfTheWrongSizeOrTooLittleRoomIsABug) {
  EXPECT_THROW(AeadSealer(Aes128Gcm, Buffer(32)), Bug);
  EXPECT_THROW(AeadOpener(Aes256Gcm, Buffer(16)), Bug);
  EXPECT_THROW(RecordNumberMask(ChaCha20Poly1305, Buffer(31)), Bug);
  AeadOpener opener(Aes128Gcm, Buffer(16));
  Buffer out(3);
  EXPECT_THROW(opener.open({}, {}, Buffer(20), out), Bug);
}

Buffer mask_of(RecordNumberMask& mask, const Buffer& ciphertext) {
  const auto two = mask.mask(std::span<const std::uint8_t, 16>(ciphertext));
  return {two.begin(), two.end()};
}

// QUIC has the same masks with known answers, RFC 9001 A.2 and A.5; AES-256 is FIPS 197's C.3.
TEST(RecordNumberMask, GivesTheKnownAnswers) {
  RecordNumberMask aes128(Aes128Gcm, hex("9f50449e04a0e810283a1e9933adedd2"));
  EXPECT_EQ(mask_of(aes128, hex("d1b1c98dd7689fb8ec11d242b123dc9b")), hex("437b"));
  RecordNumberMask aes256(Aes256Gcm,
                          hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  EXPECT_EQ(mask_of(aes256, hex("00112233445566778899aabbccddeeff")), hex("8ea2"));
  RecordNumberMask chacha(ChaCha20Poly1305,
                          hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"));
  EXPECT_EQ(mask_of(chacha, hex("5e5cd55c41f69080575d7999c25a5bfb")), hex("aefe"));
}

TEST(RecordNumberMask, DoesNotDependOnWhatCameBefore) {
  for (const AeadAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(14);
    const Buffer key = filled(random, key_size(algorithm));
    RecordNumberMask used(algorithm, key);
    for (int i = 0; i < 20; ++i) {
      const Buffer ciphertext = filled(random, 16);
      RecordNumberMask fresh(algorithm, key);
      EXPECT_EQ(mask_of(used, ciphertext), mask_of(fresh, ciphertext));
    }
    RecordNumberMask moved(std::move(used));
    used = RecordNumberMask(algorithm, key);
    EXPECT_EQ(mask_of(used, Buffer(16)), mask_of(moved, Buffer(16)));
  }
}

}  // namespace
}  // namespace specter::crypto
