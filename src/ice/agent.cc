#include "ice/agent.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "crypto/secret.h"
#include "ice/check_session.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// Past a deadline for so long: nobody called.
constexpr Duration kLate = 100ms;
// A generation that another has taken the place of: the peer may follow later.
constexpr Duration kRetirement = 10s;
// In use, agreed, and offered; of those that retire, the oldest goes first.
constexpr std::size_t kMaxGenerations = 3;

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

Shared::Shared(Agent::Config agent_config, Random& source)
    : config(std::move(agent_config)),
      random(source),
      gathering(source, config.options.check_interval, config.options.gathering_timeout),
      pacer(config.options.check_interval, kCheckBurst),
      first_checks(kFirstCheckInterval, kCheckBurst - kKeptForAnswers) {
  SPECTER_CHECK(config.options.check_interval > Duration::zero());
}

void Shared::tell_path(const CheckSession& from, const Path& path, bool is_selected) {
  if (&from != in_use) return;
  if (!told_path) {
    told_path = path;
    events.push_back(PathUsable{path});
  }
  if (told_path != path || (is_selected && told_selected != path)) {
    told_path = told_selected = path;
    events.push_back(SelectedPathChanged{path});
  }
}

// What goes on through all generations, and which of them has the word.
class Agent::Impl {
 public:
  Impl(Config config, Random& random);

  void start_gathering();
  void add_local_endpoint(Timestamp now, const Endpoint& base);
  void remove_local_endpoint(Timestamp now, const Endpoint& base);
  void add_stun_server(Timestamp now, const Endpoint& server);
  void end_of_local_endpoints(Timestamp now);
  void set_local_credentials(Timestamp now, const Credentials& local);
  void set_remote_credentials(Timestamp now, const Credentials& remote);
  Result<> add_remote_candidate(Timestamp now, const Candidate& candidate);
  void end_of_remote_candidates(Timestamp now);
  void close();
  void handle_datagram(Timestamp now, const Received& datagram);
  void handle_activity(Timestamp now, const Path& path);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;
  std::vector<CandidatePairStats> pair_stats() const;
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
  };

  void begin_generation(Credentials local, Role role, CheckSession::Embeds embeds);
  template <class F>
  void drop_if(F is_over);
  bool is_agreed(const Generation& one) const { return one.session->remote().has_value(); }
  void after_input(Timestamp now);
  void announce_gathering();
  void consider_generations(Timestamp now);
  void use(Timestamp now, std::size_t generation);
  void retire(Timestamp now);
  void update_state();
  IceConnectionState judge() const;
  WakeUp compute_deadline() const;

  Shared shared_;
  std::vector<Generation> generations_;  // oldest first, never empty
  std::size_t in_use_ = 0;
  bool closed_ = false;
  IceConnectionState state_ = IceConnectionState::New;
  IceGatheringState announced_gathering_ = IceGatheringState::New;
};

Agent::Impl::Impl(Config config, Random& random) : shared_(std::move(config), random) {
  Credentials local = std::exchange(shared_.config.local, {});
  if (local.ufrag.empty()) local = Credentials::generate(random);
  const auto embeds =
      shared_.config.embedding ? CheckSession::Embeds::Yes : CheckSession::Embeds::No;
  begin_generation(std::move(local), shared_.config.role, embeds);
}

void Agent::Impl::begin_generation(Credentials local, Role role, CheckSession::Embeds embeds) {
  generations_.push_back({std::make_unique<CheckSession>(shared_, std::move(local), role, embeds)});
  shared_.in_use = &in_use();
}

template <class F>
void Agent::Impl::drop_if(F is_over) {
  const CheckSession* const used = shared_.in_use;
  std::erase_if(generations_,
                [&](const Generation& one) { return one.session.get() != used && is_over(one); });
  in_use_ = 0;
  while (generations_[in_use_].session.get() != used) ++in_use_;
  shared_.is_stale = true;
}

// ---- gathering

void Agent::Impl::start_gathering() {
  shared_.gathering.start();
  announce_gathering();
}

void Agent::Impl::add_local_endpoint(Timestamp now, const Endpoint& endpoint) {
  if (const Base* base = shared_.gathering.add_base(now, endpoint))
    tell_all([&](CheckSession& session) { session.add_base(*base); });
  after_input(now);
}

void Agent::Impl::remove_local_endpoint(Timestamp now, const Endpoint& base) {
  shared_.gathering.remove_base(base);
  tell_all([&](CheckSession& session) { session.remove_base(base); });
  after_input(now);
}

void Agent::Impl::add_stun_server(Timestamp now, const Endpoint& server) {
  shared_.gathering.add_server(now, server);
  after_input(now);
}

void Agent::Impl::end_of_local_endpoints(Timestamp now) {
  shared_.gathering.end();
  after_input(now);
}

