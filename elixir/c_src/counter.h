// How many there are of something: what the tests of leaks look at.
#pragma once

#include <atomic>
#include <cstdint>

namespace specter::nif {

class Counter {
 public:
  // Held by each of the things counted.
  class Share {
   public:
    explicit Share(Counter& counter) : counter_(counter) { ++counter_.count_; }
    ~Share() { --counter_.count_; }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    Counter& counter_;
  };

  std::uint64_t count() const { return count_; }

 private:
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace specter::nif
