// Each library alone against known answers; packet_cipher_libraries_test.cc holds them against each
// other.
#include "crypto/packet_cipher.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include "base/check.h"
#include "crypto/digest.h"
#include "crypto/number_mask.h"
#include "crypto/testing/packet_keys.h"

namespace specter::crypto {
namespace {

using simulation::SeededRandom;
using testing::filled;
using testing::hex;
using testing::One;
using testing::packet_nonce;
using enum PacketAlgorithm;

constexpr PacketAlgorithm kAlgorithms[] = {Aes128Gcm, Aes256Gcm, ChaCha20Poly1305, Aes128CmSha1_80,
                                           Aes128CmSha1_32};
constexpr PacketAlgorithm kAeads[] = {Aes128Gcm, Aes256Gcm, ChaCha20Poly1305};
// Around the block sizes of all of them, and a whole record.
constexpr std::size_t kSizes[] = {0,  1,  2,   15,  16,  17,   31,   32,   33,    47,    48,   63,
                                  64, 65, 127, 128, 129, 1186, 1187, 4096, 16383, 16384, 16400};

class EachLibrary : public ::testing::TestWithParam<CipherLibrary> {
 public:
  PacketCipher cipher{PacketCipher::all(GetParam())};
};
std::vector<CipherLibrary> libraries() {
  if (!PacketCipher::has_multi_buffer()) return {CipherLibrary::OpenSsl};
  return {CipherLibrary::OpenSsl, CipherLibrary::MultiBuffer};
}
INSTANTIATE_TEST_SUITE_P(PacketCipher, EachLibrary, ::testing::ValuesIn(libraries()),
                         [](const auto& parameter) {
                           return parameter.param == CipherLibrary::OpenSsl ? "OpenSsl"
                                                                            : "MultiBuffer";
                         });

struct KnownAnswer {
  PacketAlgorithm algorithm;
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

TEST_P(EachLibrary, GivesTheKnownAnswersBothWays) {
  int number = 0;
  for (const KnownAnswer& known : known_answers()) {
    SCOPED_TRACE(number++);
    One one(cipher, known.algorithm, known.key);
    EXPECT_EQ(one.sealer().library(), cipher.choice()[0]);
    Buffer expected = known.ciphertext;
    expected.insert(expected.end(), known.tag.begin(), known.tag.end());
    const PacketNonce nonce = packet_nonce(known.nonce);
    EXPECT_EQ(one.seal(nonce, known.additional, known.text), expected);
    EXPECT_EQ(one.open(nonce, known.additional, expected), known.text);
  }
}

// RFC 3711 B.2: the key stream is what zeros become.
TEST_P(EachLibrary, GivesTheKnownKeyStreamOfSrtp) {
  Buffer secret = hex("2b7e151628aed2a6abf7158809cf4f3c");
  secret.resize(36);
  One one(cipher, Aes128CmSha1_80, secret);
  const Buffer packet =
      one.seal(packet_nonce(hex("f0f1f2f3f4f5f6f7f8f9fafbfcfd0000")), {}, Buffer(0xff02 * 16));
  const auto block = [&](std::size_t number) {
    return Buffer(packet.begin() + static_cast<std::ptrdiff_t>(number * 16),
                  packet.begin() + static_cast<std::ptrdiff_t>(number * 16 + 16));
  };
  EXPECT_EQ(block(0), hex("e03ead0935c95e80e166b16dd92b4eb4"));
  EXPECT_EQ(block(1), hex("d23513162b02d0f72a43a2fe4a5f97ab"));
  EXPECT_EQ(block(2), hex("41e95b3bb0a2e8dd477901e4fca894c0"));
  EXPECT_EQ(block(0xfeff), hex("ec8cdf7398607cb0f2d21675ea9ea1e4"));
  EXPECT_EQ(block(0xff00), hex("362b7c3c6773516318a077d7fc5073ae"));
  EXPECT_EQ(block(0xff01), hex("6a2cc3787889374fbeb4c81b17ba6c44"));
}

// With the session keys of RFC 3711 B.3, a whole packet: SSRC cafebabe, number 0x1234, rollover 0.
// The known answer is libsrtp's, whose users all have it.
TEST_P(EachLibrary, SealsAWholeSrtpPacket) {
  const Buffer secret =
      hex("c61e7a93744f39ee10734afe3ff7a087cebe321f6ff7716b6fd4ab49af256a156d38baa4");
  const Buffer header = hex("800f1234decafbadcafebabe"), text(16, 0xab), rollover(4, 0);
  // RFC 3711 §4.1.1.
  PacketNonce iv = packet_nonce(hex("30cbbc08863d8c85d49db34a9ae10000"));
  for (std::size_t i = 0; i < 4; ++i) iv[4 + i] ^= header[8 + i];
  iv[12] ^= 0x12;
  iv[13] ^= 0x34;
  for (const auto& [algorithm, tag] : {std::pair{Aes128CmSha1_80, "b78d6acc99ea179b8dbb"},
                                       std::pair{Aes128CmSha1_32, "b78d6acc"}}) {
    One one(cipher, algorithm, secret);
    const Buffer expected = hex(std::string("4e55dc4ce79978d88ca4d215949d2402") + tag);
    EXPECT_EQ(one.seal(iv, header, text, rollover), expected);
    EXPECT_EQ(one.open(iv, header, expected, rollover), text);
    EXPECT_FALSE(one.open(iv, header, expected, Buffer{0, 0, 0, 1}));
  }
}

// RFC 9335 A.1.3, with the session keys of RFC 3711 B.3: four bytes of the header stand in the
// clear between the CSRCs and the extension's body, which are enciphered in one go.
TEST_P(EachLibrary, AuthenticatesAnInsetWhereItStands) {
  const Buffer secret =
      hex("c61e7a93744f39ee10734afe3ff7a087cebe321f6ff7716b6fd4ab49af256a156d38baa4");
  const Buffer header = hex("920f1238decafbadcafebabe"), inset = hex("c0de0001"), rollover(4, 0);
  const Buffer text = hex("0001e2400000b26e51000200abababababababababababababababab");
  PacketNonce iv = packet_nonce(hex("30cbbc08863d8c85d49db34a9ae10000"));
  for (std::size_t i = 0; i < 4; ++i) iv[4 + i] ^= header[8 + i];
  iv[12] ^= 0x12;
  iv[13] ^= 0x38;
  const auto sealer = cipher.make_key(Aes128CmSha1_80, Direction::Seal, secret);
  const auto opener = cipher.make_key(Aes128CmSha1_80, Direction::Open, secret);
  Buffer out(text.size()), tag(10), again(text.size());
  // Alone, and so many that they go through lanes: the first has the known nonce.
  for (const std::size_t count : {1, 5}) {
    std::vector<Buffer> outs(count, out), tags(count, tag), agains(count, again);
    std::vector<SealJob> seals(count);
    std::vector<OpenJob> opens(count);
    for (std::size_t i = 0; i < count; ++i) {
      PacketNonce nonce = iv;
      nonce[8] ^= static_cast<std::uint8_t>(i == 0 ? 0 : count + i);
      seals[i] = {sealer.get(), nonce, header, text, outs[i], tags[i], rollover, inset, 8};
      opens[i] = {opener.get(), nonce, header, outs[i], agains[i], tags[i], rollover, inset, 8};
    }
    if (count > 1) seals.erase(seals.begin()), opens.erase(opens.begin());
    cipher.seal(seals);
    if (count == 1) {
      EXPECT_EQ(outs[0], hex("8bb6e12b5cff16dd92838c8c09e58393e1de3a9a74734d6745671338"));
      EXPECT_EQ(tags[0], hex("c3acf11da2df8423bee0"));
    }
    EXPECT_EQ(cipher.open(opens), opens.size());
    EXPECT_EQ(agains.back(), text);
    opens[0].inset_at = 4;
    EXPECT_EQ(cipher.open(opens), opens.size() - 1);
  }
}

// Nothing to encipher, as in an SRTCP packet that is only authenticated.
TEST_P(EachLibrary, AuthenticatesAlone) {
  const Buffer secret = hex("000102030405060708090a0b0c0d0e0f"), key(20, 0x0b);
  Buffer both = secret;
  both.insert(both.end(), key.begin(), key.end());
  // RFC 2202 §3, test case 1.
  One one(cipher, Aes128CmSha1_80, both);
  EXPECT_EQ(one.seal({}, as_bytes("Hi There"), {}), hex("b617318655057264e28b"));
}

// One context for packets of all sizes, in any order, as a connection uses it.
TEST_P(EachLibrary, WhatWasSealedOpensInPlaceAndElsewhereAlike) {
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(static_cast<std::uint64_t>(algorithm) + 1);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    for (const std::size_t additional_size : {0, 5, 13, 16, 37}) {
      for (const std::size_t size : kSizes) {
        SCOPED_TRACE(size);
        const Buffer text = filled(random, size), additional = filled(random, additional_size);
        const PacketNonce nonce = packet_nonce(random, algorithm);
        Buffer packet = one.seal(nonce, additional, text);
        EXPECT_EQ(one.open(nonce, additional, packet), text);
        ASSERT_TRUE(one.open_in_place(nonce, additional, packet));
        EXPECT_TRUE(std::equal(text.begin(), text.end(), packet.begin()));
      }
    }
  }
}

TEST_P(EachLibrary, AnyBitThatIsNotAsSealedIsRefusedAndWhatWasWrittenIsWiped) {
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(9);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    const Buffer text = filled(random, 37), additional = filled(random, 13);
    const PacketNonce nonce = packet_nonce(random, algorithm);
    const Buffer packet = one.seal(nonce, additional, text);
    for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
      Buffer forged = packet;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(one.open_in_place(nonce, additional, forged)) << bit;
      EXPECT_EQ(Buffer(forged.begin(), forged.begin() + 37), Buffer(37, 0));
    }
    for (std::size_t bit = 0; bit < additional.size() * 8; ++bit) {
      Buffer forged = additional;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(one.open(nonce, forged, packet)) << bit;
    }
    EXPECT_EQ(ERR_peek_error(), 0u);
    // All that has left the key as good as it was.
    EXPECT_EQ(one.open(nonce, additional, packet), text);
  }
}