void Agent::Impl::announce_gathering() {
  const auto announce = [&](IceGatheringState state) {
    if (announced_gathering_ == state) return;
    announced_gathering_ = state;
    shared_.events.push_back(GatheringStateChanged{state});
  };
  Gathering& gathering = shared_.gathering;
  const bool was_asked = gathering.state() != IceGatheringState::New;
  if (was_asked && announced_gathering_ == IceGatheringState::New)
    announce(IceGatheringState::Gathering);
  while (auto candidate = gathering.poll_candidate())
    shared_.events.push_back(LocalCandidateFound{std::move(*candidate)});
  if (gathering.state() == IceGatheringState::Complete) announce(IceGatheringState::Complete);
}

// ---- generations. RFC 8445 §9.

void Agent::Impl::set_local_credentials(Timestamp now, const Credentials& local) {
  if (newest().local() == local) return;
  const bool is_known = any([&](const CheckSession& one) { return one.local() == local; });
  if (is_known) {  // a rollback: what was only offered goes
    drop_if([&](const Generation& one) { return !is_agreed(one); });
    return after_input(now);
  }
  const Role role = newest().role();
  const bool is_first = !any([](const CheckSession& one) { return one.remote().has_value(); });
  if (is_first) {  // nobody has answered: there is nothing to go on with
    generations_.clear();
    in_use_ = 0;
  } else {
    drop_if([&](const Generation& one) { return !is_agreed(one); });
    while (generations_.size() >= kMaxGenerations) {
      const CheckSession* const oldest = generations_[in_use_ == 0 ? 1 : 0].session.get();
      drop_if([&](const Generation& one) { return one.session.get() == oldest; });
    }
  }
  // The handshake rides in the checks of the first agreed generation alone.
  const bool embeds = is_first && shared_.config.embedding;
  begin_generation(local, role, embeds ? CheckSession::Embeds::Yes : CheckSession::Embeds::No);
  generations_.back().is_restart = !is_first;
  shared_.gathering.restart(now);
  announced_gathering_ = IceGatheringState::New;
  announce_gathering();
  after_input(now);
}

void Agent::Impl::set_remote_credentials(Timestamp now, const Credentials& remote) {
  newest().set_remote_credentials(now, remote);
  // A restart that was under way is overtaken.
  const CheckSession* const agreed = &newest();
  drop_if([&](const Generation& one) { return !one.retires_at && one.session.get() != agreed; });
  after_input(now);
}

Result<> Agent::Impl::add_remote_candidate(Timestamp now, const Candidate& candidate) {
  CheckSession* to = &newest();
  const auto ufrag = candidate.extension("ufrag");
  for (const Generation& one : generations_) {
    const auto& remote = one.session->remote();
    if (ufrag && remote && remote->ufrag == *ufrag) to = one.session.get();
  }
  auto taken = to->add_remote_candidate(candidate);
  after_input(now);
  return taken;
}

void Agent::Impl::end_of_remote_candidates(Timestamp now) {
  newest().end_of_remote_candidates(now);
  after_input(now);
}

// The newest that was agreed takes over once a pair of it is nominated, or at once where there is
// no path to keep.
void Agent::Impl::consider_generations(Timestamp now) {
  if (generations_.size() == 1) return;
  for (std::size_t i = generations_.size() - 1; i > in_use_; --i) {
    const CheckSession& session = *generations_[i].session;
    if (!session.remote() || session.is_over()) continue;
    const bool has_nominated = session.current() && session.current()->is_nominated;
    if (has_nominated || !in_use().current()) use(now, i);
    break;
  }
  drop_if([&](const Generation& one) {
    return one.retires_at && (now >= *one.retires_at || !one.session->current());
  });
}

void Agent::Impl::use(Timestamp now, std::size_t generation) {
  const Pair* const before = in_use().current();
  const Pair* const after = generations_[generation].session->current();
  const bool is_same_path = before && after && before->path() == after->path();
  const bool leads_elsewhere = is_same_path ? before->mapped != after->mapped : !before;
  for (std::size_t i = 0; i < generation; ++i) {
    if (!generations_[i].retires_at) generations_[i].retires_at = now + kRetirement;
  }
  in_use_ = generation;
  shared_.in_use = &in_use();
  if (leads_elsewhere) shared_.told_selected.reset();
  in_use().tell_path();
}

void Agent::Impl::close() {
  closed_ = true;
  state_ = IceConnectionState::Closed;
  for (const Generation& one : generations_) one.session->close();
  shared_.events.clear();
  shared_.queued_dtls = 0;
  shared_.deadline = {};
  shared_.is_stale = false;
}

// ---- the world

