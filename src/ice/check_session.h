// One generation of an ICE agent: its credentials, its checklist, its checks, nomination and
// consent. RFC 8445 §9: a restart begins another; this one goes on until that one has a path. Its
// methods are in the file of their concern:
//
//   check_session.cc      what the agent tells it, stats
//   checks.cc             our checks: requests, retransmission, responses          RFC 8445 §7.2
//   embedded_checks.cc    DTLS datagrams in Binding messages, and checks for their sake
//   binding_requests.cc   the peer's checks: answering, learning, triggering       RFC 8445 §7.3
//   nomination.cc         which valid pair is used                                 RFC 8445 §8
//   better_path.cc        whether another one would be better (a part of it; BetterPath the rest)
//   consent.cc            whether the peer still answers                           RFC 7675
//   silence.cc            whether the path still carries anything
//   connection_state.cc   what the application is told of all this                 W3C, RFC 8863
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/queue.h"
#include "ice/agent.h"
#include "ice/better_path.h"
#include "ice/checklist.h"
#include "ice/embedding.h"
#include "ice/error_budget.h"
#include "ice/gathering.h"
#include "ice/lessons.h"
#include "ice/pacer.h"
#include "stun/message.h"
#include "stun/transaction.h"

namespace specter::ice {

// A Binding request of ours that may still be answered.
struct Check {
  enum class Kind { Connectivity, Consent };

  Path path;
  Kind kind = Kind::Connectivity;
  Role role = Role::Controlling;  // as the request said
  bool nominates = false;         // the request had USE-CANDIDATE
  Timestamp last_sent{};
  int sent = 1;  // repeated requests do not tell which of them was answered
  // Gone when the check was superseded: RFC 8445 §7.3.1.4 has its response count still, but nothing
  // is sent for it any more.
  std::optional<stun::ClientTransaction> transaction{};
  Timestamp expires{};  // of a superseded one
};

// What waits to be sent back. A success is only written when it is polled, so that it can carry
// what the request's own datagram led to.
struct Response {
  Path path;
  std::optional<stun::TransactionId> success_of{};
  Buffer error{};
};

class CheckSession;

// Whether the request's USERNAME begins with this user fragment. RFC 8445 §7.2.2.
bool names(const stun::Message& request, std::string_view ufrag);

// What the generations of an agent share.
struct Shared {
  static constexpr int kCheckBurst = 20;
  // What first checks leave of the bucket.
  static constexpr int kKeptForAnswers = 4;
  static constexpr Duration kFirstCheckInterval = std::chrono::milliseconds(5);  // RFC 8445 §14.2

  Shared(Agent::Config agent_config, Random& source, Log own_log);

  // Counts it, and says why.
  void drop(std::uint64_t& counter, std::string_view cause, const Path& path) const {
    ++counter;
    log.drop(cause, path.remote);
  }

  // Sends here from now on: RFC 8445 §12.1. Only the session in use tells.
  void tell_path(const CheckSession& from, const Path& path, bool is_selected);

  Agent::Config config;  // without credentials: each generation has its own
  Random& random;
  const Log log;
  Gathering gathering;
  Pacer pacer;         // all connectivity checks, retransmissions included
  Pacer first_checks;  // those of pairs that had none, while nothing is connected
  ErrorBudget errors;
  Timestamp late_at{};  // what comes then was waiting for us to run

  const CheckSession* in_use = nullptr;  // whose path it is
  std::optional<Path> told_path;         // by PathUsable or SelectedPathChanged
  std::optional<Path> told_selected;     // by SelectedPathChanged

  std::string relay_trouble;  // of Agent::explain_relays()

