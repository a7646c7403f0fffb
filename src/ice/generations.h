// Which generation of an agent has the word. RFC 8445 §9; the README of this folder draws it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "ice/check_session.h"

namespace specter::ice {

class Agent::Impl {
 public:
  Impl(Config config, Random& random, Log log);

  void start_gathering();
  void add_local_endpoint(Timestamp now, const Endpoint& base);
  void add_relayed_endpoint(Timestamp now, const Endpoint& relayed, const Endpoint& base,
                            std::string_view url);
  void remove_local_endpoint(Timestamp now, const Endpoint& base);
  void retire_local_endpoint(Timestamp now, const Endpoint& base);
  void add_stun_server(Timestamp now, const Endpoint& server, std::string_view url);
  void explain_relays(std::string trouble) { shared_.relay_trouble = std::move(trouble); }
  void end_of_local_endpoints(Timestamp now);
  void set_local_credentials(Timestamp now, const Credentials& local);
  void set_remote_credentials(Timestamp now, const Credentials& remote, Implementation peer);
  Result<> add_remote_candidate(Timestamp now, const Candidate& candidate);
  void end_of_remote_candidates(Timestamp now, std::string_view ufrag);
  void leave_former_generations(Timestamp now);
  void give_up();
  void close();
  void handle_datagram(Timestamp now, const Received& datagram);
  void handle_activity(Timestamp now, const Path& path);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;
  std::vector<CandidatePairStats> pair_stats() const;
  std::vector<IpAddress> remote_addresses() const;
  std::uint32_t remote_candidates_taken() const { return remote_candidates_taken_; }
  template <class F>
  void tell_all(F told) {
    for (const Generation& one : generations_) told(*one.session);
    shared_.is_stale = true;
  }
  template <class F>
  bool any(F is) const {
    return std::ranges::any_of(generations_,
                               [&](const Generation& one) { return is(*one.session); });
  }

  IceConnectionState state() const { return state_; }
  const Gathering& gathering() const { return shared_.gathering; }
  const Counters& counters() const { return shared_.counters; }
  CheckSession& newest() const { return *generations_.back().session; }
  CheckSession& in_use() const { return *generations_[in_use_].session; }

 private:
  struct Generation {
    std::unique_ptr<CheckSession> session;
    bool is_restart = false;
    Deadline retires_at{};  // another one is in use, and its path is known

    bool is_agreed() const { return session->remote().has_value(); }
  };

  void begin_generation(Credentials local, Role role, bool is_restart);
  CheckSession& told_of(std::optional<std::string_view> ufrag) const;
  template <class F>
  void drop_if(F is_over);
  void after_input(Timestamp now);
  void announce_gathering();
  void let_retired_bases_go();
  void consider_generations(Timestamp now);
  void use(Timestamp now, std::size_t generation);
  void update_state();
  IceConnectionState judge() const;
  WakeUp compute_deadline() const;

  Shared shared_;
  std::vector<Generation> generations_;  // oldest first, never empty
  std::size_t in_use_ = 0;
  std::vector<Endpoint> retired_bases_;  // that a generation before the newest has
  std::uint32_t remote_candidates_taken_ = 0;
  bool closed_ = false;
  IceConnectionState state_ = IceConnectionState::New;
  IceGatheringState announced_gathering_ = IceGatheringState::New;
};

}  // namespace specter::ice
