// The association itself: its state, and what each chunk does to it. One file a concern:
//   impl.cc       construction, the application's verbs, the questions
//   dispatch.cc   a packet's tags, then one handler a chunk
//   handshake.cc  INIT to COOKIE ACK, collisions, restart
//   snap.cc       INITs that came with the descriptions instead
//   data.cc       DATA and I-DATA, SACK, FORWARD TSN and I-FORWARD-TSN, stream reset
//   ending.cc     SHUTDOWN, ABORT, heartbeats, all timers
//   transmit.cc   what goes into the next packet
//   path_mtu.*    how large it may be
//   held_events.* what waits for set_receiving(true)
#pragma once

#include <optional>
#include <string>

#include "base/queue.h"
#include "sctp/association.h"
#include "sctp/association/cookie.h"
#include "sctp/association/held_events.h"
#include "sctp/association/path_mtu.h"
#include "sctp/association/stream_reset.h"
#include "sctp/packet/control_chunks.h"
#include "sctp/packet/error_chunk.h"
#include "sctp/packet/init_chunk.h"
#include "sctp/packet/reconfig_chunk.h"
#include "sctp/rx/receiver.h"
#include "sctp/tx/sender.h"

namespace specter::sctp {

// A deadline that moves away twice as far each time it was missed.
struct BackoffTimer {
  Deadline at;
  Duration interval{};

  void start(Timestamp now, Duration first) {
    interval = first;
    at = now + first;
  }
  void stop() { at.reset(); }
  bool expired(Timestamp now) const { return at && *at <= now; }
  void back_off(Timestamp now, Duration longest) {
    interval = std::max(interval, std::min(2 * interval, longest));
    at = now + interval;
  }
};

// RFC 9260 §4, and one after the end of it.
enum class State : std::uint8_t {
  Closed,  // nothing said yet; answers an INIT
  CookieWait,
  CookieEchoed,
  Established,
  ShutdownPending,
  ShutdownSent,
  ShutdownReceived,
  ShutdownAckSent,
  Ended,
};

// The state, whose changes are told.
class ToldState {
 public:
  explicit ToldState(const Log& log) : log_(log) {}
  operator State() const { return state_; }  // NOLINT: implicit by intent
  ToldState& operator=(State state);

 private:
  Log log_;
  State state_ = State::Closed;
};

class Association::Impl {
 public:
  // How many packets of their own (INIT ACK, ABORT, …) and how many bytes of control chunks wait to
  // be polled; what a peer provokes beyond is not answered.
  static constexpr std::size_t kMaxOwnPackets = 8;
  static constexpr std::size_t kMaxControlBytes = 8192;
  // A late peer must be found soon: INIT and COOKIE ECHO are not backed off beyond this.
  static constexpr Duration kMaxHandshakeInterval = std::chrono::seconds(1);
  // So many full packets under way make the search for larger ones worth its probes.
  static constexpr std::size_t kBulkSegments = 4;
  // RFC 9260 §9.2: T5-shutdown-guard, in RTO.Max.
  static constexpr int kShutdownGuard = 5;

  Impl(const Config& config, Random& random, Log log);

  void set_remote_port(std::uint16_t port) { config_.remote_port = port; }
  void set_path(std::vector<std::size_t> packet_sizes);
  void limit_path(Timestamp now, std::size_t packet_bytes);
  void connect(Timestamp now);
  const Buffer& local_init() const { return local_init_; }
  Result<> connect_with(Timestamp now, Bytes remote_init);
  Result<> send(Timestamp now, StreamId stream, Ppid ppid, Payload message,
                const SendOptions& options);
  Result<> send_part(Timestamp now, StreamId stream, Ppid ppid, Payload part, bool last,
                     const SendOptions& options);
  void cut_message(StreamId stream);
  void receive_in_parts(StreamId stream);
  void reset_streams(Timestamp now, std::span<const StreamId> streams);
  void set_buffered_amount_low_threshold(StreamId stream, std::size_t bytes);
  void shutdown(Timestamp now);
  void abort(Timestamp now, std::string_view reason);

  void handle_path_change(Timestamp now) { sender_->handle_path_change(now); }
  void handle_packet(Timestamp now, Bytes packet);
  void handle_timeout(Timestamp now);
  bool append_packet(Timestamp now, Buffer& out);
  bool may_fragment() const { return may_fragment_; }
  std::optional<Event> poll_event();
  void set_receiving(bool receiving) { is_receiving_ = receiving; }
  WakeUp next_timeout() const;

