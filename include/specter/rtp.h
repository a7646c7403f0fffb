/// @file
/// Codecs, transceivers and their parameters: the values of RTCRtpTransceiver, RTCRtpSender and
/// RTCRtpReceiver (W3C §5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter {

/// Audio or video.
enum class MediaKind { Audio, Video };

/// RTCRtpCodec (W3C §5.2.4), with the payload type of our offers.
struct RtpCodec {
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// 0 to 63 or 96 to 127. 64 to 95 cannot be told from RTCP (RFC 5761 §4).
  std::uint8_t payload_type = 0;
  /// "audio/opus". Upper and lower case are the same.
  std::string mime_type;
  /// Hz.
  std::uint32_t clock_rate = 0;
  /// Audio only.
  std::uint16_t channels = 0;
  /// The parameters of a=fmtp.
  std::string sdp_fmtp_line{};
  /// "nack", "nack pli", "transport-cc", …
  std::vector<std::string> rtcp_feedback{};

  bool operator==(const RtpCodec&) const = default;
};

/// An RTP header extension, RFC 8285.
struct RtpHeaderExtension {
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// The URI of a=extmap.
  std::string uri;

  bool operator==(const RtpHeaderExtension&) const = default;
};

/// Identifies a transceiver, its sender and its receiver within a core::PeerConnection. Never
/// reused.
enum class TransceiverId : std::uint64_t {};

/// RTCRtpTransceiverDirection, W3C §5.4.
enum class RtpTransceiverDirection : std::uint8_t {
  SendRecv,
  SendOnly,
  RecvOnly,
  Inactive,
  Stopped
};

/// A track that is sent: MediaStreamTrack, as far as negotiation sees it.
struct LocalTrack {
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// Unique among the tracks of the program: 1 to 64 characters of RFC 8830's token. add_track()
  /// recognizes a track by it.
  std::string id;
  /// What write_sample() and write_rtp() are given: the payload type does not matter.
  RtpCodec codec{};

  bool operator==(const LocalTrack&) const = default;
};

/// RTCRtpEncodingParameters, W3C §5.2.7.
struct RtpEncodingParameters {
  /// Of simulcast: letters and digits (RFC 8852 §3). Empty: the only encoding.
  std::string rid{};
  /// Whether it is sent.
  bool active = true;
  /// bit/s. Empty: no limit.
  std::optional<std::uint64_t> max_bitrate{};
  /// Frames per second. Video only. For the encoder of the application: it is kept and not applied.
  std::optional<double> max_framerate{};
  /// At least 1. Video only. For the encoder of the application: it is kept and not applied.
  std::optional<double> scale_resolution_down_by{};
  /// The codec to send. Empty: that of the track.
  std::optional<RtpCodec> codec{};

  bool operator==(const RtpEncodingParameters&) const = default;
};

/// RTCRtpHeaderExtensionParameters, W3C §5.2.8.
struct RtpHeaderExtensionParameters {
  /// The URI of a=extmap.
  std::string uri;
  /// The number that stands for it in packets.
  std::uint16_t id = 0;

  bool operator==(const RtpHeaderExtensionParameters&) const = default;
};

/// RTCRtcpParameters, W3C §5.2.9.
struct RtcpParameters {
  /// The canonical name of our sources. Empty at a receiver.
  std::string cname{};
  /// RFC 5506.
  bool reduced_size = false;

  bool operator==(const RtcpParameters&) const = default;
};

/// RTCRtpSendParameters, W3C §5.2.6.
struct RtpSendParameters {
  /// Changes with each negotiation and each set_parameters(): the parameters to set are those that
  /// were read last.
  std::string transaction_id{};
  /// What is sent: several of them are simulcast (RFC 8853).
  std::vector<RtpEncodingParameters> encodings{};
  /// As negotiated; read-only.
  std::vector<RtpHeaderExtensionParameters> header_extensions{};
  /// Read-only.
  RtcpParameters rtcp{};
  /// As negotiated, in the peer's order; empty before. Read-only.
  std::vector<RtpCodec> codecs{};

  bool operator==(const RtpSendParameters&) const = default;
};

/// RTCRtpReceiveParameters, W3C §5.2.5.
struct RtpReceiveParameters {
  /// As negotiated.
  std::vector<RtpHeaderExtensionParameters> header_extensions{};
  /// As negotiated.
  RtcpParameters rtcp{};
  /// As negotiated, in our order; empty before.
  std::vector<RtpCodec> codecs{};

  bool operator==(const RtpReceiveParameters&) const = default;
};

