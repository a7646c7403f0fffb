#include "peer/reporter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/stable_sort.h"

namespace specter::peer {
namespace {

PairOutcome outcome_of(const CandidatePairStats& pair) {
  if (pair.selected) return PairOutcome::Selected;
  if (pair.consent_expires) return PairOutcome::Answered;
  if (pair.responses_received > 0) return PairOutcome::Lost;
  if (pair.state == CandidatePairState::Failed) return PairOutcome::Unanswered;
  return pair.requests_sent > 0 ? PairOutcome::Trying : PairOutcome::Untried;
}

// Less comes first.
int rank(PairOutcome outcome) {
  switch (outcome) {
    case PairOutcome::Selected: return 0;
    case PairOutcome::Answered: return 1;
    case PairOutcome::Lost: return 2;
    case PairOutcome::Trying:
    case PairOutcome::Unanswered: return 3;
    case PairOutcome::Untried: return 4;
  }
  return 5;
}

void add_pairs(ConnectionReport& report, std::vector<CandidatePairStats>&& pairs) {
  for (CandidatePairStats& pair : pairs) {
    report.checks.requests_sent += pair.requests_sent;
    report.checks.requests_received += pair.requests_received;
    report.checks.responses_received += pair.responses_received;
    report.pairs.push_back({.local = std::move(pair.local),
                            .remote = std::move(pair.remote),
                            .outcome = outcome_of(pair),
                            .nominated = pair.nominated,
                            .requests_sent = pair.requests_sent,
                            .requests_received = pair.requests_received,
                            .responses_received = pair.responses_received,
                            .first_request = pair.first_request,
                            .last_request = pair.last_request,
                            .round_trip_time = pair.current_round_trip_time});
  }
  stable_sort(report.pairs, [](const PairReport& pair) { return rank(pair.outcome); });
  if (report.pairs.size() <= ConnectionReport::kMaxPairs) return;
  report.pairs_left_out = report.pairs.size() - ConnectionReport::kMaxPairs;
  report.pairs.resize(ConnectionReport::kMaxPairs);
}

std::optional<Timestamp> earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  return soonest(a, b);
}

}  // namespace

// ---- servers

void Reporter::begin_gathering() {
  servers_.clear();
  explain_relays();
}

void Reporter::note_server(Timestamp now, const core::IceServerNote& server) {
  servers_.note(now, server);
  explain_relays();
}

void Reporter::note_relay(Timestamp now, std::string_view url) {
  servers_.note_answer(now, url);
  explain_relays();
}

void Reporter::note_lost(const Endpoint& local) {
  const ice::Agent& ice = transport_.ice();
  const std::string_view url = ice.server_of(local);
  if (!servers_.is_turn(url) || !ice.is_relayed({local, {}})) return;
  const bool is_last =
      std::ranges::none_of(ice.local_candidates(), [&](const ice::Candidate& other) {
        return other.type == ice::CandidateType::Relayed && other.endpoint != local &&
               ice.server_of(other.endpoint) == url;
      });
  if (!is_last) return;
  servers_.note_lost(url);
  explain_relays();
}

void Reporter::handle_failure(Timestamp now, const core::IceServerFailure& failure) {
  servers_.note_failure(now, failure.url, failure.code, failure.text);
  explain_relays();
  tell_error(failure.base, failure.url, failure.code, failure.text);
}

void Reporter::handle_peer_refused(const Endpoint& relayed, std::uint16_t code) {
  servers_.note_peer_refused(transport_.ice().server_of(relayed), code);
  explain_relays();
}

// A TURN server that is asked for an address, too, says by its relay what is wrong with it.
void Reporter::handle(const ice::ServerAnswer& answer) {
  if (servers_.is_turn(answer.url)) return;
  if (answer.code == 0) return servers_.note_answer(answer.at, answer.url);
  servers_.note_failure(answer.at, answer.url, answer.code, answer.text);
  tell_error(answer.base, answer.url, answer.code, answer.text);
}

