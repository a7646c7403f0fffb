#include "io/resolver.h"

#include <atomic>
#include <future>
#include <latch>

#include <gmock/gmock.h>

namespace specter::io {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const IpAddress kAddress = IpAddress::v4({192, 0, 2, 1});

std::future<std::vector<IpAddress>> ask(Resolver& resolver, const std::string& host) {
  auto promise = std::make_shared<std::promise<std::vector<IpAddress>>>();
  auto future = promise->get_future();
  resolver.resolve(host, [promise](const auto& addresses) { promise->set_value(addresses); });
  return future;
}

TEST(Resolver, AnswersOnAThreadOfItsOwn) {
  std::promise<std::thread::id> thread;
  Resolver resolver([&](const std::string& host) {
    thread.set_value(std::this_thread::get_id());
    EXPECT_EQ(host, "a.example");
    return std::vector{kAddress};
  });
  EXPECT_THAT(ask(resolver, "a.example").get(), ElementsAre(kAddress));
  EXPECT_TRUE(thread.get_future().get() != std::this_thread::get_id());
}

// RFC 6761 §6.3: localhost names are the loopback addresses, whatever else knows them or not.
TEST(Resolver, KnowsTheNamesOfThisHost) {
  Resolver resolver;
  for (const char* name : {"localhost", "LocalHost.", "any.localhost"}) {
    EXPECT_THAT(ask(resolver, name).get(),
                ElementsAre(*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1")))
        << name;
  }
}

// The system reads addresses, too, and needs neither a file nor a server for it.
TEST(Resolver, AsksTheSystem) {
  Resolver resolver;
  EXPECT_THAT(ask(resolver, "192.0.2.1").get(), ElementsAre(kAddress));
}

TEST(Resolver, AnswersNothingForNoSuchName) {
  Resolver resolver([](const std::string&) -> std::vector<IpAddress> {
    throw std::runtime_error("no such name");
  });
  EXPECT_THAT(ask(resolver, "a.example").get(), IsEmpty());
}

TEST(Resolver, AnAnswerThatThrowsIsItsOwnAffair) {
  const auto hanging = std::make_shared<std::promise<void>>();
  Resolver resolver([released = hanging->get_future().share()](const std::string&) {
    released.wait();
    return std::vector{kAddress};
  });
  resolver.resolve("a.example", [](const auto&) { throw std::bad_alloc(); });
  auto other = ask(resolver, "a.example");
  hanging->set_value();
  EXPECT_THAT(other.get(), ElementsAre(kAddress));
}

// What hangs in a look-up of the tests below, until it is let go.
struct Hanging {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<std::size_t> begun = 0;
  std::latch all_begun;

  explicit Hanging(std::ptrdiff_t expected) : all_begun(expected) {}
};

// The second comes while the first still hopes for its thread, and hopes for it, too.
TEST(Resolver, AnswersNothingToAllWhenNoThreadStarts) {
  std::future<std::vector<IpAddress>> second;
  Resolver* asked = nullptr;
  Resolver resolver([](const std::string&) { return std::vector{kAddress}; },
                    [&](auto) -> std::thread {
                      if (!second.valid()) second = ask(*asked, "b.example");
                      throw std::system_error(std::make_error_code(std::errc::no_child_process));
                    });
  asked = &resolver;
  auto first = ask(resolver, "a.example");
  ASSERT_EQ(first.wait_for(0s), std::future_status::ready);
  ASSERT_EQ(second.wait_for(0s), std::future_status::ready);
  EXPECT_THAT(first.get(), IsEmpty());
  EXPECT_THAT(second.get(), IsEmpty());
}

TEST(Resolver, NeverWaitsForALookUpThatHangs) {
  const auto hanging = std::make_shared<Hanging>(1);
  {
    Resolver resolver([hanging](const std::string&) {
      hanging->all_begun.count_down();
      hanging->released.wait();
      return std::vector{kAddress};
    });
    resolver.resolve("a.example", [](const auto&) { FAIL() << "the resolver is gone"; });
    hanging->all_begun.wait();
  }  // its end is here, and the look-up still hangs
  hanging->release.set_value();
}

TEST(Resolver, LooksUpEightNamesAtATime) {
  const auto hanging = std::make_shared<Hanging>(Resolver::kMaxInFlight);
  Resolver resolver([hanging](const std::string&) {
    if (hanging->begun.fetch_add(1) < Resolver::kMaxInFlight) hanging->all_begun.count_down();
    hanging->released.wait();
    return std::vector{kAddress};
  });
  std::vector<std::future<std::vector<IpAddress>>> answers;
  for (int i = 0; i < 20; ++i) answers.push_back(ask(resolver, "host-" + std::to_string(i)));
  hanging->all_begun.wait();
  EXPECT_EQ(hanging->begun, Resolver::kMaxInFlight);
  hanging->release.set_value();
  for (auto& answer : answers) EXPECT_THAT(answer.get(), ElementsAre(kAddress));
}

TEST(Resolver, SharesOneLookUpOfAName) {
  const auto hanging = std::make_shared<Hanging>(1);
  Resolver resolver([hanging](const std::string&) {
    if (hanging->begun.fetch_add(1) == 0) hanging->all_begun.count_down();
    hanging->released.wait();
    return std::vector{kAddress};
  });
  std::vector<std::future<std::vector<IpAddress>>> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(ask(resolver, "a.example"));
  hanging->all_begun.wait();
  hanging->release.set_value();
  for (auto& answer : answers) EXPECT_THAT(answer.get(), ElementsAre(kAddress));
  EXPECT_EQ(hanging->begun, 1U);
}

TEST(Resolver, AnswersNothingAtOnceWhenTooManyWait) {
  const auto hanging = std::make_shared<Hanging>(1);
  Resolver resolver([hanging](const std::string&) {
    if (hanging->begun.fetch_add(1) == 0) hanging->all_begun.count_down();
    hanging->released.wait();
    return std::vector{kAddress};
  });
  std::atomic<std::size_t> answered = 0;
  for (std::size_t i = 0; i < Resolver::kMaxWaiting; ++i)
    resolver.resolve("a.example", [&](const auto&) { ++answered; });
  EXPECT_EQ(answered, 0U);
  EXPECT_THAT(ask(resolver, "b.example").get(), IsEmpty());
  hanging->release.set_value();
  // Those that waited are answered in order, so after this one the counter is no longer touched.
  while (answered < Resolver::kMaxWaiting) std::this_thread::yield();
}

}  // namespace
}  // namespace specter::io
