// Requests for key frames, merged: the encoder hears of one at most each kMinInterval, however many
// ask (RFC 4585 §6.3.1.3, RFC 5104 §4.3.1.3).
#pragma once

#include <optional>

#include "specter/time.h"

namespace specter::media {

class KeyFrames {
 public:
  static constexpr Duration kMinInterval = std::chrono::milliseconds(300);

  // Somebody needs one. True: the encoder is to be told now. Otherwise it was told a moment ago,
  // and is told again when that is over, unless a key frame comes first.
  bool request(Timestamp now) {
    if (!told_at_ || now >= *told_at_ + kMinInterval) {
      told_at_ = now;
      is_pending_ = false;
      return true;
    }
    is_pending_ = true;
    return false;
  }
  void handle_key_frame() { is_pending_ = false; }
  // True: the encoder is to be told now.
  bool handle_timeout(Timestamp now) { return is_pending_ && request(now); }
  Deadline next_timeout() const {
    return is_pending_ ? Deadline(*told_at_ + kMinInterval) : std::nullopt;
  }
  // Nobody is there to be told.
  void reset() { *this = {}; }

 private:
  Deadline told_at_{};
  bool is_pending_ = false;
};

}  // namespace specter::media
