// The events of tracks, one handler each.
#pragma once

#include <optional>

#include "cli/json.h"
#include "cli/peer/track_commands.h"

#include "specter/event.h"

namespace specter::cli {

class TrackEvents {
 public:
  // What the peer says of bitrates is gathered, and told so often at most.
  static constexpr Duration kFeedbackInterval = std::chrono::seconds(1);

  explicit TrackEvents(const TrackParts& parts) : parts_(parts) {}
  TrackEvents(const TrackEvents&) = delete;

  void on(const event::TrackAdded& e);
  void on(const event::TransceiverAdded& e);
  void on(const event::TrackReplaced& e);
  void on(const event::SendParametersSet& e);
  void on(const event::Track& e);
  void on(const event::TrackStreamsChange& e);
  void on(const event::TrackMuted& e);
  void on(const event::TrackUnmuted& e);
  void on(const event::TrackEnded& e);
  void on(const event::Frame& e);
  void on(const event::RtpPackets& e);
  void on(const event::KeyFrameWanted& e);
  void on(const event::EncodingWanted& e);
  void on(const event::BitrateFeedback& e);

 private:
  Json track_event(std::string_view name, const Transceiver& transceiver);

  const TrackParts parts_;
  event::BitrateFeedback feedback_{};  // since it was told last
  std::optional<Timestamp> feedback_told_{};
};

}  // namespace specter::cli