  bool is_established() const;
  bool has_ended() const { return state_ == State::Ended; }
  bool awaits_acknowledgement() const { return sender_->outstanding().size() > 0; }
  bool used_snap() const { return used_snap_; }
  bool interleaves() const { return is_established() && peer_.interleaving; }
  std::size_t buffered_amount(StreamId stream) const {
    return sender_->queue().buffered_bytes(stream);
  }
  std::uint16_t outgoing_streams() const { return outgoing_streams_; }
  Counters counters() const;

 private:
  struct Peer {
    std::uint32_t tag = 0;  // 0: not known
    std::uint32_t initial_tsn = 0;
    std::uint32_t window_bytes = 0;
    std::uint16_t outgoing_streams = 0;  // agreed
    std::uint16_t incoming_streams = 0;
    bool forward_tsn = false;
    bool reconfig = false;
    bool zero_checksum = false;
    bool interleaving = false;  // negotiated: I-DATA and I-FORWARD-TSN, and nothing else
    bool pad = false;           // knows PAD, RFC 4820
  };
  struct HeartbeatSent {
    std::uint64_t nonce;
    Timestamp at;
    Timestamp answer_by;
    bool overdue = false;
  };

  // dispatch.cc
  std::expected<PacketView, ParseError> read(Bytes bytes) const;
  enum class Gate { Open, Drop };
  Gate check_tag(Timestamp now, const PacketView& packet, const ChunkView& first);
  void handle_after_end(Bytes bytes);
  void handle_out_of_the_blue(const PacketView& packet, const ChunkView& first);
  void handle_chunks(Timestamp now, const PacketView& packet);
  bool handle_chunk(Timestamp now, const PacketView& packet, const ChunkView& chunk);
  bool handle_unknown(const ChunkView& chunk);
  bool exchanges_data() const;
  void drop(std::string_view cause) {
    ++counters_.packets_dropped;
    log_.drop(cause);
  }

  // handshake.cc
  void send_init(Timestamp now);
  void handle_init(Timestamp now, const InitChunk& init);
  void handle_init_ack(Timestamp now, const InitChunk& init);
  bool handle_cookie_echo(Timestamp now, const PacketView& packet, Bytes sealed);
  bool accept_cookie(Timestamp now, const Cookie& cookie);
  void handle_cookie_ack(Timestamp now);
  void handle_error(Timestamp now, const ErrorChunk& error);
  void restart(Timestamp now, const Cookie& cookie);
  bool may_meet(Timestamp now, const Peer& peer);
  void meet(const Peer& peer);
  void establish(Timestamp now);
  static Peer peer_of(const Cookie& cookie);
  Peer peer_of(const InitChunk& init) const;
  std::uint32_t random_tag();
  void make_sender(std::uint32_t initial_tsn);
  InitChunk own_init(InitChunk::Kind kind) const;
  Buffer written_init() const;
  std::vector<Buffer> fitting(const std::vector<Buffer>& parts, std::size_t bytes) const;

  // data.cc
  template <class Chunk>  // DATA or I-DATA
  void handle_data(Timestamp now, const Chunk& data);
  void handle_sack(Timestamp now, const SackChunk& sack);
  template <class Chunk>  // FORWARD TSN or I-FORWARD-TSN
  void handle_forward_tsn(Timestamp now, const Chunk& forward);
  void handle_reconfig(Timestamp now, const ReConfigChunk& reconfig);
  ReconfigResult handle_outgoing_reset(const OutgoingResetRequest& request);
  void handle_reset_response(Timestamp now, const ReconfigResponse& response);
  ReconfigResult refuse(std::uint32_t request);
  void finish_incoming_reset();
  void start_outgoing_reset();
  void finish_outgoing_reset(const StreamReset::Finished& finished);
  void emit_messages();
  void emit(std::vector<ReassembledMessage> messages);
  void emit_reset(std::vector<StreamId> streams);
  Result<> check_sendable(StreamId stream, std::size_t bytes) const;
  void emit_low();

