// One allocation fails, of the loops and of OpenSSL under them, at many places of the life of two
// connections. The connection lives, or it says with a reason why not, and it says Closed.
#include <atomic>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "story.h"
#include "testing/counting_allocator.h"

namespace specter {
namespace {

using namespace std::chrono_literals;
using testing::End;

// A sanitizer takes ten times as long, and sees the same.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t kStep = 11;
#else
constexpr std::int64_t kStep = 1;
#endif

const std::thread::id owner = std::this_thread::get_id();
std::atomic<std::int64_t> made = 0;
std::atomic<std::int64_t> refused = 0;  // which one

// What the program itself has no memory for is its own affair: its thread is left alone.
bool is_refused() { return std::this_thread::get_id() != owner && ++made == refused; }

// One that fails at `at`; 0: none does.
testing::Told story_without(std::int64_t at) {
  made = 0;
  refused = at;
  testing::refuses = &is_refused;
  testing::Told told = testing::run_story(20s);
  testing::refuses = nullptr;
  return told;
}

struct Allocations : ::testing::Test {
  static void SetUpTestSuite() { testing::prepare(); }
};

TEST_F(Allocations, MayFailAnywhere) {
  ASSERT_EQ(story_without(0).end, End::Lives);
  const std::int64_t all = made;
  RecordProperty("allocations", std::to_string(all));
  ASSERT_GT(all, 1000);
  const auto before = testing::open_descriptors();
  for (std::int64_t at = 1; at <= all && !HasFailure(); at += kStep) {
    const testing::Told told = story_without(at);
    EXPECT_EQ(told.closed, 2) << at;
    EXPECT_NE(told.end, End::Silent) << at;
    EXPECT_TRUE(told.end == End::Lives || told.reason != "") << at;
    EXPECT_TRUE(testing::are_back_at(before)) << at;
  }
}

}  // namespace
}  // namespace specter
