/// @file
/// The events of a connection, as a Mailbox or a callback receives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "specter/bytes.h"
#include "specter/data_channel.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/peer_connection.h"
#include "specter/states.h"
#include "specter/stats.h"

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

/// The channel failed. DataChannelClosed follows.
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

}  // namespace event

/// Any event of a connection.
using Event =
    std::variant<event::Ready, event::DataChannelCreated, event::Offer, event::Answer,
                 event::LocalDescriptionSet, event::RemoteDescriptionSet, event::IceCandidateAdded,
                 event::Stats, event::Asked, event::OperationFailed, event::Closed,
                 event::LocalCandidate, event::NegotiationNeeded, event::SignalingStateChange,
                 event::IceGatheringStateChange, event::IceConnectionStateChange,
                 event::ConnectionStateChange, event::IncomingDataChannel, event::DataChannelOpen,
                 event::Message, event::BufferedAmountLow, event::DataChannelClosing,
                 event::DataChannelError, event::DataChannelClosed, event::DataChannelRefused>;

/// The connection that an event belongs to.
inline const PeerConnection& connection_of(const Event& event) {
  return std::visit([](const auto& e) -> const PeerConnection& { return e.connection; }, event);
}

}  // namespace specter
