// What goes out: when a chunk may be sent, when it is lost, when it is given up.
// RFC 9260 §6.1, §6.3, §7.2; RFC 3758 §3.5.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "sctp/packet/packet.h"
#include "sctp/packet/sack_chunk.h"
#include "sctp/tx/congestion_control.h"
#include "sctp/tx/outstanding.h"
#include "sctp/tx/rto.h"
#include "sctp/tx/send_queue.h"

namespace specter::sctp {

class Sender {
 public:
  // RFC 9260 §6.1 D, per SACK and beyond what it acknowledged; and after a pause.
  static constexpr std::size_t kMaxBurstSegments = 4;
  // A stream's numbers have 16 bits: more unacknowledged messages could not be told apart.
  static constexpr std::size_t kMaxStartedMessages = 0x7fff;

  struct Config {
    std::size_t segment_bytes = 0;  // the largest DATA chunk, header included (PMDCS)
    std::size_t buffer_bytes = 0;
    Rto::Limits rto;
  };

  Sender(const Config& config, std::uint32_t initial_tsn);

  // False: it would hold more than buffer_bytes.
  bool has_room_for(std::size_t message_bytes) const;
  void send(OutgoingMessage message);
  SendQueue& queue() { return queue_; }
  const SendQueue& queue() const { return queue_; }

  // The association is there: what the peer said of itself.
  void start(std::uint32_t window_bytes, bool forward_tsn);
  // The peer should acknowledge at once, since somebody waits for it (RFC 7053 §4.1).
  void set_hurry(bool hurry) { hurry_ = hurry; }

  // Gives up what has to be; afterwards wants_to_send() says whether fill() would add something to
  // an empty packet.
  void prepare(Timestamp now);
  bool wants_to_send();
  void fill(PacketWriter& packet, Timestamp now);

  enum class SackResult { Ok, Stale, NeverSent };
  SackResult handle_sack(Timestamp now, const SackChunk& sack);
  // True when T3-rtx expired.
  bool handle_timeout(Timestamp now);
  Deadline next_timeout() const;

  bool idle() const { return out_.empty() && queue_.messages() == 0; }
  std::uint32_t last_assigned_tsn() const {
    return static_cast<std::uint32_t>(out_.next_tsn() - 1);
  }
  Rto& rto() { return rto_; }
  const Rto& rto() const { return rto_; }
  bool window_closed() const { return peer_window_ == 0; }
  Deadline last_sent() const { return last_sent_; }  // when a DATA chunk went last
  std::size_t told_window_bytes() const { return peer_window_; }

  std::size_t flight_bytes() const { return out_.flight_bytes(); }
  std::size_t outstanding_chunks() const { return out_.size(); }
  std::size_t congestion_window_bytes() const { return congestion_->window_bytes(); }
  std::size_t peer_window_bytes() const;
  std::uint64_t retransmissions() const { return retransmissions_; }
  std::uint64_t abandoned() const { return abandoned_; }
  void count_abandoned(std::size_t messages) { abandoned_ += messages; }
  void count_retransmissions(std::uint64_t chunks) { retransmissions_ += chunks; }

 private:
  struct Lifetime {
    Timestamp expires;
    MessageIndex message;
    std::uint32_t generation;
    bool operator>(const Lifetime& other) const { return expires > other.expires; }
  };

  bool window_open() const;
  bool may_send_new() const;
  bool must_give_up(const OutgoingMessage& message, const OutstandingChunk& chunk,
                    Timestamp now) const;
  void give_up(MessageIndex index);
  void give_up_lost(const std::vector<std::int64_t>& tsns, Timestamp now);
  void advance_skip_point();
  void add_forward_tsn(PacketWriter& packet, Timestamp now);
  bool add_lost(PacketWriter& packet, Timestamp now);
  bool add_new(PacketWriter& packet, Timestamp now);
  void write(PacketWriter& packet, std::int64_t tsn, bool immediate);
  void note_sent(Timestamp now, std::size_t bytes);
  void decay_when_idle(Timestamp now);
  std::vector<Range> gap_ranges(const SackChunk& sack, std::int64_t cumulative) const;
  void after_acknowledgement(Timestamp now, const Outstanding::Outcome& outcome,
                             std::size_t flight_before);

  Config config_;
  SendQueue queue_;
  Outstanding out_;
  Rto rto_;
  std::unique_ptr<CongestionControl> congestion_;

  bool started_ = false;
  bool forward_tsn_ = false;  // negotiated
  bool hurry_ = false;
  std::size_t peer_window_ = 0;  // as last told, before what is under way

  Deadline t3_;
  int timeouts_ = 0;  // in a row
  Deadline last_sent_;
  Deadline decayed_at_;  // the idle window was last made smaller
  struct Measurement {
    std::int64_t tsn;
    Timestamp sent;
  };
  std::optional<Measurement> measurement_;

  std::optional<std::int64_t> recovery_until_;  // fast recovery's exit point
  bool fast_retransmit_due_ = false;            // one packet that no window holds back
  bool probing_ = false;                        // the chunk in flight asks a closed window
  std::int64_t burst_ = 0;                      // bytes that may still go before the next SACK
  bool polled_since_sack_ = true;

  std::int64_t skip_point_;  // RFC 3758's Advanced.Peer.Ack.Point
  bool forward_due_ = false;
  Deadline forward_sent_;
  std::priority_queue<Lifetime, std::vector<Lifetime>, std::greater<>> lifetimes_;

  std::uint64_t retransmissions_ = 0;
  std::uint64_t abandoned_ = 0;
};

}  // namespace specter::sctp
