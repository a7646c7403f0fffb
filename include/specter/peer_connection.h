/// @file
/// The handle of a peer connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "specter/data_channel.h"
#include "specter/description.h"
#include "specter/export.h"
#include "specter/options.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/states.h"
#include "specter/track.h"
#include "specter/transceiver.h"

namespace specter {

namespace api {
struct ConnectionHandle;
}

/// A handle of a peer connection. RTCPeerConnection, W3C §4.4. Api::new_peer_connection() makes
/// one.
///
/// All calls are non-blocking: they are queued for the connection's event loop, in order, and the
/// result of each is an event. A call that fails on the loop has event::OperationFailed as its
/// result. What can be checked at once is returned as an error by the call itself: Closed if the
/// connection is closed, WouldBlock if 65,536 calls are queued already.
///
/// Handles are cheap to copy. A handle does not keep its connection open and may outlive it.
///
/// Thread: any, also inside event callbacks.
class SPECTER_EXPORT PeerConnection {
 public:
  /// A handle without a connection. Every call returns the error Closed.
  PeerConnection() = default;
  /// For the library itself.
  explicit PeerConnection(std::shared_ptr<api::ConnectionHandle> handle);

  /// Creates a data channel. Result: event::DataChannelCreated. event::DataChannelOpen follows when
  /// messages can be sent.
  ///
  /// Error of the call: InvalidArgument (W3C §6.1) if label or protocol exceed 65,535 bytes or are
  /// not UTF-8, if both limits are set, or if it is negotiated without an id or with 65,535. If the
  /// call fails later (event::OperationFailed), the returned channel is closed.
  Result<DataChannel> create_data_channel(std::string_view label,
                                          DataChannelOptions options = {}) const;

  /// Makes an offer. Result: event::Offer.
  Result<> create_offer(OfferOptions options = {}) const;
  /// Makes an answer to the remote offer. Result: event::Answer.
  Result<> create_answer() const;
  /// Applies a description that this connection made. Result: event::LocalDescriptionSet. Gathering
  /// starts, and an event::LocalCandidate follows for each candidate found.
  Result<> set_local_description(SessionDescription description) const;
  /// Creates the offer or the answer that the signaling state requires, and applies it. Result:
  /// event::LocalDescriptionSet; local_description() then has what to send to the peer. W3C §4.4.2.
  Result<> set_local_description() const;
  /// Applies a description of the peer. Result: event::RemoteDescriptionSet.
  Result<> set_remote_description(SessionDescription description) const;
  /// Adds a candidate of the peer. Result: event::IceCandidateAdded.
  Result<> add_ice_candidate(IceCandidate candidate) const;

  /// The same with the JSON of browsers. Error of the call: InvalidJson.
  Result<> set_local_description(std::string_view json) const;
  /// The same with the JSON of browsers. Error of the call: InvalidJson.
  Result<> set_remote_description(std::string_view json) const;
  /// The same with the JSON of browsers. Error of the call: InvalidJson.
  Result<> add_ice_candidate(std::string_view json) const;

  /// Restarts ICE with the next offer: it searches for a path again, with the addresses and servers
  /// of that time, while the current path stays in use. event::NegotiationNeeded requests that
  /// offer. It remains in effect until a restart is negotiated. RTCPeerConnection.restartIce(), W3C
  /// §4.4.2.
  Result<> restart_ice() const;
  /// Replaces ConnectionOptions::ice_servers from the next gathering on, which an ICE restart
  /// begins. RTCPeerConnection.setConfiguration(). Errors of the call: SyntaxError and
  /// InvalidAccess for an invalid URL or a TURN server without credentials.
  Result<> set_ice_servers(std::vector<IceServer> servers) const;

  /// @name Tracks
  /// @{

