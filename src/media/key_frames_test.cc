#include "media/key_frames.h"

#include <gtest/gtest.h>

namespace specter::media {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{1000s};

TEST(KeyFrames, AreAskedForOnceInThreeHundredMilliseconds) {
  KeyFrames key_frames;
  int told = 0;
  for (int i = 0; i < 1000; ++i) {
    told += key_frames.handle_timeout(kStart + i * 1ms) ? 1 : 0;
    told += key_frames.request(kStart + i * 1ms) ? 1 : 0;
  }
  EXPECT_EQ(told, 4);  // at 0, 300, 600 and 900 ms
}

TEST(KeyFrames, AreAskedForAgainWhenOneCameTooEarly) {
  KeyFrames key_frames;
  EXPECT_EQ(key_frames.next_timeout(), std::nullopt);
  EXPECT_TRUE(key_frames.request(kStart));
  EXPECT_EQ(key_frames.next_timeout(), std::nullopt);
  EXPECT_FALSE(key_frames.request(kStart + 100ms));
  EXPECT_EQ(key_frames.next_timeout(), kStart + 300ms);
  EXPECT_FALSE(key_frames.handle_timeout(kStart + 299ms));
  EXPECT_TRUE(key_frames.handle_timeout(kStart + 300ms));
  EXPECT_EQ(key_frames.next_timeout(), std::nullopt);
}

TEST(KeyFrames, ThatCameMeanwhileAreEnough) {
  KeyFrames key_frames;
  key_frames.request(kStart);
  key_frames.request(kStart + 100ms);
  key_frames.handle_key_frame();
  EXPECT_EQ(key_frames.next_timeout(), std::nullopt);
  EXPECT_FALSE(key_frames.handle_timeout(kStart + 300ms));
}

TEST(KeyFrames, AreForgottenWithTheirAsker) {
  KeyFrames key_frames;
  key_frames.request(kStart);
  key_frames.reset();
  EXPECT_TRUE(key_frames.request(kStart + 1ms));
}

}  // namespace
}  // namespace specter::media
