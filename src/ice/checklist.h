// The pairs of local bases and remote candidates. RFC 8445 §6.1.2, RFC 8838 §11 to §13. One data
// stream with one component, so one list. places.h has who gets into it, and in which turn.
//
//                       first of its foundation,
//              Frozen ---------------------------> Waiting <-----------------+
//                        or it was unfrozen           |  ^                   | a check of the
//                                         check sent  v  | triggered again   | peer's arrived
//                                               InProgress --------> Failed -+
//                                                     |       no answer
//                                                     +-----------> Succeeded
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/queue.h"
#include "ice/agent.h"
#include "ice/candidate.h"
#include "ice/gathering.h"
#include "ice/places.h"
#include "stun/message.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::ice {

using PairState = CandidatePairState;

// RFC 7675: whether the peer still wants what is sent on a valid pair.
struct Consent {
  Timestamp next_request{};
  Timestamp last_request{};
  Timestamp last_response{};
  Timestamp last_sign_of_life{};  // a response, a request, or proven traffic
  Deadline unanswered_since{};    // the first request since last_response
};

struct Pair {
  // The local side is always a base: a server-reflexive candidate would be replaced by its base and
  // then be redundant, RFC 8445 §6.1.2.4.
  Base base;
  std::size_t remote_index = 0;
  Endpoint remote;
  std::string foundation;
  std::uint64_t priority = 0;  // which of the valid ones is the better
  // When it is checked; less is sooner. kNoTurn: others have its place, and it stays while there is
  // room. 0: a check of the peer's made it.
  std::size_t turn = 0;

  PairState state = PairState::Frozen;
  bool is_triggered = false;                    // in the triggered-check queue
  std::optional<stun::TransactionId> active{};  // the check that is being sent, if any

  // On the valid list, RFC 8445 §7.2.5.3.2, and with consent. What the response said our address is
  // stands in `mapped`: the valid pair's local candidate.
  bool is_valid = false;
  std::optional<Endpoint> mapped{};
  bool is_nominated = false;
  bool nominate = false;  // controlling: its checks carry USE-CANDIDATE
  // Controlled: the number of the latest USE-CANDIDATE that came for it, among all; 0: none.
  // Counts once it is valid.
  std::uint64_t peer_nomination = 0;
  bool peer_checked = false;  // a request without it came before: the peer doesn't nominate all
  Timestamp valid_since{};
  Timestamp last_request_received{};
  Consent consent{};
  // As the path in use, or on the way to it, it has failed so often; no move to it before then.
  int falls = 0;
  Timestamp held_until{};

  std::uint64_t requests_sent = 0, requests_received = 0;
  std::uint64_t responses_sent = 0, responses_received = 0;
  std::uint64_t consent_requests_sent = 0;
  std::uint64_t retransmissions_sent = 0;
  std::optional<Timestamp> first_request{}, last_request{};  // of those that we sent
  Duration total_round_trip_time{};
  std::optional<Duration> last_round_trip_time{};
  std::optional<Duration> smoothed_round_trip_time{};

  Path path() const { return {base.endpoint, remote}; }
  static constexpr std::size_t kNoTurn = SIZE_MAX;
  void note_request(Timestamp now) {
    ++requests_sent;
    if (!first_request) first_request = now;
    last_request = now;
  }
};

// What a pair costs those who use it: least of all between two addresses of the same network.
enum class Directness { TwoRelays, OneRelay, ThroughNats, HostToHost };

class Checklist {
 public:
  // Peer-reflexive candidates come on top of the signalled ones: so many that nothing has proved
  // yet, and so many with a valid pair.
  static constexpr std::size_t kMaxUnproved = 16;
  static constexpr std::size_t kMaxProved = 16;

  Checklist(Role role, std::size_t max_remotes, std::size_t max_pairs, Log log = {});

  using Pairs = std::vector<std::unique_ptr<Pair>>;
  const Pairs& pairs() const { return pairs_; }  // highest priority first
  const RemoteCandidates& remotes() const { return remotes_; }
  const Candidate& remote(std::size_t index) const { return remotes_.at(index).candidate; }
  std::size_t remote_count() const { return remotes_.size(); }
  bool is_learned(const Pair& pair) const { return remotes_.at(pair.remote_index).is_learned; }
  Pair* find(const Path& path) const;
  // Of one that has not answered, the best that it may turn out to be.
  Directness directness(const Pair& pair) const;
  // Whether it is worth a move: a more direct one, and of a higher priority, as some peers follow
  // to no other.
  bool is_better(const Pair& pair, const Pair& than) const {
    return pair.priority > than.priority && directness(pair) > directness(than);
  }

  void add_base(const Base& base);
  void remove_base(const Endpoint& base);  // its pairs end with it
  bool has_base(const Endpoint& base) const;

  // Signalled. False past the limit, of which a part is kept for kinds that are rare. One that a
  // check taught us before becomes what signalling says it is, and its pairs keep their state.
  bool add_remote(const Candidate& candidate);
  // Learned from a check; in the place of the unproved one that was silent for longest when there
  // are too many.
  std::size_t learn_remote(const Endpoint& remote, std::uint32_t priority);
  std::optional<std::size_t> find_remote(const Endpoint& remote) const;

  // The pair that a check of the peer's belongs to, made if need be. Nothing when the list is full
  // of pairs that are in use.
  Pair* pair_for_check(const Base& base, std::size_t remote_index);
  // A learned candidate goes with the last of its pairs.
  void remove(Pair& pair);
  // Whether pairs went, to make room or by remove(), since the last call.
  bool take_removal() { return std::exchange(has_removed_, false); }
  // Of the learned ones that are valid, the one whose peer answered longest ago, once there are
  // more than kMaxProved; never one of `spared`.
  Pair* surplus(std::initializer_list<const Pair*> spared) const;

  void set_role(Role role);

  void trigger(Pair& pair);  // RFC 8445 §7.3.1.4: state Waiting, and in the queue
  void untrigger(Pair& pair);
  bool has_triggered() const { return !triggered_.empty(); }
  Pair* take_triggered();

  // RFC 8445 §6.1.4.2: the next ordinary check of a pair that has not had one, or nothing for now.
  // Of those that are better than another pair, where one is given.
  Pair* next_ordinary(const Pair* than = nullptr) const;
  // RFC 8445 §7.2.5.3.3: after a success, those of the same foundation may go.
  void unfreeze(const std::string& foundation);

  std::size_t count(PairState state) const;

 private:
  void place();
  void form(const Base& base, std::size_t remote_index, std::size_t turn);
  Pair* insert(const Base& base, std::size_t remote_index, std::size_t turn);
  bool make_room(std::size_t turn);
  bool make_room_for(CandidateType kind);
  void make_room_for_learned();
  void remove_remote(std::size_t index);
  std::size_t count_signalled() const;
  std::uint64_t priority_of(const Base& base, const Candidate& remote) const;
  void rename(Pair& pair) const;
  void sort();

  const Log log_;
  Role role_;
  std::size_t max_remotes_;
  std::size_t max_pairs_;
  std::vector<Base> bases_;
  RemoteCandidates remotes_;
  std::size_t next_remote_ = 0;
  Pairs pairs_;
  bool has_removed_ = false;
  RareQueue<Pair*> triggered_;
};

}  // namespace specter::ice
