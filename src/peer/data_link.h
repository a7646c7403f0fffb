// Data channels on a Transport: when their SCTP association begins and ends, with whose port and
// INIT (SNAP), in packets of which sizes, and how long the peer may take to answer. The rules of
// SCTP and of channels are in sctp/ and channel/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "channel/data_channels.h"
#include "dtls/connection.h"
#include "jsep/remote_transport.h"
#include "peer/batch.h"

#include "specter/endpoint.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/report.h"
#include "specter/states.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::peer {

using jsep::RemoteTransport;

class Transport;

using jsep::RemoteTransport;

class DataLink {
 public:
  using Event = channel::DataChannels::Event;

  // All three outlive it. `transport` carries it from here on.
  DataLink(const ConnectionOptions& options, Transport& transport, Random& random, Log log = {});
  DataLink(const DataLink&) = delete;

  // What a description of the peer's says of data, once its transport is started: the association
  // begins as soon as DTLS is connected. Again: the peer's limits are those of the latest one.
  void start(Timestamp now, const RemoteTransport& remote);
  // By negotiation the association ends, or will not come to be. A later start() may have another.
  void end(Timestamp now, const std::string& why);
  // The same for another peer, who hears nothing of it. The transport may have ended before.
  void leave_peer(Timestamp now, const std::string& why);
  // Goodbye of SCTP and of each channel, which the transport's close(), to follow, still sends.
  void shut_down(Timestamp now);
  // The largest IP packet in bytes that the interface of a local address sends.
  void note_interface(const IpAddress& address, std::size_t mtu);

  // After the transport's.
  void handle_timeout(Timestamp now);
  std::optional<Event> poll_event() { return channels_.poll_event(); }
  WakeUp next_timeout() const;

  channel::DataChannels& channels() { return channels_; }
  const channel::DataChannels& channels() const { return channels_; }
  // The peer's max-message-size in bytes, W3C §6.1.1; 0: no limit.
  std::size_t max_send_message_bytes() const { return max_send_message_bytes_; }
  void add_stats(Stats& stats) const;
  // An association is negotiated, and is not up yet.
  bool is_connecting() const { return is_negotiated_ && channels_.is_connecting(); }
  const PhaseTimes& handshake_times() const { return handshake_; }

  // ---- a rider's part, for the transport

  void handle_connected(Timestamp now);  // DTLS is
  // What one DTLS record brought.
  void handle(Timestamp now, Bytes packet);
  // Writes the next packet into the batch, as a record yet to be sealed; false: there is none.
  bool append(Timestamp now, Batch& batch, dtls::RecordRoom room);
  void handle_path();                      // there is one, or perhaps another one
  void handle_path_change(Timestamp now);  // the selected path is another
  // No larger packet gets through, as somebody on the path says.
  void limit_packets(Timestamp now, std::size_t bytes);
  // The largest packet, where SCTP has found that the path has no room for what nearly all have.
  std::optional<std::size_t> small_packets() const;
  void handle_closed(Timestamp now, Error why);
  // Whether the peer owes an acknowledgement of what was sent.
  bool awaits_answer() const { return channels_.association().awaits_acknowledgement(); }
  // Why the transport has to end: the peer has not done what is its turn, for longer than its time.
  // That passes only while ICE has a path that answers.
  std::optional<Error> find_overdue(Timestamp now, IceConnectionState ice);

 private:
  // For the handshake, from DTLS on.
  static constexpr Duration kPatience = std::chrono::seconds(40);

  void connect(Timestamp now);
  void note_handshake(Timestamp now);

  const ConnectionOptions& options_;
  Transport& transport_;
  channel::DataChannels channels_;
  bool is_negotiated_ = false;  // an association is
  bool is_shut_down_ = false;
  std::uint16_t remote_port_ = 5000;
  std::optional<Buffer> remote_init_;  // SCTP begins with it and ours: SNAP
  std::size_t max_send_message_bytes_ = 65536;
  std::vector<std::pair<IpAddress, std::size_t>> interfaces_;  // and their MTUs
  std::optional<Path> sized_path_;  // the one whose packet sizes SCTP knows
  Deadline patience_;               // until then the peer answers SCTP
  PhaseTimes handshake_;            // of SCTP
};

}  // namespace specter::peer
