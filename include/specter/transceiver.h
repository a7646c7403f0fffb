/// @file
/// The handle of a transceiver.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "specter/export.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/track.h"

namespace specter {

namespace api {
struct TransceiverHandle;
}

/// A handle of a transceiver: what sends a track of ours and receives one of the peer's in one m=
/// section. RTCRtpTransceiver, RTCRtpSender and RTCRtpReceiver in one (W3C §5.2 to §5.4).
/// PeerConnection::add_track() and add_transceiver() make one, and event::Track brings one.
///
/// All calls are non-blocking: they are queued for the connection's event loop, behind earlier
/// calls. A call that fails there has event::OperationFailed as its result. Getters return the
/// state last published by the event loop: at least as recent as the last event you received.
///
/// Handles are cheap to copy. A handle does not keep its transceiver or connection alive and may
/// outlive them. Every call returns the error Closed once the connection is closed.
///
/// Thread: any, also inside event callbacks.
class SPECTER_EXPORT Transceiver {
 public:
  /// A handle without a transceiver. Every call returns the error Closed.
  Transceiver() = default;
  /// For the library itself.
  explicit Transceiver(std::shared_ptr<api::TransceiverHandle> handle);

  /// @name Both directions
  /// @{

  /// Audio or video.
  MediaKind kind() const;
  /// The m= section. Empty before a description has one, and after it is stopped.
  std::optional<std::string> mid() const;
  /// What is wanted: RTCRtpTransceiver.direction. Stopped: it sends and receives nothing any more.
  RtpTransceiverDirection direction() const;
  /// What was negotiated. Empty before.
  std::optional<RtpTransceiverDirection> current_direction() const;
  /// Sets what is wanted. event::NegotiationNeeded requests the offer that tells the peer. Error of
  /// the call: InvalidArgument for Stopped. Error on the loop: InvalidState if it is stopped.
  Result<> set_direction(RtpTransceiverDirection direction) const;
  /// Sets the codecs that the next descriptions list, in this order. Empty: the default. Error on
  /// the loop: InvalidModification for a codec that the MediaEngine does not have. W3C §5.4.2.
  Result<> set_codec_preferences(std::vector<RtpCodec> codecs) const;
  /// Stops it, for good: its m= section is rejected by the next offer. W3C §5.4.2.
  Result<> stop() const;
  /// @}

  /// @name Sending
  /// RTCRtpSender.
  /// @{

  /// The track that is sent. Empty: none.
  std::optional<TrackLocal> track() const;
  /// The ids of the streams that the track belongs to.
  std::vector<std::string> streams() const;
  /// Sends another track, or none, without negotiation. Result: event::TrackReplaced. Error of the
  /// call: InvalidArgument for a track of another kind. Errors on the loop: InvalidState if it is
  /// stopped; InvalidModification if the track's codec was not negotiated. W3C §5.2.2.
  Result<> replace_track(std::optional<TrackLocal> track) const;
  /// Sets the streams that the track belongs to. The next description tells the peer. W3C §5.2.2.
  Result<> set_streams(std::vector<std::string> streams) const;
  /// RTCRtpSender.getParameters(): to be changed and passed to set_send_parameters().
  RtpSendParameters send_parameters() const;
  /// RTCRtpSender.setParameters(). Result: event::SendParametersSet. Errors on the loop:
  /// InvalidState if it is stopped, or if `parameters` are not those that were read last;
  /// InvalidModification if something changed that is read-only; InvalidArgument for a number out
  /// of range. W3C §5.2.2.
  Result<> set_send_parameters(RtpSendParameters parameters) const;
  /// @}

  /// @name Receiving
  /// RTCRtpReceiver.
  /// @{

  /// The ids of the streams that the peer's track belongs to.
  std::vector<std::string> remote_streams() const;
  /// RTCRtpReceiver.getParameters().
  RtpReceiveParameters receive_parameters() const;
  /// Chooses between event::Frame and event::RtpPackets. Default: frames for codecs that can be
  /// depacketized, packets for others. Call it in the callback of event::Track to have it for all
  /// that comes.
  Result<> set_delivery(MediaDelivery delivery) const;
  /// Requests a key frame from the peer (RFC 4585 §6.3.1), at most one each 500 ms. `rid`: of
  /// simulcast, the encoding.
  Result<> request_key_frame(std::string_view rid = {}) const;
  /// Frames, or RTP packets, of the peer's track that were dropped since the start because a
  /// Mailbox held too many.
  std::uint64_t dropped() const;
  /// @}

  /// A number that is unique in the process, from 1. 0 for a handle without a transceiver, and
  /// until event::TrackAdded for what add_track() returned.
  std::uint64_t id() const;

  /// Whether both are handles of the same transceiver. What add_track() returned is known as the
  /// transceiver that it took only from event::TrackAdded on.
  friend bool operator==(const Transceiver& a, const Transceiver& b) { return a.is_same_as(b); }

  /// For the library itself.
  const std::shared_ptr<api::TransceiverHandle>& handle() const { return handle_; }

 private:
  bool is_same_as(const Transceiver& other) const;

  std::shared_ptr<api::TransceiverHandle> handle_;
};

}  // namespace specter
