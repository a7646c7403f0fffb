#include "ice/generations.h"

#include <ranges>
#include <utility>

#include "base/check.h"

namespace specter::ice {

namespace {

using namespace std::chrono_literals;

// Past a deadline for so long: nobody called.
constexpr Duration kLate = 100ms;
// A generation that another has taken the place of: the peer may follow later.
constexpr Duration kRetirement = 10s;
// In use, agreed, and offered; of those that retire, the oldest goes first.
constexpr std::size_t kMaxGenerations = 3;

}  // namespace

Shared::Shared(Agent::Config agent_config, Random& source, Log own_log)
    : config(std::move(agent_config)),
      random(source),
      log(own_log),
      gathering(source, config.options.check_interval, config.options.gathering_timeout, own_log),
      pacer(config.options.check_interval, kCheckBurst),
      first_checks(kFirstCheckInterval, kCheckBurst - kKeptForAnswers) {
  SPECTER_CHECK(config.options.check_interval > Duration::zero());
}

void Shared::tell_path(const CheckSession& from, const Path& path, bool is_selected) {
  if (&from != in_use) return;
  if (!told_path) {
    told_path = path;
    log.info("the first path is {}", log.shown(path));
    events.push_back(PathUsable{path});
  }
  if (told_path != path || (is_selected && told_selected != path)) {
    told_path = told_selected = path;
    log.info("the {} path is {}", is_selected ? "selected" : "other", log.shown(path));
    events.push_back(SelectedPathChanged{path});
  }
}

Agent::Impl::Impl(Config config, Random& random, Log log)
    : shared_(std::move(config), random, log) {
  Credentials local = std::exchange(shared_.config.local, {});
  if (local.ufrag.empty()) local = Credentials::generate(random);
  begin_generation(std::move(local), shared_.config.role, false);
}

// Datagrams of a handshake ride in the checks of the first agreed generation alone.
void Agent::Impl::begin_generation(Credentials local, Role role, bool is_restart) {
  using Embeds = CheckSession::Embeds;
  using Awaits = CheckSession::Awaits;
  auto session = std::make_unique<CheckSession>(
      shared_, std::move(local), role,
      shared_.config.embedding && !is_restart ? Embeds::Yes : Embeds::No,
      is_restart ? Awaits::ThePeersChecks : Awaits::Nothing);
  generations_.push_back({std::move(session), is_restart});
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

void Agent::Impl::add_relayed_endpoint(Timestamp now, const Endpoint& relayed, const Endpoint& base,
                                       std::string_view url) {
  if (const Base* added = shared_.gathering.add_relayed(relayed, base, url))
    tell_all([&](CheckSession& session) { session.add_base(*added); });
  after_input(now);
}

void Agent::Impl::remove_local_endpoint(Timestamp now, const Endpoint& base) {
  shared_.gathering.remove_base(base);
  tell_all([&](CheckSession& session) { session.remove_base(base); });
  after_input(now);
}

void Agent::Impl::retire_local_endpoint(Timestamp now, const Endpoint& base) {
  if (generations_.size() == 1) return remove_local_endpoint(now, base);
  if (!shared_.gathering.base_of(base)) return;
  shared_.gathering.forget_candidates(base);
  newest().remove_base(base);
  retired_bases_.push_back(base);
  after_input(now);
}

// Where the newest one was taken back, the base is in use as before.
void Agent::Impl::let_retired_bases_go() {
  if (generations_.size() > 1) return;
  for (const Endpoint& base : std::exchange(retired_bases_, {})) {
    if (newest().checklist().has_base(base))
      shared_.gathering.restore_candidate(base);
    else
      shared_.gathering.remove_base(base);
  }
  announce_gathering();
}

void Agent::Impl::add_stun_server(Timestamp now, const Endpoint& server, std::string_view url) {
  shared_.gathering.add_server(now, server, url);
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
    shared_.log.info("gathering: {}", to_string(state));
    shared_.events.push_back(GatheringStateChanged{state});
  };
  Gathering& gathering = shared_.gathering;
  const bool was_asked = gathering.state() != IceGatheringState::New;
  if (was_asked && announced_gathering_ == IceGatheringState::New)
    announce(IceGatheringState::Gathering);
  while (auto candidate = gathering.poll_candidate()) {
    if (shared_.log.wants(LogLevel::Debug))
      shared_.log.debug("local candidate: {}", words(shared_.log, *candidate));
    shared_.events.push_back(LocalCandidateFound{std::move(*candidate)});
  }
  if (gathering.state() == IceGatheringState::Complete) announce(IceGatheringState::Complete);
}

// ---- generations. RFC 8445 §9.

void Agent::Impl::set_local_credentials(Timestamp now, const Credentials& local) {
  if (newest().local() == local) return;
  const bool is_known = any([&](const CheckSession& one) { return one.local() == local; });
  shared_.log.debug("{} generation of credentials", is_known ? "back to the former" : "another");
  if (is_known) {  // a rollback: what was only offered goes
    drop_if([&](const Generation& one) { return !one.is_agreed(); });
    return after_input(now);
  }
  const Role role = newest().role();
  const bool is_first = !any([](const CheckSession& one) { return one.remote().has_value(); });
  if (is_first) {  // nobody has answered: there is nothing to go on with
    generations_.clear();
    in_use_ = 0;
  } else {
    drop_if([&](const Generation& one) { return !one.is_agreed(); });
    while (generations_.size() >= kMaxGenerations) {
      const CheckSession* const oldest = generations_[in_use_ == 0 ? 1 : 0].session.get();
      drop_if([&](const Generation& one) { return one.session.get() == oldest; });
    }
  }
  retired_bases_.clear();  // whoever has retired one is to say so again
  begin_generation(local, role, !is_first);
  shared_.gathering.restart(now);
  announced_gathering_ = IceGatheringState::New;
  announce_gathering();
  after_input(now);
}

void Agent::Impl::set_remote_credentials(Timestamp now, const Credentials& remote,
                                         Implementation peer) {
  if (newest().remote() == remote) return;
  newest().set_remote_credentials(now, remote, peer);
  ++remote_candidates_taken_;  // those that came before
  // A restart that was under way is overtaken.
  const CheckSession* const agreed = &newest();
  drop_if([&](const Generation& one) { return !one.retires_at && one.session.get() != agreed; });
  after_input(now);
}

// Which generation the peer means: the newest whose credentials it has told, or those it names.
CheckSession& Agent::Impl::told_of(std::optional<std::string_view> ufrag) const {
  CheckSession* found = &newest();
  for (const Generation& one : generations_) {
    const auto& remote = one.session->remote();
    if (remote && (!ufrag || remote->ufrag == *ufrag)) found = one.session.get();
  }
  return *found;
}

Result<> Agent::Impl::add_remote_candidate(Timestamp now, const Candidate& candidate) {
  auto taken = told_of(candidate.extension("ufrag")).add_remote_candidate(candidate);
  if (taken) ++remote_candidates_taken_;
  after_input(now);
  return taken;
}

std::vector<IpAddress> Agent::Impl::remote_addresses() const {
  std::vector<IpAddress> out;
  for (const Generation& one : generations_) one.session->add_remote_addresses(out);
  return out;
}

void Agent::Impl::end_of_remote_candidates(Timestamp now, std::string_view ufrag) {
  CheckSession& session = told_of(ufrag.empty() ? std::nullopt : std::optional(ufrag));
  const auto& remote = session.remote();
  // RFC 8838 §13: the end of others.
  if (!ufrag.empty() && remote && remote->ufrag != ufrag) return;
  session.end_of_remote_candidates(now);
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
  shared_.log.info("the generation of the ICE restart is used");
  in_use_ = generation;
  shared_.in_use = &in_use();
  if (leads_elsewhere) shared_.told_selected.reset();
  in_use().tell_path();
}

void Agent::Impl::leave_former_generations(Timestamp now) {
  in_use_ = generations_.size() - 1;
  shared_.in_use = &in_use();
  drop_if([](const Generation&) { return true; });
  shared_.told_path.reset();
  shared_.told_selected.reset();
  after_input(now);
}

void Agent::Impl::give_up() {
  for (const Generation& one : generations_) one.session->end(IceConnectionState::Failed);
  shared_.gathering.stop();
  shared_.events.clear();
  shared_.queued_dtls = 0;
  announced_gathering_ = shared_.gathering.state();
  state_ = IceConnectionState::Failed;
  shared_.is_stale = true;
}

void Agent::Impl::close() {
  closed_ = true;
  state_ = IceConnectionState::Closed;
  for (const Generation& one : generations_) one.session->end(IceConnectionState::Closed);
  shared_.events.clear();
  shared_.queued_dtls = 0;
  shared_.deadline = {};
  shared_.is_stale = false;
}

// ---- the world

void Agent::Impl::handle_datagram(Timestamp now, const Received& datagram) {
  const auto drop = [&](std::uint64_t& counter, std::string_view cause) {
    shared_.drop(counter, cause, datagram.path);
  };
  Counters& counters = shared_.counters;
  // RFC 7675 §5.1: a generation that failed is over. Were the peer answered, it would take itself
  // for connected.
  if (!any([](const CheckSession& one) { return !one.is_over(); }))
    return drop(counters.dropped_unexpected, "a STUN message after ICE has failed");
  // The process did not run: what has passed since is not the path's.
  const Deadline& deadline = shared_.deadline;
  if (!shared_.is_stale && deadline && now > *deadline + kLate) shared_.late_at = now;
  const auto message = stun::Message::parse(datagram.bytes);
  if (!message) return drop(counters.dropped_malformed, "no STUN message");
  if (message->method != stun::Method::Binding)
    return drop(counters.dropped_unexpected, "a STUN message that is not Binding");

  CheckSession* to = nullptr;
  switch (message->cls) {
    case stun::Class::Request:
      // Who names none of ours is told so by the newest.
      to = &newest();
      for (const Generation& one : generations_) {
        if (names(*message, one.session->local().ufrag)) to = one.session.get();
      }
      if (to->is_over())
        return drop(counters.dropped_unexpected, "a check of a generation that has failed");
      to->handle_request(now, datagram, *message);
      break;
    // RFC 8445 §11: a keepalive of the peer's, which asks for nothing.
    case stun::Class::Indication: return;
    case stun::Class::SuccessResponse:
    case stun::Class::ErrorResponse:
      if (shared_.gathering.handle_response(now, datagram, *message)) break;
      for (const Generation& one : generations_) {
        if (one.session->asked(message->id)) to = one.session.get();
      }
      if (to)
        to->handle_response(now, datagram, *message);
      else
        drop(counters.dropped_unexpected, "a Binding response to no request of ours");
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
  while (auto answer = shared_.gathering.poll_answer()) {
    answer->at = now;
    shared_.events.push_back(std::move(*answer));
  }
  for (const Generation& one : generations_) one.session->consider_state(now);
  consider_generations(now);
  if (!retired_bases_.empty()) let_retired_bases_go();
  // RFC 8445 §5.1.1.4: server-reflexive candidates are kept alive until ICE has concluded. A
  // restart begins anew.
  const Pair* const pair = newest().current();
  if (newest().is_over() || (pair && pair->is_nominated)) shared_.gathering.let_mappings_go();
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
  shared_.log.info("the ICE connection is {}{}{}", to_string(next), next == Failed ? ": " : "",
                   next == Failed ? std::string_view(in_use().reason()) : "");
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
  // All share one pace, which two that have lost their paths use up: what both sides are to move to
  // comes first.
  for (const Generation& one : generations_ | std::views::reverse) {
    if (one.session->is_over()) continue;
    if (auto out = one.session->poll_check(now)) return out;
  }
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

}  // namespace specter::ice
