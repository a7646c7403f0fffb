#include "ice/agent.h"

#include <utility>

#include "crypto/secret.h"
#include "ice/generations.h"

namespace specter::ice {

namespace {

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

// ---- the facade

Agent::Agent(Config config, Random& random, Log log)
    : impl_(std::make_unique<Impl>(std::move(config), random, log)) {}
Agent::~Agent() = default;

void Agent::start_gathering(Timestamp) {
  if (connection_state() != IceConnectionState::Closed) impl_->start_gathering();
}
void Agent::add_local_endpoint(Timestamp now, Endpoint base) {
  if (connection_state() != IceConnectionState::Closed) impl_->add_local_endpoint(now, base);
}
void Agent::add_relayed_endpoint(Timestamp now, Endpoint relayed, Endpoint base,
                                 std::string_view url) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->add_relayed_endpoint(now, relayed, base, url);
}
void Agent::remove_local_endpoint(Timestamp now, Endpoint base) {
  if (connection_state() != IceConnectionState::Closed) impl_->remove_local_endpoint(now, base);
}
void Agent::retire_local_endpoint(Timestamp now, Endpoint base) {
  if (connection_state() != IceConnectionState::Closed) impl_->retire_local_endpoint(now, base);
}
bool Agent::has_local_endpoint(const Endpoint& base) const {
  return impl_->gathering().base_of(base) != nullptr;
}
void Agent::add_stun_server(Timestamp now, Endpoint server, std::string_view url) {
  if (connection_state() != IceConnectionState::Closed) impl_->add_stun_server(now, server, url);
}
void Agent::explain_relays(std::string trouble) { impl_->explain_relays(std::move(trouble)); }
void Agent::end_of_local_endpoints(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->end_of_local_endpoints(now);
}
const std::vector<Candidate>& Agent::local_candidates() const {
  return impl_->gathering().candidates();
}
std::string_view Agent::server_of(const Endpoint& candidate) const {
  const auto& origins = impl_->gathering().origins();
  const auto known = std::ranges::find(origins, candidate, &Origin::candidate);
  return known == origins.end() ? std::string_view() : known->url;
}
std::vector<IpAddress> Agent::remote_addresses() const { return impl_->remote_addresses(); }
std::uint32_t Agent::remote_candidates_taken() const { return impl_->remote_candidates_taken(); }
void Agent::set_local_credentials(Timestamp now, const Credentials& local) {
  if (connection_state() != IceConnectionState::Closed) impl_->set_local_credentials(now, local);
}

void Agent::set_role(Role role) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->tell_all([&](CheckSession& one) { one.set_role(role); });
}
void Agent::set_remote_credentials(Timestamp now, const Credentials& remote, Implementation peer) {
  if (connection_state() != IceConnectionState::Closed)
    impl_->set_remote_credentials(now, remote, peer);
}
Result<> Agent::add_remote_candidate(Timestamp now, const Candidate& candidate) {
  if (connection_state() == IceConnectionState::Closed) return {};
  return impl_->add_remote_candidate(now, candidate);
}
void Agent::end_of_remote_candidates(Timestamp now, std::string_view ufrag) {
  if (connection_state() != IceConnectionState::Closed) impl_->end_of_remote_candidates(now, ufrag);
}
void Agent::leave_former_generations(Timestamp now) {
  if (connection_state() != IceConnectionState::Closed) impl_->leave_former_generations(now);
}
void Agent::close(End end) {
  if (end == End::ForGood)
    impl_->close();
  else if (connection_state() != IceConnectionState::Closed)
    impl_->give_up();
}

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
bool Agent::is_relayed(const Path& path) const {
  const Base* base = impl_->gathering().base_of(path.local);
  return base && base->is_relayed;
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
