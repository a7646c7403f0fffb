// The commands about tracks, one handler each.
#pragma once

#include <optional>

#include "cli/peer/answers.h"
#include "cli/peer/receiving.h"
#include "cli/peer/sending.h"
#include "cli/peer/track_command.h"
#include "cli/peer/transceivers.h"

#include "specter/peer_connection.h"

namespace specter::cli {

// What a session has of tracks.
struct TrackParts {
  const PeerConnection& connection;
  Transceivers& transceivers;
  Sending& sending;
  Receiving& receiving;
  Answers& answers;
};

class TrackCommands {
 public:
  explicit TrackCommands(const TrackParts& parts) : parts_(parts) {}
  TrackCommands(const TrackCommands&) = delete;

  void perform(const Command& command, const command::AddTrack& add);
  void perform(const Command& command, const command::AddTransceiver& add);
  void perform(const Command& command, const command::RemoveTrack& remove);
  void perform(const Command& command, const command::ReplaceTrack& replace);
  void perform(const Command& command, const command::PlayFile& play);
  void perform(const Command& command, const command::SetDirection& set);
  void perform(const Command& command, const command::SetStreams& set);
  void perform(const Command& command, const command::SetCodecPreferences& set);
  void perform(const Command& command, const command::StopTransceiver& stop);
  void perform(const Command& command, const command::GetTransceivers& get);
  void perform(const Command& command, const command::GetSendParameters& get);
  void perform(const Command& command, const command::GetReceiveParameters& get);
  void perform(const Command& command, const command::SetSendParameters& set);
  void perform(const Command& command, const command::RequestKeyFrame& request);
  void perform(const Command& command, const command::SetBitrateEstimate& set);
  void perform(const Command& command, const command::Record& record);
  void perform(const Command& command, const command::StopRecording& stop);
  void perform(const Command& command, const command::RtpForward& forward);
  void perform(const Command& command, const command::RtpSource& source);
  void perform(const Command& command, const command::EchoMedia& echo);
  void perform(const Command& command, const command::GetFrames& get);

 private:
  // Says so when there is none.
  std::optional<Transceiver> find(const Command& command, TransceiverNumber number);
  std::optional<TrackLocal> track_of(const Command& command, const Transceiver& transceiver);
  // All codecs of these names, in their order; nothing, with an error said, for a name that is
  // unknown.
  std::optional<std::vector<RtpCodec>> codecs_of(const Command& command,
                                                 const std::vector<std::string>& names);

  const TrackParts parts_;
};

}  // namespace specter::cli
