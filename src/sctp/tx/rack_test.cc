#include "sctp/tx/rack.h"

#include <gtest/gtest.h>

namespace specter::sctp {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1h};

TEST(Rack, KnowsTheChunkSentLastOfThoseThatArrived) {  // RFC 8985 §6.2 step 2
  Rack rack;
  EXPECT_FALSE(rack.has_delivered());
  rack.delivered(kStart + 100ms, 1, kStart, false);
  rack.delivered(kStart + 100ms, 3, kStart, false);
  EXPECT_EQ(rack.tsn(), 3);
  rack.delivered(kStart + 150ms, 2, kStart + 40ms, true);
  EXPECT_EQ(rack.tsn(), 2);
  EXPECT_EQ(rack.sent_at(), kStart + 40ms);
  EXPECT_EQ(rack.round_trip(), 110ms);
}

TEST(Rack, AnAnswerTooSoonIsToAnEarlierTransmission) {
  Rack rack;
  rack.note_round_trip(kStart, 100ms);
  rack.delivered(kStart + 100ms, 5, kStart, false);
  rack.delivered(kStart + 120ms, 4, kStart + 90ms, true);
  EXPECT_EQ(rack.tsn(), 5);
}

TEST(Rack, WaitsAQuarterOfTheShortestRoundTrip) {  // step 4
  Rack rack;
  rack.note_round_trip(kStart, 120ms);
  rack.note_round_trip(kStart, 100ms);
  rack.note_round_trip(kStart, 110ms);
  EXPECT_EQ(rack.reordering_window(false, 100ms), 25ms);
  EXPECT_EQ(rack.reordering_window(true, 100ms), 0ms) << "no reordering was ever seen";
}

TEST(Rack, SeesReordering) {  // step 3
  Rack rack;
  rack.note_round_trip(kStart, 100ms);
  rack.delivered(kStart, 7, kStart, false);
  rack.delivered(kStart, 6, kStart, true);
  EXPECT_FALSE(rack.has_seen_reordering()) << "one that was sent again comes late by right";
  rack.delivered(kStart, 5, kStart, false);
  EXPECT_TRUE(rack.has_seen_reordering());
  EXPECT_EQ(rack.reordering_window(true, 100ms), 25ms);
}

TEST(Rack, WhatCameTwiceWidensTheWindowOnceARoundTrip) {
  Rack rack;
  rack.note_round_trip(kStart, 100ms);
  rack.note_spurious(10, 20);
  rack.note_spurious(15, 30);
  EXPECT_EQ(rack.reordering_window(true, 200ms), 50ms);
  rack.note_spurious(20, 40);
  EXPECT_EQ(rack.reordering_window(true, 200ms), 75ms);
  for (int i = 2; i < 20; ++i) rack.note_spurious(20 * i, 20 * i + 20);
  EXPECT_EQ(rack.reordering_window(true, 200ms), 200ms) << "never more than a round trip";
  for (int i = 0; i < Rack::kPersistence; ++i) rack.note_recovered();
  EXPECT_EQ(rack.reordering_window(true, 200ms), 25ms);
}

}  // namespace
}  // namespace specter::sctp
