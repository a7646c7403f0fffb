#include "ice/agent.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/secret.h"
#include "ice/agent_impl.h"
#include "net/address_policy.h"

namespace specter::ice {

namespace {

constexpr int kCheckBurst = 20;
constexpr Duration kFirstCheckInterval = std::chrono::milliseconds(5);  // RFC 8445 §14.2's least
// Past a deadline for so long: nobody called.
constexpr Duration kLate = std::chrono::milliseconds(100);

// RFC 8839 §5.4: ice-char, 64 of them, so six random bits make one.
std::string random_ice_chars(Random& random, std::size_t size) {
  constexpr std::string_view kIceChars =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Buffer bytes(size);
  random.fill(bytes);
  std::string text;
  text.reserve(size);
  for (const std::uint8_t byte : bytes) text += kIceChars[byte & 63];
  crypto::cleanse(bytes);
  return text;
}

Agent::Config with_credentials(Agent::Config config, Random& random) {
  if (config.local.ufrag.empty()) config.local = Credentials::generate(random);
  SPECTER_CHECK(config.options.check_interval > Duration::zero());
  return config;
}

}  // namespace

Credentials::~Credentials() {
  crypto::cleanse({reinterpret_cast<std::uint8_t*>(pwd.data()), pwd.size()});
}

Credentials Credentials::generate(Random& random) {
  Credentials credentials;
  credentials.ufrag = random_ice_chars(random, 8);  // 48 bits
  credentials.pwd = random_ice_chars(random, 24);   // 144 bits
  return credentials;
}

Agent::Impl::Impl(Config config, Random& random)
    : config_(with_credentials(std::move(config), random)),
      random_(random),
      role_(config_.role),
      tiebreaker_(random.u64()),
      gathering_(random, config_.options.check_interval, config_.options.gathering_timeout),
      checklist_(config_.role, config_.max_remote_candidates, config_.max_pairs),
      pacer_(config_.options.check_interval, kCheckBurst),
      first_checks_(kFirstCheckInterval, kCheckBurst - kKeptForAnswers),
      embedding_(config_.embedding ? Embedding::Wanted::Yes : Embedding::Wanted::No) {}

// ---- gathering

void Agent::Impl::start_gathering() {
  gathering_.start();
  announce_gathering();
}

void Agent::Impl::add_local_endpoint(Timestamp now, const Endpoint& endpoint) {
  if (const Base* base = gathering_.add_base(now, endpoint)) checklist_.add_base(*base);
  after_input(now);
}

void Agent::Impl::remove_local_endpoint(Timestamp now, const Endpoint& base) {
  const auto let_go = [&](Pair*& pair) {
    if (pair && pair->base.endpoint == base) pair = nullptr;
  };
  let_go(current_);
  let_go(nominating_);
  std::erase_if(checks_, [&](const auto& entry) { return entry.second.path.local == base; });
  erase_if(responses_, [&](const Response& response) { return response.path.local == base; });
  gathering_.remove_base(base);
  checklist_.remove_base(base);
  choose_path();
  after_input(now);
}

void Agent::Impl::add_stun_server(Timestamp now, const Endpoint& server) {
  gathering_.add_server(now, server);
  after_input(now);
}

void Agent::Impl::end_of_local_endpoints(Timestamp now) {
  gathering_.end();
  after_input(now);
}

void Agent::Impl::announce_gathering() {
  const auto announce = [&](IceGatheringState state) {
    if (announced_gathering_ == state) return;
    announced_gathering_ = state;
    events_.push_back(GatheringStateChanged{state});
  };
  const bool is_new = announced_gathering_ == IceGatheringState::New;
  if (is_new && gathering_.state() != IceGatheringState::New)
    announce(IceGatheringState::Gathering);
  while (auto candidate = gathering_.poll_candidate())
    events_.push_back(LocalCandidateFound{std::move(*candidate)});
  if (gathering_.state() == IceGatheringState::Complete) announce(IceGatheringState::Complete);
}

// ---- the peer, by signalling

void Agent::Impl::set_role(Role role) {
  if (role == role_) return;
  switch_role(role);
  stale_ = true;
}

void Agent::Impl::set_remote_credentials(Timestamp now, const Credentials& remote) {
  remote_ = remote;
  if (!known_since_) known_since_ = now;
  for (const Candidate& candidate : std::exchange(early_candidates_, {})) accept_remote(candidate);
  after_input(now);
}

Result<> Agent::Impl::add_remote_candidate(Timestamp now, const Candidate& candidate) {
  remote_in_play_ = true;
  bool taken = true;
  if (remote_) {
    taken = accept_remote(candidate);
  } else if (early_candidates_.size() < config_.max_remote_candidates) {
    early_candidates_.push_back(candidate);
  } else {
    taken = std::ranges::find(early_candidates_, candidate) != early_candidates_.end();
  }
  after_input(now);
  if (taken) return {};
  return specter::fail(ErrorCode::OperationFailed,
                       "the peer has told of more candidates than are taken (" +
                           std::to_string(config_.max_remote_candidates) +
                           "); this one is left out");
}

// False past the limit.
bool Agent::Impl::accept_remote(const Candidate& candidate) {
  const net::LoopbackPolicy loopback =
      config_.allow_loopback ? net::LoopbackPolicy::Allow : net::LoopbackPolicy::Refuse;
  const auto ufrag = candidate.extension("ufrag");
  // A name waits for whoever resolves it (mDNS); TCP, what we don't know, other components and
  // other generations are nothing to this agent.
  if (!candidate.is_resolved() || candidate.protocol != TransportProtocol::Udp ||
      candidate.type == CandidateType::Other || candidate.component != 1 ||
      !net::may_check(candidate.endpoint, loopback) || (ufrag && *ufrag != remote_->ufrag)) {
    ++unusable_remotes_;
    return true;
  }
  return checklist_.add_remote(candidate);
}

void Agent::Impl::end_of_remote_candidates(Timestamp now) {
  if (!ended_at_) ended_at_ = now;
  remote_in_play_ = true;
  after_input(now);
}

void Agent::Impl::close() {
  closed_ = true;
  state_ = IceConnectionState::Closed;
  current_ = nullptr;
  nominating_ = nullptr;
  checks_.clear();
  responses_.clear();
  events_.clear();
  queued_dtls_ = 0;
  deadline_ = {};
  stale_ = false;
}

// ---- the world

void Agent::Impl::handle_datagram(Timestamp now, const Received& datagram) {
  // RFC 7675 §5.1: a generation that failed is over. Were the peer answered, it would take itself
  // for connected.
  if (is_over()) {
    ++counters_.dropped_unexpected;
    return;
  }
  // The process did not run: what has passed since is not the path's.
  if (!stale_ && deadline_ && now > *deadline_ + kLate) late_at_ = now;
  const auto message = stun::Message::parse(datagram.bytes);
  if (!message) {
    ++counters_.dropped_malformed;
    return;
  }
  if (message->method != stun::Method::Binding) {
    ++counters_.dropped_unexpected;
    return;
  }
  switch (message->cls) {
    case stun::Class::Request: handle_request(now, datagram, *message); break;
    // RFC 8445 §11: a keepalive of the peer's, which asks for nothing.
    case stun::Class::Indication: return;
    case stun::Class::SuccessResponse:
    case stun::Class::ErrorResponse:
      if (!gathering_.handle_response(datagram, *message)) handle_response(now, datagram, *message);
      break;
  }
  after_input(now);
}

void Agent::Impl::handle_activity(Timestamp now, const Path& path) {
  Pair* pair = checklist_.find(path);
  if (!pair || !pair->is_valid) return;
  const bool matters = pair->consent.unanswered_since.has_value();
  pair->consent.last_sign_of_life = now;
  if (pair == current_)
    doubts_ = 0;
  else
    note_seen_elsewhere(now);
  if (matters || doubted_since_) after_input(now);
}

void Agent::Impl::handle_timeout(Timestamp now) {
  if (!stale_ && (!deadline_ || now < *deadline_)) return;
  gathering_.handle_timeout(now);
  expire_checks(now);
  expire_consent(now);
  after_input(now);
}

void Agent::Impl::after_input(Timestamp now) {
  forget_removed_pairs();
  consider_silence(now);
  announce_gathering();
  consider_nomination(now);
  update_state(now);
  stale_ = true;
}

std::optional<Transmit> Agent::Impl::poll_transmit(Timestamp now) {
  if (is_over()) return std::nullopt;
  // The usual turn of a connected agent ends here.
  if (!stale_ && (!deadline_ || now < *deadline_)) return std::nullopt;
  consider_nomination(now);

  if (flight_is_new_) {
    // What has a path leaves on it right now, by its owner's hand; embedded it follows in case of
    // loss.
    flight_is_new_ = false;
    next_extra_ = current_ ? now + config_.options.check_interval : now;
  }
  if (auto out = poll_response(now)) return out;
  if (auto out = gathering_.poll_transmit(now)) return out;
  if (auto out = poll_check(now)) return out;
  if (auto out = poll_consent(now)) return out;
  deadline_ = compute_deadline();
  stale_ = false;
  return std::nullopt;
}

std::optional<Agent::Event> Agent::Impl::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = events_.take_front();
  if (std::holds_alternative<DtlsReceived>(event)) --queued_dtls_;
  return event;
}

