#include "srtp/cryptex.h"

#include <gtest/gtest.h>

#include "srtp/testing/ends.h"

namespace specter::srtp {
namespace {

using testing::Ends;
using testing::hex;
using testing::kProfiles;

TEST(Cryptex, HasAProfileForEachOfTheTwoForms) {
  EXPECT_EQ(cryptex_profile(0xbede), 0xc0de);
  EXPECT_EQ(cryptex_profile(0x1000), 0xc2de);
  EXPECT_EQ(plain_profile(0xc0de), 0xbede);
  EXPECT_EQ(plain_profile(0xc2de), 0x1000);
  for (const std::uint16_t other : {0x1001, 0x100f, 0xc0de, 0xc2de, 0x0000})
    EXPECT_FALSE(cryptex_profile(other)) << other;
  for (const std::uint16_t other : {0xbede, 0x1000, 0x1001, 0x0000})
    EXPECT_FALSE(plain_profile(other)) << other;
}

TEST(Cryptex, GatheredAndScatteredIsTheSame) {
  for (std::size_t csrcs = 0; csrcs <= rtp::kMaxCsrcs; ++csrcs) {
    Buffer packet(100);
    for (std::size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
    const Buffer before = packet;
    gather(packet, 4 * csrcs);
    EXPECT_EQ(packet[12], 12 + 4 * csrcs);
    EXPECT_EQ(packet[16], csrcs > 0 ? 12 : 16);
    scatter(packet, 4 * csrcs);
    EXPECT_EQ(packet, before);
  }
}

// RFC 9335 §5.1: where there are CSRCs and no extension, an empty one is added; it stays.
TEST(Cryptex, AddsAnEmptyExtensionWhereThereAreCsrcs) {
  const Buffer packet = hex("820f1238decafbadcafebabe0001e2400000b26eabababab");
  const Buffer with_extension = hex("920f1238decafbadcafebabe0001e2400000b26ebede0000abababab");
  for (const Profile profile : kProfiles) {
    Ends ends(profile, {.cryptex = true}, {CryptexPolicy::Require});
    const auto sealed = ends.seal(packet);
    ASSERT_TRUE(sealed);
    EXPECT_EQ(to_buffer(Bytes(*sealed).subspan(20, 4)), hex("c0de0000"));
    EXPECT_EQ(ends.open(*sealed), with_extension);
  }
}

TEST(Cryptex, LeavesAPacketWithoutCsrcsAndExtensionAsItIs) {
  const Buffer packet = testing::rtp_packet(1, 1);
  for (const Profile profile : kProfiles) {
    Ends plain(profile), cryptex(profile, {.cryptex = true}, {CryptexPolicy::Require});
    const auto sealed = cryptex.seal(packet);
    EXPECT_EQ(plain.seal(packet), sealed);
    EXPECT_EQ(cryptex.open(*sealed), packet);
  }
}

TEST(Cryptex, SealsNoExtensionThatItCannotName) {
  Ends ends(Profile::AeadAes128Gcm, {.cryptex = true});
  for (const char* profile : {"1001", "abcd", "c0de"})
    EXPECT_EQ(ends.seal(hex(std::string("900f1238decafbadcafebabe") + profile + "0000ab")),
              std::unexpected(Refusal::BadExtension));
}

// RFC 9335 §5.2.
TEST(Cryptex, TheReceiversOptionDecides) {
  const Buffer extension = hex("900f1235decafbadcafebabebede000151000200abababababababab");
  const Buffer csrc = hex("810f1236decafbadcafebabe0001e240abababababababab");
  for (const Profile profile : kProfiles) {
    for (const Buffer& packet : {extension, csrc}) {
      const Buffer sealed = Ends(profile).seal(packet).value();
      const Buffer cryptex = Ends(profile, {.cryptex = true}).seal(packet).value();
      EXPECT_EQ(Ends(profile).open(sealed), packet);
      EXPECT_EQ(Ends(profile).open(cryptex), std::unexpected(Refusal::CryptexRefused));
      Ends accepting(profile, {}, {CryptexPolicy::Accept});
      EXPECT_EQ(accepting.open(sealed), packet);
      EXPECT_TRUE(Ends(profile, {}, {CryptexPolicy::Accept}).open(cryptex));
      Ends requiring(profile, {}, {CryptexPolicy::Require});
      EXPECT_EQ(requiring.open(sealed), std::unexpected(Refusal::CryptexMissing));
      EXPECT_TRUE(requiring.open(cryptex));
    }
  }
}

// What is random goes through every place: elsewhere, in place, more than one guess.
TEST(Cryptex, WhatWasSealedOpens) {
  for (const Profile profile : kProfiles) {
    simulation::SeededRandom random(8);
    Ends ends(profile, {.cryptex = true}, {CryptexPolicy::Require});
    OpenBatch batch(ends.cipher);
    for (std::uint16_t sequence = 65'000; sequence != 1500; ++sequence) {
      const Buffer packet = testing::random_rtp_packet(random, 1, sequence);
      const auto layout = *rtp::HeaderLayout::parse(packet);
      auto sealed = ends.seal(packet);
      ASSERT_TRUE(sealed);
      if (sequence >= 65'000 && random.chance(0.9)) continue;  // the first ones are lost
      const Buffer copy = *sealed;
      if (random.chance(0.5)) {
        batch.add_rtp(ends.opener, *sealed, *sealed);
      } else {
        sealed->assign(copy.size(), 0xee);
        batch.add_rtp(ends.opener, copy, *sealed);
      }
      const auto result = batch.run()[0];
      ASSERT_TRUE(result) << to_string(result.error());
      const Buffer opened = to_buffer(result->packet);
      const bool is_extended = !layout.flags.has_extension && layout.csrcs_end > 12;
      ASSERT_EQ(opened.size(), packet.size() + (is_extended ? 4 : 0));
      if (!is_extended) {
        ASSERT_EQ(opened, packet);
      }
    }
  }
}

}  // namespace
}  // namespace specter::srtp
