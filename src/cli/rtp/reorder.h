// Packets of one source, brought into the order of their sequence numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/sequence.h"
#include "rtp/batch.h"

#include "specter/time.h"

namespace specter::cli::transfer {

// A packet that came too early waits for those before it: until they come, kMaxWait have passed, or
// kMaxHeld packets wait. Then what is missing is given up.
class Reorder {
 public:
  static constexpr std::size_t kMaxHeld = 64;  // packets
  static constexpr Duration kMaxWait = std::chrono::milliseconds(100);

  struct Ordered {
    rtp::HeldPacket packet;
    bool is_contiguous = false;  // the one after the last that was given, or the first of all
  };

  void push(Timestamp now, std::uint16_t sequence, rtp::HeldPacket packet);
  // The next in order that need not wait any more. Asked until there is none.
  std::optional<Ordered> pop(Timestamp now);
  // No packet waits for another one from now on.
  void flush() { is_flushing_ = true; }
  // The source begins anew with the next packet, which is not contiguous with what was given. What
  // waits is forgotten: flush and pop before.
  void restart();

  Deadline next_timeout() const;
  std::size_t held() const { return held_.size(); }
  std::uint64_t late() const { return late_; }              // came when they were given up already
  std::uint64_t duplicates() const { return duplicates_; }  // of packets that wait
  std::uint64_t reordered() const { return reordered_; }    // came behind a later one, in time

 private:
  struct Waiting {
    std::int64_t sequence = 0;
    Timestamp since;
    rtp::HeldPacket packet;
  };

  std::vector<Waiting> held_;  // by their sequence numbers
  std::optional<Unwrapper<std::uint16_t>> unwrap_;
  std::optional<std::int64_t> next_;  // nothing: none was given yet, or since the restart
  bool has_given_ = false;
  bool is_flushing_ = false;
  std::uint64_t late_ = 0, duplicates_ = 0, reordered_ = 0;
};

}  // namespace specter::cli::transfer