  RareQueue<Agent::Event> events;
  std::size_t queued_dtls = 0;  // in `events`
  Counters counters;
  // When something is due next; what poll_transmit() looks at first. Out of date while `is_stale`.
  WakeUp deadline{};
  bool is_stale = true;
};

class CheckSession {
 public:
  // Responses that wait for the driver; more are not answered.
  static constexpr std::size_t kMaxQueuedResponses = 64;
  // Requests of one pair that may still be answered; the oldest makes room.
  static constexpr std::size_t kMaxChecksPerPair = 32;
  // draft-hancke-webrtc-sped §9.2: a datagram is larger than what the pace of checks was made for,
  // so only the requests of a few pairs carry one.
  static constexpr std::size_t kMaxEmbeddingPairs = 4;
  static constexpr int kMaxExtraChecks = 20;  // a flight
  // Events with a datagram that wait for the owner; more are left out, and not acknowledged.
  static constexpr std::size_t kMaxQueuedDtls = 16;

  enum class Embeds : bool { No, Yes };
  // Whether the peer's own checks must show that it knows this generation before one of its pairs
  // is nominated.
  enum class Awaits : bool { Nothing, ThePeersChecks };

  // It is the agent's: what it says goes by `shared`, which outlives it.
  CheckSession(Shared& shared, Credentials local, Role role, Embeds embeds, Awaits awaits);
  CheckSession(const CheckSession&) = delete;

  // ---- check_session.cc
  void add_base(const Base& base) { checklist_.add_base(base); }
  void remove_base(const Endpoint& base);
  void set_role(Role role);
  void set_remote_credentials(Timestamp now, const Credentials& remote, Agent::Implementation peer);
  Result<> add_remote_candidate(const Candidate& candidate);
  void end_of_remote_candidates(Timestamp now);
  void end(IceConnectionState state);  // Failed or Closed, and silent
  void set_remote_embedding(bool knows_it);
  void set_flight(std::uint32_t generation, std::span<const Buffer> datagrams);
  void note_dtls_received(Bytes datagram);
  void handshake_done(bool we_sent_the_last_flight);
  // As Agent::max_embedded_bytes().
  std::size_t max_embedded_bytes() const;

  void handle_request(Timestamp now, const Received& datagram, const stun::Message& message);
  // Whether a request of this session's may still be answered by it.
  bool asked(const stun::TransactionId& id) const { return checks_.contains(id); }
  void handle_response(Timestamp now, const Received& datagram, const stun::Message& message);
  // Whether anything may come of it.
  bool handle_activity(Timestamp now, const Path& path);
  void note_seen(Timestamp now, const Path& path);
  void expect_answer(Timestamp now, bool is_outstanding);
  void handle_timeout(Timestamp now);
  // After each input of any session's, in this order; between them candidates are announced.
  void consider_paths(Timestamp now);
  void consider_state(Timestamp now);
  // In the order of what is sent.
  void before_polling(Timestamp now);
  std::optional<Transmit> poll_response(Timestamp now);
  std::optional<Transmit> poll_check(Timestamp now);
  std::optional<Transmit> poll_consent(Timestamp now);
  WakeUp next_timeout() const;
  void tell_path() const;  // it is the one in use from now on

  void add_stats(std::vector<CandidatePairStats>& all) const;
  void add_remote_addresses(std::vector<IpAddress>& all) const;
  const Credentials& local() const { return local_; }
  const std::optional<Credentials>& remote() const { return remote_; }
  Role role() const { return role_; }
  IceConnectionState state() const { return state_; }
  // Why it has failed.
  const std::string& reason() const { return reason_; }
  EmbeddingState embedding_state() const { return embedding_.state(); }
  bool is_over() const { return closed_ || state_ == IceConnectionState::Failed; }
  // The pair that is used if this session is: a valid one.
  const Pair* current() const { return current_; }
  Timestamp consent_ends(const Pair& pair) const {
    return pair.consent.last_response + shared_.config.options.consent_timeout;
  }
  const Checklist& checklist() const { return checklist_; }

 private:
  using ErrorText = std::string_view;

  // ---- check_session.cc
  bool accept_remote(const Candidate& candidate);
  Candidate local_candidate_of(const Pair& pair) const;

