// The sending side of an association: when a chunk may be sent, when it counts as lost, when it is
// abandoned.
// RFC 9260 §6.1, §6.3, §7.2; RFC 8985; RFC 3758 §3.5; RFC 8260 §2.2.2.
//
//   sender.cc       fills the next packet
//   recovery.cc     handles SACKs: acknowledgement, loss detection, timeouts, probes
//   giving_up.cc    abandons messages with a limit: FORWARD TSN and I-FORWARD-TSN
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sctp/packet/packet.h"
#include "sctp/packet/sack_chunk.h"
#include "sctp/tx/congestion_control.h"
#include "sctp/tx/delivery_rate.h"
#include "sctp/tx/lifetimes.h"
#include "sctp/tx/outstanding.h"
#include "sctp/tx/pacer.h"
#include "sctp/tx/proportional_rate.h"
#include "sctp/tx/rack.h"
#include "sctp/tx/rto.h"
#include "sctp/tx/send_queue.h"

namespace specter::sctp {

class Sender {
 public:
  // Unacknowledged messages of a stream. SSNs have 16 bits: more messages would be ambiguous. MIDs
  // have 32 bits and need no limit.
  static constexpr std::size_t kMaxStartedMessages = 0x7fff;
  // The longest expected delay of a SACK: 20 ms, as in browsers and here, and 5 ms for timers. A
  // peer with a longer delay shows it in the measured round trips.
  static constexpr Duration kPeerSackDelay = std::chrono::milliseconds(25);
  static constexpr Duration kMinProbeTimeout = std::chrono::milliseconds(10);
  // A chunk that was lost so often raises the suspicion that the path MTU shrank. With 10 % random
  // loss that happens to one chunk in ten thousand, and costs a round trip in small packets.
  static constexpr int kLossesOfTooNarrow = 4;
  // The ranges of retransmitted chunks that are remembered to detect a spurious recovery.
  static constexpr std::size_t kMaxUndoRanges = 1024;

  struct Config {
    // The largest DATA chunk that fits every packet, with its header, in bytes (PMDCS).
    std::size_t segment_bytes = 0;
    std::size_t buffer_bytes = 0;
    Rto::Limits rto;
    CongestionControl congestion_control = CongestionControl::Cubic;
    std::uint64_t seed = 0;  // of the random choices of congestion control
  };

  Sender(const Config& config, std::uint32_t initial_tsn);

  // Whether the message fits the send buffer (buffer_bytes).
  bool has_room_for(std::size_t message_bytes) const;
  void send(OutgoingMessage message);
  // Abandons a message whose last part will never be sent; the peer is notified.
  void cut_message(StreamId stream);
  SendQueue& queue() { return queue_; }
  const SendQueue& queue() const { return queue_; }

  // What the peer announced when the association was established.
  struct Peer {
    std::uint32_t window_bytes = 0;
    bool forward_tsn = false;   // negotiated: FORWARD TSN, or I-FORWARD-TSN with interleaving
    bool interleaving = false;  // negotiated: I-DATA
    // What is queued for others is abandoned.
    std::uint16_t streams = 0xffff;
  };
  void start(const Peer& peer);
  bool has_sent() const { return last_sent_.has_value(); }
  // The payload of a packet in bytes, at least segment_bytes. Larger packets carry several chunks:
  // chunks do not grow, so that they can be retransmitted if the path MTU shrinks.
  void set_packet_bytes(std::size_t bytes);
  // The suspicion that the path MTU shrank, since the last call. Grave: nothing is acknowledged, or
  // one chunk never is while others are, so that no timeout occurs.
  enum class PathSuspicion : std::uint8_t { None, Mild, Grave };
  PathSuspicion take_path_suspicion() { return std::exchange(suspects_path_, PathSuspicion::None); }
  // Whether T3-rtx has expired and nothing was acknowledged since.
  bool is_silent() const { return timeouts_ > 0; }
  // The size of the chunk to retransmit next, in bytes; 0: none. It has a TSN and cannot be split
  // (RFC 9260 §6.9), so the next packet needs this room even if it exceeds the path MTU.
  std::size_t chunk_to_repeat_bytes();
  // Asks the peer to acknowledge without delay (RFC 7053 §4.1).
  void set_hurry(bool hurry) { hurry_ = hurry; }

  // Abandons expired messages and advances the pacer. Call it before wants_to_send() and fill().
  void prepare(Timestamp now);
  // Whether fill() would add something to an empty packet.
  bool wants_to_send();
  void fill(PacketWriter& packet, Timestamp now);

  enum class SackResult { Ok, Stale, NeverSent };
  SackResult handle_sack(Timestamp now, const SackChunk& sack);
  // The latest SACK of the peer, with another cumulative TSN.
  SackChunk last_sack_with(std::uint32_t cumulative_tsn) const;
  // Packets take another path from now on. Outstanding chunks are retransmitted at once.
  void handle_path_change(Timestamp now);
  // Returns whether T3-rtx expired.
  bool handle_timeout(Timestamp now);
  WakeUp next_timeout() const;

  bool idle() const { return out_.empty() && queue_.messages() == 0; }
  std::uint32_t last_assigned_tsn() const {
    return static_cast<std::uint32_t>(out_.next_tsn() - 1);
  }
  Rto& rto() { return rto_; }
  const Rto& rto() const { return rto_; }
  bool window_closed() const { return peer_window_ == 0; }
  Deadline last_sent() const { return last_sent_; }  // when a DATA chunk was last sent

