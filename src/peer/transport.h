// The one transport of a connection: ICE, DTLS over it, SCTP and data channels over that. It
// introduces the layers to each other, and has no protocol rules of its own.
//
//     datagram in --> ICE (STUN) | DTLS, from validated paths only --> SCTP --> channel events
//     datagrams out <-- ICE | DTLS records of one size, one behind the other <-- SCTP packets
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "base/queue.h"
#include "base/rare.h"
#include "channel/data_channels.h"
#include "crypto/packet_cipher.h"
#include "dtls/connection.h"
#include "ice/agent.h"
#include "jsep/remote_transport.h"

#include "specter/endpoint.h"
#include "specter/error.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::peer {

using jsep::RemoteTransport;

struct DtlsStateChanged {
  DtlsTransportState state;
};

class Transport {
 public:
  using Transmit = specter::Transmit;
  // The layers' own events, as far as they concern whoever is above.
  using Event =
      std::variant<ice::LocalCandidateFound, ice::GatheringStateChanged,
                   ice::ConnectionStateChanged, DtlsStateChanged, channel::DataChannels::Event>;

  // All three outlive it.
  Transport(const ConnectionOptions& options, crypto::PacketCipher& cipher, Random& random);
  Transport(const Transport&) = delete;

  // The peer is known: checks begin, and DTLS as soon as a path is usable. Again with the same
  // peer: its further candidates count, and what it says of data.
  void start(Timestamp now, const RemoteTransport& remote, dtls::Role role);
  // Goodbye on every layer, sent at once, and its last datagram twice again. Silent afterwards but
  // for that and the channels' last events.
  void close(Timestamp now);
  // By negotiation the SCTP association ends, or will not come to be. A later start() may have
  // another.
  void end_data(Timestamp now, const std::string& why);
  void handle_network_failure(Timestamp now, std::string reason);  // nothing can be sent any more

  ice::Agent& ice() { return ice_; }
  const ice::Agent& ice() const { return ice_; }
  channel::DataChannels& channels() { return channels_; }
  const channel::DataChannels& channels() const { return channels_; }

