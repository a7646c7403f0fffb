// How many messages may be begun before the first of them ends, with RFC 8260.
//
// A peer that puts messages together before it hands them out keeps what has come of each. Were its
// buffer full of beginnings, none of them could go on, and nothing would ever move again. So those
// begun at one time, all together, are never more than the buffer that it told us of; one alone is
// always allowed. Large ones come one after the other, in the order of their turns; small ones have
// a part for themselves, so that they need not wait for the large. What fits into one chunk needs
// no room: it is whole when it comes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace specter::sctp {

class OpenMessages {
 public:
  enum class Size : std::uint8_t { Small, Large };
  struct Share {
    Size size = Size::Large;
    std::size_t bytes = 0;
  };

  void set_buffer(std::size_t bytes) { buffer_ = bytes; }

  Share share_of(std::size_t message_bytes) const {
    if (message_bytes <= buffer_ / 64) return {Size::Small, message_bytes};
    // Larger than the buffer, it is handed out in parts; else its receiver would not ask for such.
    return {Size::Large, message_bytes <= buffer_ ? message_bytes : for_large()};
  }
  bool has_room_for(const Share& share) const {
    const std::size_t open = bytes(share.size);
    if (share.size == Size::Large) return open == 0 || open + share.bytes <= for_large();
    return open + share.bytes <= buffer_ / 8 && open + bytes(Size::Large) + share.bytes <= buffer_;
  }
  void add(const Share& share) { open_[std::to_underlying(share.size)] += share.bytes; }
  void remove(const Share& share) { open_[std::to_underlying(share.size)] -= share.bytes; }

 private:
  std::size_t for_large() const { return buffer_ / 4 * 3; }
  std::size_t bytes(Size size) const { return open_[std::to_underlying(size)]; }

  std::size_t buffer_ = 0;
  std::array<std::size_t, 2> open_{};
};

}  // namespace specter::sctp