  // ending.cc
  void handle_shutdown(Timestamp now, const ShutdownChunk& shutdown);
  void handle_shutdown_ack(Timestamp now);
  void handle_abort(const ErrorChunk& abort);
  void handle_heartbeat(const HeartbeatChunk& heartbeat);
  void handle_heartbeat_ack(Timestamp now, const HeartbeatChunk& heartbeat);
  void proceed_with_shutdown(Timestamp now);
  void violate(Timestamp now, CauseCode code, std::string detail);
  void end(CloseReason reason, std::string detail);
  bool too_many_errors();
  void handle_heartbeat_timeout(Timestamp now);
  void send_heartbeat(Timestamp now);
  bool is_too_narrow(Timestamp now);
  void handle_handshake_timeout(Timestamp now);
  void handle_shutdown_timeout(Timestamp now);

  // transmit.cc
  PacketWriter packet_to(std::uint32_t tag) const;
  PacketWriter packet_to(std::uint32_t tag, Buffer& out) const;
  PacketWriter packet_to(std::uint32_t tag, Buffer& out, std::size_t max_bytes) const;
  void queue_packet(Buffer packet);
  template <class Chunk>
  void queue_alone(std::uint32_t tag, const Chunk& chunk);
  template <class Chunk>
  void queue_control(const Chunk& chunk);
  void report(CauseCode code, Buffer info);
  bool append_next(Timestamp now, Buffer& out);
  bool append_cookie_packet(Timestamp now, Buffer& out);
  bool append_ordinary_packet(Timestamp now, Buffer& out);
  void add_control(PacketWriter& packet);
  void add_sack(PacketWriter& packet);
  void append_path_probe(Timestamp now, Buffer& out);
  void use_path_mtu();
  void look_into_path();

  Config config_;
  Random& random_;
  const Log log_;
  std::size_t segment_bytes_;
  CookieJar cookies_;
  PathMtu path_mtu_;

  ToldState state_{log_};
  // One pair for all answers to an INIT as long as there is no association, and for our own INIT:
  // so a collision of both sides' INITs always ends in RFC 9260 §5.2.4's case D.
  std::uint32_t local_tag_;
  std::uint32_t local_tsn_;
  const Buffer local_init_;   // as descriptions and connect() say it; a restart does not change it
  const std::uint64_t seed_;  // of the sender's congestion control
  Peer peer_;
  std::uint16_t outgoing_streams_;
  std::optional<Sender> sender_;  // there from the beginning; a restart makes a new one
  std::optional<Receiver> receiver_;
  PartStreams in_parts_;  // those whose messages are told in parts
  std::optional<StreamReset> reset_;
  std::optional<std::uint32_t> deferred_reset_;  // the peer's request that waits for its data

  BackoffTimer t1_, t2_;
  Deadline guard_;
  int errors_ = 0;  // unanswered in a row: RFC 9260 §8.1
  bool used_snap_ = false;
  // Established by descriptions, and nothing has come yet that shows that the peer knows our tag:
  // perhaps it never saw our INIT, and will begin with one of its own.
  bool is_on_trust_ = false;
  bool init_due_ = false, cookie_due_ = false, shutdown_due_ = false, shutdown_ack_due_ = false;
  bool we_shut_down_ = false;
  bool ended_well_ = false;  // by a shutdown that both sides finished
  Buffer cookie_;            // to echo

  Deadline heartbeat_at_;
  Timestamp active_at_{};  // when it was established
  std::optional<HeartbeatSent> heartbeat_;
  // Since when the smallest packets with data are lost; since when and until when meanwhile smaller
  // ones without came, one after the other.
  Deadline narrow_since_;
  Deadline small_since_, small_until_;

  RareQueue<Buffer> own_packets_;
  RareQueue<Buffer> control_;
  std::size_t control_bytes_ = 0;
  Queue<Event> events_;
  HeldEvents held_;  // older than those in events_
  // Resets of the peer's that the owner has not heard of. No window counts them.
  static constexpr int kMaxUntakenResets = 1024;
  int untaken_resets_ = 0;
  bool is_receiving_ = true;
  bool may_fragment_ = false;   // the packet appended last
  bool is_path_probe_ = false;  // likewise
  Counters counters_;
};

template <class Chunk>
void Association::Impl::queue_alone(std::uint32_t tag, const Chunk& chunk) {
  PacketWriter packet = packet_to(tag);
  packet.add(chunk);
  queue_packet(packet.finish());
}

template <class Chunk>
void Association::Impl::queue_control(const Chunk& chunk) {
  Buffer bytes;
  ByteWriter w(bytes);
  chunk.write(w);
  if (bytes.size() > segment_bytes_ || control_bytes_ + bytes.size() > kMaxControlBytes) return;
  control_bytes_ += bytes.size();
  control_.push_back(std::move(bytes));
}

}  // namespace specter::sctp
