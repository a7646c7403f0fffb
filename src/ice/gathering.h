// Local candidates: host ones from the bases that the driver tells, server-reflexive ones by asking
// STUN servers from each base. RFC 8445 §5.1.1, RFC 8838 §10.
//
//         start             end of endpoints, and nothing asked is open
//   New ---------> Gathering -------------------------------------------> Complete
//                      ^                      restart                        |
//                      +-----------------------------------------------------+
//
// In each of them a base that a server has told an address of asks that server again and again, so
// that the NAT keeps the mapping, as long as it is needed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/log.h"
#include "base/queue.h"
#include "ice/agent.h"
#include "ice/candidate.h"
#include "ice/pacer.h"
#include "ice/received.h"
#include "stun/message.h"
#include "stun/transaction.h"

#include "specter/endpoint.h"
#include "specter/random.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter::ice {

// What is sent from: a local address and port, or a relayed one.
struct Base {
  Endpoint endpoint;
  bool is_relayed = false;
  std::uint16_t preference = 0;
  std::string foundation;      // of its host or relayed candidate
  std::uint32_t priority = 0;  // the same one's
  // RFC 8445 §7.1.1: what PRIORITY says in checks from here.
  std::uint32_t reflexive_priority = 0;
};

// Where a candidate comes from that a server led to.
struct Origin {
  Endpoint candidate;
  Endpoint base;  // that asked
  std::string url;
};

class Gathering {
 public:
  static constexpr std::size_t kMaxBases = 64;
  static constexpr std::size_t kMaxServers = 16;
  // Server-reflexive candidates of a base: a NAT may change its mapping while it is kept.
  static constexpr std::size_t kMaxMappings = 8;

  // One request each `interval` (Ta); an answer that comes later than `timeout` after the start, or
  // after the request when the gathering had ended before, is not waited for.
  Gathering(Random& random, Duration interval, Duration timeout, Log log = {});

  void start();
  // The new base, or nothing when it is known already, unusable or one too many.
  const Base* add_base(Timestamp now, const Endpoint& endpoint);
  // The relayed address of an allocation that `base` has made: RFC 8445 §5.1.1.2. As add_base().
  const Base* add_relayed(const Endpoint& relayed, const Endpoint& base, std::string_view url);
  void remove_base(const Endpoint& endpoint);
  // What it has told is told no more, until restart() or this: it is a base like the others again.
  void forget_candidates(const Endpoint& base);
  void restore_candidate(const Endpoint& base);
  // Its host or relayed candidate.
  static Candidate own_candidate(const Base& base);
  // `url`: how it is called in answers and origins.
  void add_server(Timestamp now, const Endpoint& server, std::string_view url);
  void end();
  // For another generation: host candidates are told again, servers are forgotten, and what they
  // said with them. It does nothing to a gathering that has not begun.
  void restart(Timestamp now);
  void stop();  // asks nobody any more
  // ICE has a path: what keeps that keeps its mapping, and the others are not needed. To be told as
  // long as it is so.
  void let_mappings_go() {
    if (!queries_.empty()) std::erase_if(queries_, is_kept);
  }

  // Whether the response belonged to a request of this class; then it was dealt with.
  bool handle_response(Timestamp now, const Received& datagram, const stun::Message& message);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Candidate> poll_candidate();
  std::optional<ServerAnswer> poll_answer();
  Deadline next_timeout() const;

  IceGatheringState state() const { return state_; }
  const std::vector<Candidate>& candidates() const { return candidates_; }
  const std::vector<Origin>& origins() const { return origins_; }
  const std::vector<Base>& bases() const { return bases_; }
  const Base* base_of(const Endpoint& endpoint) const;

 private:
  struct Query {
    std::size_t number;  // the first base's, the preferred one's, go first
    Endpoint base;
    Endpoint server;
    std::string url;
    stun::ClientTransaction transaction;
    Timestamp give_up;
    // RFC 8445 §5.1.1.4: it was answered, and is asked again then. Once for each base.
    Deadline repeat_at{};
  };
  using Queries = std::map<stun::TransactionId, Query>;
  static bool is_kept(const Queries::value_type& entry) {
    return entry.second.repeat_at.has_value();
  }

  std::string foundation(CandidateType type, const IpAddress& base, const IpAddress& server);
  struct Server {
    Endpoint endpoint;
    std::string url;
  };
  void ask(Timestamp now, const Base& base, const Server& server);
  void answered(const Query& query, std::uint16_t code, std::string text);
  void learn_mapping(const Query& query, const Base& base, const Endpoint& mapped);
  bool needs_keeping(const Query& query, const Endpoint& mapped) const;
  void repeat_kept(Timestamp now);
  void found(Candidate candidate);
  void conclude();

  Random& random_;
  const Log log_;
  Duration timeout_;
  Pacer pacer_;
  IceGatheringState state_ = IceGatheringState::New;
  Timestamp first_base_at_{};
  bool ended_ = false;
  std::uint16_t bases_seen_[2] = {};  // by family, IPv6 second
  std::vector<Base> bases_;
  std::vector<Server> servers_;
  std::vector<Candidate> candidates_;
  std::vector<Origin> origins_;  // of server-reflexive and relayed ones, where a server is named
  RareQueue<Candidate> unannounced_;
  RareQueue<ServerAnswer> answers_;
  Queries queries_;
  std::size_t next_query_ = 0;
  bool is_stopped_ = false;
  std::map<std::tuple<CandidateType, IpAddress, IpAddress>, std::string> foundations_;
};

}  // namespace specter::ice