  // ---- checks.cc
  bool may_send_checks() const;
  bool is_concluded(Timestamp now) const;
  Pair* next_unasked(Timestamp now) const;
  std::optional<Transmit> poll_ordinary(Timestamp now);
  std::optional<Transmit> poll_retransmission(Timestamp now, bool nominating);
  std::optional<Transmit> poll_check_again(Timestamp now);
  bool is_in_a_hurry() const;
  Timestamp ordinary_ready_at() const;
  Duration again(Duration interval) const;
  bool is_heard_of(const Pair& pair) const;
  Deadline check_again_at(const Pair& pair) const;
  Deadline check_again_deadline() const;
  enum class Repeat { Yes, No };
  Transmit send_check(Timestamp now, Pair& pair, Repeat repeat = Repeat::Yes);
  Buffer build_request(Timestamp now, const stun::TransactionId& id, const Pair& pair,
                       bool nominates);
  stun::ClientTransaction::Schedule schedule(const Pair& pair, bool nominates) const;
  Check& remember(const stun::TransactionId& id, Check check);
  void supersede(Timestamp now, Pair& pair);
  void expire_checks(Timestamp now);
  void give_back_unproved();
  void forget_removed_pairs();
  void handle_success(Timestamp now, Pair& pair, const stun::TransactionId& id, const Check& check,
                      const Endpoint& mapped);
  void handle_error(Timestamp now, Pair& pair, const Check& check, std::uint16_t code);
  void fail(Timestamp now, Pair& pair, const Check& check);
  void handle_check_timeout(Timestamp now, Pair& pair, const stun::TransactionId& id, Check check);
  void measure(Timestamp now, Pair& pair, const Check& check);
  void switch_role(Role role);
  Deadline checks_deadline() const;

  // ---- embedded_checks.cc
  void handle_embedded(const Received& datagram, const stun::Message& message);
  enum class Carries { Datagram, NoDatagram };
  void embed(Timestamp now, stun::MessageWriter& writer, Carries carries);
  bool has_waiting_flight() const;
  bool is_among_best(const Pair& pair) const;
  std::vector<Pair*> pairs_for_extra_checks() const;
  std::optional<Transmit> poll_extra_check(Timestamp now);
  Deadline extra_check_deadline() const;

  // ---- binding_requests.cc
  bool authenticate(Timestamp now, const Received& datagram, const stun::Message& message);
  bool resolve_roles(const stun::Message& message);
  void answer(const Received& request, const stun::Message& message);
  void refuse(Timestamp now, const Received& request, const stun::Message& message,
              std::uint16_t code, ErrorText reason, bool authenticated,
              const std::vector<stun::AttributeType>& unknown = {});
  void respond(Response response);
  Pair* pair_of(const Received& request, const stun::TransactionId& id, std::uint32_t priority);
  void learn_from(Timestamp now, Pair& pair, const stun::Message& message);
  void trigger_check(Timestamp now, Pair& pair);

  // ---- nomination.cc
  void consider_nomination(Timestamp now);
  Duration patience_with(const Pair& pair) const;
  Pair* best_to_nominate(Timestamp now) const;
  Pair* better_to_nominate() const;
  bool is_chosen_by_peer(const Pair& pair, bool is_new) const;
  void nominate(Timestamp now, Pair& pair);
  void handle_nominated(Timestamp now, Pair& pair);
  void handle_nomination_failed(Timestamp now, Pair& pair);
  void choose_path();
  void conclude(Timestamp now);
  Deadline nomination_deadline() const;

  // ---- better_path.cc
  bool may_improve(Timestamp now) const;
  std::optional<Transmit> poll_better_check(Timestamp now);
  Deadline better_check_deadline() const;

  // ---- consent.cc
  void start_consent(Timestamp now, Pair& pair);
  void handle_consent(Timestamp now, Pair& pair);
  void ask_consent_again(Timestamp now, Pair& pair);
  void expire_consent(Timestamp now);
  void lose(Pair& pair);
  Timestamp next_consent(Timestamp now);
  Deadline disconnect_at(const Pair& pair) const;
  bool is_disconnected(const Pair& pair, Timestamp now) const;
  Deadline consent_deadline() const;

