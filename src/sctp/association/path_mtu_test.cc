// The search alone: which size is tried when. RFC 8899 §5.2, §5.3. What the association does with
// it: path_mtu_link_test.cc.
#include "sctp/association/path_mtu.h"

#include <gmock/gmock.h>

#include "simulation/link.h"

namespace specter::sctp {
namespace {

using simulation::kStart;
using ::testing::ElementsAre;

constexpr std::size_t kBase = 1160;

// A path that carries packets up to a size, and what was sent over it.
struct Path {
  explicit Path(std::size_t up_to, std::vector<std::size_t> sizes = {1300, 1400, 1500, 9000})
      : carries(up_to) {
    mtu.set_path(std::move(sizes));
  }
  // Until there is nothing more to try, or for `most`.
  void search(Duration most = std::chrono::hours(1)) {
    mtu.want(now);
    for (const Timestamp end = now + most; now < end;) {
      if (mtu.probe_due()) {
        const PathMtu::Probe probe = mtu.take_probe(now, ++nonces);
        tried.push_back(probe.bytes);
        if (probe.bytes <= carries) mtu.handle_answer(now, probe.nonce);
        continue;
      }
      const Deadline next = mtu.next_timeout();
      if (!next) return;
      now = *next;
      mtu.handle_timeout(now);
    }
  }

  PathMtu mtu{kBase};
  std::size_t carries;
  Timestamp now = kStart;
  std::uint64_t nonces = 0;
  std::vector<std::size_t> tried;
};

TEST(PathMtu, Rfc8899_5_2_BeginsAtTheBaseAndTriesNothingUnasked) {
  Path path(9000);
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  EXPECT_FALSE(path.mtu.probe_due());
  EXPECT_FALSE(path.mtu.next_timeout());
}

TEST(PathMtu, TellsOfItsProbesAndOnceOfItsEnd) {
  LogBuffer log;
  log.set(LogLevels(LogLevel::Debug), LogAddresses::Hidden);
  Path path(1400, {1400});
  path.mtu = PathMtu(kBase, Log(log, LogModule::Sctp));
  path.mtu.set_path({1400});
  path.search();
  for (int i = 0; i < 10; ++i) path.mtu.want(path.now);
  path.mtu.limit(path.now, 1300);
  std::vector<std::string> said;
  for (const LogRecord& record : log.take()) said.push_back(record.text);
  EXPECT_THAT(said, ElementsAre("path MTU: probe of 1400 bytes, time 1",
                                "path MTU: the probe came, 1400 bytes from now on",
                                "path MTU: 1400 bytes are the most",
                                "path MTU: no more than 1300 bytes, says the network"));
}

TEST(PathMtu, TheLargestIsTriedFirst) {
  Path path(9000);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 9000u);
  EXPECT_THAT(path.tried, ElementsAre(9000));
  EXPECT_EQ(path.now, kStart);
}

TEST(PathMtu, Rfc8899_5_1_2_ASizeIsTriedThreeTimesBeforeItIsTooLarge) {
  Path path(1450);
  path.search();
  EXPECT_THAT(path.tried, ElementsAre(9000, 9000, 9000, 1400, 1500, 1500, 1500));
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u);
  EXPECT_EQ(path.now - kStart, 6 * PathMtu::kProbeTimeout);
}

TEST(PathMtu, EveryPathIsFound) {
  const std::vector<std::size_t> sizes = {1200, 1250, 1300, 1350, 1400, 1450, 1500, 4000, 9000};
  for (std::size_t carries = 1100; carries < 9500; carries += 50) {
    Path path(carries, sizes);
    path.search();
    std::size_t best = kBase;
    for (const std::size_t size : sizes)
      if (size <= carries) best = size;
    EXPECT_EQ(path.mtu.packet_bytes(), best) << carries;
    EXPECT_LE(path.tried.size(), 16u) << carries;
  }
}

TEST(PathMtu, NothingWorthATryIsNoSearch) {
  Path path(9000, {400, kBase});
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  EXPECT_TRUE(path.tried.empty());
}

TEST(PathMtu, Rfc8899_5_2_AfterTenMinutesItLooksForMore) {
  Path path(1400);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u);
  path.tried.clear();
  path.carries = 9000;
  path.now += PathMtu::kRaiseInterval - std::chrono::seconds(60);
  path.search();
  EXPECT_TRUE(path.tried.empty());
  path.now += std::chrono::seconds(61);
  path.search();
  EXPECT_THAT(path.tried, ElementsAre(9000));
  EXPECT_EQ(path.mtu.packet_bytes(), 9000u);
}

TEST(PathMtu, Rfc8899_5_2_ASuspicionFallsBackAtOnceAndIsLookedInto) {
  Path path(9000);
  path.search();
  path.mtu.suspect(PathMtu::Suspicion::Mild);
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  EXPECT_TRUE(path.mtu.probe_due());
  path.tried.clear();
  path.search();
  EXPECT_THAT(path.tried, ElementsAre(9000)) << "it was something else";
  EXPECT_EQ(path.mtu.packet_bytes(), 9000u);
}

TEST(PathMtu, APathThatShrankIsFoundAnew) {
  Path path(9000);
  path.search();
  path.carries = 1420;
  path.mtu.suspect(PathMtu::Suspicion::Mild);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u);
}

