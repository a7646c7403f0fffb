#include "cli/peer/more_codecs.h"

#include <gtest/gtest.h>

namespace specter::cli {
namespace {

TEST(MoreCodecs, AreAddedOnceBesideTheDefaultOnes) {
  const std::size_t before = MediaEngine::with_default_codecs().codecs().size();
  auto engine = MediaEngine::with_default_codecs();
  for (const std::string_view name : more_codecs()) add_codec(engine, name);
  // Three of video have their retransmission, too.
  EXPECT_EQ(engine.codecs().size(), before + more_codecs().size() + 3);
  for (const std::string_view name : more_codecs()) add_codec(engine, name);
  add_codec(engine, "video/nothing");
  EXPECT_EQ(engine.codecs().size(), before + more_codecs().size() + 3);
}

}  // namespace
}  // namespace specter::cli
