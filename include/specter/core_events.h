// The events of core::PeerConnection. The layers below it make these structs themselves, and
// specter/event.h has the same names: there with the connection and the channel as handles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "specter/bytes.h"
#include "specter/description.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/states.h"

namespace specter::core {

// Open sockets, resolve the ICE servers, and say what came of it:
// add_local_endpoint(), add_stun_server(), and at last end_of_local_endpoints(). An ICE restart
// asks again: sockets that are still of use are kept, and told again or not.
struct GatherCandidates {};
struct NegotiationNeeded {};  // W3C §4.7.3: create an offer, if you like
struct SignalingStateChange {
  SignalingState state;
};
struct IceGatheringStateChange {
  IceGatheringState state;
};
struct IceConnectionStateChange {
  IceConnectionState state;
};
// For Failed, why: a sentence (docs/reasons.md has them all), and a code to branch on. Such as
// ClosedByPeer: docs/decisions/0006-peers-close.md.
struct ConnectionStateChange {
  ConnectionState state;
  std::string reason{};
  std::optional<ErrorCode> code{};
};
// Tell the peer. With an empty text no more will come: W3C §4.8.2. When the description that they
// belong to is rolled back, all are told anew with the next one.
struct LocalCandidate {
  IceCandidate candidate;
};
struct IncomingDataChannel {
  ChannelId channel;
  std::string label;
  DataChannelOptions options;
};
struct DataChannelOpen {
  ChannelId channel;
};
struct Message {
  ChannelId channel;
  MessageKind kind;
  Buffer data;
  // Otherwise only on a channel that has receive_in_parts().
  bool begins = true, ends = true;
  bool is_cut_off = false;  // the peer gave up the rest of a message; no data
};
struct BufferedAmountLow {
  ChannelId channel;
};
struct DataChannelClosing {
  ChannelId channel;
};  // the peer closes it
struct DataChannelError {
  ChannelId channel;
  Error error;
};  // DataChannelClosed follows
struct DataChannelClosed {
  ChannelId channel;
};
// The peer began to open a channel that can't be taken, on this stream. One on a stream that a
// channel of ours has is that one's DataChannelError.
struct DataChannelRefused {
  std::uint16_t stream;
  Error error;
};
// The last event there is. Until next_timeout() has nothing more to wait for, the goodbye is
// repeated: whoever lives on that long, and calls handle_timeout(), says it over a lossy path too.
struct Closed {};

}  // namespace specter::core
