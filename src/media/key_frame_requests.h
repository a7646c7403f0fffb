// When the peer is asked for a key frame: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1).
#pragma once

#include <optional>

#include "specter/time.h"

namespace specter::media {

// Of one encoding. All reasons are merged into one request, and a key frame that comes answers all
// of them. It runs no timer of its own while nothing comes: who is paused is not asked.
class KeyFrameRequests {
 public:
  // Between two requests, at least.
  static constexpr Duration kInterval = std::chrono::milliseconds(500);
  // A stream that begins, or a key frame that has begun to arrive, has so long to get there.
  static constexpr Duration kPatience = std::chrono::milliseconds(200);
  // Packets that come for so long without making a frame are a reason to ask.
  static constexpr Duration kFrameless = std::chrono::seconds(3);
  // Packets further apart are a pause.
  static constexpr Duration kPause = std::chrono::seconds(1);

  // Nothing can be decoded before a key frame; the first of them may be on its way.
  void begin(Timestamp now);
  // A key frame is wanted: a frame was lost, or the application says so.
  void want(Timestamp now);
  // `is_waiting`: nothing can be decoded before a key frame.
  void handle_packet(Timestamp now, bool is_waiting);
  void handle_key_frame_begins(Timestamp now);
  void handle_frame(Timestamp now, bool is_key_frame);
  // No key frame is wanted any more.
  void reset();

  // Whether a request is due; then it is taken as sent.
  bool poll(Timestamp now);
  Deadline next_timeout() const { return due_; }

 private:
  Timestamp allowed(Timestamp at) const;

  Deadline due_;
  std::optional<Timestamp> sent_;
  std::optional<Timestamp> packet_;  // the last one
  std::optional<Timestamp> frameless_since_;
};

}  // namespace specter::media
