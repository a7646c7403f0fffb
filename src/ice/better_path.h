// After a pair was nominated, the search for a better one: a path that opens late, or a candidate
// that comes late, is no reason to stay with a relay for good. RFC 8445 §8.1.1 has an ICE restart
// for that; what is done here is what libwebrtc does, a nomination more, and peers that do not
// follow it go on over the pair that they have.
//
//                 a better pair answers               the nominating check is answered
//   Settled -----------------------------> valid ---------------------------------------> Settled
//      |  ^                                  |                                            (on it)
//      |  | a check each so often,           | no answer
//      +--+ ever more rarely                 v
//                                    left alone for 30 s, twice as long each time
#pragma once

#include <optional>

#include "ice/checklist.h"

#include "specter/time.h"

namespace specter::ice {

// `selected` is the pair in use: a nominated one, of which nobody doubts that it works.
class BetterPath {
 public:
  explicit BetterPath(const Checklist& checklist) : checklist_(checklist) {}
  BetterPath(const BetterPath&) = delete;

  // After each input: which pair is nominated.
  void follow(Timestamp now, const Pair* selected);
  // It was in use, or was to be, and did not answer.
  void note_failure(Timestamp now, Pair& pair);
  // The peer has sent over the pair in use.
  void note_followed() { former_.reset(); }
  // Whether it was left for a better one, to which the peer has not followed: that it sends here
  // says nothing about the other.
  bool has_left(const Pair& pair) const { return former_ && *former_ == pair.path(); }

  // A pair that has been checked, and whose next check is due. When consent is asked (`Beat::Yes`)
  // the device is awake, and so are those that are asked rarely.
  enum class Beat : bool { No, Yes };
  Pair* next_to_ask(Timestamp now, const Pair& selected, Beat beat) const;
  // When that is the case, without regard to beats.
  Deadline asks_at(const Pair& selected) const;

  // What is to be nominated in the place of the pair in use.
  Pair* next_to_nominate(Timestamp now, const Pair& selected) const;
  // When there may be one, should nothing come before.
  Deadline nominates_after(Timestamp now, const Pair& selected) const;

 private:
  struct Due {
    Timestamp at;
    Beat keeps_to_beats;
  };
  std::optional<Due> due(const Pair& pair, const Pair& selected) const;
  bool may_be_bettered(const Pair& selected) const {
    return checklist_.directness(selected) != Directness::HostToHost;
  }

  const Checklist& checklist_;
  std::optional<Path> selected_;
  std::optional<Path> former_;
  Timestamp since_{};  // when it was selected
};

}  // namespace specter::ice
