// What was sent on one direction of a channel, and what of it came: content is made from numbers,
// so nothing of it is kept.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "world/step.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::world {

// What a channel promises.
struct Promise {
  bool ordered = true;
  std::optional<std::uint16_t> max_retransmits{};
  std::optional<Duration> lifetime{};

  bool is_reliable() const { return !max_retransmits && !lifetime; }
};

// What the channel promises that a step opens.
Promise promise_of(const Step& step);

class Ledger {
 public:
  Ledger(std::uint64_t seed, Promise promise) : seed_(seed), promise_(promise) {}

  // The next message, `size` bytes; unless they come in order and all, so many that it tells its
  // number.
  Buffer next(std::size_t size) const;
  void sent(Timestamp now, std::size_t size);

  // As next() put it in front, of a promise that lets messages be missing.
  static std::optional<std::uint32_t> number_in(Bytes message);

  // What is wrong with what came; nothing when it is right.
  std::optional<std::string> receive(Timestamp now, Bytes message);
  // By how much the latest came after its lifetime had passed.
  Duration largest_delay_past_lifetime() const { return largest_delay_past_lifetime_; }

  const Promise& promise() const { return promise_; }
  std::size_t count_sent() const { return sent_.size(); }
  std::size_t count_received() const { return count_received_; }
  std::size_t missing() const { return sent_.size() - count_received_; }
  std::size_t missing_bytes() const { return bytes_sent_ - bytes_received_; }
  Timestamp sent_at(std::uint32_t number) const { return sent_[number].at; }  // below count_sent()

 private:
  struct Sent {
    Timestamp at;
    std::uint32_t size;
    bool has_come = false;
  };
  static constexpr std::size_t kNumberBytes = 4;

  bool tells_numbers() const { return !(promise_.ordered && promise_.is_reliable()); }
  void fill(std::uint32_t number, MutableBytes out) const;

  std::uint64_t seed_;
  Promise promise_;
  std::vector<Sent> sent_;
  std::size_t count_received_ = 0, bytes_sent_ = 0, bytes_received_ = 0;
  std::uint32_t next_expected_ = 0;  // when ordered
  Duration largest_delay_past_lifetime_{};
};

}  // namespace specter::world
