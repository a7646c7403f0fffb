// The streams of one direction of an association, as the owners at both of its ends know them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>

#include "sctp/association.h"
#include "world/journal.h"
#include "world/ledger.h"

namespace specter::world {

// For tests of the verdicts: what becomes of a message between the association and its judge.
// False: it is lost.
using Tamper = std::function<bool(Buffer& message)>;

class SctpStreams {
 public:
  // Messages of the side that sends; none is larger than `most_bytes`.
  SctpStreams(Side sender, std::uint64_t seed, std::size_t most_bytes, Journal& journal)
      : sender_(sender), seed_(seed), most_bytes_(most_bytes), journal_(journal) {}

  // ---- the owner who sends
  void open(Promise promise);
  // `count` messages of up to `size` bytes on any of the streams; what is refused for now goes out
  // later.
  void say(std::size_t count, std::size_t size, std::uint64_t salt, bool only_reliable = false);
  void go_on(Timestamp now, sctp::Association& association);
  // The stream begins again.
  void reset(Timestamp now, std::size_t stream, sctp::Association& association);
  void end() { waiting_.clear(); }      // it has no more to say
  void note_end() { may_end_ = true; }  // somebody shuts down

  // ---- what its association tells
  void handle(const sctp::OutgoingStreamsReset& reset);
  void handle(const sctp::OutgoingResetFailed& failed);
  void handle(const sctp::BufferedAmountLow& low);
  // A packet that leaves. `is_up_to_date`: its owner has taken all events.
  void see_packet(Timestamp now, Bytes packet, bool is_up_to_date);

  // ---- what the other's does
  void handle(Timestamp now, const sctp::MessageReceived& message);
  void handle(const sctp::IncomingStreamsReset& reset);

  // What has not arrived, or is not told; empty: nothing.
  std::string unfinished(const sctp::Association& association) const;
  // Of all that must arrive, what has not.
  std::size_t missing() const;
  std::size_t received() const { return received_; }
  std::size_t size() const { return streams_.size(); }
  // Of what may be given up: so many at most are skipped one by one.
  std::size_t missing_of_limited() const;
  std::size_t waiting_bytes() const;
  std::size_t resets_under_way() const;

 private:
  struct Stream {
    Promise promise;
    std::deque<Ledger> lives;                                // the first, and one for each reset
    std::size_t reset_at_sender = 0, reset_at_receiver = 0;  // so often, as they were told
    std::size_t times_filled = 0, times_low = 0;

    bool is_resetting() const { return reset_at_sender + 1 < lives.size(); }
  };
  struct Waiting {
    std::size_t stream, size;
  };

  bool send(Timestamp now, sctp::Association& association, const Waiting& message);
  template <class Chunk>
  void see(Timestamp now, const Chunk& data, bool is_up_to_date);
  Stream* find(sctp::StreamId id);
  void begin_life(std::size_t number);
  void fail(Verdict verdict, std::string_view what) const;

  Side sender_;
  std::uint64_t seed_;
  std::size_t most_bytes_;
  Journal& journal_;
  std::deque<Stream> streams_;
  std::deque<Waiting> waiting_;
  std::unordered_map<std::uint32_t, std::uint32_t> times_sent_;  // by TSN, of streams with a limit
  bool has_limits_ = false, may_end_ = false;
  std::size_t received_ = 0;
};

}  // namespace specter::world