TEST_P(EachLibrary, AnotherNonceOpensNothing) {
  for (const PacketAlgorithm algorithm : kAeads) {
    SeededRandom random(10);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    const PacketNonce nonce = packet_nonce(random, algorithm);
    const Buffer packet = one.seal(nonce, {}, filled(random, 37));
    for (std::size_t bit = 0; bit < kAeadNonceBytes * 8; ++bit) {
      PacketNonce forged = nonce;
      forged[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
      EXPECT_FALSE(one.open(forged, {}, packet)) << bit;
    }
  }
}

TEST_P(EachLibrary, EachTruncationIsRefused) {
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(11);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    const PacketNonce nonce = packet_nonce(random, algorithm);
    const Buffer packet = one.seal(nonce, {}, filled(random, 40));
    for (std::size_t size = tag_size(algorithm); size < packet.size(); ++size)
      EXPECT_FALSE(one.open(nonce, {}, Bytes(packet).first(size))) << size;
  }
}

TEST_P(EachLibrary, AnotherKeyOpensNothing) {
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(12);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    One other(cipher, algorithm, filled(random, key_size(algorithm)));
    const PacketNonce nonce = packet_nonce(random, algorithm);
    EXPECT_FALSE(other.open(nonce, {}, one.seal(nonce, {}, as_bytes("text"))));
  }
}

