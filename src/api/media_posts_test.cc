#include "api/media_posts.h"

#include <thread>

#include <gmock/gmock.h>

#include "api/handles.h"
#include "api/media_handles.h"

namespace specter::api {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

struct Posts : ::testing::Test {
  PostedMedia media(std::size_t size, std::string rid = {}, bool is_packet = false) {
    PostedMedia made{.transceiver = video,
                     .track = track,
                     .bytes = std::make_shared<const Buffer>(size),
                     .rid = std::move(rid),
                     .sample = {.duration = Duration(number_++)},
                     .is_packet = is_packet};
    return made;
  }
  std::vector<PostedMedia> take(std::size_t most = 1 << 20) {
    std::vector<PostedMedia> out;
    lost.clear();
    posts.take(most, out, lost);
    return out;
  }

  int number_ = 0;
  std::shared_ptr<ConnectionHandle> connection =
      std::make_shared<ConnectionHandle>(1, nullptr, 1 << 20);
  std::shared_ptr<TransceiverHandle> video =
      std::make_shared<TransceiverHandle>(connection, MediaKind::Video);
  std::shared_ptr<TransceiverHandle> audio =
      std::make_shared<TransceiverHandle>(connection, MediaKind::Audio);
  std::shared_ptr<LocalTrackState> track = std::make_shared<LocalTrackState>(
      LocalTrack{.kind = MediaKind::Video, .id = "v"}, std::vector<std::string>());
  std::vector<MediaPosts::Lost> lost;
  MediaPosts posts;
};

TEST_F(Posts, AreTakenInTheirOrderAndWakeTheLoopOnce) {
  EXPECT_TRUE(posts.is_empty());
  EXPECT_TRUE(posts.post(media(1)));
  EXPECT_FALSE(posts.post(media(2)));
  EXPECT_FALSE(posts.is_empty());
  const auto first = take(1);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].bytes->size(), 1U);
  EXPECT_FALSE(posts.is_empty());
  EXPECT_FALSE(posts.post(media(3)));  // the loop has something left, and looks again
  EXPECT_THAT(take(), SizeIs(2));
  EXPECT_TRUE(posts.is_empty());
  EXPECT_TRUE(posts.post(media(4)));
}

TEST_F(Posts, AreSeenAsTheyWereWritten) {
  PostedMedia one = media(3, "h");
  one.sample.temporal_id = 2;
  posts.post(std::move(one));
  const auto taken = take();
  const Written view = taken.at(0).view();
  EXPECT_EQ(view.sample.bytes.data(), taken[0].bytes->data());
  EXPECT_EQ(view.sample.rid, "h");
  EXPECT_EQ(view.sample.temporal_id, 2);
  EXPECT_FALSE(view.is_packet);
}

TEST_F(Posts, LoseTheOldestPastTheirNumber) {
  for (std::size_t i = 0; i < MediaPosts::kMaxCount + 3; ++i) posts.post(media(1, "h"));
  const auto left = take();
  ASSERT_THAT(left, SizeIs(MediaPosts::kMaxCount));
  EXPECT_EQ(left[0].sample.duration, Duration(3));
  EXPECT_EQ(track->dropped(), 3U);
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(lost[0].rid, "h");
  EXPECT_EQ(lost[0].transceiver, video);
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(lost, IsEmpty());
}

TEST_F(Posts, LoseTheOldestPastTheirBytes) {
  posts.post(media(MediaPosts::kMaxBytes / 2));
  posts.post(media(MediaPosts::kMaxBytes / 2));
  EXPECT_EQ(track->dropped(), 0U);
  posts.post(media(1));
  EXPECT_EQ(track->dropped(), 1U);
  posts.post(media(MediaPosts::kMaxBytes));
  EXPECT_EQ(track->dropped(), 3U);
  EXPECT_THAT(take(), SizeIs(1));
}

TEST_F(Posts, AskForNoKeyFrameOfSoundOrOfPackets) {
  for (std::size_t i = 0; i < MediaPosts::kMaxCount; ++i) {
    PostedMedia one = media(1);
    if (i % 2 == 0)
      one.transceiver = audio;
    else
      one.is_packet = true;
    posts.post(std::move(one));
  }
  for (int i = 0; i < 10; ++i) posts.post(media(1));
  take();
  EXPECT_EQ(track->dropped(), 10U);
  EXPECT_THAT(lost, IsEmpty());
}

TEST_F(Posts, RememberABoundedNumberOfEncodings) {
  for (std::size_t i = 0; i < MediaPosts::kMaxCount + MediaPosts::kMaxLost + 10; ++i)
    posts.post(media(1, std::to_string(i)));
  take();
  EXPECT_THAT(lost, SizeIs(MediaPosts::kMaxLost));
}

TEST_F(Posts, TakeNothingAfterTheEnd) {
  posts.post(media(1));
  EXPECT_THAT(posts.end().waiting, SizeIs(1));
  EXPECT_FALSE(posts.post(media(1)));
  EXPECT_TRUE(posts.is_empty());
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(video.use_count(), 1);
}

TEST_F(Posts, ComeFromManyThreads) {
  constexpr std::size_t kEach = 500;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t n = 0; n < kEach; ++n) {
        PostedMedia one{
            .transceiver = video, .track = track, .bytes = std::make_shared<const Buffer>(10)};
        posts.post(std::move(one));
      }
    });
  }
  std::size_t taken = 0;
  while (taken + track->dropped() < 4 * kEach) taken += take(64).size();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, 4 * kEach);
}

TEST_F(Posts, GoToEachSenderOfATrack) {
  const auto other = std::make_shared<ConnectionHandle>(2, nullptr, 1 << 20);
  const auto at_other = std::make_shared<TransceiverHandle>(other, MediaKind::Video);
  video->send(track);
  at_other->send(track);
  EXPECT_EQ(track->senders(), 2U);
  const Buffer bytes{1, 2, 3};
  track->write({.sample = {.bytes = bytes, .duration = Duration(5)}});
  std::vector<PostedMedia> here, there;
  connection->media_posts.take(9, here, lost);
  other->media_posts.take(9, there, lost);
  ASSERT_THAT(here, SizeIs(1));
  ASSERT_THAT(there, SizeIs(1));
  EXPECT_EQ(here[0].bytes, there[0].bytes);  // one copy
  EXPECT_THAT(*here[0].bytes, ElementsAre(1, 2, 3));
  EXPECT_TRUE(here[0].sample.captured_at.has_value());
  EXPECT_EQ(here[0].sample.captured_at, there[0].sample.captured_at);

  video->send(nullptr);
  EXPECT_EQ(track->senders(), 1U);
  track->write({.sample = {.bytes = bytes}});
  EXPECT_TRUE(connection->media_posts.is_empty());
  EXPECT_FALSE(other->media_posts.is_empty());
}

TEST_F(Posts, GoToNoSenderThatIsGone) {
  video->send(track);
  video.reset();
  track->write({.sample = {.bytes = Buffer{1}}});
  EXPECT_TRUE(connection->media_posts.is_empty());
}

}  // namespace
}  // namespace specter::api
