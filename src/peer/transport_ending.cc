// How a transport ends: by our close(), by the peer's goodbye, by a failure, or because a peer that
// ICE reaches never does what is its turn.
#include <utility>

#include "peer/data_link.h"
#include "peer/media_link.h"
#include "peer/transport.h"

namespace specter::peer {
namespace {

ErrorCode code_of(dtls::CloseReason reason) {
  switch (reason) {
    case dtls::CloseReason::CloseNotify: return ErrorCode::ClosedByPeer;
    case dtls::CloseReason::BadFingerprint:
    case dtls::CloseReason::NoCertificate: return ErrorCode::FingerprintFailure;
    case dtls::CloseReason::PeerAlert:
    case dtls::CloseReason::HandshakeFailed:
    case dtls::CloseReason::TimedOut:
    case dtls::CloseReason::LocalClose: return ErrorCode::DtlsFailure;
  }
  return ErrorCode::DtlsFailure;
}

}  // namespace

void Transport::close(Timestamp now) {
  if (is_closed_) return;
  // What the layers still have to say, from the top down, is taken now, while there is a path.
  RareQueue<specter::Transmit> words;
  while (auto transmit = poll_transmit(now)) words.push_back(std::move(*transmit));
  while (!words.empty()) last_words_.say(words.take_front());
  if (dtls_) dtls_->close(now);
  keep_last_words(now, Goodbye::Repeated);
  is_closed_ = true;
  ice_.close();
  early_.drop_unproved();
  carried_.reset();
  set_dtls_state(DtlsTransportState::Closed);
}

void Transport::handle_dtls_closed(Timestamp now, dtls::Closed&& closed) {
  if (closed.reason == dtls::CloseReason::LocalClose) return;  // whoever closed it has told
  const bool by_peer = closed.reason == dtls::CloseReason::CloseNotify;
  // RFC 5246 §7.2.1: a close_notify is answered by one; who sent it waits for none.
  end(now, by_peer ? DtlsTransportState::Closed : DtlsTransportState::Failed,
      Error{code_of(closed.reason),
            by_peer ? "the peer closed the connection" : std::move(closed.detail), std::nullopt},
      by_peer ? Goodbye::Once : Goodbye::Repeated);
}

// For good, but for another peer: docs/decisions/0006-peers-close.md.
void Transport::end(Timestamp now, DtlsTransportState state, Error why, Goodbye goodbye) {
  if (!failure_) failure_ = why;
  keep_last_words(now, goodbye);
  const bool has_told = ice_.connection_state() == IceConnectionState::Failed;
  // RFC 7675 §5.1: consent ends with the connection, and nothing more is sent.
  ice_.close(ice::Agent::End::UntilRestarted);
  if (!has_told)
    events_.emplace_back(ice::ConnectionStateChanged{IceConnectionState::Failed, why.message});
  if (media_) media_->handle_closed(now);
  if (data_) data_->handle_closed(now, std::move(why));
  set_dtls_state(state);
}

void Transport::handle_network_failure(Timestamp now, std::string reason) {
  if (is_closed_) return;
  end(now, DtlsTransportState::Failed,
      Error{ErrorCode::IceFailure, std::move(reason), std::nullopt}, Goodbye::Once);
}

// What DTLS says last, such as its alert.
void Transport::keep_last_words(Timestamp now, Goodbye goodbye) {
  Buffer none;
  std::optional<specter::Transmit> last;
  while (auto transmit = next_batch(now, none)) {
    last = *transmit;
    last_words_.say(std::move(*transmit));
  }
  if (last && goodbye == Goodbye::Repeated) last_words_.repeat(now, std::move(*last));
}

void Transport::note_ice_state(const ice::ConnectionStateChanged& changed) {
  if (changed.state == IceConnectionState::Failed) {
    if (!failure_) failure_ = Error{ErrorCode::IceFailure, changed.reason, std::nullopt};
  } else if (failure_ && failure_->code == ErrorCode::IceFailure) {
    failure_.reset();
  }
}

// DTLS's, and that of riders: it passes only while ICE has a path that answers.
void Transport::watch_patience(Timestamp now) {
  using enum IceConnectionState;
  const IceConnectionState ice = ice_.connection_state();
  const bool has_path = ice != New && ice != Checking && ice != Disconnected;
  if (dtls_ && !has_path) dtls_->give_time(now);
  auto overdue = data_ ? data_->find_overdue(now, ice) : std::nullopt;
  if (!overdue) return;
  if (dtls_) dtls_->close(now);
  end(now, DtlsTransportState::Closed, std::move(*overdue), Goodbye::Repeated);
}

}  // namespace specter::peer