WakeUp Agent::Impl::next_timeout() const { return stale_ ? compute_deadline() : deadline_; }

WakeUp Agent::Impl::compute_deadline() const {
  if (is_over()) return {};
  return soonest(
      WakeUp(gathering_.next_timeout(), "ice gathering"), WakeUp(checks_deadline(), "ice checks"),
      WakeUp(consent_deadline(), "ice consent"), WakeUp(nomination_deadline(), "ice nomination"),
      WakeUp(state_deadline(), "ice state"), WakeUp(extra_check_deadline(), "ice embedded checks"),
      WakeUp(silence_deadline(), "ice silence"));
}

// ---- questions

// RFC 8445 §7.2.5.3.2: the valid pair's local candidate is the one whose address the peer saw.
Candidate Agent::Impl::local_candidate_of(const Pair& pair) const {
  const Endpoint seen = pair.mapped.value_or(pair.base.endpoint);
  for (const Candidate& candidate : gathering_.candidates()) {
    if (candidate.endpoint == seen) return candidate;
  }
  Candidate candidate;
  candidate.foundation = pair.base.foundation;
  candidate.priority = pair.base.reflexive_priority;
  candidate.host = seen.address.to_string();
  candidate.endpoint = seen;
  candidate.type = CandidateType::PeerReflexive;
  candidate.related = pair.base.endpoint;
  return candidate;
}

