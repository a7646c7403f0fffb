// A peer connection's handle.
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
#include "specter/states.h"

namespace specter {

namespace api {
struct ConnectionHandle;
}

// Names a connection on its loop. A small value: cheap to copy, safe to keep after the connection
// is gone, usable from any thread and inside every handler. Every call returns at once; what
// becomes of it is an event to the owner, and events answer calls in the order in which they were
// made. Calls on a closed connection answer Error Closed and do nothing else. RTCPeerConnection,
// W3C §4.4.
class SPECTER_EXPORT PeerConnection {
 public:
  PeerConnection() = default;  // names nothing: every call answers Closed
  explicit PeerConnection(std::shared_ptr<api::ConnectionHandle> handle);

  // event::DataChannelCreated or OperationFailed; later DataChannelOpen. Errors on the spot:
  // InvalidArgument (W3C §6.1: label or protocol over 65,535 bytes or no UTF-8, both limits given,
  // negotiated without an id or with 65,535). The channel of an error is one that is closed.
  Result<DataChannel> create_data_channel(std::string_view label,
                                          DataChannelOptions options = {}) const;

  Result<> create_offer(OfferOptions options = {}) const;  // event::Offer
  Result<> create_answer() const;                          // event::Answer
  Result<> set_local_description(
      SessionDescription description) const;  // event::LocalDescriptionSet
  Result<> set_remote_description(
      SessionDescription description) const;                 // event::RemoteDescriptionSet
  Result<> add_ice_candidate(IceCandidate candidate) const;  // event::IceCandidateAdded

  // The same with JSON text, as signalling carries it. Error on the spot: InvalidJson.
  Result<> set_local_description(std::string_view json) const;
  Result<> set_remote_description(std::string_view json) const;
  Result<> add_ice_candidate(std::string_view json) const;

  // The next offer restarts ICE: it looks for a path again, from the addresses and servers that
  // there are by then, while the path in use carries on. event::NegotiationNeeded asks for that
  // offer. It stays wanted until a restart is negotiated. RTCPeerConnection.restartIce(), W3C
  // §4.4.2.
  Result<> restart_ice() const;
  // In the place of ConnectionOptions::ice_servers, from the next gathering on, which a restart
  // begins. RTCPeerConnection.setConfiguration(). Errors on the spot: SyntaxError and
  // InvalidAccess, as for a new connection.
  Result<> set_ice_servers(std::vector<IceServer> servers) const;

  Result<> get_stats() const;  // event::Stats
  // A barrier: event::Asked, with the same number, when all calls before it were made and answered.
  // In its handler the getters are as of then.
  Result<> ask(std::uint64_t question = 0) const;

  // While false the owner gets no event::Message, nor what follows one on its channel, such as the
  // peer's closing; what comes then is kept up to DataOptions::receive_buffer_bytes, and the peer
  // waits. All other events come. Inside a handler of this connection it holds from the next event
  // on, elsewhere soon. True at first.
  void set_receiving(bool receiving) const;

  // Says goodbye to the peer, closes its channels and frees everything: event::Closed, and no event
  // after it. Calls that wait are made first. Never blocks; twice is as good as once.
  void close() const;
  // The same for an owner who no longer listens: calls that still wait are not made, nor answered,
  // and what was posted to channels is not sent.
  void abort() const;

  // Questions: the last that the loop told; never older than the events received.
  SignalingState signaling_state() const;
  IceGatheringState ice_gathering_state() const;
  IceConnectionState ice_connection_state() const;
  ConnectionState connection_state() const;
  std::optional<SessionDescription> local_description() const;
  std::optional<SessionDescription> current_local_description() const;
  std::optional<SessionDescription> pending_local_description() const;
  std::optional<SessionDescription> remote_description() const;
  std::optional<SessionDescription> current_remote_description() const;
  std::optional<SessionDescription> pending_remote_description() const;

  std::uint64_t id() const;  // unique in the process, from 1; 0 for a handle that names nothing

  friend bool operator==(const PeerConnection& a, const PeerConnection& b) {
    return a.handle_ == b.handle_;
  }

  const std::shared_ptr<api::ConnectionHandle>& handle() const {
    return handle_;
  }  // for the library itself

 private:
  std::shared_ptr<api::ConnectionHandle> handle_;
};

}  // namespace specter
