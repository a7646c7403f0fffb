// What is sent at the end, ours or the peer's, when nothing else is any more. There is no answer to
// a goodbye, so it comes again.
#pragma once

#include <optional>
#include <utility>

#include "base/queue.h"
#include "base/rare.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::peer {

class LastWords {
 public:
  using Transmit = specter::Transmit;

  static constexpr int kTimes = 3;
  static constexpr Duration kInterval = std::chrono::milliseconds(30);

  void say(Transmit words) { words_.push_back(std::move(words)); }
  // The last datagram of `words`, which were said: kTimes in all.
  void repeat(Timestamp now, Transmit words);

  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit();
  WakeUp next_timeout() const;

 private:
  struct Repeated {
    Transmit datagram;
    int left = 0;
    Timestamp next;
  };

  RareQueue<Transmit> words_;
  Rare<Repeated> repeated_;
};

}  // namespace specter::peer
