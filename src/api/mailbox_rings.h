// The events of a mailbox that never wait, because nothing may wait for them: what counts them, and
// dropping the oldest. The mailbox's mutex is held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "api/event_ring.h"
#include "api/media_handles.h"

#include "specter/event.h"

namespace specter::api {

// An event that is in a ring.
struct InRing {
  EventRing* ring = nullptr;  // null: the event is in none
  std::size_t bytes = 0;
  std::size_t units = 1;  // frames or packets
  TransceiverHandle* transceiver = nullptr;
  bool is_media = false;                          // a frame, or packets
  std::atomic<std::uint64_t>* dropped = nullptr;  // of the transceiver, of media

  explicit operator bool() const { return ring != nullptr; }
};
InRing ring_of(const Event& event);

// What came of dropping. To be destroyed, and its key frames to be asked for, without the lock.
struct Dropped {
  std::vector<Event> events{};
  std::vector<std::shared_ptr<TransceiverHandle>> in_need{};  // of a key frame
  std::size_t media_bytes = 0;

  void ask_for_key_frames() const {
    for (const auto& transceiver : in_need) transceiver->ask_for_key_frame();
  }
};

using RingPart = EventRing::Part EventRing::*;

// Counts an event that enters the part. Returns whether drop_oldest() has to be called.
bool count_in(const InRing& in, RingPart part);
void count_out(const InRing& in, RingPart part);

// Whether the event stays. Called for all events of a part, oldest first: those of rings that
// count_in() has found full are dropped until half of their room is free. The newest stays.
bool stays(Event& event, RingPart part, Dropped& dropped);

// Removes what does not stay from events[0, end). Returns how many of those are left.
template <class Events>
std::size_t drop_oldest(Events& events, RingPart part, std::size_t end, Dropped& dropped) {
  std::size_t left = 0, left_before_end = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (!stays(events[i], part, dropped)) continue;
    if (i < end) ++left_before_end;
    if (left != i) events[left] = std::move(events[i]);
    ++left;
  }
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(left), events.end());
  return left_before_end;
}

// The number of the event's ring that its receiver is told.
void tell_dropped(Event& event);

}  // namespace specter::api
