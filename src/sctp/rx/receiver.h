// What comes in: which TSNs, which messages, how much room is left, and when to say so.
// RFC 9260 §6.2.
//
// A SACK is only marked as due when packets come, and built when the packet that carries it is
// polled: one drain after many packets makes one SACK.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sctp/packet/sack_chunk.h"
#include "sctp/rx/reassembly.h"
#include "sctp/rx/received_tsns.h"

#include "specter/time.h"

namespace specter::sctp {

class Receiver {
 public:
  // RFC 9260 §6.2 allows 500 ms and asks for 200 at most. The sender's RTO has at least 200 ms.
  static constexpr Duration kSackDelay = std::chrono::milliseconds(20);

  struct Limits {
    std::size_t buffer_bytes = 0;
    std::size_t max_message_bytes = 0;
    std::size_t segment_bytes = 0;  // the size of a full packet, for window updates
  };

  // `in_parts`: the streams whose messages are handed out as they come; looked at each time.
  Receiver(const Limits& limits, std::uint32_t peer_initial_tsn,
           const PartStreams* in_parts = nullptr);

  // `Chunk` is DataChunk or IDataChunk, with an association always the same.
  template <class Chunk>
  Reassembly::Result handle_data(const Chunk& chunk);
  // A chunk for a stream that does not exist: acknowledged, not kept. RFC 9260 §6.5.
  void handle_unwanted(std::uint32_t tsn);
  // False when the new point can't be one that its sender reached.
  template <class Chunk>  // ForwardTsnChunk or IForwardTsnChunk
  bool handle_forward_tsn(const Chunk& chunk);
  void handle_packet_end(Timestamp now);  // after a packet's last chunk, if it had DATA
  void handle_timeout(Timestamp now);
  Deadline next_timeout() const { return sack_at_; }

  // RFC 6525 §5.2.2. The streams are those of a reset that is done now.
  void begin_reset(std::uint32_t last_tsn, std::vector<StreamId> streams);
  std::optional<std::vector<StreamId>> finish_reset();

  // True when there is something for take_messages().
  bool hand_out_parts() { return reassembly_.hand_out_parts(); }
  std::vector<ReassembledMessage> take_messages();      // they count until release()
  std::vector<ReassembledMessage> take_before_reset();  // likewise, those older than the reset
  void release(std::size_t bytes);                      // the application has it
  // After a restart: what was taken from the receiver before this one still counts.
  void adopt_undelivered(const Receiver& before) {
    undelivered_bytes_ = before.undelivered_bytes_;
    undelivered_messages_ = before.undelivered_messages_;
  }

  bool sack_due() const { return sack_due_; }
  bool sack_pending() const { return sack_due_ || sack_at_; }  // worth to go with other chunks
  void request_sack() { sack_due_ = true; }
  SackChunk make_sack(std::size_t max_bytes);

  std::uint32_t cumulative_tsn() const { return static_cast<std::uint32_t>(tsns_.cumulative()); }
  bool has_gaps() const { return tsns_.has_gaps(); }
  std::size_t buffered_bytes() const { return reassembly_.bytes() + undelivered_bytes_; }
  std::size_t window_bytes() const;
  std::vector<StreamId> streams() const { return reassembly_.streams(); }

 private:
  std::vector<ReassembledMessage> counted(std::vector<ReassembledMessage> messages);
  template <class Chunk>
  bool accepts(std::int64_t tsn, const Chunk& chunk) const;
  std::size_t items() const;       // runs and messages that are kept
  std::size_t used_bytes() const;  // with what it costs to keep track of them

  Limits limits_;
  ReceivedTsns tsns_;
  Reassembly reassembly_;
  std::size_t undelivered_bytes_ = 0;
  std::size_t undelivered_messages_ = 0;

  bool sack_due_ = false;
  Deadline sack_at_;
  int packets_since_sack_ = 0;
  bool packet_had_data_ = false;
  bool packet_wants_sack_ = false;
  std::size_t advertised_bytes_;
};

}  // namespace specter::sctp
