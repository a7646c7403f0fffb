// A frame out of the packets of one timestamp. It knows no codec: whether a packet may be a frame's
// first, and what of its payload belongs to the frame, the depacketizers say.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "codec/frame.h"

namespace specter::codec {

//             begin()                end(): given, or counted when something was missing
//    Between ---------> Whole ------------------------------------------> Between
//                         | spoil(), a gap, too large                        ^
//                         +-----------------> Broken ------------------------+ end(): counted
class Assembly {
 public:
  Assembly() = default;
  Assembly(Assembly&&) = default;  // frames have views into places_, which a copy would not have
  Assembly& operator=(Assembly&&) = default;

  // Before anything of the packet is looked at. Ends the frame before when the timestamp is another
  // one: RFC 6184 §5.1 and RFC 7741 §4.1 have one timestamp a frame, and a marker may be missing.
  void arrive(const Arrival& arrival);

  bool is_open() const { return state_ != State::Between; }
  bool is_broken() const { return state_ == State::Broken; }
  // Whether packets may be missing right before the frame that is open, or that begins next.
  bool is_after_gap() const { return is_after_gap_; }

  // The frame of this timestamp begins. What frame() has of before is forgotten.
  void begin(std::uint32_t timestamp);
  // The frame that is open can't be given any more; one of this timestamp begins, where none is
  // open.
  void spoil(std::uint32_t timestamp);
  void append(Bytes bytes);
  void append(std::uint8_t byte) { append(Bytes(&byte, 1)); }
  // While this is true the frame ends in the middle of something, and an end makes it incomplete.
  void set_unfinished(bool is_unfinished) { is_unfinished_ = is_unfinished; }
  bool is_unfinished() const { return is_unfinished_; }
  void end();

  // What is told of the frame that is open.
  Frame& frame() { return frame_; }

  std::optional<Frame> poll();
  // A frame that was polled turned out to be none.
  void take_back();

  DepacketizeCounts& counts() { return counts_; }
  const DepacketizeCounts& counts() const { return counts_; }

 private:
  enum class State { Between, Whole, Broken };

  void drop(std::uint64_t& count);

  State state_ = State::Between;
  Frame frame_;
  std::size_t packets_ = 0;
  bool is_unfinished_ = false;
  bool is_too_large_ = false;
  bool is_after_gap_ = false;  // before the frame that is open, or before the next
  bool has_gap_ = false;       // since the last packet that was not only padding
  bool has_heard_ = false;     // a packet came already
  bool has_lost_ = false;      // since the last frame that was given

  // One frame may end as the next one's packet comes, and that one with it: two places, used in
  // turn.
  std::array<Buffer, 2> places_;
  std::size_t place_ = 0;
  std::array<Frame, 2> ready_;
  std::size_t ready_count_ = 0;
  std::size_t polled_ = 0;
  DepacketizeCounts counts_;
};

}  // namespace specter::codec
