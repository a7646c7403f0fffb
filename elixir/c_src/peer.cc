#include "peer.h"

#include <chrono>
#include <utility>
#include <variant>

#include "instance.h"
#include "json_term.h"
#include "stats.h"

namespace specter::nif {

namespace {

Atom failure_atom(ErrorCode code) {
  switch (code) {
    case ErrorCode::ClosedByPeer: return Atom("closed_by_peer");
    case ErrorCode::IceFailure: return Atom("ice_failure");
    case ErrorCode::DtlsFailure: return Atom("dtls_failure");
    case ErrorCode::FingerprintFailure: return Atom("fingerprint_failure");
    case ErrorCode::SctpFailure: return Atom("sctp_failure");
    // Of a start.
    case ErrorCode::InvalidAccess:
    case ErrorCode::InvalidArgument:
    case ErrorCode::NotSupported:
    case ErrorCode::SyntaxError: return Atom("invalid_configuration");
    case ErrorCode::OperationFailed: return Atom("operation_failed");
    default: return Atom("internal");
  }
}

double epoch_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) /
         1000.0;
}

}  // namespace

Peer::Peer(std::string id, ErlNifPid owner, std::weak_ptr<Instance> instance,
           const ResourceTypes& types, Counter& counter)
    : outbox_(std::move(id), owner),
      instance_(std::move(instance)),
      types_(types),
      counted_(counter),
      tracks_(*this, types) {}

void Peer::start(const Api& api, ActiveChange active, ConnectionOptions options) {
  codecs_ = api.codecs();
  outbox_.begin(active);
  // The handler keeps the peer for as long as the loop keeps the connection.
  PeerConnection connection = api.new_peer_connection(
      [self = shared_from_this()](Event&& event) { self->handle(std::move(event)); },
      std::move(options));
  if (active.kind == ActiveChange::Kind::Never) connection.set_receiving(false);
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Closed) connection_ = std::move(connection);
}

PeerConnection Peer::connection() const {
  const std::lock_guard lock(mutex_);
  return connection_;
}

Result<> Peer::ask(Answer answer) {
  // The lock keeps both queues in the same order.
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
  Result<> asked = connection_.ask();
  if (!asked) answers_.pop_back();
  return asked;
}

Result<> Peer::get_stats(StatsForm form) {
  const std::lock_guard lock(mutex_);
  stats_forms_.push_back(form);
  Result<> asked = connection_.get_stats();
  if (!asked) stats_forms_.pop_back();
  return asked;
}

void Peer::close() {
  phase_ = Phase::Closed;
  connection().close();
}

void Peer::abort() {
  phase_ = Phase::Closed;
  connection().abort();
}

void Peer::abandon() { connection().abort(); }

void Peer::handle(Event&& event) {
  event_boundary(
      [&] {
        std::visit([&](auto& e) { handle(std::move(e)); }, event);
        // Media that came, or that set_active() has asked for.
        tracks_.flush();
      },
      [&] { connection_of(event).close(); });
}

void Peer::handle(event::Ready&&) {
  Phase starting = Phase::Starting;
  // Closed already: the owner died meanwhile.
  if (phase_.compare_exchange_strong(starting, Phase::Open)) tell(Atom("peer_connection_ready"));
}

void Peer::handle(event::LocalCandidate&& e) {
  // The end of candidates has no message of its own: the gathering state tells it.
  if (!e.candidate.candidate.empty()) tell(Atom("ice_candidate"), e.candidate.to_json());
}

void Peer::handle(event::IceCandidateError&& e) { tell(Atom("ice_candidate_error"), to_json(e)); }

// Changes of state have tags of their own: those of the getters' answers would be taken for
// answers.
void Peer::handle(event::NegotiationNeeded&&) { tell(Atom("negotiation_needed")); }
void Peer::handle(event::SignalingStateChange&& e) {
  tell(Atom("signaling_state_change"), e.state);
}
void Peer::handle(event::IceGatheringStateChange&& e) {
  tell(Atom("ice_gathering_state_change"), e.state);
}
void Peer::handle(event::IceConnectionStateChange&& e) {
  tell(Atom("ice_connection_state_change"), e.state);
}
void Peer::handle(event::ConnectionStateChange&& e) {
  // Why comes before what: a message of its own, since the change has a known shape.
  if (e.code) tell(Atom("connection_failed"), failure_atom(*e.code), e.reason);
  tell(Atom("connection_state_change"), e.state);
}

void Peer::handle(event::Stats&& e) {
  StatsForm form = StatsForm::Json;
  {
    const std::lock_guard lock(mutex_);
    if (stats_forms_.empty()) return;
    form = stats_forms_.front();
    stats_forms_.pop_front();
  }
  JsonText json{to_json(e.stats, codecs_, e.connection.transceivers(), id(), epoch_seconds())};
  if (form == StatsForm::Map) return tell(Atom("stats"), json);
  tell(Atom("stats"), json.text);
}

void Peer::handle(event::ConnectionReport&& e) {
  tell(Atom("connection_report"), e.report.to_json());
}

void Peer::handle(event::Asked&& asked) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return;
    answer = std::move(answers_.front());
    answers_.pop_front();
  }
  answer(*this, asked.connection);
}

void Peer::handle(event::OperationFailed&& failure) {
  start_failed_ = start_failed_ || failure.operation == Operation::Start;
  tell_failure(failure.operation, failure.error);
}

void Peer::tell_failure(Operation operation, const Error& error) {
  switch (operation) {
    // What creating a data channel fails with is an offer_error: so it was when it was named first.
    case Operation::CreateDataChannel:
    case Operation::CreateOffer: return tell(Atom("offer_error"), error.message);
    case Operation::CreateAnswer: return tell(Atom("answer_error"), error.message);
    case Operation::SetLocalDescription:
      return tell(Atom("invalid_local_description"), error.message);
    case Operation::SetRemoteDescription:
      return tell(Atom("invalid_remote_description"), error.message);
    case Operation::AddIceCandidate: return tell(Atom("candidate_error"), error.message);
    case Operation::Start:
      tell(Atom("connection_failed"), failure_atom(error.code), error.message);
      return tell(Atom("peer_connection_error"));
    // The channel ended under the message; :data_channel_closed tells so.
    case Operation::Send: return;
    case Operation::AddTrack: tracks_.note_failed_add(); [[fallthrough]];
    case Operation::AddTransceiver:
    case Operation::RemoveTrack:
    case Operation::ReplaceTrack:
    case Operation::SetDirection:
    case Operation::SetStreams:
    case Operation::SetCodecPreferences:
    case Operation::SetSendParameters:
    case Operation::StopTransceiver:
    case Operation::SetDelivery:
    case Operation::RequestKeyFrame:
    case Operation::WriteSample:
    case Operation::WriteRtp: return tell(Atom("track_error"), error.message);
  }
}

void Peer::handle(event::Closed&&) {
  phase_ = Phase::Closed;
  {
    // The connection's handle may keep the handler, which keeps this peer: let go of it.
    const std::lock_guard lock(mutex_);
    connection_ = PeerConnection();
    answers_.clear();
    stats_forms_.clear();
  }
  tracks_.end();
  outbox_.drop_messages();
  if (const auto instance = instance_.lock()) instance->forget_peer(id());
  // Of a start that failed peer_connection_error has told all.
  if (!start_failed_) outbox_.tell(Atom("peer_connection_closed"));
}

}  // namespace specter::nif