  std::size_t flight_bytes() const { return out_.flight_bytes(); }
  const Outstanding& outstanding() const { return out_; }
  std::size_t congestion_window_bytes() const { return congestion_->window_bytes(); }
  std::size_t peer_window_bytes() const;
  std::uint64_t retransmissions() const { return retransmissions_; }
  std::uint64_t abandoned() const { return abandoned_; }
  void count_abandoned(std::size_t messages) { abandoned_ += messages; }
  void count_retransmissions(std::uint64_t chunks) { retransmissions_ += chunks; }

 private:
  // RFC 9260 §7.2.4, §6.3.3: further losses belong to the same congestion event until everything
  // sent before it is acknowledged.
  struct Recovery {
    enum class Kind : std::uint8_t { Fast, Timeout };
    Kind kind;
    std::int64_t until;
  };
  // RFC 8985 §7: a chunk sent to provoke a SACK for the last ones.
  struct Probe {
    std::int64_t tsn;
    Timestamp sent_at;
    bool was_sent_before;
  };

  // ---- sender.cc
  bool window_open() const;
  bool may_send_new() const;
  bool may_start(const OutgoingMessage& message) const;
  std::size_t max_fragment() const { return chunk_bytes_ - out_.header_bytes(); }
  bool has_new();
  bool paces() const;
  bool may_leave();
  void repair_first(PacketWriter& packet, Timestamp now);
  bool add_lost(PacketWriter& packet, Timestamp now);
  bool add_new(PacketWriter& packet, Timestamp now, bool is_probe = false);
  void write(PacketWriter& packet, std::int64_t tsn, bool immediate);
  SendRecord record_sending(Timestamp now, std::size_t bytes, bool was_under_way);
  void note_sent(Timestamp now, std::int64_t tsn, std::size_t bytes);
  void decay_when_idle(Timestamp now);
  bool window_is_small() const;

  // ---- recovery.cc
  std::vector<Range>& gap_ranges(const SackChunk& sack, std::int64_t cumulative);
  Outstanding::Outcome acknowledge(Timestamp now, const SackChunk& sack, std::int64_t cumulative);
  void note_duplicates(const SackChunk& sack);
  void judge_probe(Timestamp now, const SackChunk& sack);
  void find_losses(Timestamp now);
  void note_lost(Timestamp now, std::int64_t tsn);
  void suspect_path(PathSuspicion suspicion) {
    suspects_path_ = std::max(suspects_path_, suspicion);
  }
  void enter_recovery(Timestamp now, std::size_t flight_before);
  void leave_recovery();
  void settle_timers(Timestamp now, const Outstanding::Outcome& outcome);
  void arm_probe(Timestamp now);
  void send_probe(PacketWriter& packet, Timestamp now);
  void expire(Timestamp now);
  bool in_fast_recovery() const { return recovery_ && recovery_->kind == Recovery::Kind::Fast; }

  // ---- giving_up.cc
  bool must_give_up(const OutgoingMessage& message, const OutstandingChunk& chunk,
                    Timestamp now) const;
  void give_up(MessageIndex index);
  void give_up_lost(Timestamp now);
  void give_up_all_lost(Timestamp now);
  void give_up_expired(Timestamp now);
  void advance_skip_point();
  void add_forward_tsn(PacketWriter& packet, Timestamp now);
  template <class Chunk>
  void add_forward_tsn(PacketWriter& packet, Timestamp now);

  Config config_;
  SendQueue queue_;
  Outstanding out_;
  Rto rto_;
  std::unique_ptr<CongestionController> congestion_;
  DeliveryRate rate_;
  Rack rack_;
  Pacer pacer_;
  ProportionalRate proportion_;

  std::size_t chunk_bytes_;  // of DATA at most, header included
  PathSuspicion suspects_path_ = PathSuspicion::None;
  bool started_ = false;
  bool forward_tsn_ = false;  // negotiated
  bool interleaves_ = false;  // likewise
  bool hurry_ = false;
  std::size_t peer_window_ = 0;  // the advertised window, without subtracting outstanding bytes

  Deadline t3_;
  int timeouts_ = 0;  // in a row
  Deadline last_sent_;
  Deadline decayed_at_;         // when the congestion window was last reduced for idleness
  std::int64_t rto_round_ = 0;  // the next chunk whose round trip is measured: once per round trip

  std::optional<Recovery> recovery_;
  bool fast_retransmit_due_ = false;  // one packet may be sent regardless of the windows
  bool probing_window_ = false;       // the chunk in flight is a zero window probe
  bool waits_for_pacer_ = false;
  std::int64_t limited_tsn_ = -1;  // the last chunk sent before the window was full
  Deadline reordering_until_;      // when chunks that may be reordered count as lost
  std::int64_t known_up_to_ = 0;   // the last SACK had no room for gaps beyond this TSN
  Deadline probe_at_;
  bool probe_due_ = false;
  std::optional<Probe> probe_;

  // The chunks retransmitted in the last fast recovery that were not reported as duplicates. Empty:
  // none of them was lost.
  RangeSet sent_again_;
  bool may_undo_ = false;

  std::int64_t skip_point_;  // RFC 3758's Advanced.Peer.Ack.Point
  bool forward_due_ = false;
  Deadline forward_sent_;
  Lifetimes lifetimes_{queue_};
  bool is_overdue_ = false;  // a lifetime has expired

  std::optional<Duration> round_trip_;  // measured by the SACK that is being handled
  // Members only to reuse their memory.
  std::vector<Range> gaps_;
  std::vector<Range> disjoint_;
  std::vector<std::int64_t> newly_lost_;

  std::uint64_t retransmissions_ = 0;
  std::uint64_t abandoned_ = 0;
};

}  // namespace specter::sctp
