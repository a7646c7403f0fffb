// What becomes of a connection: the messages in its owner's mailbox.
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

// What was asked for, in OperationFailed.
enum class Operation {
  CreateDataChannel,
  CreateOffer,
  CreateAnswer,
  SetLocalDescription,
  SetRemoteDescription,
  AddIceCandidate,
  Send,
  Start,
};

SPECTER_EXPORT std::string_view to_string(Operation operation);  // "create_data_channel", …

namespace event {

// ---- answers, in the order of the calls
struct Ready {
  PeerConnection connection;
};
struct DataChannelCreated {
  PeerConnection connection;
  DataChannel channel;
};
struct Offer {
  PeerConnection connection;
  SessionDescription description;
};
struct Answer {
  PeerConnection connection;
  SessionDescription description;
};
struct LocalDescriptionSet {
  PeerConnection connection;
};
struct RemoteDescriptionSet {
  PeerConnection connection;
};
struct IceCandidateAdded {
  PeerConnection connection;
};
struct Stats {
  PeerConnection connection;
  specter::Stats stats;
};
// To PeerConnection::ask(): every call before it was made and answered.
struct Asked {
  PeerConnection connection;
  std::uint64_t question = 0;
};
struct OperationFailed {
  PeerConnection connection;
  Operation operation;
  Error error;
};
struct Closed {
  PeerConnection connection;
};  // the last event of a connection

// ---- unasked
// Tell the peer. With an empty text no more will come. When the description that they belong to is
// rolled back, all are told anew with the next one.
struct LocalCandidate {
  PeerConnection connection;
  IceCandidate candidate;
};
struct NegotiationNeeded {
  PeerConnection connection;
};
struct SignalingStateChange {
  PeerConnection connection;
  SignalingState state;
};
struct IceGatheringStateChange {
  PeerConnection connection;
  IceGatheringState state;
};
struct IceConnectionStateChange {
  PeerConnection connection;
  IceConnectionState state;
};
// For Failed, why: a sentence (docs/reasons.md), and a code to branch on, such as ClosedByPeer for
// a peer that said goodbye.
struct ConnectionStateChange {
  PeerConnection connection;
  ConnectionState state;
  std::string reason{};
  std::optional<ErrorCode> code{};
};

struct IncomingDataChannel {
  PeerConnection connection;
  DataChannel channel;
};  // the peer opened it
struct DataChannelOpen {
  PeerConnection connection;
  DataChannel channel;
};
struct Message {
  PeerConnection connection;
  DataChannel channel;
  MessageKind kind;
  Buffer data;
  // Otherwise only on a channel that has receive_in_parts().
  bool begins = true, ends = true;
  bool is_cut_off = false;  // the peer gave up the rest of a message; no data

  std::string_view text() const { return as_text(data); }
};
struct BufferedAmountLow {
  PeerConnection connection;
  DataChannel channel;
};
struct DataChannelClosing {
  PeerConnection connection;
  DataChannel channel;
};  // the peer closes it
struct DataChannelError {
  PeerConnection connection;
  DataChannel channel;
  Error error;
};
struct DataChannelClosed {
  PeerConnection connection;
  DataChannel channel;
};
struct DataChannelRefused {
  PeerConnection connection;
  std::uint16_t stream;
  Error error;
};  // the peer began to open one that can't be taken

}  // namespace event

using Event =
    std::variant<event::Ready, event::DataChannelCreated, event::Offer, event::Answer,
                 event::LocalDescriptionSet, event::RemoteDescriptionSet, event::IceCandidateAdded,
                 event::Stats, event::Asked, event::OperationFailed, event::Closed,
                 event::LocalCandidate, event::NegotiationNeeded, event::SignalingStateChange,
                 event::IceGatheringStateChange, event::IceConnectionStateChange,
                 event::ConnectionStateChange, event::IncomingDataChannel, event::DataChannelOpen,
                 event::Message, event::BufferedAmountLow, event::DataChannelClosing,
                 event::DataChannelError, event::DataChannelClosed, event::DataChannelRefused>;

// Whose event it is.
inline const PeerConnection& connection_of(const Event& event) {
  return std::visit([](const auto& e) -> const PeerConnection& { return e.connection; }, event);
}

}  // namespace specter
