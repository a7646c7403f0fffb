// Transceivers, RTCRtpTransceiver of W3C §5.4: what the application wants of them, which is never
// rolled back. What descriptions say of them is their section's (session.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/parameters.h"
#include "sdp/attributes.h"

#include "specter/random.h"
#include "specter/result.h"
#include "specter/rtp.h"

namespace specter::jsep {

struct LocalParameters;
struct Session;
struct TrackChange;

// Transceivers that a connection has at a time: as many as a description has sections.
inline constexpr std::size_t kMaxTransceivers = 1'000;
// Streams that one track is in.
inline constexpr std::size_t kMaxStreams = 64;

struct Transceiver {
  TransceiverId id{};
  MediaKind kind = MediaKind::Audio;
  // W3C [[Direction]]: SendRecv to Inactive. What stop() has stopped is Stopped.
  RtpTransceiverDirection direction = RtpTransceiverDirection::SendRecv;
  bool is_stopped = false;  // W3C [[Stopped]]: the two sides know that it is
  std::optional<LocalTrack> track{};
  std::vector<std::string> streams{};
  std::vector<RtpCodec> preferences{};
  std::vector<rtp::SendEncoding> encodings{};
  // Of before a remote offer changed them. W3C [[LastStableStateSendEncodings]].
  std::optional<std::vector<rtp::SendEncoding>> stable_encodings{};
  // RFC 9429 §5.10: add_track() made it or gave it a track, so the peer's sections may take it.
  bool is_add_tracks = false;
  // A remote offer that has no final answer made it. RFC 9429 §4.1.10.2.
  bool is_pending = false;
  // W3C §5.1.2: its current direction was SendRecv or SendOnly once.
  bool has_sent = false;
  std::uint32_t transaction = 0;  // of RtpSendParameters

  // W3C [[Stopping]].
  bool is_stopping() const { return direction == RtpTransceiverDirection::Stopped; }
  bool operator==(const Transceiver&) const = default;
};

// As a section says it; Stopped is Inactive.
sdp::Direction direction_in_sdp(RtpTransceiverDirection direction);
RtpTransceiverDirection transceiver_direction(sdp::Direction direction);

// New encodings, without an SSRC, get those that nothing else of the session has.
void draw_sources(Session& session, std::vector<rtp::SendEncoding>& encodings, Random& random);
// A transceiver with these encodings. Error: OperationFailed, when there are kMaxTransceivers.
Result<Transceiver*> make_transceiver(Session& session, MediaKind kind,
                                      std::vector<RtpEncodingParameters> encodings, Random& random);

// For the layers below, as agreed on last. Nothing: not negotiated, or gone.
std::optional<rtp::SendParameters> sending(const Session& session, TransceiverId transceiver);
std::optional<rtp::ReceiveParameters> receiving(const Session& session, TransceiverId transceiver);

// The verbs of core.h's section Tracks over one session. An error changes nothing.
class Transceivers {
 public:
  // All of them outlive it.
  Transceivers(const LocalParameters& local, Session& session, Random& random)
      : local_(local), session_(session), random_(random) {}
  Transceivers(const Transceivers&) = delete;

  Result<TransceiverId> add_track(LocalTrack track, std::vector<std::string> streams);
  Result<TransceiverId> add_transceiver(MediaKind kind, RtpTransceiverInit init);
  Result<TransceiverId> add_transceiver(LocalTrack track, RtpTransceiverInit init);
  Result<> remove_track(TransceiverId transceiver);
  Result<> replace_track(TransceiverId transceiver, std::optional<LocalTrack> track);
  Result<> set_direction(TransceiverId transceiver, RtpTransceiverDirection direction);
  Result<> set_streams(TransceiverId transceiver, std::vector<std::string> streams);
  Result<> set_codec_preferences(TransceiverId transceiver, std::vector<RtpCodec> codecs);
  // What is to be told: that its track ended. Nothing when it was stopped before.
  Result<std::optional<TrackChange>> stop(TransceiverId transceiver);

  Result<RtpSendParameters> send_parameters(TransceiverId transceiver) const;
  Result<> set_send_parameters(TransceiverId transceiver, const RtpSendParameters& parameters);
  Result<RtpReceiveParameters> receive_parameters(TransceiverId transceiver) const;

  // Asked for each packet: without a copy.
  bool has(TransceiverId transceiver) const;
  bool has_track(TransceiverId transceiver) const;
  bool is_sending_agreed(TransceiverId transceiver) const;

  // In the order in which they were made.
  std::vector<RtpTransceiver> all() const;
  std::optional<RtpTransceiver> find(TransceiverId transceiver) const;
  std::vector<TransceiverSnapshot> snapshots() const;
  std::optional<TransceiverSnapshot> snapshot(TransceiverId transceiver) const;

  // They change with a Change that names the transceiver (Change::media) and with the verbs above.
  std::optional<rtp::SendParameters> sending(TransceiverId transceiver) const {
    return jsep::sending(session_, transceiver);
  }
  std::optional<rtp::ReceiveParameters> receiving(TransceiverId transceiver) const {
    return jsep::receiving(session_, transceiver);
  }

 private:
  Result<> check_open() const;
  Result<Transceiver*> get(TransceiverId transceiver);
  Result<const Transceiver*> get(TransceiverId transceiver) const;
  Result<TransceiverId> add(MediaKind kind, std::optional<LocalTrack> track,
                            RtpTransceiverInit init);

  const LocalParameters& local_;
  Session& session_;
  Random& random_;
};

}  // namespace specter::jsep
