// Pairs of connections in this process, whose signalling is a call.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/peer.h"

namespace specter::cli::bench {

class Pair;

// What becomes of pairs, from their loops to the thread that waits.
class PairNews {
 public:
  enum class Kind { Opened, Closed, Failed };
  struct News {
    Kind kind;
    std::shared_ptr<Pair> pair;
    std::string what{};  // when it failed
  };

  void tell(News news);
  std::optional<News> next(Duration timeout);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<News> news_;
};

// Two connections with one channel, over which the offering side sends one message once it is open.
class Pair : public std::enable_shared_from_this<Pair> {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Pair(PairNews& news);

  void start(const Api& api);
  void close();

  // From the creation of both connections, in milliseconds. Once Opened was told.
  double open_ms() const;     // until the channel was open at both ends
  double message_ms() const;  // until the first message was there

 private:
  class End;

  void on_step();  // one of the three that make it Opened
  void on_closed();
  void fail(const std::string& what);

  PairNews& news_;
  std::array<std::unique_ptr<End>, 2> ends_;
  Clock::time_point created_{}, message_at_{};
  std::array<Clock::time_point, 2> open_at_{};
  std::atomic<int> steps_left_ = 3, ends_left_ = 2;
  std::atomic<bool> is_closing_ = false;
};

// Opens pairs, so many at a time.
class PairMaker {
 public:
  using OnOpened = std::function<void(Pair&)>;

  PairMaker(const Configuration& configuration, Duration timeout);
  PairMaker(const PairMaker&) = delete;
  PairMaker& operator=(const PairMaker&) = delete;

  enum class Then { Keep, Close };

  // Keeps `at_once` in the making until `count` were opened, and hands each over. With Close a pair
  // is closed as soon as it is open, and all have ended when this returns. Errors: Timeout, when
  // none came to be open (or to its end) in time; what went wrong.
  Result<> make(std::size_t count, std::size_t at_once, Then then, const OnOpened& on_opened);
  Result<> idle(Duration duration);  // error: a pair failed meanwhile
  Result<> close_all();              // those that were kept

 private:
  Result<PairNews::News> next();

  const Duration timeout_;
  PairNews news_;
  std::vector<std::shared_ptr<Pair>> kept_;
  Specter specter_;
  const Api api_;
};

}  // namespace specter::cli::bench
