// When data that go out and bring nothing back make the allocation doubtful: behind a NAT that has
// given us another port the server knows us no more, and only an answer to a request says so. It
// would come with the next refresh, minutes later.
#pragma once

#include <algorithm>

#include "specter/time.h"

namespace specter::turn {

class Silence {
 public:
  static constexpr Duration kAtFirst = std::chrono::seconds(1);
  static constexpr Duration kMost = std::chrono::minutes(1);  // of a peer that is gone for good

  void note_sent(Timestamp now) {
    if (!due_) due_ = now + wait_;
  }
  // Of the server's own: the allocation is there. The peer may be gone.
  void note_answer() { due_.reset(); }
  void note_data() {
    due_.reset();
    wait_ = kAtFirst;
  }
  bool take_due(Timestamp now) {
    if (!due_ || now < *due_) return false;
    due_.reset();
    wait_ = std::min(2 * wait_, kMost);
    return true;
  }
  Deadline next_timeout() const { return due_; }

 private:
  Deadline due_;
  Duration wait_ = kAtFirst;
};

}  // namespace specter::turn
