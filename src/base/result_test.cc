#include "specter/result.h"

#include <memory>
#include <string>
#include <type_traits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace specter {
namespace {

Result<std::string> half(int n) {
  if (n % 2 != 0) return fail(ErrorCode::InvalidArgument, std::to_string(n) + " is odd");
  return std::to_string(n / 2);
}

Result<> is_even(int n) {
  if (n % 2 != 0) return fail(ErrorCode::InvalidArgument, std::to_string(n) + " is odd");
  return {};
}

const Error kOdd{ErrorCode::InvalidArgument, "3 is odd", std::nullopt};

TEST(Result, HasAValueOrAnError) {
  const Result<std::string> good = half(4);
  ASSERT_TRUE(good);
  EXPECT_TRUE(good.has_value());
  EXPECT_EQ(*good, "2");
  EXPECT_EQ(good->size(), 1u);
  EXPECT_EQ(good.value(), "2");

  const Result<std::string> bad = half(3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error(), kOdd);
  EXPECT_EQ(bad.value_or("none"), "none");
  EXPECT_EQ(half(4).value_or("none"), "2");
}

TEST(Result, OfNothingIsDoneOrAnError) {
  EXPECT_TRUE(is_even(2));
  EXPECT_NO_THROW(is_even(2).value());
  ASSERT_FALSE(is_even(3));
  EXPECT_EQ(is_even(3).error(), kOdd);
}

TEST(Result, ThrowsItsSentenceWhereThereIsNoValue) {
  const auto sentence = [](auto&& call) -> std::string {
    try {
      call();
    } catch (const BadResultAccess& e) {
      EXPECT_EQ(e.error(), kOdd);
      return e.what();
    }
    return "nothing thrown";
  };
  EXPECT_EQ(sentence([] { (void)half(3).value(); }), "3 is odd");
  EXPECT_EQ(sentence([] { is_even(3).value(); }), "3 is odd");
  EXPECT_EQ(sentence([] {
              const Result<std::string> kept = half(3);
              (void)kept.value();
            }),
            "3 is odd");
}

TEST(Result, IsMovedOut) {
  Result<std::unique_ptr<int>> one = std::make_unique<int>(1);
  const std::unique_ptr<int> taken = *std::move(one);
  EXPECT_EQ(*taken, 1);
  Result<std::unique_ptr<int>> two = std::make_unique<int>(2);
  EXPECT_EQ(*std::move(two).value(), 2);
  EXPECT_EQ(half(3).error().message, "3 is odd");
}

TEST(Result, GoesOnUntilSomethingFails) {
  const auto quarter = [](const std::string& n) { return half(std::stoi(n)); };
  EXPECT_EQ(half(12).and_then(quarter), "3");
  EXPECT_EQ(half(6).and_then(quarter).error(), kOdd);
  EXPECT_EQ(half(3).and_then(quarter).error(), kOdd);
  EXPECT_EQ(is_even(2).and_then([] { return half(8); }), "4");
  EXPECT_EQ(is_even(3).and_then([] { return half(8); }).error(), kOdd);
}

TEST(Result, IsCompared) {
  EXPECT_EQ(half(4), half(4));
  EXPECT_NE(half(4), half(6));
  EXPECT_NE(half(3), half(4));
  EXPECT_EQ(half(3), half(3));
  EXPECT_EQ(half(4), "2");
  EXPECT_NE(half(3), "1");
  EXPECT_NE(is_even(2), is_even(3));
}

// A Result<bool> of false is a value, and nothing that only converts to bool makes one.
TEST(Result, OfBool) {
  const Result<bool> no = false;
  EXPECT_TRUE(no);
  EXPECT_FALSE(*no);
  static_assert(!std::is_convertible_v<Result<std::string>, Result<bool>>);
}

#ifdef __cpp_lib_expected
TEST(Result, ConvertsToExpected) {
  const std::expected<std::string, Error> good = half(4), bad = half(3);
  EXPECT_EQ(good, "2");
  EXPECT_EQ(bad.error(), kOdd);
  const std::expected<void, Error> done = is_even(2), odd = is_even(3);
  EXPECT_TRUE(done);
  EXPECT_EQ(odd.error(), kOdd);
  const Result<std::string> kept = half(4);
  const std::expected<std::string, Error> copied = kept;
  EXPECT_EQ(copied, "2");
}
#endif

}  // namespace
}  // namespace specter
