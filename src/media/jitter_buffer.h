// Packets of one source, brought into the order of their sequence numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "rtp/header.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::media {

// What comes in order passes without being kept. A packet that comes too early is kept until those
// before it have come, or have been missing for the wait; then they are given up. Numbers are
// unwrapped.
class JitterBuffer {
 public:
  // With more packets that wait, the oldest gap is given up.
  static constexpr std::size_t kMaxPackets = 2048;
  // Memory of packets that is kept for later ones.
  static constexpr std::size_t kSpareBuffers = 64;
  // A stream that doesn't begin with a key frame's first packet waits so long for packets before
  // the one that came first.
  static constexpr Duration kStartWait = std::chrono::milliseconds(50);

  enum class Verdict {
    Next,  // in order: it was not kept, the caller passes it on
    Kept,  // until pop()
    Late,  // it came before, or was given up
    Far,   // kMaxPackets ahead of what is waited for: give that up first
  };
  struct Ordered {
    Bytes packet;  // valid until the next push() or pop()
    bool is_contiguous = true;
  };

  void set_wait(Duration wait) { wait_ = wait; }

  // `begins_key_frame`: decoding may begin at this packet.
  Verdict push(Timestamp now, std::int64_t sequence, const rtp::Packet& packet,
               bool begins_key_frame);
  // Of the packet that push() called Next.
  bool is_contiguous() const { return is_contiguous_; }
  // The next one that need not wait any more. Asked until there is none.
  std::optional<Ordered> pop(Timestamp now);

  // What the next packet in order waits for is given up now.
  void give_up();
  // When it is given up.
  Deadline next_timeout() const;

  // The number that is waited for; nothing below is taken any more. Nothing: it has not begun.
  std::optional<std::int64_t> next() const;
  // Nothing is kept, and the next packet is the first.
  void reset();

  std::size_t size() const { return count_; }
  std::size_t bytes() const { return bytes_; }  // of the packets that wait

 private:
  struct Slot {
    std::int64_t sequence = -1;  // negative: empty
    Timestamp arrival;
    std::uint32_t timestamp = 0;
    bool marker = false;
    Buffer bytes;
  };
  // A key frame that has begun behind the gap.
  struct KeyFrame {
    std::int64_t first = 0;
    std::int64_t next = 0;  // it is here as far as this
    std::uint32_t timestamp = 0;
  };

  Slot& slot(std::int64_t sequence);
  bool has(std::int64_t sequence);
  void keep(Timestamp now, std::int64_t sequence, const rtp::Packet& packet, std::size_t span);
  void grow(std::size_t slots);
  void discard(Slot& slot);
  void skip_to(std::int64_t sequence);
  std::int64_t first_kept();
  void look_at_gap();
  void follow_key_frame();

  Duration wait_{};
  std::optional<std::int64_t> next_;
  bool is_started_ = false;  // next_ only grows
  bool is_next_contiguous_ = true;
  bool is_contiguous_ = true;  // the last one that push() called Next
  std::int64_t highest_ = 0;   // of those that are kept
  std::optional<Timestamp> gap_since_;
  std::optional<KeyFrame> key_frame_;
  std::vector<Slot> slots_;  // a ring: a power of two
  std::vector<Buffer> spare_;
  Buffer given_;  // what pop() gave last
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace specter::media
