#include "peer/early_datagrams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::peer {
namespace {

using namespace std::chrono_literals;

const Timestamp kStart{1s};
const auto kAny = [](const Path&) { return true; };

Path path_to(std::string_view remote) {
  return {*Endpoint::parse("192.0.2.1:5000"), *Endpoint::parse(remote)};
}
const Path kPeer = path_to("192.0.2.2:5001"), kStranger = path_to("203.0.113.9:9");

class EarlyDatagramsTest : public ::testing::Test {
 protected:
  EarlyDatagramsTest() {
    ice_.add_local_endpoint(kStart, kPeer.local);
    ice_.set_remote_credentials(kStart, {"peer", "a password of twenty-two"});
    ice::Candidate candidate;
    candidate.endpoint = kPeer.remote;
    candidate.foundation = "1";
    EXPECT_TRUE(ice_.add_remote_candidate(kStart, candidate));
  }

  bool keep(const Path& path, std::uint8_t byte, Timestamp now = kStart) {
    return early_.keep_unproved(now, path, Buffer{byte}, ice_);
  }

  simulation::SeededRandom random_{1};
  ice::Agent ice_{{}, random_};
  EarlyDatagrams early_;
};

TEST_F(EarlyDatagramsTest, WaitUntilTheirPathMayBeRead) {
  EXPECT_TRUE(keep(kStranger, 1));
  EXPECT_TRUE(keep(kPeer, 2));
  EXPECT_TRUE(keep(kPeer, 3));
  const auto is_peer = [](const Path& path) { return path == kPeer; };
  EXPECT_EQ(early_.take(kStart, is_peer)->bytes, Buffer{2});
  EXPECT_EQ(early_.take(kStart, is_peer)->bytes, Buffer{3});
  EXPECT_FALSE(early_.take(kStart, is_peer));
  EXPECT_TRUE(early_.has_unproved());
}

TEST_F(EarlyDatagramsTest, WaitFiveSeconds) {
  EXPECT_TRUE(keep(kPeer, 1));
  EXPECT_TRUE(keep(kPeer, 2, kStart + 1s));
  EXPECT_EQ(early_.take(kStart + 5s, kAny)->bytes, Buffer{2});
  EXPECT_TRUE(keep(kPeer, 3));
  EXPECT_FALSE(early_.take(kStart + 5s, kAny));
  EXPECT_FALSE(early_.has_unproved());
}

TEST_F(EarlyDatagramsTest, OfAStrangerGiveTheirPlacesToThePeers) {
  for (std::size_t i = 0; i < EarlyDatagrams::kMaxUnproved; ++i) EXPECT_TRUE(keep(kStranger, 0));
  EXPECT_FALSE(keep(kStranger, 1));
  for (std::size_t i = 0; i < EarlyDatagrams::kMaxUnproved; ++i) EXPECT_TRUE(keep(kPeer, 2));
  EXPECT_FALSE(keep(kPeer, 3));
  EXPECT_EQ(early_.take(kStart, kAny)->path, kPeer);
}

TEST_F(EarlyDatagramsTest, AreNoLargerThanTheirLimit) {
  const Buffer most(EarlyDatagrams::kMaxBytes), more(EarlyDatagrams::kMaxBytes + 1);
  EXPECT_TRUE(early_.keep_unproved(kStart, kPeer, most, ice_));
  EXPECT_FALSE(early_.keep_unproved(kStart, kPeer, more, ice_));
}

TEST_F(EarlyDatagramsTest, OfBindingMessagesWaitForTheDescriptionUpToTheirLimit) {
  for (std::size_t i = 0; i <= EarlyDatagrams::kMaxEmbedded; ++i)
    early_.keep_embedded({kPeer, Buffer{static_cast<std::uint8_t>(i)}});
  EXPECT_FALSE(early_.take(kStart + 1h, kAny));
  const auto embedded = early_.take_embedded();
  ASSERT_EQ(embedded.size(), EarlyDatagrams::kMaxEmbedded);
  EXPECT_EQ(embedded.front().bytes, Buffer{0});
  EXPECT_TRUE(early_.take_embedded().empty());
}

}  // namespace
}  // namespace specter::peer
