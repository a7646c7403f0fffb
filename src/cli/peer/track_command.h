// What the commands about tracks ask for: read and checked, and nothing done yet.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/peer/transceivers.h"

#include "specter/endpoint.h"
#include "specter/rtp.h"

namespace specter::cli::command {

// What is to be sent: a file, or a codec of which packets will come.
struct TrackSource {
  std::string file{};  // empty: none
  bool loop = false;
  double frames_per_second = 30;    // of Annex B, which has no times
  std::optional<MediaKind> kind{};  // without a file
  std::string codec{};              // without a file: a MIME type; empty: the first of the kind
  std::string id{};                 // empty: one is made
};

struct AddTrack {
  TrackSource source;
  std::vector<std::string> streams;
};
struct AddTransceiver {
  MediaKind kind{};
  RtpTransceiverInit init;
};
struct RemoveTrack {
  TransceiverNumber transceiver;
};
struct ReplaceTrack {
  TransceiverNumber transceiver;
  std::optional<TrackSource> source;  // nothing: no track
  std::string rid;                    // of the file
};
// One more encoding of the track that is sent, from a file of its own.
struct PlayFile {
  TransceiverNumber transceiver;
  TrackSource source;
  std::string rid;
};
struct SetDirection {
  TransceiverNumber transceiver;
  RtpTransceiverDirection direction{};
};
struct SetStreams {
  TransceiverNumber transceiver;
  std::vector<std::string> streams;
};
struct SetCodecPreferences {
  TransceiverNumber transceiver;
  std::vector<std::string> codecs;  // MIME types
};
struct StopTransceiver {
  TransceiverNumber transceiver;
};
struct GetTransceivers {};
struct GetSendParameters {
  TransceiverNumber transceiver;
};
struct GetReceiveParameters {
  TransceiverNumber transceiver;
};
struct SetSendParameters {
  TransceiverNumber transceiver;
  std::string rid;  // of the encoding that is changed
  std::optional<bool> active;
  std::optional<std::uint64_t> max_bitrate;  // 0: no limit
  std::optional<double> max_framerate, scale_resolution_down_by;
};
struct RequestKeyFrame {
  TransceiverNumber transceiver;
  std::string rid;
};
struct SetBitrateEstimate {
  std::uint64_t bits_per_second;
};
struct Record {
  TransceiverNumber transceiver;
  std::string file, rid;
};
struct StopRecording {
  TransceiverNumber transceiver;
  std::string rid;
};
struct RtpForward {
  TransceiverNumber transceiver;
  std::optional<Endpoint> to;  // nothing: no longer
};
struct RtpSource {
  TransceiverNumber transceiver;
  Endpoint local;
};
struct EchoMedia {
  TransceiverNumber transceiver;
  std::string codec;  // a MIME type; empty: what comes first
};
struct GetFrames {};

}  // namespace specter::cli::command
