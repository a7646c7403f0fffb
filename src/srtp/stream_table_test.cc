#include "srtp/stream_table.h"

#include <map>

#include <gtest/gtest.h>

#include "simulation/random.h"

namespace specter::srtp {
namespace {

struct Stream {
  std::uint32_t mark = 0;
};

TEST(StreamTable, FindsWhatWasAddedAtTheSameAddress) {
  simulation::SeededRandom random(1);
  StreamTable<Stream> table;
  std::map<std::uint32_t, Stream*> model;
  while (model.size() < kMaxStreams) {
    const auto ssrc = static_cast<std::uint32_t>(random.below(1u << 31));
    if (model.contains(ssrc)) continue;
    EXPECT_EQ(table.find(ssrc), nullptr);
    Stream* const stream = table.add(ssrc);
    ASSERT_NE(stream, nullptr);
    stream->mark = ssrc;
    model[ssrc] = stream;
  }
  EXPECT_EQ(table.size(), kMaxStreams);
  for (const auto& [ssrc, stream] : model) {
    EXPECT_EQ(table.find(ssrc), stream);
    EXPECT_EQ(table.find(ssrc)->mark, ssrc);
  }
}

TEST(StreamTable, TakesNoMoreThanItsLimit) {
  StreamTable<Stream> table;
  for (std::uint32_t ssrc = 0; ssrc < kMaxStreams; ++ssrc) ASSERT_TRUE(table.add(ssrc));
  EXPECT_TRUE(table.is_full());
  EXPECT_EQ(table.add(kMaxStreams), nullptr);
  EXPECT_EQ(table.find(kMaxStreams), nullptr);
  EXPECT_TRUE(table.find(0));
}

}  // namespace
}  // namespace specter::srtp
