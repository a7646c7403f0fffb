// From fragments to messages, in order where the stream asks for it. RFC 9260 §6.6, §6.9.
//
// The fragments of a message have consecutive TSNs. Neighbours that came are kept as one Run, its
// bytes in few large pieces, so that in the ordinary case of fragments in order each byte is copied
// once, from its packet to where the message grows.
//
//   fragment -> run --complete--> (ordered: waits for its turn) --> ready
//                                 (stream being reset: held)
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"

#include "specter/bytes.h"

namespace specter::sctp {

struct ReassembledMessage {
  StreamId stream{};
  Ppid ppid{};
  bool unordered = false;
  Buffer bytes;
};

class Reassembly {
 public:
  static constexpr std::size_t kMaxRuns = 4096;  // incomplete messages and loose pieces of such

  explicit Reassembly(std::size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  enum class Result { Ok, MessageTooLarge };
  // Takes a fragment that did not come before. `cumulative_tsn` is the point it led to.
  Result add(std::int64_t tsn, const DataChunk& chunk, std::int64_t cumulative_tsn);
  bool has_place_for(const DataChunk& chunk) const {
    return runs_.size() < kMaxRuns || (chunk.begin && chunk.end);
  }

  // RFC 3758 §3.6: nothing up to `skipped_to` comes any more; with it the cumulative TSN is
  // `cumulative_tsn`, farther on when what follows was there already.
  void skip(std::int64_t skipped_to, std::int64_t cumulative_tsn,
            std::span<const ForwardTsnChunk::Skipped> skipped);

  // RFC 6525 §5.2.2: the streams' numbers start again (none: of all), once everything up to
  // `last_tsn` is there; until then what comes for them after `last_tsn` is held. What they are is
  // answered once it is done, by finish_reset().
  void begin_reset(std::int64_t last_tsn, std::vector<StreamId> streams);
  std::optional<std::vector<StreamId>> finish_reset(std::int64_t cumulative_tsn);

  std::vector<ReassembledMessage> take_ready() { return std::exchange(ready_, {}); }

  std::size_t bytes() const { return bytes_; }  // all kept here, without what is ready
  std::size_t items() const { return items_; }  // runs and messages that wait
  std::vector<StreamId> streams() const;        // that had a message

 private:
  struct Run {
    std::int64_t last = 0;
    std::size_t bytes = 0;
    StreamId stream{};
    std::uint16_t ssn = 0;
    Ppid ppid{};
    bool unordered = false;
    bool begin = false;
    bool end = false;
    std::deque<Buffer> pieces;
  };
  using Runs = std::map<std::int64_t, Run>;  // by the first TSN

  struct Stream {
    std::int64_t next = 0;  // the sequence number to be delivered, unwrapped
    std::map<std::int64_t, ReassembledMessage> waiting;
  };
  struct Held {
    std::uint16_t ssn;
    ReassembledMessage message;
  };
  struct Reset {
    std::int64_t last_tsn;
    std::vector<StreamId> streams;  // sorted
    std::vector<Held> held;
  };

  void reserve(Run& run);
  template <class Right>  // a Run or a DataChunk
  static bool joins(const Run& left, const Right& right) {
    return !left.end && !right.begin && left.stream == right.stream &&
           left.unordered == right.unordered && (left.unordered || left.ssn == right.ssn);
  }
  static void append(Run& left, Run&& right);
  void drop(Runs::iterator run);
  void sweep(std::int64_t cumulative_tsn);
  void complete(std::int64_t first_tsn, std::uint16_t ssn, ReassembledMessage message);
  void deliver_or_wait(std::uint16_t ssn, ReassembledMessage message);
  void deliver_waiting(Stream& stream);

  std::size_t max_message_bytes_;
  std::size_t usual_message_bytes_ = 0;  // of the last one that had fragments
  Runs runs_;
  std::unordered_map<std::uint16_t, Stream> streams_;  // only those that had a message
  std::optional<Reset> reset_;
  std::vector<ReassembledMessage> ready_;
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
};

}  // namespace specter::sctp
