// The stage that most tests of receivers play on: a peer's source of video, and our receivers.
#pragma once

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/testing/receiving.h"

namespace specter::media::testing {

struct Media : ::testing::Test {
  Media() { receiving.receivers.set(receiving.now, kVideoTrack, video()); }

  // The packets of the next frame, 33 ms and 3000 ticks after the one before.
  std::vector<Buffer> next(bool is_key = false, std::size_t size = 2500) {
    source.timestamp += 3000;
    return source.frame(vp8_frame(++number, is_key, size));
  }
  void begin() {
    receiving.tell(next(true));
    EXPECT_EQ(receiving.take_frames().size(), 1u);
  }
  Buffer last_frame(bool is_key = false) const { return vp8_frame(number, is_key, 2500); }

  Source source;
  std::uint32_t number = 0;
  Receiving receiving;
};

}  // namespace specter::media::testing
