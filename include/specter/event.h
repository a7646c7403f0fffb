/// @file
/// The events of a connection, as a Mailbox or a callback receives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "specter/bytes.h"
#include "specter/data_channel.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/peer_connection.h"
#include "specter/report.h"
#include "specter/rtp.h"
#include "specter/states.h"
#include "specter/stats.h"
#include "specter/time.h"
#include "specter/transceiver.h"

namespace specter {

/// The call that event::OperationFailed is the result of.
enum class Operation {
  /// PeerConnection::create_data_channel()
  CreateDataChannel,
  /// PeerConnection::create_offer()
  CreateOffer,
  /// PeerConnection::create_answer()
  CreateAnswer,
  /// PeerConnection::set_local_description()
  SetLocalDescription,
  /// PeerConnection::set_remote_description()
  SetRemoteDescription,
  /// PeerConnection::add_ice_candidate()
  AddIceCandidate,
  /// DataChannel::send()
  Send,
  /// PeerConnection::add_track()
  AddTrack,
  /// PeerConnection::add_transceiver()
  AddTransceiver,
  /// PeerConnection::remove_track()
  RemoveTrack,
  /// Transceiver::replace_track()
  ReplaceTrack,
  /// Transceiver::set_direction()
  SetDirection,
  /// Transceiver::set_streams()
  SetStreams,
  /// Transceiver::set_codec_preferences()
  SetCodecPreferences,
  /// Transceiver::set_send_parameters()
  SetSendParameters,
  /// Transceiver::stop()
  StopTransceiver,
  /// Transceiver::set_delivery()
  SetDelivery,
  /// Transceiver::request_key_frame()
  RequestKeyFrame,
  /// TrackLocalStaticSample::write_sample()
  WriteSample,
  /// TrackLocalStaticRtp::write_rtp()
  WriteRtp,
  /// Api::new_peer_connection(). Closed follows.
  Start,
};

/// The name of a call: "create_data_channel", "set_local_description", …
SPECTER_EXPORT std::string_view to_string(Operation operation);

/// The events of a connection. `connection` is the connection the event belongs to.
///
/// Results of calls are delivered in the order of the calls. All events of a connection are
/// delivered in order, and Closed is the last one.
namespace event {

/// @name Results of calls
/// @{

/// The connection can be used: the result of Api::new_peer_connection(). It is the first event.
struct Ready {
  /// The connection.
  PeerConnection connection;
};

/// The result of PeerConnection::create_data_channel(). DataChannelOpen follows once the peer is
/// connected.
struct DataChannelCreated {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// The result of PeerConnection::create_offer().
struct Offer {
  /// The connection.
  PeerConnection connection;
  /// Pass it to set_local_description(), then send it to the peer.
  SessionDescription description;
};

/// The result of PeerConnection::create_answer().
struct Answer {
  /// The connection.
  PeerConnection connection;
  /// Pass it to set_local_description(), then send it to the peer.
  SessionDescription description;
};

/// The result of PeerConnection::set_local_description().
struct LocalDescriptionSet {
  /// The connection.
  PeerConnection connection;
};

/// The result of PeerConnection::set_remote_description().
struct RemoteDescriptionSet {
  /// The connection.
  PeerConnection connection;
};

/// The result of PeerConnection::add_ice_candidate().
struct IceCandidateAdded {
  /// The connection.
  PeerConnection connection;
};

/// The result of PeerConnection::add_track(): the track has a sender. event::Track is what the peer
/// gets.
struct TrackAdded {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that sends it.
  Transceiver transceiver;
};

/// The result of PeerConnection::add_transceiver().
struct TransceiverAdded {
  /// The connection.
  PeerConnection connection;
  /// The transceiver.
  Transceiver transceiver;
};

/// The result of Transceiver::replace_track().
struct TrackReplaced {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that sends it.
  Transceiver transceiver;
};

/// The result of Transceiver::set_send_parameters().
struct SendParametersSet {
  /// The connection.
  PeerConnection connection;
  /// The transceiver.
  Transceiver transceiver;
};

/// The result of PeerConnection::get_stats().
struct Stats {
  /// The connection.
  PeerConnection connection;
  /// A snapshot of the statistics.
  specter::Stats stats;
};

/// The result of PeerConnection::ask(): every call before it has been made and has its result.
struct Asked {
  /// The connection.
  PeerConnection connection;
  /// The number that ask() was given.
  std::uint64_t question = 0;
};

/// The call failed and changed nothing. It takes the place of the call's result.
struct OperationFailed {
  /// The connection.
  PeerConnection connection;
  /// The call that failed.
  Operation operation;
  /// Why it failed.
  Error error;
};

/// The connection is closed. It is the last event of a connection.
struct Closed {
  /// The connection.
  PeerConnection connection;
};
/// @}

/// @name Negotiation and states
/// @{

/// A local candidate was found: send it to the peer. An empty candidate text means that no more
/// will follow. After a rollback, all candidates are sent again with the next local description.
struct LocalCandidate {
  /// The connection.
  PeerConnection connection;
  /// The candidate.
  IceCandidate candidate;
};

/// A STUN or TURN server led to no candidate. RTCPeerConnectionIceErrorEvent, W3C §4.8.3. Told once
/// for each local address and server that failed; other servers may do.
struct IceCandidateError {
  /// The connection.
  PeerConnection connection;
  /// The local address that it was asked from; empty unless a local candidate has told it.
  std::string address;
  /// The port of `address`; empty with it.
  std::optional<std::uint16_t> port;
  /// The server, as it stands in ConnectionOptions::ice_servers.
  std::string url;
  /// What the server said (RFC 8489 §14.8, RFC 8656 §19: 300 to 699), or 701: it was not reached.
  std::uint16_t error_code = 701;
  /// A sentence. It has no address.
  std::string error_text;
};

/// How connecting went: the result of PeerConnection::get_report(). Also told unasked when
/// connecting has ended, by success or failure, unless ConnectionOptions::connection_reports is
/// false; then it follows the change of state.
struct ConnectionReport {
  /// The connection.
  PeerConnection connection;
  /// The report.
  specter::ConnectionReport report;
  /// Whether it answers get_report().
  bool is_answer = false;
};

/// A new offer is needed. W3C §4.7.3.
struct NegotiationNeeded {
  /// The connection.
  PeerConnection connection;
};

/// The signaling state changed.
struct SignalingStateChange {
  /// The connection.
  PeerConnection connection;
  /// The new state.
  SignalingState state;
};

/// The ICE gathering state changed.
struct IceGatheringStateChange {
  /// The connection.
  PeerConnection connection;
  /// The new state.
  IceGatheringState state;
};

/// The ICE connection state changed.
struct IceConnectionStateChange {
  /// The connection.
  PeerConnection connection;
  /// The new state.
  IceConnectionState state;
};

/// The connection state changed.
struct ConnectionStateChange {
  /// The connection.
  PeerConnection connection;
  /// The new state.
  ConnectionState state;
  /// Why the connection failed, as a sentence; empty unless `state` is Failed. docs/reasons.md
  /// lists the sentences.
  std::string reason{};
  /// Why the connection failed, as a code; empty unless `state` is Failed. docs/errors.md says what
  /// to do for each code.
  std::optional<ErrorCode> code{};
};
/// @}

/// @name Data channels
/// @{

/// The peer opened a data channel.
struct IncomingDataChannel {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// Messages can be sent on the channel.
struct DataChannelOpen {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// A message arrived, or a part of one.
struct Message {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
  /// Text or binary.
  MessageKind kind;
  /// The content of the message or part.
  Buffer data;
  /// Whether the message begins with this event. Always true unless
  /// DataChannel::receive_in_parts() was called.
  bool begins = true;
  /// Whether the message ends with this event. Always true unless
  /// DataChannel::receive_in_parts() was called.
  bool ends = true;
  /// The peer abandoned the rest of a partly received message. `data` is empty.
  bool is_cut_off = false;

