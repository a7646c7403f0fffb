#include "peer/last_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter::peer {
namespace {

using namespace std::chrono_literals;

const Path kPath{*Endpoint::parse("192.0.2.1:5000"), *Endpoint::parse("192.0.2.2:5001")};
const Timestamp kStart{1s};

Transmit words(Buffer bytes, std::size_t segment_size) {
  return {kPath, std::move(bytes), segment_size};
}

TEST(LastWords, LeaveOnceInTheirOrder) {
  LastWords last;
  last.say(words({1}, 1));
  last.say(words({2}, 1));
  EXPECT_EQ(last.poll_transmit(), words({1}, 1));
  EXPECT_EQ(last.poll_transmit(), words({2}, 1));
  EXPECT_FALSE(last.poll_transmit());
  EXPECT_FALSE(last.next_timeout());
}

TEST(LastWords, RepeatTheLastDatagramTwice) {
  LastWords last;
  last.say(words({1, 1, 2}, 2));
  last.repeat(kStart, words({1, 1, 2}, 2));
  EXPECT_EQ(last.poll_transmit(), words({1, 1, 2}, 2));
  for (const Duration due : {30ms, 60ms}) {
    EXPECT_EQ(last.next_timeout(), Deadline{kStart + due});
    last.handle_timeout(kStart + due - 1ns);
    EXPECT_FALSE(last.poll_transmit());
    last.handle_timeout(kStart + due);
    EXPECT_EQ(last.poll_transmit(), words({2}, 1));
    EXPECT_FALSE(last.poll_transmit());
  }
  EXPECT_FALSE(last.next_timeout());
}

TEST(LastWords, RepeatAWholeSegmentWhereTheLastIsOne) {
  LastWords last;
  last.repeat(kStart, words({1, 1, 2, 2}, 2));
  last.handle_timeout(kStart + LastWords::kInterval);
  EXPECT_EQ(last.poll_transmit(), words({2, 2}, 2));
}

}  // namespace
}  // namespace specter::peer
