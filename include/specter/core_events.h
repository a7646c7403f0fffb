/// @file
/// The events of core::PeerConnection. specter/event.h has events of the same names, with handles
/// in place of channel ids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "specter/bytes.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/rtp.h"
#include "specter/states.h"

namespace specter::core {

/// A request to the driver: open sockets, resolve the ICE servers, and report the result by
/// PeerConnection::add_local_endpoint() and add_stun_server(). end_of_local_endpoints() must come
/// last. It is returned again for an ICE restart: useful sockets may be kept, and reported again or
/// not.
struct GatherCandidates {};

/// A new offer is needed. W3C §4.7.3.
struct NegotiationNeeded {};

/// The signaling state changed.
struct SignalingStateChange {
  /// The new state.
  SignalingState state;
};

/// The ICE gathering state changed.
struct IceGatheringStateChange {
  /// The new state.
  IceGatheringState state;
};

/// The ICE connection state changed.
struct IceConnectionStateChange {
  /// The new state.
  IceConnectionState state;
};

/// The connection state changed.
struct ConnectionStateChange {
  /// The new state.
  ConnectionState state;
  /// Why the connection failed, as a sentence; empty unless `state` is Failed. docs/reasons.md
  /// lists the sentences.
  std::string reason{};
  /// Why the connection failed, as a code; empty unless `state` is Failed. docs/errors.md says what
  /// to do for each code.
  std::optional<ErrorCode> code{};
};

/// A local candidate was found: send it to the peer. An empty candidate text means that no more
/// will follow (W3C §4.8.2). After a rollback, all candidates are sent again with the next local
/// description.
struct LocalCandidate {
  /// The candidate.
  IceCandidate candidate;
};

/// A STUN or TURN server led to no candidate. RTCPeerConnectionIceErrorEvent, W3C §4.8.3.
struct IceCandidateError {
  /// The local address that it was asked from; empty unless a local candidate has told it.
  std::string address{};
  /// The port of `address`; empty with it.
  std::optional<std::uint16_t> port{};
  /// The server, as it stands in ConnectionOptions::ice_servers.
  std::string url;
  /// What the server said (RFC 8489 §14.8, RFC 8656 §19: 300 to 699), or 701: it was not reached.
  std::uint16_t error_code = 701;
  /// A sentence. It has no address.
  std::string error_text;
};

/// Connecting has ended: the connection is Connected, with its SCTP association if one was
/// negotiated, or Failed. PeerConnection::report() says how it went. Not told if
/// ConnectionOptions::connection_reports is false.
struct ConnectingEnded {};

/// The peer opened a data channel.
struct IncomingDataChannel {
  /// The new channel.
  ChannelId channel;
  /// Its label.
  std::string label;
  /// Its options, as the peer announced them.
  DataChannelOptions options;
};

/// Messages can be sent on the channel.
struct DataChannelOpen {
  /// The channel.
  ChannelId channel;
};

/// A message arrived, or a part of one.
struct Message {
  /// The channel it arrived on.
  ChannelId channel;
  /// Text or binary.
  MessageKind kind;
  /// The content of the message or part.
  Buffer data;
  /// Whether the message begins with this event. Always true unless
  /// PeerConnection::receive_in_parts() was called.
  bool begins = true;
  /// Whether the message ends with this event. Always true unless
  /// PeerConnection::receive_in_parts() was called.
  bool ends = true;
  /// The peer abandoned the rest of a partly received message. `data` is empty.
  bool is_cut_off = false;
};

/// The channel's buffered amount fell to its threshold.
struct BufferedAmountLow {
  /// The channel.
  ChannelId channel;
};

/// The peer is closing the channel.
struct DataChannelClosing {
  /// The channel.
  ChannelId channel;
};

/// The channel failed. DataChannelClosed follows; or, for a negotiated channel when another peer
/// takes the place of the one before, DataChannelOpen: `error` says how many bytes were not sent.
struct DataChannelError {
  /// The channel.
  ChannelId channel;
  /// Why it failed.
  Error error;
};

/// The channel is closed. It is the last event of a channel.
struct DataChannelClosed {
  /// The channel.
  ChannelId channel;
};

/// The peer tried to open a channel and was refused. If the stream belongs to a local channel, that
/// channel gets a DataChannelError instead.
struct DataChannelRefused {
  /// The SCTP stream that the peer used.
  std::uint16_t stream;
  /// Why it was refused.
  Error error;
};

/// A track of the peer's was added, or was added again after it had been taken away. W3C §5.7,
/// RTCTrackEvent. It comes before the result of the call that applied the description.
struct Track {
  /// Its transceiver.
  TransceiverId transceiver;
  /// Audio or video.
  MediaKind kind;
  /// The m= section.
  std::string mid;
  /// The ids of its streams.
  std::vector<std::string> streams;
};

/// A track left or entered streams. W3C §4.4.1.5, "process remote track".
struct TrackStreamsChange {
  /// Its transceiver.
  TransceiverId transceiver;
  /// The ids of its streams from now on.
  std::vector<std::string> streams;
};

/// No packets of the track will follow for now, by a description or by RTCP BYE. W3C §5.3, muted.
struct TrackMuted {
  /// Its transceiver.
  TransceiverId transceiver;
};

/// Packets of the track arrive. W3C §5.3, unmuted.
struct TrackUnmuted {
  /// Its transceiver.
  TransceiverId transceiver;
};

/// The track has ended: its transceiver is stopped. W3C §5.4.2.
struct TrackEnded {
  /// Its transceiver.
  TransceiverId transceiver;
};

/// A frame of the peer's arrived.
struct Frame {
  /// Its transceiver.
  TransceiverId transceiver;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid{};
  /// The frame.
  MediaFrame frame;
  /// Frames of this track that were dropped because they were not polled in time, since the start.
  std::uint64_t dropped = 0;
};

/// RTP packets of the peer's arrived, in the order of arrival. Only with MediaDelivery::Rtp.
struct RtpPackets {
  /// Their transceiver.
  TransceiverId transceiver;
  /// Of simulcast: which encoding. Empty: the only one.
  std::string rid{};
  /// Whole packets, decrypted. Retransmissions have their original form.
  std::vector<Buffer> packets;
};

/// The peer needs a key frame (RFC 4585 §6.3.1, RFC 5104 §4.3.1): its decoder has lost track.
struct KeyFrameWanted {
  /// The transceiver that sends.
  TransceiverId transceiver;
  /// The encoding. Empty: the only one.
  std::string rid{};
};

/// An encoding is wanted from now on, or is not: by negotiation, set_parameters() or the circuit
/// breaker (RFC 8083).
struct EncodingWanted {
  /// The transceiver that sends.
  TransceiverId transceiver;
  /// The encoding. Empty: the only one.
  std::string rid{};
  /// Whether samples of it are sent.
  bool is_wanted = false;
};

/// What the peer says of the bitrate that reaches it.
struct BitrateFeedback {
  /// The receiver's estimate (REMB), in bit/s. Empty: this event has none.
  std::optional<std::uint64_t> estimate{};
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

/// The connection is closed. It is the last event. The close notification to the peer may need to
/// be retransmitted: keep calling handle_timeout() and poll_transmit() until next_timeout() is
/// empty, so that it arrives over a lossy path.
struct Closed {};

}  // namespace specter::core