TEST(PathMtu, AnotherPathBeginsAtTheBase) {
  Path path(9000);
  path.search();
  path.mtu.set_path({1400});
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u);
}

TEST(PathMtu, ALateAnswerToAnEarlierTryCounts) {
  PathMtu mtu(kBase);
  mtu.set_path({1400});
  mtu.want(kStart);
  const auto first = mtu.take_probe(kStart, 7);
  const Timestamp later = kStart + PathMtu::kProbeTimeout;
  mtu.handle_timeout(later);
  const auto second = mtu.take_probe(later, 8);
  EXPECT_EQ(first.nonce, second.nonce);
  EXPECT_TRUE(mtu.handle_answer(later, first.nonce));
  EXPECT_EQ(mtu.packet_bytes(), 1400u);
  EXPECT_FALSE(mtu.handle_answer(later, first.nonce)) << "once";
}

TEST(PathMtu, WhatWasNotAskedIsNoAnswer) {
  PathMtu mtu(kBase);
  mtu.set_path({1400});
  EXPECT_FALSE(mtu.handle_answer(kStart, 0));
  mtu.want(kStart);
  EXPECT_FALSE(mtu.handle_answer(kStart, 0)) << "due, but not sent";
  mtu.take_probe(kStart, 7);
  EXPECT_FALSE(mtu.handle_answer(kStart, 8));
  EXPECT_EQ(mtu.packet_bytes(), kBase);
}

// RFC 8899 §5.2, Error: below the base. A mild suspicion is none of the base.
TEST(PathMtu, Rfc8899_5_2_AGraveSuspicionGoesBelowTheBase) {
  Path path(900, {600, 700, 800, 900, 1000, 1400});
  path.mtu.suspect(PathMtu::Suspicion::Mild);
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  path.mtu.suspect(PathMtu::Suspicion::Grave);
  EXPECT_EQ(path.mtu.packet_bytes(), PathMtu::kSmallest);
  EXPECT_TRUE(path.mtu.is_smallest());
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 900u);
  EXPECT_EQ(path.tried.front(), kBase) << "mostly it was only a bad moment";
}

TEST(PathMtu, FromALargeSizeAGraveSuspicionGoesToTheBaseFirst) {
  Path path(1400);
  path.search();
  path.mtu.suspect(PathMtu::Suspicion::Grave);
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  path.mtu.suspect(PathMtu::Suspicion::Grave);
  EXPECT_EQ(path.mtu.packet_bytes(), PathMtu::kSmallest);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u) << "nothing was wrong";
}

TEST(PathMtu, WhileNothingComesThroughALostProbeSaysNothing) {
  PathMtu mtu(kBase);
  mtu.set_path({1400});
  mtu.suspect(PathMtu::Suspicion::Grave);
  Timestamp now = kStart;
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(mtu.probe_due()) << i;
    EXPECT_EQ(mtu.take_probe(now, 7).bytes, kBase);
    now += PathMtu::kProbeTimeout;
    mtu.handle_timeout(now, true);
  }
  EXPECT_TRUE(mtu.handle_answer(now, 7));
  EXPECT_EQ(mtu.packet_bytes(), kBase);
}

TEST(PathMtu, AnInterfaceThatIsNarrowerThanTheBaseIsBelieved) {
  PathMtu mtu(kBase);
  mtu.set_path({600, 1000, 1100});
  EXPECT_EQ(mtu.packet_bytes(), 1100u);
  mtu.set_path({100});
  EXPECT_EQ(mtu.packet_bytes(), PathMtu::kSmallest);
}

// §4.6: a hint makes packets smaller at once, and never larger.
TEST(PathMtu, AHintIsTakenDownwardsOnly) {
  Path path(9000, {700, 1000, 1400});
  path.search();
  ASSERT_EQ(path.mtu.packet_bytes(), 1400u);
  EXPECT_FALSE(path.mtu.limit(path.now, 1400));
  EXPECT_FALSE(path.mtu.limit(path.now, 9000));
  EXPECT_TRUE(path.mtu.limit(path.now, 1399));
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  EXPECT_TRUE(path.mtu.limit(path.now, 900));
  EXPECT_EQ(path.mtu.packet_bytes(), 700u);
  EXPECT_TRUE(path.mtu.limit(path.now, 5));
  EXPECT_EQ(path.mtu.packet_bytes(), PathMtu::kSmallest);
  path.now += PathMtu::kRaiseInterval;
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u) << "for ten minutes";
}

TEST(PathMtu, NothingLargerThanThePeerTakesIsTried) {
  Path path(9000);
  path.mtu.set_most(1450);
  path.search();
  EXPECT_THAT(path.tried, ElementsAre(1400));
  EXPECT_EQ(path.mtu.packet_bytes(), 1400u);
  path.mtu.set_path({1300, 1500});
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), 1300u);
}

TEST(PathMtu, OfTooManySizesTheLargestAreTried) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 2000; size < 2000 + 3 * PathMtu::kMaxSizes; ++size) sizes.push_back(size);
  Path path(1999, sizes);
  path.search();
  EXPECT_EQ(path.mtu.packet_bytes(), kBase);
  EXPECT_LE(path.tried.size(), 3u * 6u);
}

}  // namespace
}  // namespace specter::sctp
