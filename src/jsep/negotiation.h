// The negotiation of one connection: what session.h's functions make of it, kept.
#pragma once

#include <optional>
#include <string>

#include "jsep/session.h"

namespace specter::jsep {

class Negotiation {
 public:
  // `random` outlives it. Of `local`, the session id and the tls-id are drawn.
  Negotiation(LocalParameters local, Random& random);
  Negotiation(const Negotiation&) = delete;

  // A data channel is wanted: the next offer has a section for it.
  void want_data() { session_.wanted.data = true; }
  // W3C §4.4.2, restartIce(): the next offers restart ICE, until our credentials of today are in no
  // description that both sides agreed on. Without any of those it does nothing.
  void restart_ice() { want_restart(session_); }
  void close() { session_.now.state = SignalingState::Closed; }

  Result<SessionDescription> create_offer(const OfferOptions& options);
  Result<SessionDescription> create_answer();
  // An empty text stands for the description that was created last, or for a new one where there is
  // none or it is not what would be created now. An error changes nothing.
  Result<Change> set_local(const SessionDescription& description);
  // Without a description: the offer or the answer that the state asks for. W3C §4.4.2.
  Result<Change> set_local();
  Result<Change> set_remote(const SessionDescription& description);

  Transceivers& transceivers() { return transceivers_; }
  const Transceivers& transceivers() const { return transceivers_; }

  const Session& session() const { return session_; }
  SignalingState state() const { return session_.now.state; }
  bool is_needed() const { return negotiation_needed(session_); }

  const std::string& candidate_mid() const { return session_.now.candidate_mid; }
  std::uint16_t candidate_index() const { return session_.now.candidate_index; }
  Result<std::optional<Generation>> generation_of(const IceCandidate& candidate) const {
    return jsep::generation_of(session_, candidate);
  }
  // A candidate was taken: remote descriptions show it. False when they do already.
  bool show_candidate(const IceCandidate& candidate) {
    return local_.shows_candidates && jsep::show_candidate(session_, candidate);
  }
  // The user fragment and password of the latest local description.
  const ice::Credentials& local_credentials() const { return session_.now.credentials; }
  // Of the latest remote description: what candidates are for. Null: none has a section for us.
  const RemoteTransport* remote_transport() const;

  const std::optional<SessionDescription>& current_local() const {
    return session_.now.current_local;
  }
  const std::optional<SessionDescription>& pending_local() const {
    return session_.now.pending_local;
  }
  // As they were given, and with what show_candidate() was told.
  const std::optional<SessionDescription>& current_remote() const {
    return session_.now.current_remote;
  }
  const std::optional<SessionDescription>& pending_remote() const {
    return session_.now.pending_remote;
  }
  std::optional<SessionDescription> shown_current_remote() const;
  std::optional<SessionDescription> shown_pending_remote() const;

 private:
  SessionDescription keep(SdpType type, Draft draft);
  Result<> create_where_missing(const SessionDescription& description);
  Change take(Outcome outcome);

  const LocalParameters local_;
  Random& random_;
  Session session_;
  Transceivers transceivers_{local_, session_, random_};
};

}  // namespace specter::jsep