void Agent::Impl::handle_datagram(Timestamp now, const Received& datagram) {
  const auto drop = [](std::uint64_t& counter) { ++counter; };
  Counters& counters = shared_.counters;
  // RFC 7675 §5.1: a generation that failed is over. Were the peer answered, it would take itself
  // for connected.
  if (!any([](const CheckSession& one) { return !one.is_over(); }))
    return drop(counters.dropped_unexpected);
  // The process did not run: what has passed since is not the path's.
  const Deadline& deadline = shared_.deadline;
  if (!shared_.is_stale && deadline && now > *deadline + kLate) shared_.late_at = now;
  const auto message = stun::Message::parse(datagram.bytes);
  if (!message) return drop(counters.dropped_malformed);
  if (message->method != stun::Method::Binding) return drop(counters.dropped_unexpected);

  CheckSession* to = nullptr;
  switch (message->cls) {
    case stun::Class::Request:
      // Who names none of ours is told so by the newest.
      to = &newest();
      for (const Generation& one : generations_) {
        if (one.session->is_named_by(*message)) to = one.session.get();
      }
      if (to->is_over()) return drop(counters.dropped_unexpected);
      to->handle_request(now, datagram, *message);
      break;
    // RFC 8445 §11: a keepalive of the peer's, which asks for nothing.
    case stun::Class::Indication: return;
    case stun::Class::SuccessResponse:
    case stun::Class::ErrorResponse:
      if (shared_.gathering.handle_response(datagram, *message)) break;
      for (const Generation& one : generations_) {
        if (one.session->asked(message->id)) to = one.session.get();
      }
      if (to)
        to->handle_response(now, datagram, *message);
      else
        drop(counters.dropped_unexpected);
      break;
  }
  after_input(now);
}

void Agent::Impl::handle_activity(Timestamp now, const Path& path) {
  bool matters = false;
  for (const Generation& one : generations_)
    matters = one.session->handle_activity(now, path) || matters;
  if (generations_.size() > 1) {
    // The peer has followed, where the paths tell.
    const Pair* const pair = in_use().checklist().find(path);
    const auto is_left = [&](const Generation& one) {
      return one.retires_at && !one.session->checklist().find(path);
    };
    if (pair && pair->is_valid && std::ranges::any_of(generations_, is_left)) {
      drop_if(is_left);
      matters = true;
    }
  }
  if (matters) after_input(now);
}

void Agent::Impl::handle_timeout(Timestamp now) {
  if (!shared_.is_stale && (!shared_.deadline || now < *shared_.deadline)) return;
  shared_.gathering.handle_timeout(now);
  for (const Generation& one : generations_) one.session->handle_timeout(now);
  after_input(now);
}

void Agent::Impl::after_input(Timestamp now) {
  for (const Generation& one : generations_) one.session->consider_paths(now);
  announce_gathering();
  for (const Generation& one : generations_) one.session->consider_state(now);
  consider_generations(now);
  update_state();
  shared_.is_stale = true;
}

// W3C RTCIceTransportState has a restart lead from completed to connected, and from disconnected or
// failed to checking. One that fails leaves the path that is in use as it is.
IceConnectionState Agent::Impl::judge() const {
  using enum IceConnectionState;
  const IceConnectionState state = in_use().state();
  if (generations_[in_use_].is_restart && state == New) return Checking;
  if (&newest() == &in_use() || newest().is_over()) return state;
  if (state == Completed) return Connected;
  return state == Disconnected && newest().remote() ? Checking : state;
}

void Agent::Impl::update_state() {
  using enum IceConnectionState;
  const IceConnectionState next = closed_ ? Closed : judge();
  if (next == state_) return;
  // W3C: what was connected went through "connected" on its way to "completed".
  if (next == Completed && state_ != Connected && state_ != Disconnected)
    shared_.events.push_back(ConnectionStateChanged{Connected, {}});
  if (next == Failed && &newest() == &in_use()) {
    shared_.gathering.stop();
    announce_gathering();
  }
  state_ = next;
  shared_.events.push_back(
      ConnectionStateChanged{next, next == Failed ? in_use().reason() : std::string()});
}

std::optional<Transmit> Agent::Impl::poll_transmit(Timestamp now) {
  if (closed_) return std::nullopt;
  // The usual turn of a connected agent ends here.
  if (!shared_.is_stale && (!shared_.deadline || now < *shared_.deadline)) return std::nullopt;
  const auto from_any = [&](auto poll) -> std::optional<Transmit> {
    for (const Generation& one : generations_) {
      if (one.session->is_over()) continue;
      if (auto out = ((*one.session).*poll)(now)) return out;
    }
    return std::nullopt;
  };
  for (const Generation& one : generations_) {
    if (!one.session->is_over()) one.session->before_polling(now);
  }
  if (auto out = from_any(&CheckSession::poll_response)) return out;
  if (auto out = shared_.gathering.poll_transmit(now)) return out;
  if (auto out = from_any(&CheckSession::poll_check)) return out;
  if (auto out = from_any(&CheckSession::poll_consent)) return out;
  shared_.deadline = compute_deadline();
  shared_.is_stale = false;
  return std::nullopt;
}