  /// Sends a track: by a transceiver that can take it, or by a new one. Result: event::TrackAdded.
  /// `streams`: the ids of the streams that it belongs to here; empty: TrackLocal::streams().
  /// event::NegotiationNeeded requests the offer that tells the peer. W3C §5.1.2.
  ///
  /// Errors of the call: InvalidArgument for a handle without a track, or for an id or a stream's
  /// id that RFC 8830 does not allow. Error on the loop: InvalidAccess if this connection sends it
  /// already.
  Result<Transceiver> add_track(TrackLocal track, std::vector<std::string> streams = {}) const;
  /// Makes a transceiver. Result: event::TransceiverAdded. W3C §5.1.2. Errors on the loop:
  /// InvalidArgument for encodings that are not valid; OperationFailed for an encoding's codec that
  /// the MediaEngine does not have.
  Result<Transceiver> add_transceiver(MediaKind kind, RtpTransceiverInit init = {}) const;
  /// The same, with a track to send.
  Result<Transceiver> add_transceiver(TrackLocal track, RtpTransceiverInit init = {}) const;
  /// Stops sending the transceiver's track; the transceiver stays. Without a track it has no
  /// effect. Error of the call: InvalidAccess for a transceiver of another connection. W3C §5.1.2.
  Result<> remove_track(const Transceiver& transceiver) const;
  /// The transceivers that are not stopped, in the order in which they were made. W3C §5.1.
  std::vector<Transceiver> transceivers() const;
  /// Tells the peer how much it may send in all, in bit/s (REMB). 0: nothing is told any more.
  Result<> set_bitrate_estimate(std::uint64_t bits_per_second) const;
  /// @}

  /// Collects statistics. Result: event::Stats.
  Result<> get_stats() const;
  /// Explains how connecting went, or goes. Result: event::ConnectionReport.
  Result<> get_report() const;
  /// A barrier. Result: event::Asked with the same number, after the results of all earlier calls.
  /// In its callback the getters return the state of that moment.
  Result<> ask(std::uint64_t question = 0) const;

  /// Backpressure: while false, no event::Message is delivered, nor events that follow a message on
  /// its channel, such as DataChannelClosed. Up to DataOptions::receive_buffer_bytes are buffered;
  /// then the peer has to wait. Other events are delivered as usual. Default: true.
  ///
  /// Inside an event callback of this connection it applies from the next event on. Elsewhere,
  /// events that are on their way may still be delivered.
  void set_receiving(bool receiving) const;

  /// Notifies the peer, closes the channels and frees the connection. event::Closed is the last
  /// event. Queued calls are made first. Non-blocking. Calling it again has no effect.
  void close() const;
  /// Closes the connection and discards queued calls and messages that are not sent yet. Discarded
  /// calls have no result.
  void abort() const;

  /// @name Getters
  /// Getters return the state last published by the event loop: at least as recent as the last
  /// event you received.
  /// @{

  /// RTCPeerConnection.signalingState.
  SignalingState signaling_state() const;
  /// RTCPeerConnection.iceGatheringState.
  IceGatheringState ice_gathering_state() const;
  /// RTCPeerConnection.iceConnectionState.
  IceConnectionState ice_connection_state() const;
  /// RTCPeerConnection.connectionState.
  ConnectionState connection_state() const;
  /// The pending or current local description, with the candidates found so far.
  std::optional<SessionDescription> local_description() const;
  /// The negotiated local description, with the candidates found so far.
  std::optional<SessionDescription> current_local_description() const;
  /// The local description under negotiation, with the candidates found so far.
  std::optional<SessionDescription> pending_local_description() const;
  /// The pending or current remote description. ConnectionOptions::show_remote_candidates says
  /// whether it includes candidates added later.
  std::optional<SessionDescription> remote_description() const;
  /// The negotiated remote description.
  std::optional<SessionDescription> current_remote_description() const;
  /// The remote description under negotiation.
  std::optional<SessionDescription> pending_remote_description() const;
  /// @}

  /// A number that is unique in the process, from 1. 0 for a handle without a connection.
  std::uint64_t id() const;

  /// Whether both are handles of the same connection.
  friend bool operator==(const PeerConnection& a, const PeerConnection& b) {
    return a.handle_ == b.handle_;
  }

  /// For the library itself.
  const std::shared_ptr<api::ConnectionHandle>& handle() const { return handle_; }

 private:
  Result<Transceiver> add_transceiver(MediaKind kind, const TrackLocal& track,
                                      RtpTransceiverInit init) const;

  std::shared_ptr<api::ConnectionHandle> handle_;
};

}  // namespace specter
