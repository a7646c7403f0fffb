// From fragments to messages, in order where the stream asks for it. RFC 9260 §6.6, §6.9;
// RFC 8260 §2.2.3.
//
// The fragments of a message have consecutive TSNs as DATA, and consecutive FSNs as I-DATA.
// Neighbours that came are kept as one Run, its bytes in few large pieces, so that in the ordinary
// case of fragments in order each byte is copied once, from its packet to where the message grows.
//
//   fragment -> run --complete--> (ordered: waits for its turn) --> ready
//                                 (stream being reset: held)
//
// The messages of some streams are handed out in parts: a run that is the next in its order, or
// needs none, gives its bytes away whenever it is asked, and stays until its end is there.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/data_chunk.h"
#include "sctp/packet/forward_tsn_chunk.h"
#include "sctp/packet/i_forward_tsn_chunk.h"
#include "sctp/packet/idata_chunk.h"
#include "sctp/rx/pieces.h"

#include "specter/bytes.h"

namespace specter::sctp {

struct ReassembledMessage {
  StreamId stream{};
  Ppid ppid{};
  bool unordered = false;
  Buffer bytes;
  // Of a message that is handed out in parts.
  bool begins = true, ends = true;
  bool is_cut_off = false;  // its sender gave the rest up; no bytes
};

using PartStreams = std::unordered_set<std::uint16_t>;

class Reassembly {
 public:
  // Incomplete DATA messages and loose pieces of such. Of I-DATA, an honest sender may have one
  // incomplete message on each stream: there items() is what its owner has to limit.
  static constexpr std::size_t kMaxRuns = 4096;

  explicit Reassembly(std::size_t max_message_bytes, const PartStreams* in_parts = nullptr)
      : max_message_bytes_(max_message_bytes), in_parts_(in_parts) {}

  enum class Result {
    Ok,
    MessageTooLarge,
    Contradiction,  // two fragments for one place, or one behind the last
  };
  // Takes a fragment that did not come before. `cumulative_tsn` is the point it led to.
  Result add(std::int64_t tsn, const DataChunk& chunk, std::int64_t cumulative_tsn);
  Result add(std::int64_t tsn, const IDataChunk& chunk, std::int64_t cumulative_tsn);
  bool has_place_for(const DataChunk& chunk) const {
    return runs_.size() < kMaxRuns || (chunk.begin && chunk.end);
  }
  bool has_place_for(const IDataChunk&) const { return true; }

  // RFC 3758 §3.6: nothing up to `skipped_to` comes any more; with it the cumulative TSN is
  // `cumulative_tsn`, farther on when what follows was there already.
  void skip(std::int64_t skipped_to, std::int64_t cumulative_tsn,
            std::span<const ForwardTsnChunk::Skipped> skipped);
  // RFC 8260 §2.3.1: nothing of these messages comes any more, nor of those before them.
  void skip(std::span<const IForwardTsnChunk::Skipped> skipped);

  // RFC 6525 §5.2.2: the streams' numbers start again (none: of all), once everything up to
  // `last_tsn` is there; until then what comes for them after `last_tsn` is held. What they are is
  // answered once it is done, by finish_reset().
  void begin_reset(std::int64_t last_tsn, std::vector<StreamId> streams);
  std::optional<std::vector<StreamId>> finish_reset(std::int64_t cumulative_tsn);

  // True when there is something ready.
  bool hand_out_parts();
  std::vector<ReassembledMessage> take_ready() { return std::exchange(ready_, {}); }
  // What was ready, or cut off, before the numbers that finish_reset() made an end of.
  std::vector<ReassembledMessage> take_before_reset() { return std::exchange(before_reset_, {}); }

  std::size_t bytes() const { return bytes_; }  // all kept here, without what is ready
  std::size_t items() const { return items_; }  // runs and messages that wait
  std::vector<StreamId> streams() const;        // that had a message, or I-DATA of one

 private:
  // What has an order of its own: I-DATA's ordered and unordered messages of a stream, and apart
  // from those, what came for it while it was being reset. DATA is all in one, by its TSN.
  enum class Lane : std::uint32_t {};
  static Lane lane(StreamId stream, bool unordered, bool held) {
    return Lane{std::uint32_t{std::to_underlying(stream)} << 2 | (unordered ? 2u : 0u) |
                (held ? 1u : 0u)};
  }
  static bool is_held(Lane lane) { return (std::to_underlying(lane) & 1) != 0; }

