#include "rtp/extension_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/mid.h"
#include "testing/hex.h"

namespace specter::rtp {
namespace {

using specter::testing::hex;

constexpr std::string_view kMidUri = "urn:ietf:params:rtp-hdrext:sdes:mid";
constexpr std::string_view kLevelUri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

TEST(RtpExtensionMap, KnowsTheUriOfEachKind) {
  for (std::size_t i = 0; i < kExtensionKinds; ++i) {
    const auto kind = static_cast<ExtensionKind>(i);
    EXPECT_EQ(kind_of(uri_of(kind)), kind);
  }
  EXPECT_EQ(uri_of(ExtensionKind::Mid), kMidUri);
  EXPECT_EQ(kind_of("urn:example"), std::nullopt);
}

// Media fact 1: peers refuse a description in which an id means something else than before.
TEST(RtpExtensionMap, WhatIsBoundStaysBound) {
  ExtensionMap map;
  EXPECT_TRUE(map.bind(kMidUri, 4));
  EXPECT_TRUE(map.bind(kMidUri, 4));
  const ExtensionMap before = map;
  EXPECT_FALSE(map.bind(kMidUri, 5));
  EXPECT_FALSE(map.bind(kLevelUri, 4));
  EXPECT_EQ(map, before);
  EXPECT_EQ(map.allocate(kMidUri), 4);
  EXPECT_EQ(map.allocate(kLevelUri), 1);
  EXPECT_EQ(map.id_of(ExtensionKind::AudioLevel), 1);
  EXPECT_EQ(map.id_of(kLevelUri), 1);
  EXPECT_EQ(map.uri_of(4), kMidUri);
  EXPECT_EQ(map.kind_of(4), ExtensionKind::Mid);
  EXPECT_EQ(map.kind_of(5), std::nullopt);
}

TEST(RtpExtensionMap, TakesIdsUpTo255AndKeepsUnknownUris) {
  ExtensionMap map;
  EXPECT_TRUE(map.bind("urn:example:a", 255));
  EXPECT_TRUE(map.bind("urn:example:b", 15));
  EXPECT_FALSE(map.bind("urn:example:c", 0));
  EXPECT_FALSE(map.bind("", 1));
  EXPECT_FALSE(map.bind(std::string(ExtensionMap::kMaxUriSize + 1, 'a'), 1));
  EXPECT_TRUE(map.bind(std::string(ExtensionMap::kMaxUriSize, 'a'), 1));
  EXPECT_EQ(map.uri_of(255), "urn:example:a");
  EXPECT_EQ(map.kind_of(255), std::nullopt);
  EXPECT_EQ(map.size(), 3u);
}

// Firefox refuses descriptions with ids over 14, so these are given out only where it is asked for.
TEST(RtpExtensionMap, AllocatesFourteenAndNeverFifteen) {
  ExtensionMap map;
  for (int id = 1; id <= 14; ++id) EXPECT_EQ(map.allocate("urn:example:" + std::to_string(id)), id);
  EXPECT_EQ(map.allocate("urn:example:15"), std::nullopt);
  EXPECT_EQ(map.allocate("urn:example:15", 255), 16);
  for (int id = 17; id <= 255; ++id)
    EXPECT_EQ(map.allocate("urn:example:" + std::to_string(id), 255), id);
  EXPECT_EQ(map.allocate("urn:example:256", 255), std::nullopt);
  EXPECT_EQ(map.size(), 254u);
}

// Media fact 2: two sections may use two ids for one URI; each is read by its own map.
TEST(RtpExtensionMap, ReadsAndWritesByItsOwnIds) {
  ExtensionMap audio;
  ExtensionMap video;
  audio.bind(kMidUri, 1);
  video.bind(kMidUri, 2);
  Extensions extensions;
  EXPECT_TRUE(audio.add(extensions, Mid{"a0"}));
  EXPECT_FALSE(audio.add(extensions, AudioLevel{}));
  EXPECT_TRUE(video.add(extensions, Mid{"v0"}));
  Buffer bytes;
  ByteWriter out(bytes);
  extensions.write(out);
  const ExtensionBlock block{kOneByteProfile, Bytes(bytes).subspan(4)};
  EXPECT_EQ(audio.get<Mid>(block), Mid{"a0"});
  EXPECT_EQ(video.get<Mid>(block), Mid{"v0"});
  EXPECT_EQ(audio.get<AudioLevel>(block), std::nullopt);
}

}  // namespace
}  // namespace specter::rtp