TEST_P(EachLibrary, JobsThatCannotBeAreBugs) {
  EXPECT_THROW(cipher.make_key(Aes128Gcm, Direction::Seal, Buffer(32)), Bug);
  EXPECT_THROW(cipher.make_key(Aes256Gcm, Direction::Open, Buffer(16)), Bug);
  EXPECT_THROW(cipher.make_key(Aes128CmSha1_80, Direction::Open, Buffer(16)), Bug);
  EXPECT_THROW(NumberMask(cipher, ChaCha20Poly1305, Buffer(31)), Bug);
  EXPECT_THROW(NumberMask(cipher, Aes128CmSha1_80, Buffer(36)), Bug);
  const auto key = cipher.make_key(Aes128CmSha1_80, Direction::Seal, Buffer(36));
  Buffer text(20), out(20), tag(10);
  const auto seals = [&](auto&& change) {
    SealJob job{key.get(), {}, {}, text, out, tag};
    change(job);
    cipher.seal(std::span(&job, 1));
  };
  EXPECT_NO_THROW(seals([](SealJob&) {}));
  EXPECT_THROW(seals([](SealJob& job) { job.out = job.out.first(19); }), Bug);
  EXPECT_THROW(seals([](SealJob& job) { job.tag = job.tag.first(4); }), Bug);
  EXPECT_THROW(seals([](SealJob& job) { job.key = nullptr; }), Bug);
  EXPECT_THROW(seals([](SealJob& job) { job.nonce[15] = 1; }), Bug);  // counts blocks
  EXPECT_THROW(seals([](SealJob& job) {
                 job.text = job.out.first(19);  // half of it is to be written over
                 job.out = job.out.subspan(1);
               }),
               Bug);
  OpenJob open{key.get(), {}, {}, text, out, tag};
  EXPECT_THROW(cipher.open(std::span(&open, 1)), Bug);  // the other direction's
}