  // ---- silence.cc
  void wake_for_silence();
  Duration silence_limit() const;
  Deadline silence_at() const;
  Deadline silence_deadline() const;
  void consider_silence(Timestamp now);
  void doubt_path(Timestamp now);
  Pair* next_to_ask() const;
  bool is_silent(const Pair& pair, Timestamp now) const;
  bool is_alive(const Pair& pair, Timestamp now) const;
  void move_to_the_peer();
  void note_seen_elsewhere(Timestamp now, const Pair& pair);
  void note_request_over(Timestamp now, const Pair& pair);

  // ---- connection_state.cc
  void update_state(Timestamp now);
  IceConnectionState judge(Timestamp now, std::string& reason);
  void enter(Timestamp now, IceConnectionState state, std::string reason);
  void try_everything_again();
  void fall_silent();
  std::string why_nothing_connected() const;
  std::string what_about_relays() const;
  Deadline patience_ends() const;
  Deadline failure_at() const;
  Deadline state_deadline() const;

  Shared& shared_;
  const Credentials local_;
  Role role_;
  std::uint64_t tiebreaker_;
  Awaits awaits_;
  std::optional<Credentials> remote_;
  std::vector<Candidate> early_candidates_;  // came before the peer's credentials
  bool closed_ = false;

  Checklist checklist_;
  std::map<stun::TransactionId, Check> checks_;
  Timestamp next_ordinary_{};         // Ta after the last ordinary one
  Timestamp next_again_{};            // for pairs that have not answered
  bool is_turn_of_the_rest_ = false;  // when the next check would be a triggered one
  Timestamp next_consent_{};          // what all valid pairs ask for, at one time
  RareQueue<Response> responses_;
  Lessons lessons_;
  RecentTransactions nominations_;  // of the peer's
  std::uint64_t peer_nominations_ = 0;

  Embedding embedding_;
  bool flight_is_new_ = false;       // no poll has seen it yet
  std::size_t flight_size_ = 0;      // as it was told
  std::size_t flight_messages_ = 0;  // that carried a datagram of it
  std::size_t flight_turns_ = 0;     // messages that it was offered to, the first at:
  Timestamp flight_since_{};
  int extra_checks_ = 0;        // for it
  std::size_t extra_turn_ = 0;  // among the pairs for them
  Timestamp next_extra_{};      // when a further one is due

  Pair* current_ = nullptr;     // what path() answers
  Pair* nominating_ = nullptr;  // its nomination is under way
  Timestamp nominated_at_{};    // when that began
  Timestamp first_valid_{};     // when a pair first became valid
  Timestamp considered_{};      // when consider_nomination() last looked
  BetterPath better_{checklist_};

  bool expects_ = false;  // the owner waits for the peer to acknowledge something
  Timestamp expects_since_{};
  Deadline seen_elsewhere_{};  // the peer used a pair other than ours
  Deadline doubted_since_{};   // the path in use
  int doubts_ = 0;             // in a row, that checks alone have settled

  IceConnectionState state_ = IceConnectionState::New;
  std::string reason_;
  bool remote_in_play_ = false;  // the peer told of a candidate, or sent a check
  std::size_t unusable_remotes_ = 0;
  std::uint64_t requests_taken_ = 0;
  std::uint64_t dropped_before_;     // of Counters::dropped_integrity: other generations'
  std::uint64_t requests_sent_ = 0;  // Binding requests that left, repeated ones too
  Deadline known_since_{};     // the peer's credentials: from then on it is connected or fails
  Deadline ended_at_{};        // the peer said that no more candidates come
  Deadline checking_since_{};  // RFC 8863: what patience is counted from
  bool was_connected_ = false;
  bool consent_expired_ = false;  // on the last valid pair
  bool consent_revoked_ = false;  // the same, by the peer's word
};

}  // namespace specter::ice
