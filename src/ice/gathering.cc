#include "ice/gathering.h"

#include <algorithm>

#include "base/check.h"
#include "ice/priority.h"
#include "net/address_policy.h"
#include "stun/attributes.h"

namespace specter::ice {

namespace {

constexpr int kBurst = 8;
constexpr std::uint16_t kNotReached = 701;  // W3C §4.8.3
// RFC 8445 §14: Tr, 15 s at least. Many NATs forget what was silent for 30 s.
constexpr Duration kKeepInterval = std::chrono::seconds(15);

// Whether asking makes sense: nobody outside answers to a loopback or link-local address.
bool can_ask(const IpAddress& base, const IpAddress& server) {
  return net::can_pair(base, server) && (server.is_loopback() || !base.is_loopback());
}

std::optional<Endpoint> mapped_address(const stun::Message& message) {
  if (const auto mapped = message.get<stun::XorMappedAddress>()) return mapped->endpoint;
  if (const auto mapped = message.get<stun::MappedAddress>()) return mapped->endpoint;
  return std::nullopt;
}

}  // namespace

Gathering::Gathering(Random& random, Duration interval, Duration timeout, Log log)
    : random_(random), log_(log), timeout_(timeout), pacer_(interval, kBurst) {}

void Gathering::start() {
  if (state_ != IceGatheringState::New) return;
  state_ = IceGatheringState::Gathering;
}

// RFC 8445 §5.1.1.3: the same for candidates of one type, base address, server and protocol.
std::string Gathering::foundation(CandidateType type, const IpAddress& base,
                                  const IpAddress& server) {
  const auto [entry, is_new] = foundations_.try_emplace({type, base, server});
  if (is_new) entry->second = std::to_string(foundations_.size());
  return entry->second;
}

const Base* Gathering::add_base(Timestamp now, const Endpoint& endpoint) {
  start();
  if (!net::may_check(endpoint, net::LoopbackPolicy::Allow) || base_of(endpoint)) return nullptr;
  if (bases_.size() == kMaxBases) return nullptr;

  // Before there was an address nobody could be asked: an owner may be slow to look at its events.
  if (bases_.empty()) first_base_at_ = now;
  const bool is_v6 = endpoint.address.is_v6();
  Base base{.endpoint = endpoint};
  base.preference = local_preference(is_v6, bases_seen_[is_v6 ? 1 : 0]++);
  base.foundation = foundation(CandidateType::Host, endpoint.address, {});
  base.priority = candidate_priority(CandidateType::Host, base.preference, 1);
  base.reflexive_priority = candidate_priority(CandidateType::PeerReflexive, base.preference, 1);
  bases_.push_back(base);
  found(own_candidate(base));
  for (const Server& server : servers_) ask(now, base, server);
  conclude();
  return &bases_.back();
}

const Base* Gathering::add_relayed(const Endpoint& relayed, const Endpoint& base,
                                   std::string_view url) {
  start();
  if (!net::may_check(relayed, net::LoopbackPolicy::Allow) || base_of(relayed)) return nullptr;
  if (bases_.size() == kMaxBases) return nullptr;
  const bool is_v6 = relayed.address.is_v6();
  Base added{.endpoint = relayed, .is_relayed = true};
  added.preference = local_preference(is_v6, bases_seen_[is_v6 ? 1 : 0]++);
  added.foundation = foundation(CandidateType::Relayed, base.address, relayed.address);
  added.priority = candidate_priority(CandidateType::Relayed, added.preference, 1);
  // RFC 8445 §7.1.1 has the type preference of peer-reflexive candidates here; a relayed one is
  // learnt by its own, so that the peer does not take it for better than it is.
  added.reflexive_priority = added.priority;
  bases_.push_back(added);
  if (!url.empty()) origins_.push_back({relayed, base, std::string(url)});
  found(own_candidate(added));
  return &bases_.back();
}

void Gathering::forget_candidates(const Endpoint& base) {
  const auto is_of_it = [&](const Candidate& candidate) {
    return candidate.endpoint == base || candidate.related == base;
  };
  std::erase_if(candidates_, is_of_it);
  RareQueue<Candidate> others;
  while (!unannounced_.empty()) {
    Candidate candidate = unannounced_.take_front();
    if (!is_of_it(candidate)) others.push_back(std::move(candidate));
  }
  unannounced_ = std::move(others);
  std::erase_if(queries_, [&](const auto& entry) { return entry.second.base == base; });
  conclude();
}

void Gathering::restore_candidate(const Endpoint& endpoint) {
  const Base* const base = base_of(endpoint);
  if (base && std::ranges::find(candidates_, endpoint, &Candidate::endpoint) == candidates_.end())
    found(own_candidate(*base));
}

void Gathering::remove_base(const Endpoint& endpoint) {
  std::erase_if(bases_, [&](const Base& base) { return base.endpoint == endpoint; });
  forget_candidates(endpoint);
  std::erase_if(origins_, [&](const Origin& origin) {
    return origin.candidate == endpoint || (origin.base == endpoint && !base_of(origin.candidate));
  });
}

void Gathering::add_server(Timestamp now, const Endpoint& server, std::string_view url) {
  if (!net::may_check(server, net::LoopbackPolicy::Allow) || servers_.size() == kMaxServers) return;
  if (std::ranges::find(servers_, server, &Server::endpoint) != servers_.end()) return;
  servers_.push_back({server, std::string(url)});
  for (const Base& base : bases_) {
    if (!base.is_relayed) ask(now, base, servers_.back());
  }
}

void Gathering::end() {
  start();
  ended_ = true;
  conclude();
}

void Gathering::restart(Timestamp now) {
  if (state_ == IceGatheringState::New) return;
  state_ = IceGatheringState::Gathering;
  ended_ = false;
  is_stopped_ = false;
  first_base_at_ = now;
  servers_.clear();
  queries_.clear();
  std::erase_if(candidates_, [](const Candidate& one) {
    return one.type != CandidateType::Host && one.type != CandidateType::Relayed;
  });
  std::erase_if(origins_, [&](const Origin& origin) { return !base_of(origin.candidate); });
  for (const Base& base : bases_) restore_candidate(base.endpoint);
  unannounced_ = {};
  answers_ = {};
  for (const Candidate& candidate : candidates_) unannounced_.push_back(candidate);
}

void Gathering::stop() {
  is_stopped_ = true;
  queries_.clear();
  conclude();
}

const Base* Gathering::base_of(const Endpoint& endpoint) const {
  const auto base = std::ranges::find(bases_, endpoint, &Base::endpoint);
  return base == bases_.end() ? nullptr : &*base;
}

void Gathering::ask(Timestamp now, const Base& base, const Server& server) {
  if (is_stopped_ || !can_ask(base.endpoint.address, server.endpoint.address)) return;
  const auto id = stun::TransactionId::generate(random_);
  stun::MessageWriter request(stun::Class::Request, stun::Method::Binding, id);
  // A server that is known late, since its name was slow to resolve, makes the whole no longer.
  const Timestamp give_up = (ended_ ? now : first_base_at_) + timeout_;
  Query query{next_query_++,
              base.endpoint,
              server.endpoint,
              server.url,
              stun::ClientTransaction(request.finish()),
              give_up};
  query.transaction.start(now);
  log_.debug("STUN server {} is asked from {}", log_.shown(server.endpoint),
             log_.shown(base.endpoint));
  queries_.emplace(id, std::move(query));
}

namespace {

Candidate make_candidate(CandidateType type, const Base& base, const Endpoint& endpoint,
                         const std::string& foundation) {
  Candidate candidate;
  candidate.foundation = foundation;
  candidate.priority = candidate_priority(type, base.preference, 1);
  candidate.host = endpoint.address.to_string();
  candidate.endpoint = endpoint;
  candidate.type = type;
  // RFC 8839 §5.1: of a relayed one what the server sees, which others need not know.
  if (type == CandidateType::Relayed)
    candidate.related =
        Endpoint{endpoint.address.is_v6() ? IpAddress::v6({}) : IpAddress::v4({0, 0, 0, 0}), 0};
  else if (type != CandidateType::Host)
    candidate.related = base.endpoint;
  return candidate;
}

}  // namespace

Candidate Gathering::own_candidate(const Base& base) {
  return make_candidate(base.is_relayed ? CandidateType::Relayed : CandidateType::Host, base,
                        base.endpoint, base.foundation);
}

void Gathering::found(Candidate candidate) {
  candidates_.push_back(candidate);
  unannounced_.push_back(std::move(candidate));
}

void Gathering::answered(const Query& query, std::uint16_t code, std::string text) {
  if (query.url.empty()) return;
  answers_.push_back({query.url, query.base, code, std::move(text)});
}

// RFC 8445 §5.1.3: the same address with the same base is the same candidate.
void Gathering::learn_mapping(const Query& query, const Base& base, const Endpoint& mapped) {
  std::size_t of_the_base = 0;
  for (const Candidate& known : candidates_) {
    if (known.related.value_or(known.endpoint) != query.base) continue;
    if (known.endpoint == mapped) return;
    if (known.type == CandidateType::ServerReflexive) ++of_the_base;
  }
  if (of_the_base >= kMaxMappings) return;
  if (!query.url.empty()) origins_.push_back({mapped, query.base, query.url});
  found(make_candidate(
      CandidateType::ServerReflexive, base, mapped,
      foundation(CandidateType::ServerReflexive, query.base.address, query.server.address)));
}

bool Gathering::handle_response(Timestamp now, const Received& datagram,
                                const stun::Message& message) {
  const auto entry = queries_.find(message.id);
  if (entry == queries_.end()) return false;
  Query& query = entry->second;
  // From somewhere else it is nobody's answer; the real one may still come.
  if (datagram.path.remote != query.server || datagram.path.local != query.base) {
    log_.drop("a STUN server's answer that came another way", datagram.path.remote);
    return true;
  }
  if (query.transaction.is_over()) return true;  // once more

  const Base* base = base_of(query.base);
  const auto mapped = mapped_address(message);
  const bool is_usable = message.cls == stun::Class::SuccessResponse && base && mapped &&
                         net::may_check(*mapped, net::LoopbackPolicy::Allow) &&
                         net::can_pair(query.base.address, mapped->address);
  if (message.cls == stun::Class::SuccessResponse && mapped)
    log_.debug("STUN server {} sees {} as {}", log_.shown(query.server), log_.shown(query.base),
               log_.shown(*mapped));
  else
    log_.debug("STUN server {} answers {} with an error", log_.shown(query.server),
               log_.shown(query.base));
  if (is_usable) learn_mapping(query, *base, *mapped);
  if (!query.repeat_at) {
    if (is_usable) {
      answered(query, 0, {});
    } else if (message.cls == stun::Class::ErrorResponse) {
      const auto error = message.get<stun::ErrorCode>();
      answered(query, error ? error->code : kNotReached, "The server refuses to tell an address.");
    } else {
      answered(query, kNotReached, "The server's answer has no address that can be used.");
    }
  }
  // RFC 8489 §10, not done: ALTERNATE-SERVER; an error ends the query like silence does.
  if (query.repeat_at || (is_usable && needs_keeping(query, *mapped))) {
    query.transaction.cancel();
    query.repeat_at = now + kKeepInterval;
  } else {
    queries_.erase(entry);
  }
  conclude();
  return true;
}

// ---- what a NAT is to remember. RFC 8445 §5.1.1.4, §11.

// One server is enough for each base, if there is a NAT at all.
bool Gathering::needs_keeping(const Query& query, const Endpoint& mapped) const {
  return mapped != query.base && std::ranges::none_of(queries_, [&](const auto& entry) {
           return is_kept(entry) && entry.second.base == query.base;
         });
}

// Also where the last one was not answered: what leaves is what the NAT counts.
void Gathering::repeat_kept(Timestamp now) {
  std::vector<stun::TransactionId> due;
  for (const auto& entry : queries_) {
    const Query& query = entry.second;
    if (is_kept(entry) && query.transaction.is_over() && now >= *query.repeat_at)
      due.push_back(entry.first);
  }
  for (const stun::TransactionId& before : due) {
    auto node = queries_.extract(before);
    node.key() = stun::TransactionId::generate(random_);
    stun::MessageWriter request(stun::Class::Request, stun::Method::Binding, node.key());
    node.mapped().transaction = stun::ClientTransaction(request.finish());
    node.mapped().transaction.start(now);
    queries_.insert(std::move(node));
  }
}

void Gathering::handle_timeout(Timestamp now) {
  for (auto it = queries_.begin(); it != queries_.end();) {
    Query& query = it->second;
    const bool was_over = query.transaction.is_over();
    query.transaction.handle_timeout(now);
    if (query.repeat_at) {
      if (!was_over && query.transaction.is_over()) query.repeat_at = now + kKeepInterval;
      ++it;
      continue;
    }
    const bool is_over = now >= query.give_up || query.transaction.is_over();
    if (is_over) {
      log_.debug("STUN server {} does not answer {}", log_.shown(query.server),
                 log_.shown(query.base));
      answered(query, kNotReached, "The server did not answer in time.");
    }
    it = is_over ? queries_.erase(it) : std::next(it);
  }
  repeat_kept(now);
  conclude();
}

std::optional<Transmit> Gathering::poll_transmit(Timestamp now) {
  if (!pacer_.is_ready(now)) return std::nullopt;
  Query* next = nullptr;
  for (auto& [id, query] : queries_) {
    const Deadline due = query.transaction.next_timeout();
    if (!due || now < *due || !query.transaction.has_sends_left()) continue;
    if (!next || query.number < next->number) next = &query;
  }
  if (!next) return std::nullopt;
  auto bytes = next->transaction.poll_transmit(now);
  SPECTER_CHECK(bytes.has_value());
  pacer_.take(now);
  const std::size_t size = bytes->size();
  return Transmit{{next->base, next->server}, std::move(*bytes), size};
}

std::optional<Candidate> Gathering::poll_candidate() {
  if (unannounced_.empty()) return std::nullopt;
  return unannounced_.take_front();
}

std::optional<ServerAnswer> Gathering::poll_answer() {
  if (answers_.empty()) return std::nullopt;
  return answers_.take_front();
}

Deadline Gathering::next_timeout() const {
  Deadline next;
  for (const auto& [id, query] : queries_) {
    Deadline due = query.transaction.next_timeout();
    if (due && query.transaction.has_sends_left()) due = std::max(*due, pacer_.ready_at());
    if (!query.repeat_at)
      next = soonest(next, due, query.give_up);
    else
      next = soonest(next, query.transaction.is_over() ? query.repeat_at : due);
  }
  return next;
}

void Gathering::conclude() {
  if (ended_ && std::ranges::all_of(queries_, is_kept)) state_ = IceGatheringState::Complete;
}

}  // namespace specter::ice