#ifndef NDEBUG
TEST_P(EachLibrary, ANonceThatComesAgainUnderItsKeyIsABug) {
  for (const PacketAlgorithm algorithm : kAlgorithms) {
    SeededRandom random(13);
    One one(cipher, algorithm, filled(random, key_size(algorithm)));
    const PacketNonce nonce = packet_nonce(random, algorithm);
    (void)one.seal(nonce, {}, as_bytes("once"));
    for (int i = 0; i < 100; ++i) (void)one.seal(packet_nonce(random, algorithm), {}, {});
    EXPECT_THROW(one.seal(nonce, {}, as_bytes("twice")), Bug);
  }
}
#endif

Buffer mask_of(NumberMask& mask, const Buffer& ciphertext) {
  const auto two = mask.mask(std::span<const std::uint8_t, 16>(ciphertext));
  return {two.begin(), two.end()};
}

// QUIC has the same masks with known answers, RFC 9001 A.2 and A.5; AES-256 is FIPS 197's C.3.
TEST_P(EachLibrary, MasksGiveTheKnownAnswers) {
  NumberMask aes128(cipher, Aes128Gcm, hex("9f50449e04a0e810283a1e9933adedd2"));
  EXPECT_EQ(mask_of(aes128, hex("d1b1c98dd7689fb8ec11d242b123dc9b")), hex("437b"));
  NumberMask aes256(cipher, Aes256Gcm,
                    hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"));
  EXPECT_EQ(mask_of(aes256, hex("00112233445566778899aabbccddeeff")), hex("8ea2"));
  NumberMask chacha(cipher, ChaCha20Poly1305,
                    hex("25a282b9e82f06f21f488917a4fc8f1b73573685608597d0efcb076b0ab7a7a4"));
  EXPECT_EQ(mask_of(chacha, hex("5e5cd55c41f69080575d7999c25a5bfb")), hex("aefe"));
}

TEST_P(EachLibrary, MasksDoNotDependOnWhatCameBefore) {
  for (const PacketAlgorithm algorithm : kAeads) {
    SeededRandom random(14);
    const Buffer key = filled(random, key_size(algorithm));
    NumberMask used(cipher, algorithm, key);
    for (int i = 0; i < 20; ++i) {
      const Buffer ciphertext = filled(random, 16);
      NumberMask fresh(cipher, algorithm, key);
      EXPECT_EQ(mask_of(used, ciphertext), mask_of(fresh, ciphertext));
    }
    NumberMask moved(std::move(used));
    used = NumberMask(cipher, algorithm, key);
    EXPECT_EQ(mask_of(used, Buffer(16)), mask_of(moved, Buffer(16)));
  }
}

}  // namespace
}  // namespace specter::crypto