std::vector<CandidatePairStats> Agent::Impl::pair_stats() const {
  std::vector<CandidatePairStats> all;
  for (const auto& pair : checklist_.pairs()) {
    CandidatePairStats& stats = all.emplace_back();
    stats.local = local_candidate_of(*pair);
    stats.remote = checklist_.remote(pair->remote_index);
    stats.state = pair->state;
    stats.nominated = pair->is_nominated;
    stats.selected = pair.get() == current_;
    stats.requests_sent = pair->requests_sent;
    stats.requests_received = pair->requests_received;
    stats.responses_sent = pair->responses_sent;
    stats.responses_received = pair->responses_received;
    stats.consent_requests_sent = pair->consent_requests_sent;
    stats.retransmissions_sent = pair->retransmissions_sent;
    stats.first_request = pair->first_request;
    stats.last_request = pair->last_request;
    if (pair->is_valid)
      stats.consent_expires = pair->consent.last_response + config_.options.consent_timeout;
    stats.total_round_trip_time = pair->total_round_trip_time;
    stats.current_round_trip_time = pair->last_round_trip_time;
  }
  return all;
}

// ---- the facade

Agent::Agent(Config config, Random& random)
    : impl_(std::make_unique<Impl>(std::move(config), random)) {}
Agent::~Agent() = default;

