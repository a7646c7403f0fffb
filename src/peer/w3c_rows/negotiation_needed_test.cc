// Rows K13 and K14: NegotiationNeeded is told when it is true, and behind all else.
// docs/w3c-rows.md has all rows.
#include "peer/testing/w3c_rows.h"
#include "testing/media.h"

namespace specter::core::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct TwoWithMedia : Two {
  TwoWithMedia() : Two({}, testing::with_media(), testing::with_media()) {}
};

TEST(W3cMediaRows, K13_CallsMadeAtOnceAreAllDoneBefore) {
  for (const bool wants_more : {false, true}) {
    TwoWithMedia two;
    ASSERT_TRUE(two.pc_a.add_transceiver(MediaKind::Audio, {}).has_value());
    const auto offer = two.offer_of(two.a);
    ASSERT_TRUE(two.pc_b.add_track(two.now(), testing::audio_track(), {}).has_value());
    if (wants_more) {
      ASSERT_TRUE(two.pc_b.add_transceiver(MediaKind::Video, {}).has_value());
    }
    ASSERT_EQ(name_of(two.set_remote(two.b, offer)), "");
    ASSERT_EQ(name_of(two.pc_b.set_local_description(two.now())), "");
    two.run();
    if (wants_more)
      EXPECT_THAT(signaling(two.b), ElementsAre("have-remote-offer", "stable", "needed"));
    else
      EXPECT_THAT(signaling(two.b), ElementsAre("have-remote-offer", "stable"));
  }
}

TEST(W3cMediaRows, K14_ItIsStableWhenItIsTold) {
  TwoWithMedia two;
  ASSERT_TRUE(two.pc_a.add_track(two.now(), testing::audio_track(), {}).has_value());
  ASSERT_EQ(name_of(two.pc_a.set_local_description(two.now())), "");
  two.run();
  EXPECT_THAT(signaling(two.a), ElementsAre("have-local-offer"));
  ASSERT_EQ(name_of(two.set_local(two.a, {SdpType::Rollback, ""})), "");
  two.run();
  EXPECT_THAT(signaling(two.a), ElementsAre("have-local-offer", "stable", "needed"));
}

TEST(W3cMediaRows, K14_WhatWasTakenBackIsNotAskedFor) {
  TwoWithMedia two;
  const auto added = two.pc_a.add_transceiver(MediaKind::Audio, {});
  ASSERT_TRUE(added.has_value());
  ASSERT_EQ(name_of(two.pc_a.stop_transceiver(two.now(), *added)), "");
  two.run();
  EXPECT_THAT(signaling(two.a), IsEmpty());
  ASSERT_TRUE(two.pc_a.add_transceiver(MediaKind::Audio, {}).has_value());
  two.run();
  EXPECT_THAT(signaling(two.a), ElementsAre("needed"));
}

}  // namespace
}  // namespace specter::core::rows