  struct Place {
    Lane lane{};
    std::int64_t mid = 0;       // unwrapped
    std::int64_t fragment = 0;  // FSN; of DATA the TSN
    auto operator<=>(const Place&) const = default;
  };
  struct Run {
    std::int64_t last = 0;  // fragment
    std::size_t bytes = 0;
    StreamId stream{};
    std::uint16_t ssn = 0;  // of DATA
    Ppid ppid{};
    bool unordered = false;
    bool begin = false;
    bool end = false;
    bool is_handed_out = false;  // its beginning
    bool has_news = false;       // stands in growing_
    Pieces pieces;
  };
  using Runs = std::map<Place, Run>;  // by the first fragment

  // A peer can have one of these for each of 65,536 streams: what few need at a time stands apart.
  struct Stream {
    std::int64_t next = 0;  // the number to be delivered, unwrapped
    // I-DATA's unordered messages: the last one that was heard of, and the first not skipped.
    std::int64_t last_unordered = 0;
    std::int64_t first_unordered = 0;
    // One message after the other: the beginning of one is told and its end is not. Whole ones that
    // wait for that are in behind_.
    bool is_telling = false;
  };
  struct Turn {
    StreamId stream{};
    std::int64_t number = 0;  // unwrapped
    auto operator<=>(const Turn&) const = default;
  };
  using Waiting = std::map<Turn, ReassembledMessage>;
  struct Held {
    std::int64_t number;
    ReassembledMessage message;
  };
  struct Reset {
    std::int64_t last_tsn;
    std::vector<StreamId> streams;  // sorted
    std::vector<Held> held;
  };

  Stream& stream(StreamId id) { return streams_[std::to_underlying(id)]; }
  Waiting::iterator first_waiting(StreamId stream) {
    const auto first = waiting_.lower_bound({stream, std::numeric_limits<std::int64_t>::min()});
    return first != waiting_.end() && first->first.stream == stream ? first : waiting_.end();
  }
  bool is_held(std::int64_t tsn, StreamId stream) const;
  Place place_of(const IDataChunk& chunk, bool held);
  bool has_fragments(const Place& of) const;  // its message
  void reserve(Run& run);
  template <class Chunk>
  Runs::iterator insert(Runs::iterator left, Runs::iterator right, const Place& at,
                        const Chunk& chunk);
  void join(Runs::iterator left, Runs::iterator right);
  Runs::iterator before(Runs::iterator run) {
    return run == runs_.begin() ? runs_.end() : std::prev(run);
  }
  ReassembledMessage take(Runs::iterator run);
  bool is_in_parts(StreamId stream) const {
    return in_parts_ && in_parts_->contains(std::to_underlying(stream));
  }
  bool is_next(const Stream& stream, const Runs::value_type& run) const;
  bool may_hand_out(Runs::iterator run);
  void note_growth(Runs::iterator run);
  void hand_out(Runs::iterator run);
  void go_on(Stream& stream, StreamId id);
  void look_for_next(const Stream& stream, StreamId id);
  void drop(Runs::iterator run);
  void drop_up_to(Lane lane, std::int64_t mid);
  void drop_numbers_of(const Reset& reset);
  void sweep(std::int64_t cumulative_tsn);
  template <class Number>  // SSN or MID
  void complete(bool held, Number number, ReassembledMessage message);
  void deliver(Stream& stream, ReassembledMessage message);
  void deliver_or_wait(Stream& stream, std::int64_t number, ReassembledMessage message);
  void deliver_waiting(Stream& stream, StreamId id);
  void skip_ordered(Stream& stream, StreamId id, std::int64_t last);

  std::size_t max_message_bytes_;
  const PartStreams* in_parts_;
  bool interleaves_ = false;             // what comes is I-DATA
  std::vector<Place> growing_;           // runs to be handed out in parts that have something new
  std::size_t usual_message_bytes_ = 0;  // of the last one that had fragments
  Runs runs_;
  std::unordered_map<std::uint16_t, Stream> streams_;  // only those that had a message
  Waiting waiting_;                                    // whole messages, until it is their turn
  std::unordered_map<std::uint16_t, std::vector<ReassembledMessage>> behind_;
  std::optional<Reset> reset_;
  std::vector<ReassembledMessage> ready_;
  std::vector<ReassembledMessage> before_reset_;
  std::size_t bytes_ = 0;
  std::size_t items_ = 0;
};

}  // namespace specter::sctp
