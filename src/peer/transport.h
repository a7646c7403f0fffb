// ICE, and DTLS over it: it introduces the two to each other, and has no protocol rules of its own.
// What it carries are its riders, which it knows by name and by no more than their part for it: a
// rider is told of the path, of DTLS and of what came, and writes its packets into the batch that
// is about to leave. Riders call nothing but questions from within.
//
//     datagram in --> ICE (STUN) | DTLS, SRTP, from validated paths only --> riders
//     datagrams out <-- ICE | DTLS's handshake, riders' packets of one size, one behind the other
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/machine.h"
#include "base/rare.h"
#include "crypto/packet_cipher.h"
#include "dtls/connection.h"
#include "ice/agent.h"
#include "jsep/remote_transport.h"
#include "peer/batch.h"
#include "peer/early_datagrams.h"
#include "peer/last_words.h"
#include "peer/progress.h"

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

class DataLink;
class MediaLink;

class Transport {
 public:
  using Transmit = specter::Transmit;
  // The layers' own events, as far as they concern whoever is above.
  using Event =
      std::variant<ice::LocalCandidateFound, ice::ServerAnswer, ice::GatheringStateChanged,
                   ice::ConnectionStateChanged, DtlsStateChanged>;
  // What DTLS 1.2 with AES-GCM adds to a packet (header 13, nonce 8, tag 16), rounded up so that
  // SCTP's share stays a multiple of four. Bytes; record_room(transport) has those of the keys in
  // use.
  static constexpr std::size_t kUsualRecordOverhead = 40;

  // All three outlive it.
  Transport(const ConnectionOptions& options, crypto::PacketCipher& cipher, Random& random,
            Log log = {});
  Transport(const Transport&) = delete;

  // Its riders, which outlive every call of it but its destructor.
  template <class Rider>
  void carry(Rider& rider) {
    if constexpr (std::is_same_v<Rider, DataLink>)
      data_ = &rider;
    else
      media_ = &rider;
  }
  // The peer is known: checks begin, and DTLS as soon as a path is usable. Again with the same
  // peer: its further candidates count. pump() is to follow.
  void start(Timestamp now, const RemoteTransport& remote, dtls::Role role);
  // Another peer takes the place of the one before, RFC 8842 §5.1: another DTLS association, over
  // the generation of ICE that ice() has begun last. What the one before sends still is not looked
  // at. Riders are to have ended what they had with it. start() is to follow.
  void leave_peer(Timestamp now);
  // What riders have still to say and DTLS's goodbye, sent at once, and its last datagram twice
  // again. Silent afterwards but for that.
  void close(Timestamp now);
  void handle_network_failure(Timestamp now, std::string reason);  // nothing can be sent any more

  ice::Agent& ice() { return ice_; }
  const ice::Agent& ice() const { return ice_; }

  // What one receive brought, of any paths.
  void handle_datagrams(Timestamp now, std::span<const Datagram> datagrams);
  void handle_timeout(Timestamp now);
  void handle_too_large(Timestamp now, const Endpoint& local, const Endpoint& remote,
                        std::size_t most);
  // To be called after anything was told to ice() directly, or to riders.
  void pump(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now, Buffer& memory);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  DtlsTransportState dtls_state() const { return dtls_state_; }
  const std::optional<dtls::Role>& dtls_role() const { return role_; }  // nothing before start()
  // For the keys of SRTP (RFC 5764) and the room of records; null before start().
  const dtls::Connection* dtls() const { return dtls_.get(); }
  // Why it is over, or ICE has given up: what came first.
  const std::optional<Error>& failure() const { return failure_; }
  // Secrets for a key log, since the last call; only with ConnectionOptions::key_log_file.
  std::vector<std::string> take_key_log() { return std::exchange(key_log_, {}); }
  void add_stats(Stats& stats) const;
  const Progress& progress() const { return progress_; }

 private:
  static constexpr std::size_t kMaxProvenPaths = 8;

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
  void note_ice_state(const ice::ConnectionStateChanged& changed);
  void watch_patience(Timestamp now);
  bool append(Timestamp now, Batch& batch);
  std::optional<specter::Transmit> next_batch(Timestamp now, Buffer& memory);

  const ConnectionOptions& options_;
  crypto::PacketCipher& cipher_;
  Random& random_;
  const Log log_;
  ice::Agent ice_;
  std::unique_ptr<dtls::Connection> dtls_;
  DataLink* data_ = nullptr;    // a rider
  MediaLink* media_ = nullptr;  // another
  std::optional<dtls::Role> role_;
  DtlsTransportState dtls_state_ = DtlsTransportState::New;
  bool is_closed_ = false;
  EarlyDatagrams early_;
  std::vector<ice::Path> proven_paths_;  // a Binding message of the peer's brought DTLS over it
  bool is_embedding_ = false;            // both sides' descriptions have SPED
  bool is_timed_ = false;                // DTLS has its time-outs from a measured round trip
  bool has_selected_path_ = false;
  RareQueue<Event> events_;
  std::vector<std::string> key_log_;
  Rare<Batch::Misfit> carried_;  // of the batch before
  LastWords last_words_;
  std::optional<Error> failure_;
  Progress progress_;

  std::uint64_t bytes_sent_ = 0, bytes_received_ = 0, packets_sent_ = 0, packets_received_ = 0;
  std::optional<Timestamp> last_sent_{}, last_received_{};
  std::uint64_t dropped_unvalidated_ = 0, dropped_unknown_ = 0;
};

static_assert(Machine<Transport>);

// What a record takes around its packet; nothing while DTLS is not connected.
inline std::optional<dtls::RecordRoom> record_room(const Transport& transport) {
  const dtls::Connection* const dtls = transport.dtls();
  if (!dtls || !dtls->is_connected()) return std::nullopt;
  return dtls->record_room();
}

}  // namespace specter::peer