std::optional<Agent::Event> Agent::Impl::poll_event() {
  if (shared_.events.empty()) return std::nullopt;
  Event event = shared_.events.take_front();
  if (std::holds_alternative<DtlsReceived>(event)) --shared_.queued_dtls;
  return event;
}

WakeUp Agent::Impl::next_timeout() const {
  return shared_.is_stale ? compute_deadline() : shared_.deadline;
}

WakeUp Agent::Impl::compute_deadline() const {
  if (closed_) return {};
  WakeUp next(shared_.gathering.next_timeout(), "ice gathering");
  for (const Generation& one : generations_) {
    next = soonest(next, one.session->next_timeout(),
                   WakeUp(one.retires_at, "ice generation that retires"));
  }
  return next;
}

// ---- questions

std::vector<CandidatePairStats> Agent::Impl::pair_stats() const {
  std::vector<CandidatePairStats> all;
  for (const Generation& one : generations_) {
    if (!one.retires_at) one.session->add_stats(all);
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
void Agent::set_local_credentials(Timestamp now, const Credentials& local) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_local_credentials(now, local);
}

void Agent::set_role(Role role) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->tell_all([&](CheckSession& one) { one.set_role(role); });
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
  if (connection_state() != IceConnectionState::Closed)
    impl_->tell_all([&](CheckSession& one) { one.set_remote_embedding(knows_it); });
}
void Agent::set_flight(std::uint32_t generation, std::span<const Buffer> datagrams) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->tell_all([&](CheckSession& one) { one.set_flight(generation, datagrams); });
}
void Agent::note_dtls_received(Bytes datagram) {
  impl_->tell_all([&](CheckSession& one) { one.note_dtls_received(datagram); });
}
void Agent::handshake_done(bool we_sent_the_last_flight) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->tell_all([&](CheckSession& one) { one.handshake_done(we_sent_the_last_flight); });
}
EmbeddingState Agent::embedding_state() const { return impl_->in_use().embedding_state(); }
std::size_t Agent::max_embedded_bytes() const { return impl_->in_use().max_embedded_bytes(); }

void Agent::handle_datagram(Timestamp now, const Path& path, Bytes datagram) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->handle_datagram(now, {path, datagram});
}
void Agent::handle_activity(Timestamp now, const Path& path) {
  if (connection_state() != IceConnectionState::Closed) impl_->handle_activity(now, path);
}
void Agent::note_seen(Timestamp now, const Path& path) {
  if (connection_state() != IceConnectionState::Closed) impl_->in_use().note_seen(now, path);
}
void Agent::expect_answer(Timestamp now, bool is_outstanding) {
  impl_->in_use().expect_answer(now, is_outstanding);
}
void Agent::handle_timeout(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->handle_timeout(now);
}
std::optional<Transmit> Agent::poll_transmit(Timestamp now) { return impl_->poll_transmit(now); }
std::optional<Agent::Event> Agent::poll_event() { return impl_->poll_event(); }
WakeUp Agent::next_timeout() const { return impl_->next_timeout(); }

bool Agent::is_validated(const Path& path) const {
  return connection_state() != IceConnectionState::Closed &&
         impl_->any([&](const CheckSession& one) {
           const Pair* pair = one.checklist().find(path);
           return pair && pair->is_valid;
         });
}
bool Agent::knows(const Path& path) const {
  return impl_->any([&](const CheckSession& one) { return one.checklist().find(path) != nullptr; });
}
std::optional<Path> Agent::path() const {
  const Pair* pair = impl_->in_use().current();
  return pair ? std::optional(pair->path()) : std::nullopt;
}
std::optional<Path> Agent::path(Timestamp now) const {
  const CheckSession& in_use = impl_->in_use();
  const Pair* pair = in_use.current();
  return pair && now < in_use.consent_ends(*pair) ? std::optional(pair->path()) : std::nullopt;
}
const Credentials& Agent::local_credentials() const { return impl_->newest().local(); }
Role Agent::role() const { return impl_->newest().role(); }
IceGatheringState Agent::gathering_state() const { return impl_->gathering().state(); }
IceConnectionState Agent::connection_state() const { return impl_->state(); }
std::vector<CandidatePairStats> Agent::pair_stats() const { return impl_->pair_stats(); }
Counters Agent::counters() const { return impl_->counters(); }
std::optional<Duration> Agent::round_trip_time() const {
  const Pair* pair = impl_->in_use().current();
  return pair ? pair->smoothed_round_trip_time : std::nullopt;
}

}  // namespace specter::ice
