// Whose turn it is in resetting streams. RFC 6525 §5.
//
//   ours:    idle --start--> asked --response--> idle
//                             | ^
//                 "in progress"/no answer: the same request again
//   theirs:  each request has a number; it is acted on once and answered the same each time
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sctp/ids.h"
#include "sctp/packet/reconfig_chunk.h"
#include "sctp/tx/rto.h"

#include "specter/time.h"

namespace specter::sctp {

class StreamReset {
 public:
  // So often may a peer say "in progress", without getting on, before we take it for a no: about a
  // minute.
  static constexpr int kMaxInProgress = 32;

  // §4.1: both sides count requests from their initial TSN.
  StreamReset(std::uint32_t local_initial_tsn, std::uint32_t peer_initial_tsn)
      : next_request_(local_initial_tsn), expected_(peer_initial_tsn) {}

  // The peer counts from another number after all. What we asked for stands.
  void expect_from(std::uint32_t peer_initial_tsn) {
    expected_ = peer_initial_tsn;
    answered_ = 0;
  }

  // Our request. One at a time.
  bool busy() const { return asked_.has_value(); }
  void start(std::vector<StreamId> streams, std::uint32_t last_tsn);
  // The request, when it is to be sent (again); the timer runs from then.
  bool due() const { return asked_ && asked_->due; }
  OutgoingResetRequest take_due(Timestamp now, Duration rto);
  struct Finished {
    std::vector<StreamId> streams;
    bool done = false;
  };
  std::optional<Finished> handle_response(Timestamp now, const ReconfigResponse& response,
                                          Duration rto);
  // The peer has received more of what was sent before the request.
  void note_progress() {
    if (asked_) asked_->in_progress = 0;
  }
  bool handle_timeout(Timestamp now);  // true when an answer is overdue
  Deadline next_timeout() const { return asked_ ? asked_->resend_at : Deadline{}; }

  // The peer's requests.
  enum class Standing { New, Repeated, OutOfTurn };
  Standing standing(std::uint32_t request) const;
  void answer(std::uint32_t request, ReconfigResult result);  // a new one: it is dealt with
  ReconfigResult earlier_answer(std::uint32_t request) const;
  void change_answer(std::uint32_t request, ReconfigResult result);  // "in progress" is over

 private:
  struct Asked {
    OutgoingResetRequest request;
    bool due = true;
    Deadline resend_at;
    int tries = 0;         // for the doubling of the timer
    int in_progress = 0;   // answers that said so since the peer got on
    bool waiting = false;  // the last answer did: silence then is no error
  };
  struct Answer {
    std::uint32_t request = 0;
    ReconfigResult result{};
  };

  std::uint32_t next_request_;
  std::optional<Asked> asked_;
  std::uint32_t expected_;           // the peer's next
  std::array<Answer, 2> answers_{};  // a RE-CONFIG chunk holds two requests at most
  int answered_ = 0;
};

}  // namespace specter::sctp
