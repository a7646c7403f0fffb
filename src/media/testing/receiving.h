// Receivers in virtual time, and what they said.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "media/receivers.h"
#include "media/testing/source.h"
#include "simulation/random.h"

namespace specter::media::testing {

inline constexpr TransceiverId kVideoTrack{1}, kAudioTrack{2};

class Receiving {
 public:
  explicit Receiving(MediaOptions options = {}) : receivers(options, random_) {
    receivers.set_local_ssrc(1);
  }

  // Tells one packet, or several in their order.
  void tell(const Buffer& packet) {
    receivers.handle_packet(now, packet);
    poll();
  }
  void tell(const std::vector<Buffer>& several) {
    for (const Buffer& each : several) tell(each);
  }
  void tell(const rtcp::Message& message) {
    receivers.handle(now, message);
    poll();
  }

  // Runs the timers up to a time, and writes feedback as it is due.
  void run_to(Timestamp until) {
    while (const Deadline due = receivers.next_timeout()) {
      if (*due > until) break;
      now = std::max(now, *due);
      turn();
    }
    now = until;
    turn();
  }
  void run(Duration time) { run_to(now + time); }
  void turn() {
    receivers.handle_timeout(now);
    poll();
    feedback();
    const Deadline due = receivers.next_timeout();
    if (due && *due <= now) throw std::logic_error("a timer that is due after its turn");
  }
  void feedback() { receivers.write_feedback(now, said); }

  void poll() {
    while (auto event = receivers.poll_event()) {
      if (auto* frame = std::get_if<core::Frame>(&*event)) frames.push_back(std::move(*frame));
      if (auto* some = std::get_if<core::RtpPackets>(&*event)) packets.push_back(std::move(*some));
      if (const auto* muted = std::get_if<core::TrackMuted>(&*event))
        states.emplace_back(muted->transceiver, true);
      if (const auto* unmuted = std::get_if<core::TrackUnmuted>(&*event))
        states.emplace_back(unmuted->transceiver, false);
    }
  }

  // Of one kind, and forgets them.
  template <class Message>
  std::vector<Message> take() {
    feedback();
    std::vector<Message> out;
    std::vector<rtcp::Message> others;
    for (auto& each : said) {
      if (auto* message = std::get_if<Message>(&each))
        out.push_back(std::move(*message));
      else
        others.push_back(std::move(each));
    }
    said = std::move(others);
    return out;
  }
  // The numbers that were asked for since the last call.
  std::vector<std::uint16_t> take_nacked() {
    std::vector<std::uint16_t> out;
    for (const auto& each : take<rtcp::Nack>())
      each.for_each([&](std::uint16_t number) { out.push_back(number); });
    return out;
  }
  std::vector<core::Frame> take_frames() { return std::exchange(frames, {}); }
  InboundRtpStats stats(std::size_t stream = 0) const {
    Stats all;
    receivers.add_stats(all);
    return all.inbound_rtp.at(stream);
  }

  Timestamp now = Timestamp{} + std::chrono::seconds(1000);
  std::vector<core::Frame> frames;
  std::vector<core::RtpPackets> packets;
  std::vector<std::pair<TransceiverId, bool>> states;  // whether it is muted
  std::vector<rtcp::Message> said;

 private:
  simulation::SeededRandom random_{1};

 public:
  Receivers receivers;
};

}  // namespace specter::media::testing
