#include "peer.h"

#include <utility>
#include <variant>

#include "instance.h"
#include "messages.h"

namespace specter::nif {

namespace {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};

}  // namespace

Peer::Peer(std::string id, ErlNifPid owner, std::weak_ptr<Instance> instance, Counter& counter)
    : id_(std::move(id)), owner_(owner), instance_(std::move(instance)), counted_(counter) {}

void Peer::start(const Api& api) {
  // The handler keeps the peer for as long as the loop keeps the connection.
  PeerConnection connection =
      api.new_peer_connection([self = shared_from_this()](Event&& event) { self->handle(event); });
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::Closed) connection_ = std::move(connection);
}

PeerConnection Peer::connection() const {
  const std::lock_guard lock(mutex_);
  return connection_;
}

Result<> Peer::ask(Answer answer) {
  // The connection answers calls in their order, and to get_stats it always answers: so a question
  // of our own rides on it. The lock keeps both queues in the same order.
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
  Result<> asked = connection_.get_stats();
  if (!asked) answers_.pop_back();
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

void Peer::handle(const Event& event) {
  event_boundary(
      [&] {
        // Up to 65,536 calls may wait, each of milliseconds. Nobody hears of them any more, and
        // others share the loop.
        ErlNifPid owner = owner_;
        if (!enif_is_process_alive(nullptr, &owner)) connection_of(event).abort();
        std::visit(
            Overloaded{
                [&](const event::Ready&) { handle_ready(); },
                [&](const event::DataChannelCreated&) {
                  tell(owner_, Atom("data_channel_created"), id_);
                },
                [&](const event::Offer& e) {
                  tell(owner_, Atom("offer"), id_, e.description.to_json());
                },
                [&](const event::Answer& e) {
                  tell(owner_, Atom("answer"), id_, e.description.to_json());
                },
                [&](const event::LocalDescriptionSet&) {
                  tell(owner_, Atom("ok"), id_, Atom("set_local_description"));
                },
                [&](const event::RemoteDescriptionSet&) {
                  tell(owner_, Atom("ok"), id_, Atom("set_remote_description"));
                },
                [&](const event::IceCandidateAdded&) {
                  tell(owner_, Atom("ok"), id_, Atom("add_ice_candidate"));
                },
                [&](const event::Stats& e) { handle_stats(e); },
                [&](const event::OperationFailed& e) { handle_failure(e); },
                [&](const event::Closed&) { handle_closed(); },
                [&](const event::IceCandidate& e) {
                  // The end of candidates has no message of its own: the gathering state tells it.
                  if (!e.candidate.candidate.empty()) {
                    tell(owner_, Atom("ice_candidate"), id_, e.candidate.to_json());
                  }
                },
                // Tags of their own: those of the getters' answers would be taken for answers.
                [&](const event::NegotiationNeeded&) {
                  tell(owner_, Atom("negotiation_needed"), id_);
                },
                [&](const event::SignalingStateChange& e) {
                  tell(owner_, Atom("signaling_state_change"), id_, e.state);
                },
                [&](const event::IceGatheringStateChange& e) {
                  tell(owner_, Atom("ice_gathering_state_change"), id_, e.state);
                },
                [&](const event::IceConnectionStateChange& e) {
                  tell(owner_, Atom("ice_connection_state_change"), id_, e.state);
                },
                [&](const event::ConnectionStateChange& e) {
                  tell(owner_, Atom("connection_state_change"), id_, e.state);
                },
                // Channels have no handle in Elixir, so what happens to them has no message.
                [](const event::IncomingDataChannel&) {},
                [](const event::DataChannelOpen&) {},
                [](const event::Message&) {},
                [](const event::BufferedAmountLow&) {},
                [](const event::DataChannelClosing&) {},
                [](const event::DataChannelError&) {},
                [](const event::DataChannelClosed&) {},
            },
            event);
      },
      [&] { connection_of(event).close(); });
}

void Peer::handle_ready() {
  Phase starting = Phase::Starting;
  // Closed already: the owner died meanwhile.
  if (phase_.compare_exchange_strong(starting, Phase::Open)) {
    tell(owner_, Atom("peer_connection_ready"), id_);
  }
}

void Peer::handle_stats(const event::Stats& stats) {
  Answer answer;
  {
    const std::lock_guard lock(mutex_);
    if (answers_.empty()) return;
    answer = std::move(answers_.front());
    answers_.pop_front();
  }
  answer(*this, stats.connection, stats.stats);
}

void Peer::handle_failure(const event::OperationFailed& failure) {
  start_failed_ = start_failed_ || failure.operation == Operation::Start;
  tell_failure(failure.operation, failure.error);
}

void Peer::tell_failure(Operation operation, const Error& error) const {
  switch (operation) {
    // What creating a data channel fails with is an offer_error: so it was when it was named first.
    case Operation::CreateDataChannel:
    case Operation::CreateOffer: return tell(owner_, Atom("offer_error"), id_, error.message);
    case Operation::CreateAnswer: return tell(owner_, Atom("answer_error"), id_, error.message);
    case Operation::SetLocalDescription:
      return tell(owner_, Atom("invalid_local_description"), id_, error.message);
    case Operation::SetRemoteDescription:
      return tell(owner_, Atom("invalid_remote_description"), id_, error.message);
    case Operation::AddIceCandidate:
      return tell(owner_, Atom("candidate_error"), id_, error.message);
    case Operation::Start: return tell(owner_, Atom("peer_connection_error"), id_);
    case Operation::Send: break;  // Elixir sends nothing
  }
}

void Peer::handle_closed() {
  phase_ = Phase::Closed;
  {
    // The connection's handle may keep the handler, which keeps this peer: let go of it.
    const std::lock_guard lock(mutex_);
    connection_ = PeerConnection();
    answers_.clear();
  }
  if (const auto instance = instance_.lock()) instance->forget_peer(id_);
  // Of a start that failed peer_connection_error has told all.
  if (!start_failed_) tell(owner_, Atom("peer_connection_closed"), id_);
}

}  // namespace specter::nif