// A server that nothing was heard of was asked by nobody: it has no address of a family of ours.
void Reporter::handle(const ice::GatheringStateChanged& changed) {
  if (changed.state != IceGatheringState::Complete) return;
  for (const std::string& url : servers_.unasked()) {
    constexpr std::string_view kWhy = "No local address can reach the server.";
    servers_.note_failure(transport_.progress().gathering.ended, url, 701, kWhy);
    tell_error({}, url, 701, kWhy);
  }
  explain_relays();
}

// W3C §4.8.3: no address that candidates do not tell.
void Reporter::tell_error(const std::optional<Endpoint>& base, std::string_view url,
                          std::uint16_t code, std::string_view text) {
  if (states_.connection() == ConnectionState::Closed) return;
  core::IceCandidateError error{
      .url = std::string(url), .error_code = code, .error_text = std::string(text)};
  const auto& told = transport_.ice().local_candidates();
  if (base && std::ranges::find(told, *base, &ice::Candidate::endpoint) != told.end()) {
    error.address = base->address.to_string();
    error.port = base->port;
  }
  events_.emplace_back(std::move(error));
}

void Reporter::explain_relays() {
  transport_.ice().explain_relays(servers_.relay_trouble(options_.ice.transport_policy));
}

// ---- the end

void Reporter::consider_end() {
  const ConnectionState state = states_.connection();
  using enum ConnectionState;
  if (state == New || state == Connecting) told_end_.reset();
  const bool has_ended = state == Failed || (state == Connected && !data_.is_connecting());
  // What is up has nothing new to say when it was silent for a while; what fails then has.
  if (!has_ended || told_end_ == Failed || (told_end_ && state == Connected)) return;
  told_end_ = state;
  if (!options_.connection_reports) return;
  events_.emplace_back(core::ConnectingEnded{});
}

// ---- the report

void Reporter::add_relay_protocols(Stats& stats) const {
  const auto add = [this](CandidateStats& candidate) {
    if (candidate.type == IceCandidateType::Relayed)
      candidate.relay_protocol = servers_.protocol_of(candidate.url);
  };
  for (CandidateStats& candidate : stats.local_candidates) add(candidate);
  for (CandidatePairStats& pair : stats.candidate_pairs) add(pair.local);
}

ConnectionReport Reporter::report(Timestamp now) const {
  Stats stats;
  transport_.add_stats(stats);
  data_.add_stats(stats);
  add_relay_protocols(stats);
  const Progress& progress = transport_.progress();

  ConnectionReport out;
  out.timestamp = now;
  out.began = earlier(progress.gathering.began, progress.checks.began);
  out.state = states_.connection();
  if (const auto& why = transport_.failure(); why && out.state == ConnectionState::Failed) {
    out.code = why->code;
    out.reason = why->message;
  }

  GatheringReport& gathering = out.gathering;
  gathering.times = progress.gathering;
  gathering.state = transport_.ice().gathering_state();
  gathering.servers = servers_.reports();
  for (const CandidateStats& candidate : stats.local_candidates) {
    gathering.host += candidate.type == IceCandidateType::Host;
    gathering.server_reflexive += candidate.type == IceCandidateType::ServerReflexive;
    gathering.relayed += candidate.type == IceCandidateType::Relayed;
    if (candidate.url.empty()) continue;
    const auto server = std::ranges::find(gathering.servers, candidate.url, &ServerReport::url);
    if (server != gathering.servers.end()) ++server->candidates;
  }

  out.checks.times = progress.checks;
  out.checks.state = states_.ice();
  out.checks.remote_candidates = stats.remote_candidates.size();
  out.checks.wrong_credentials = transport_.ice().counters().dropped_integrity;
  add_pairs(out, std::move(stats.candidate_pairs));

  out.nomination = {.times = progress.nomination, .role = stats.transport.ice_role};
  out.dtls = {.times = progress.dtls,
              .state = stats.transport.dtls_state,
              .role = stats.transport.dtls_role,
              .version = stats.transport.tls_version,
              .dropped = stats.transport.dropped_dtls};
  out.sctp = {.times = data_.handshake_times(),
              .packets_sent = stats.sctp.packets_sent,
              .packets_received = stats.sctp.packets_received};
  return out;
}

}  // namespace specter::peer
