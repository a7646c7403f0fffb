// Two loops, as threads, that share batches by loans: what the thread sanitizer is to look at.
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "rtp/batch.h"

namespace specter::rtp {
namespace {

// What lies between two loops: a queue that orders memory.
class Queue {
 public:
  void push(std::optional<Loan> loan) {
    const std::lock_guard lock(mutex_);
    loans_.push_back(loan);
    ready_.notify_one();
  }
  std::optional<Loan> pop() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return !loans_.empty(); });
    const auto loan = loans_.front();
    loans_.pop_front();
    return loan;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::optional<Loan>> loans_;  // nothing: the end
};

constexpr int kRounds = 2000;
constexpr BatchPool::Limits kLimits{
    .batch_bytes = 4096, .batch_packets = 8, .all_bytes = 4096 * 64, .free_batches = 4};

// Reads each packet that it is lent, holds the batches of eight rounds, and gives back what is
// over.
void run_away(Queue& lent, Queue& returned, std::uint64_t& sum) {
  BatchPool pool(kLimits);
  std::deque<Hold> window;
  const auto give_back = [&] {
    while (const auto loan = pool.poll_returned()) returned.push(loan);
  };
  while (const auto loan = lent.pop()) {
    window.push_back(pool.borrow(*loan));
    for (std::size_t i = 0; i < window.back()->size(); ++i) sum += (*window.back())[i].back();
    if (window.size() > 8) window.pop_front();
    give_back();
  }
  window.clear();
  give_back();
  returned.push(std::nullopt);
}

TEST(RtpBatchThreads, ALoopFillsABatchWhileAnotherReadsIt) {
  Queue lent;
  Queue returned;
  std::uint64_t sum = 0;
  std::thread away(run_away, std::ref(lent), std::ref(returned), std::ref(sum));

  BatchPool home(kLimits);
  std::uint64_t expected = 0;
  int out = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto place = home.reserve(100);
    if (!place) {  // the other loop holds all there is
      home.take_back(*returned.pop());
      --out;
      --round;
      continue;
    }
    std::ranges::fill(place->bytes, static_cast<std::uint8_t>(round));
    const HeldPacket held = home.commit(std::move(*place), 100);
    for (std::size_t i = 0; i < held.batch->size(); ++i) expected += (*held.batch)[i].back();
    lent.push(home.lend(held.batch));
    ++out;
  }
  lent.push(std::nullopt);
  while (const auto loan = returned.pop()) {
    home.take_back(*loan);
    --out;
  }
  away.join();
  EXPECT_EQ(out, 0);
  EXPECT_EQ(sum, expected);
}

}  // namespace
}  // namespace specter::rtp