  // What one receive brought, of any paths.
  void handle_datagrams(Timestamp now, std::span<const Datagram> datagrams);
  void handle_timeout(Timestamp now);
  void handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                        std::size_t most);
  // The largest IP packet that the interface of a local address sends.
  void note_interface(const IpAddress& address, std::size_t mtu);
  // To be called after anything was told to ice() directly.
  void pump(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now, Buffer& memory);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  DtlsTransportState dtls_state() const { return dtls_state_; }
  // Why it is over, or ICE has given up: what came first.
  const std::optional<Error>& failure() const { return failure_; }
  bool is_started() const { return role_.has_value(); }
  // Secrets for a key log, since the last call; only with ConnectionOptions::key_log_file.
  std::vector<std::string> take_key_log() { return std::exchange(key_log_, {}); }
  std::size_t max_send_message_bytes() const { return max_send_message_bytes_; }
  void add_stats(Stats& stats) const;

 private:
  // A DTLS datagram from a path that no check has proved yet. RFC 8445 §12.1.1: the peer may be
  // ahead of us.
  struct EarlyDatagram {
    ice::Path path;
    Timestamp expires;
    Buffer bytes;
  };
  static constexpr std::size_t kMaxEarlyDatagrams = 8;
  static constexpr std::size_t kMaxEarlyBytes = 2048;  // of one
  static constexpr std::size_t kMaxProvenPaths = 8;
  static constexpr std::size_t kMaxEmbeddedEarly = 8;
  static constexpr Duration kEarlyLifetime = std::chrono::seconds(5);
  static constexpr std::size_t kMaxBatchBytes = 60'000;  // UDP_SEGMENT's: one IP packet's worth
  static constexpr std::size_t kMaxBatchDatagrams = 48;
  static constexpr int kGoodbyes = 3;
  static constexpr Duration kGoodbyeInterval = std::chrono::milliseconds(30);
  // From DTLS on, as long as ICE has a path.
  static constexpr Duration kSctpPatience = std::chrono::seconds(40);

  // RFC 8832 §6: the DTLS client has the even streams.
  channel::Parity parity() const {
    return *role_ == dtls::Role::Client ? channel::Parity::Even : channel::Parity::Odd;
  }
  void handle_dtls(Timestamp now, const Datagram& datagram);
  void read_dtls(Timestamp now, const Path& path, MutableBytes datagram);
  void replay_early(Timestamp now);
  // ---- the handshake, over a path or in Binding messages (transport_handshake.cc)
  void make_dtls(const RemoteTransport& remote);
  void start_dtls(Timestamp now);
  void read_embedded(Timestamp now, ice::DtlsReceived& received);
  void carry_handshake(Timestamp now);
  bool may_read_dtls(const ice::Path& path) const;
  bool pump_ice(Timestamp now);
  bool pump_dtls(Timestamp now, const std::optional<ice::Path>& from);
  void set_dtls_state(DtlsTransportState state);
  // ---- how it ends (transport_ending.cc)
  void handle_dtls_closed(Timestamp now, dtls::Closed&& closed);
  enum class Goodbye { Once, Repeated };
  void end(Timestamp now, DtlsTransportState state, Error why, Goodbye goodbye);
  void keep_last_words(Timestamp now, Goodbye goodbye);
  void repeat_goodbye(Timestamp now);
  void note_ice_state(const ice::ConnectionStateChanged& changed);
  void watch_patience(Timestamp now);
  void handle_data(Timestamp now, const ice::Path& path, Bytes packet);
  void size_path();
  void note_data(const RemoteTransport& remote);
  void start_association(Timestamp now);
  struct Appended {
    bool may_fragment = false;
    bool is_sealed = true;
  };
  // Puts the next datagram behind those in `batch`; nothing when there is none. An SCTP packet's
  // record is yet to be sealed, with its neighbours.
  std::optional<Appended> append_datagram(Timestamp now, Buffer& batch);
  std::optional<specter::Transmit> next_batch(Timestamp now, Buffer& memory);

  const ConnectionOptions& options_;
  crypto::PacketCipher& cipher_;
  Random& random_;
  ice::Agent ice_;
  std::unique_ptr<dtls::Connection> dtls_;
  channel::DataChannels channels_;
  std::optional<dtls::Role> role_;
  bool has_data_ = false;  // an association is negotiated
  std::uint16_t remote_sctp_port_ = 5000;
  std::optional<Buffer> remote_sctp_init_;  // SCTP begins with it and ours: SNAP
  std::size_t max_send_message_bytes_ = 65536;
  DtlsTransportState dtls_state_ = DtlsTransportState::New;
  bool is_closed_ = false;
  std::vector<EarlyDatagram> early_;
  std::vector<ice::DtlsReceived> embedded_early_;  // came before the peer's description
  std::vector<ice::Path> proven_paths_;  // a Binding message of the peer's brought DTLS over it
  bool is_embedding_ = false;            // both sides' descriptions have SPED
  bool is_timed_ = false;                // DTLS has its time-outs from a measured round trip
  std::vector<std::pair<IpAddress, std::size_t>> interfaces_;  // and their MTUs
  bool has_selected_path_ = false;
  std::optional<ice::Path> sized_path_;  // the one whose packet sizes SCTP knows
  RareQueue<Event> events_;
  std::vector<std::string> key_log_;
  std::optional<Buffer> carried_;  // a datagram that did not fit the batch before it
  bool carried_may_fragment_ = false;
  RareQueue<specter::Transmit> last_words_;  // of an end, ours or the peer's

  // The datagram that says goodbye. There is no answer to it, so it comes again.
  struct Repeated {
    specter::Transmit datagram;
    int left = 0;
    Timestamp next;
  };
  Rare<Repeated> goodbye_;
  std::optional<Error> failure_;
  Deadline sctp_patience_;  // until then the peer answers SCTP

  std::uint64_t bytes_sent_ = 0, bytes_received_ = 0, packets_sent_ = 0, packets_received_ = 0;
  std::optional<Timestamp> last_sent_{}, last_received_{};
  std::uint64_t dropped_unvalidated_ = 0, dropped_unknown_ = 0;
};

}  // namespace specter::peer