/// RTCRtpTransceiverInit, W3C §5.1.
struct RtpTransceiverInit {
  /// What is wanted: SendRecv, SendOnly, RecvOnly or Inactive.
  RtpTransceiverDirection direction = RtpTransceiverDirection::SendRecv;
  /// The ids of the MediaStreams that the track belongs to.
  std::vector<std::string> streams{};
  /// Several of them are simulcast (video only). Empty: one.
  std::vector<RtpEncodingParameters> send_encodings{};
};

/// A transceiver as it stands. RTCRtpTransceiver, W3C §5.4.
struct RtpTransceiver {
  /// Names it in calls.
  TransceiverId id{};
  /// Audio or video.
  MediaKind kind = MediaKind::Audio;
  /// Its m= section; empty before a description has one, and after it is stopped.
  std::optional<std::string> mid{};
  /// What is wanted.
  RtpTransceiverDirection direction = RtpTransceiverDirection::SendRecv;
  /// What was negotiated; empty before.
  std::optional<RtpTransceiverDirection> current_direction{};
  /// RTCRtpSender.track.
  std::optional<LocalTrack> track{};
  /// The streams that the sender's track belongs to.
  std::vector<std::string> streams{};
  /// The streams that the peer's track belongs to.
  std::vector<std::string> remote_streams{};

  bool operator==(const RtpTransceiver&) const = default;
};

/// A transceiver with the parameters of its sender and receiver.
struct TransceiverSnapshot {
  /// The transceiver as it stands.
  RtpTransceiver transceiver{};
  /// RTCRtpSender.getParameters(). Default values when the connection is closed.
  RtpSendParameters send{};
  /// RTCRtpReceiver.getParameters(). Default values when the connection is closed.
  RtpReceiveParameters receive{};

  bool operator==(const TransceiverSnapshot&) const = default;
};

/// What an encoder made of one moment: a video frame or an audio packet.
struct MediaSample {
  /// A VP8 frame, an H.264 access unit in Annex B's format, an Opus packet.
  Bytes bytes{};
  /// How long it lasts: the next sample's RTP timestamp is later by as much.
  Duration duration{};
  /// Of simulcast: the encoding that it is for. Empty: the only one.
  std::string_view rid{};
  /// When it was captured, by the clock of the calls. Empty: now. Sender reports are made by it, so
  /// that a receiver plays audio and video in time (RFC 3550 §6.4.1).
  std::optional<Timestamp> captured_at{};
  /// VP8: the temporal layer, 0 to 3. Empty: the stream has no layers.
  std::optional<std::uint8_t> temporal_id{};
  /// Audio: how loud it is, from 0 (loudest) to 127 (silence), in -dBov (RFC 6464). It is sent
  /// where the peer negotiated audio levels; conference servers choose the speaker by it. Empty:
  /// not sent.
  std::optional<std::uint8_t> audio_level{};
  /// Video: degrees clockwise by which the receiver is to turn the picture: 0, 90, 180 or 270. It
  /// is sent where the peer negotiated the orientation (3GPP TS 26.114 §7.4.5). Empty: not sent.
  std::optional<std::uint16_t> rotation{};
};

/// What of the peer's track is delivered.
enum class MediaDelivery : std::uint8_t {
  /// Frame events: whole frames, in order.
  Frames,
  /// RtpPackets events: packets as they come, repaired ones too, without the jitter buffer.
  Rtp,
};

/// A whole frame of the peer's.
struct MediaFrame {
  /// A VP8 frame, an H.264 access unit in Annex B's format, an Opus packet.
  Buffer bytes{};
  /// Its codec's encoding name, as negotiated: "VP8".
  std::string codec{};
  /// RTP's, in units of the codec's clock rate.
  std::uint32_t rtp_timestamp = 0;
  /// The time of capture by the sender's clock, once a sender report has told it (RFC 3550 §6.4.1),
  /// as a duration since 1900. Frames of one peer with equal times belong together.
  std::optional<Duration> captured_at{};
  /// Decoding can begin here.
  bool is_key_frame = false;
  /// Frames between the one before and this one are missing.
  bool follows_loss = false;
  /// Video: the width in pixels, where the codec tells.
  std::optional<std::uint16_t> width{};
  /// Video: the height in pixels, where the codec tells.
  std::optional<std::uint16_t> height{};
  /// The temporal layer, where the codec tells.
  std::optional<std::uint8_t> temporal_id{};
  /// RFC 6464: 0 (loudest) to 127 (silence), in -dBov.
  std::optional<std::uint8_t> audio_level{};
  /// Degrees clockwise by which it is to be turned: 0, 90, 180, 270.
  std::optional<std::uint16_t> rotation{};

  bool operator==(const MediaFrame&) const = default;
};

}  // namespace specter
