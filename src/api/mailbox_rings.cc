#include "api/mailbox_rings.h"

#include <algorithm>
#include <utility>

#include "api/handles.h"

namespace specter::api {

namespace {

template <class E, class... Of>
constexpr bool is_one_of = (std::is_same_v<E, Of> || ...);

std::size_t size_of(const event::RtpPackets& event) {
  std::size_t bytes = 0;
  for (const Buffer& packet : event.packets) bytes += sizeof(Buffer) + packet.capacity();
  return bytes;
}

}  // namespace

InRing ring_of(const Event& event) {
  return std::visit(
      []<class E>(const E& e) -> InRing {
        if constexpr (is_one_of<E, event::Frame, event::RtpPackets>) {
          TransceiverHandle* const of = e.transceiver.handle().get();
          if (!of) return {};
          InRing in{
              .ring = &of->media, .bytes = sizeof(Event), .transceiver = of, .is_media = true};
          if constexpr (std::is_same_v<E, event::Frame>) {
            in.bytes += e.frame.bytes.capacity();
            in.dropped = &of->dropped_frames;
          } else {
            in.bytes += size_of(e);
            in.units = e.packets.size();
            in.dropped = &of->dropped_packets;
          }
          return in;
        } else if constexpr (is_one_of<E, event::TrackStreamsChange, event::TrackMuted,
                                       event::TrackUnmuted, event::EncodingWanted>) {
          TransceiverHandle* const of = e.transceiver.handle().get();
          if (!of) return {};
          return {.ring = &of->states, .bytes = sizeof(Event), .transceiver = of};
        } else if constexpr (std::is_same_v<E, event::BitrateFeedback>) {
          ConnectionHandle* const of = e.connection.handle().get();
          if (!of) return {};
          return {.ring = &of->feedback, .bytes = sizeof(Event)};
        } else {
          return {};
        }
      },
      event);
}

bool count_in(const InRing& in, RingPart which) {
  EventRing::Part& part = in.ring->*which;
  ++part.count;
  part.bytes += in.bytes;
  if (!in.ring->is_over(part)) return false;
  if (in.ring->dropping == EventRing::Dropping::No) in.ring->dropping = EventRing::Dropping::ToHalf;
  return true;
}

void count_out(const InRing& in, RingPart which) {
  EventRing::Part& part = in.ring->*which;
  --part.count;
  part.bytes -= in.bytes;
}

bool stays(Event& event, RingPart which, Dropped& dropped) {
  const InRing in = ring_of(event);
  if (!in || in.ring->dropping == EventRing::Dropping::No) return true;
  const EventRing::Part& part = in.ring->*which;
  const bool is_to_one = in.ring->dropping == EventRing::Dropping::ToOne;
  if (part.count <= 1 || (!is_to_one && !in.ring->is_over_half(part))) {
    in.ring->dropping = EventRing::Dropping::No;
    if (auto* const frame = std::get_if<event::Frame>(&event)) frame->frame.follows_loss = true;
    return true;
  }
  count_out(in, which);
  in.ring->dropped += in.units;
  if (in.is_media) {
    *in.dropped += in.units;
    dropped.media_bytes += in.bytes;
    if (std::ranges::find(dropped.in_need, in.transceiver,
                          &std::shared_ptr<TransceiverHandle>::get) == dropped.in_need.end())
      dropped.in_need.push_back(in.transceiver->shared_from_this());
  }
  dropped.events.push_back(std::move(event));
  return false;
}

void tell_dropped(Event& event) {
  const InRing in = ring_of(event);
  if (!in.is_media) return;
  if (auto* const frame = std::get_if<event::Frame>(&event)) frame->dropped += in.ring->dropped;
  if (auto* const packets = std::get_if<event::RtpPackets>(&event))
    packets->dropped += in.ring->dropped;
}

}  // namespace specter::api