  /// The content as text, without a copy. The encoding is not checked.
  std::string_view text() const { return as_text(data); }
};

/// The channel's buffered amount fell to its threshold, or there is room again after WouldBlock.
struct BufferedAmountLow {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// The peer is closing the channel.
struct DataChannelClosing {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// The channel failed. DataChannelClosed follows; or, for a negotiated channel when another peer
/// takes the place of the one before, DataChannelOpen: `error` says how many bytes were not sent.
struct DataChannelError {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
  /// Why it failed.
  Error error;
};

/// The channel is closed. It is the last event of a channel.
struct DataChannelClosed {
  /// The connection.
  PeerConnection connection;
  /// The channel.
  DataChannel channel;
};

/// The peer tried to open a channel and was refused.
struct DataChannelRefused {
  /// The connection.
  PeerConnection connection;
  /// The SCTP stream that the peer used.
  std::uint16_t stream;
  /// Why it was refused.
  Error error;
};
/// @}

/// @name Tracks
/// A Mailbox keeps a bounded number of these events: the oldest of a track are dropped if nobody
/// receives them. They hold up no other event, and no other event holds them up.
/// @{

/// A track of the peer's was added, or was added again after it had been taken away. W3C §5.7,
/// RTCTrackEvent. It comes before the result of the call that applied the description.
struct Track {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives it.
  Transceiver transceiver;
  /// Audio or video.
  MediaKind kind;
  /// The m= section.
  std::string mid;
  /// The ids of its streams.
  std::vector<std::string> streams;
};

/// A track of the peer's left or entered streams. W3C §4.4.1.5, "process remote track".
struct TrackStreamsChange {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives it.
  Transceiver transceiver;
  /// The ids of its streams from now on.
  std::vector<std::string> streams;
};

/// No packets of the peer's track will follow for now, by a description or by RTCP BYE. W3C §5.3,
/// muted.
struct TrackMuted {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives it.
  Transceiver transceiver;
};

/// Packets of the peer's track arrive. W3C §5.3, unmuted.
struct TrackUnmuted {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives it.
  Transceiver transceiver;
};

/// The peer's track has ended: its transceiver is stopped. W3C §5.4.2.
struct TrackEnded {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that received it.
  Transceiver transceiver;
};

/// A frame of the peer's arrived.
struct Frame {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives it.
  Transceiver transceiver;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid;
  /// The frame.
  MediaFrame frame;
  /// Frames of this track that were dropped because they were not taken in time, since the start.
  std::uint64_t dropped = 0;
};

/// RTP packets of the peer's arrived, in the order of arrival. Only with MediaDelivery::Rtp.
struct RtpPackets {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that receives them.
  Transceiver transceiver;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid;
  /// Whole packets, decrypted. Retransmissions have their original form.
  std::vector<Buffer> packets;
  /// Packets of this track that were dropped because they were not taken in time, since the start.
  std::uint64_t dropped = 0;
};

/// The peer needs a key frame (RFC 4585 §6.3.1, RFC 5104 §4.3.1): its decoder has lost track. Or
/// samples were dropped before they were sent.
struct KeyFrameWanted {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that sends.
  Transceiver transceiver;
  /// The encoding. Empty: the only one.
  std::string rid;
};

/// An encoding is wanted from now on, or is not: by negotiation, set_send_parameters() or the
/// circuit breaker (RFC 8083).
struct EncodingWanted {
  /// The connection.
  PeerConnection connection;
  /// The transceiver that sends.
  Transceiver transceiver;
  /// The encoding. Empty: the only one.
  std::string rid;
  /// Whether samples of it are sent.
  bool is_wanted = false;
};

/// What the peer says of the bitrate that reaches it.
struct BitrateFeedback {
  /// The connection.
  PeerConnection connection;
  /// The receiver's estimate (REMB), in bit/s. Empty: this event has none.
  std::optional<std::uint64_t> estimate;
  /// Packets that transport-wide feedback reports on.
  std::uint32_t packets = 0;
  /// Those of them that arrived.
  std::uint32_t received = 0;
  /// The bytes of those that arrived, and the time between the first and the last of them at the
  /// receiver.
  std::uint64_t received_bytes = 0;
  /// See received_bytes.
  Duration received_within{};
};
/// @}

}  // namespace event

/// Any event of a connection.
using Event = std::variant<
    event::Ready, event::DataChannelCreated, event::Offer, event::Answer,
    event::LocalDescriptionSet, event::RemoteDescriptionSet, event::IceCandidateAdded,
    event::TrackAdded, event::TransceiverAdded, event::TrackReplaced, event::SendParametersSet,
    event::Stats, event::Asked, event::OperationFailed, event::Closed, event::LocalCandidate,
    event::IceCandidateError, event::ConnectionReport, event::NegotiationNeeded,
    event::SignalingStateChange, event::IceGatheringStateChange, event::IceConnectionStateChange,
    event::ConnectionStateChange, event::IncomingDataChannel, event::DataChannelOpen,
    event::Message, event::BufferedAmountLow, event::DataChannelClosing, event::DataChannelError,
    event::DataChannelClosed, event::DataChannelRefused, event::Track, event::TrackStreamsChange,
    event::TrackMuted, event::TrackUnmuted, event::TrackEnded, event::Frame, event::RtpPackets,
    event::KeyFrameWanted, event::EncodingWanted, event::BitrateFeedback>;

/// The connection that an event belongs to.
inline const PeerConnection& connection_of(const Event& event) {
  return std::visit([](const auto& e) -> const PeerConnection& { return e.connection; }, event);
}

}  // namespace specter
