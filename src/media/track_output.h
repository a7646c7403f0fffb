// What one track has for its owner and what was not polled yet, within its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/queue.h"

#include "specter/core_events.h"

namespace specter::media {

using ReceiverEvent =
    std::variant<core::Frame, core::RtpPackets, core::TrackMuted, core::TrackUnmuted>;

// Media never waits for its owner: past the limit the oldest frames go, and with them those of
// their encoding that can't be decoded without them.
class TrackOutput {
 public:
  // Packets of one RtpPackets event.
  static constexpr std::size_t kMaxPackets = 256;
  // Muted and unmuted events that wait; of more than these, pairs cancel each other.
  static constexpr std::size_t kMaxStates = 16;

  TrackOutput(TransceiverId transceiver, MediaKind kind, std::size_t max_bytes)
      : transceiver_(transceiver), kind_(kind), max_bytes_(max_bytes) {}

  // Of the encoding with this number. False: its frames need a key frame now, and this one was
  // dropped too. Dropping others' frames is told by take_broken().
  bool add_frame(std::size_t encoding, const std::string& rid, MediaFrame frame);
  // A packet, which `write(Buffer&)` appends to an empty buffer.
  template <class Write>
  void add_packet(std::size_t encoding, const std::string& rid, std::size_t size, Write&& write) {
    if (!make_room(size + sizeof(Buffer))) return;
    Buffer& packet = packets(encoding, rid).emplace_back();
    packet.reserve(size);
    write(packet);
    items_.back().bytes += packet.size() + sizeof(Buffer);
    bytes_ += packet.size() + sizeof(Buffer);
  }
  void set_muted(bool is_muted);
  bool is_muted() const { return is_muted_; }

  // Packets that wait for others share the limit. False: the oldest of them have to go first.
  bool has_room(std::size_t bytes);
  void hold(std::size_t before, std::size_t after) { held_ = held_ - before + after; }

  // Whether frames of the encoding were dropped that later ones need, since the last call.
  bool take_broken(std::size_t encoding);

  std::optional<ReceiverEvent> poll();
  bool empty() const { return items_.empty(); }

  std::size_t bytes() const { return bytes_ + held_; }
  std::uint64_t dropped_frames() const { return dropped_frames_; }
  std::uint64_t dropped_frames(std::size_t encoding) const;
  std::uint64_t dropped_packets(std::size_t encoding) const;

 private:
  struct Item {
    ReceiverEvent event;
    std::size_t encoding = 0;
    std::size_t bytes = 0;
  };
  // Of an encoding.
  struct Losses {
    bool is_broken = false;
    std::uint64_t frames = 0;
    std::uint64_t packets = 0;
  };

  bool make_room(std::size_t bytes);
  bool drop_oldest();
  void drop_frames(std::size_t encoding);
  std::vector<Buffer>& packets(std::size_t encoding, const std::string& rid);
  Losses& losses(std::size_t encoding);
  void limit_states();

  const TransceiverId transceiver_;
  const MediaKind kind_;
  const std::size_t max_bytes_;
  Queue<Item> items_;
  std::vector<Losses> losses_;
  std::size_t bytes_ = 0;  // of items_
  std::size_t held_ = 0;
  std::size_t states_ = 0;  // items that are muted or unmuted
  std::uint64_t dropped_frames_ = 0;
  bool is_muted_ = true;
};

}  // namespace specter::media