void Agent::start_gathering(Timestamp) {
  if (connection_state() != IceConnectionState::Closed) impl_->start_gathering();
}
void Agent::add_local_endpoint(Timestamp now, Endpoint base) {
  if (connection_state() != IceConnectionState::Closed) impl_->add_local_endpoint(now, base);
}
void Agent::remove_local_endpoint(Timestamp now, Endpoint base) {
  if (connection_state() != IceConnectionState::Closed) impl_->remove_local_endpoint(now, base);
}
void Agent::add_stun_server(Timestamp now, Endpoint server) {
  if (connection_state() != IceConnectionState::Closed) impl_->add_stun_server(now, server);
}
void Agent::end_of_local_endpoints(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->end_of_local_endpoints(now);
}
const std::vector<Candidate>& Agent::local_candidates() const {
  return impl_->gathering().candidates();
}

void Agent::set_role(Role role) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_role(role);
}
void Agent::set_remote_credentials(Timestamp now, const Credentials& remote) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_remote_credentials(now, remote);
}
Result<> Agent::add_remote_candidate(Timestamp now, const Candidate& candidate) {
  if (connection_state() == IceConnectionState::Closed) return {};
  return impl_->add_remote_candidate(now, candidate);
}
void Agent::end_of_remote_candidates(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->end_of_remote_candidates(now);
}
void Agent::close() { impl_->close(); }

void Agent::set_remote_embedding(bool knows_it) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_remote_embedding(knows_it);
}
void Agent::set_flight(std::uint32_t generation, std::span<const Buffer> datagrams) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_flight(generation, datagrams);
}
void Agent::note_dtls_received(Bytes datagram) { impl_->note_dtls_received(datagram); }
void Agent::handshake_done(bool we_sent_the_last_flight) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->handshake_done(we_sent_the_last_flight);
}
EmbeddingState Agent::embedding_state() const { return impl_->embedding_state(); }
std::size_t Agent::max_embedded_bytes() const { return impl_->max_embedded_bytes(); }

void Agent::handle_datagram(Timestamp now, const Path& path, Bytes datagram) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->handle_datagram(now, {path, datagram});
}
void Agent::handle_activity(Timestamp now, const Path& path) {
  if (connection_state() != IceConnectionState::Closed) impl_->handle_activity(now, path);
}
void Agent::note_seen(Timestamp now, const Path& path) {
  if (connection_state() != IceConnectionState::Closed) impl_->note_seen(now, path);
}
void Agent::expect_answer(Timestamp now, bool is_outstanding) {
  impl_->expect_answer(now, is_outstanding);
}
void Agent::handle_timeout(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->handle_timeout(now);
}
std::optional<Transmit> Agent::poll_transmit(Timestamp now) { return impl_->poll_transmit(now); }
std::optional<Agent::Event> Agent::poll_event() { return impl_->poll_event(); }
WakeUp Agent::next_timeout() const { return impl_->next_timeout(); }

bool Agent::is_validated(const Path& path) const {
  const Pair* pair = impl_->checklist().find(path);
  return pair && pair->is_valid && connection_state() != IceConnectionState::Closed;
}
bool Agent::knows(const Path& path) const { return impl_->checklist().find(path) != nullptr; }
std::optional<Path> Agent::path() const {
  const Pair* pair = impl_->current();
  return pair ? std::optional(pair->path()) : std::nullopt;
}
std::optional<Path> Agent::path(Timestamp now) const {
  const Pair* pair = impl_->current();
  return pair && now < impl_->consent_ends(*pair) ? std::optional(pair->path()) : std::nullopt;
}
const Credentials& Agent::local_credentials() const { return impl_->config().local; }
Role Agent::role() const { return impl_->role(); }
IceGatheringState Agent::gathering_state() const { return impl_->gathering().state(); }
IceConnectionState Agent::connection_state() const { return impl_->state(); }
std::vector<CandidatePairStats> Agent::pair_stats() const { return impl_->pair_stats(); }
Counters Agent::counters() const { return impl_->counters(); }
std::optional<Duration> Agent::round_trip_time() const {
  const Pair* pair = impl_->current();
  return pair ? pair->smoothed_round_trip_time : std::nullopt;
}

}  // namespace specter::ice
