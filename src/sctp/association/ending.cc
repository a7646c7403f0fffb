// How an association ends, and the timers that watch over it. RFC 9260 §8, §9.
//
//   Established --shutdown--> ShutdownPending --all acknowledged--> ShutdownSent --SHUTDOWN ACK--+
//        |                                                                                       |
//        +--SHUTDOWN--> ShutdownReceived --all acknowledged--> ShutdownAckSent --COMPLETE--> Ended
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "sctp/association/impl.h"

namespace specter::sctp {
namespace {

// How long data may be lost on a path that carries something, and is heard to at such intervals: of
// one that was down in between nobody knows what it carries.
constexpr Duration kNarrowPatience = std::chrono::seconds(20);
constexpr Duration kNarrowInterval = std::chrono::seconds(5);

// A peer's words, for a log: short, and nothing but what can be printed.
std::string printable(Bytes text) {
  constexpr std::size_t kMaxShown = 120;
  std::string out;
  for (const std::uint8_t byte : text.first(std::min(text.size(), kMaxShown)))
    out += byte >= 0x20 && byte < 0x7f ? static_cast<char>(byte) : '?';
  return out;
}

}  // namespace

void Association::Impl::end(CloseReason reason, std::string detail) {
  if (state_ == State::Ended) return;
  // What came before the end is told before it, parts of messages too.
  if (receiver_) receiver_->hand_out_parts();
  emit_messages();
  ended_well_ = reason == CloseReason::Shutdown || reason == CloseReason::PeerShutdown;
  state_ = State::Ended;
  t1_.stop();
  t2_.stop();
  guard_.reset();
  heartbeat_at_.reset();
  heartbeat_.reset();
  control_.clear();
  log_.info("the association has ended, {}{}{}", to_string(reason), detail.empty() ? "" : ": ",
            detail);
  events_.push_back(Closed{reason, std::move(detail)});
}

void Association::Impl::abort(Timestamp, std::string_view reason) {
  if (state_ == State::Ended) return;
  if (peer_.tag != 0) {  // §9.1; before, nobody would know what it is about
    const std::size_t room = segment_bytes_ - kChunkHeaderBytes - 4;
    const Bytes text = as_bytes(reason.substr(0, std::min(reason.size(), room)));
    queue_alone(peer_.tag, ErrorChunk{ErrorChunk::Kind::Abort,
                                      false,
                                      {{CauseCode::UserInitiatedAbort, to_buffer(text)}}});
  }
  end(CloseReason::Aborted, std::string(reason));
}

// The peer did what it must not: it hears so and it is over.
void Association::Impl::violate(Timestamp, CauseCode code, std::string detail) {
  if (peer_.tag != 0) {
    queue_alone(peer_.tag,
                ErrorChunk{ErrorChunk::Kind::Abort, false, {{code, to_buffer(as_bytes(detail))}}});
  }
  end(CloseReason::ProtocolViolation, std::move(detail));
}

void Association::Impl::handle_abort(const ErrorChunk& abort) {
  std::string detail = "the peer aborted the association";
  if (!abort.causes.empty()) {
    const ErrorCause& cause = abort.causes.front();
    detail += fmt::format(" ({})", to_string(cause.code));
    const bool has_text =
        cause.code == CauseCode::UserInitiatedAbort || cause.code == CauseCode::ProtocolViolation;
    if (has_text && !cause.info.empty()) detail += ": " + printable(cause.info);
  }
  end(CloseReason::PeerAborted, std::move(detail));
}

void Association::Impl::shutdown(Timestamp now) {
  switch (state_) {
    case State::Closed:
    case State::CookieWait: return end(CloseReason::Shutdown, "ended before it began");
    case State::CookieEchoed:
      queue_alone(
          peer_.tag,
          ErrorChunk{ErrorChunk::Kind::Abort, false, {{CauseCode::UserInitiatedAbort, {}}}});
      return end(CloseReason::Shutdown, "ended before it began");
    case State::Established:
      we_shut_down_ = true;
      // What has no end yet would never be acknowledged as a whole.
      for (const StreamId stream : sender_->queue().streams()) sender_->cut_message(stream);
      state_ = State::ShutdownPending;
      return proceed_with_shutdown(now);
    default: return;  // under way
  }
}

// §9.2: when all that was sent is acknowledged, the next step.
void Association::Impl::proceed_with_shutdown(Timestamp now) {
  if (state_ != State::ShutdownPending && state_ != State::ShutdownReceived) return;
  if (!sender_->idle()) return;
  if (state_ == State::ShutdownPending) {
    state_ = State::ShutdownSent;
    shutdown_due_ = true;
  } else {
    state_ = State::ShutdownAckSent;
    shutdown_ack_due_ = true;
  }
  guard_ = now + kShutdownGuard * config_.max_rto;
  t2_.start(now, sender_->rto().value());
}

void Association::Impl::handle_shutdown(Timestamp now, const ShutdownChunk& shutdown) {
  if (!exchanges_data()) {  // §9.2: too early is nothing
    if (state_ == State::ShutdownAckSent) shutdown_ack_due_ = true;
    return;
  }
  if (state_ == State::ShutdownSent) {  // both at once
    state_ = State::ShutdownAckSent;
    shutdown_due_ = false;
    shutdown_ack_due_ = true;
    t2_.start(now, sender_->rto().value());
    return;
  }
  state_ = State::ShutdownReceived;
  // §3.3.8: it has no gap blocks, and that does not mean that the peer took back what it had told.
  handle_sack(now, sender_->last_sack_with(shutdown.cumulative_tsn));
}

void Association::Impl::handle_shutdown_ack(Timestamp) {
  if (state_ != State::ShutdownSent && state_ != State::ShutdownAckSent) return;
  queue_alone(peer_.tag, BareChunk{ChunkType::ShutdownComplete, false});
  end(we_shut_down_ ? CloseReason::Shutdown : CloseReason::PeerShutdown,
      "all that was sent has arrived; both sides agreed to end");
}

// §8.3. The echo is as large as what came and never larger than a packet.
void Association::Impl::handle_heartbeat(const HeartbeatChunk& heartbeat) {
  if (!is_established() || HeartbeatChunk::kFixedBytes + heartbeat.info.size() > segment_bytes_)
    return;
  queue_control(HeartbeatChunk{HeartbeatChunk::Kind::Ack, heartbeat.info});
}

void Association::Impl::handle_heartbeat_ack(Timestamp now, const HeartbeatChunk& heartbeat) {
  ByteReader r(heartbeat.info);
  const std::uint64_t nonce = r.u64();
  // What follows the nonce is the filling of a probe.
  if (r.ok() && path_mtu_.handle_answer(now, nonce)) return use_path_mtu();
  // §5.4, §8.3: nothing that we did not ask is an answer.
  if (!heartbeat_ || !r.ok() || r.remaining() != 0 || nonce != heartbeat_->nonce) return;
  sender_->rto().sample(now - heartbeat_->at);
  if (narrow_since_ && heartbeat_->at >= *narrow_since_) {
    if (!small_until_ || now - *small_until_ > kNarrowInterval) small_since_ = now;
    small_until_ = now;
  }
  heartbeat_.reset();
  errors_ = 0;
}

bool Association::Impl::too_many_errors() {
  ++errors_;
  if (!config_.max_retransmissions || errors_ <= *config_.max_retransmissions) return false;
  end(CloseReason::TooManyRetransmissions,
      fmt::format("the peer did not answer {} times in a row", errors_));
  return true;
}

void Association::Impl::handle_timeout(Timestamp now) {
  if (state_ == State::Ended) return;
  handle_handshake_timeout(now);
  handle_shutdown_timeout(now);
  if (state_ == State::Ended) return;
  if (receiver_) receiver_->handle_timeout(now);
  const bool asked_closed_window = sender_->window_closed();
  // §6.1 A: a peer whose window is closed, and which says so, is there.
  if (sender_->handle_timeout(now)) {
    log_.debug("T3: no SACK; {} bytes are outstanding, the congestion window is {}",
               sender_->flight_bytes(), sender_->congestion_window_bytes());
    if (!asked_closed_window && (too_many_errors() || is_too_narrow(now))) return;
  }
  look_into_path();
  path_mtu_.handle_timeout(now, sender_->is_silent());
  emit_low();
  if (reset_ && reset_->handle_timeout(now) && too_many_errors()) return;
  handle_heartbeat_timeout(now);
  start_outgoing_reset();
  proceed_with_shutdown(now);
}

// T3-rtx has expired. Data in the smallest packets there are don't come through: is it the path
// that is down, which ICE will tell, or is it one that carries only less?
bool Association::Impl::is_too_narrow(Timestamp now) {
  if (!path_mtu_.is_smallest()) return false;
  if (!narrow_since_) narrow_since_ = now;
  if (state_ != State::Established) return false;
  if (!heartbeat_ || heartbeat_->overdue || heartbeat_->answer_by <= now) send_heartbeat(now);
  if (!small_until_ || *small_until_ - *small_since_ < kNarrowPatience) return false;
  std::string detail = fmt::format(
      "the path carries small packets and none of {} bytes, with IP fragments or without",
      path_mtu_.packet_bytes());
  queue_alone(peer_.tag,
              ErrorChunk{ErrorChunk::Kind::Abort,
                         false,
                         {{CauseCode::UserInitiatedAbort, to_buffer(as_bytes(detail))}}});
  end(CloseReason::TooManyRetransmissions, std::move(detail));
  return true;
}

void Association::Impl::handle_handshake_timeout(Timestamp now) {
  if (!t1_.expired(now) || too_many_errors()) return;
  log_.debug("T1: the peer does not answer the handshake");
  t1_.back_off(now, std::min(kMaxHandshakeInterval, config_.max_rto));
  if (state_ == State::CookieWait) init_due_ = true;
  if (state_ == State::CookieEchoed) cookie_due_ = true;
}

void Association::Impl::handle_shutdown_timeout(Timestamp now) {
  if (guard_ && *guard_ <= now) {
    // All has arrived on both sides; only the peer's last word did not.
    if (state_ == State::ShutdownAckSent)
      return end(we_shut_down_ ? CloseReason::Shutdown : CloseReason::PeerShutdown,
                 "all that was sent has arrived; the peer's last word was lost");
    queue_alone(peer_.tag, ErrorChunk{ErrorChunk::Kind::Abort, false, {}});
    return end(CloseReason::TooManyRetransmissions, "the peer did not answer our shutdown in time");
  }
  if (!t2_.expired(now) || too_many_errors()) return;
  log_.debug("T2: the peer does not answer the shutdown");
  t2_.back_off(now, std::min(Rto::kMaxBackoff, config_.max_rto));
  if (state_ == State::ShutdownSent) shutdown_due_ = true;
  if (state_ == State::ShutdownAckSent) shutdown_ack_due_ = true;
}

void Association::Impl::handle_heartbeat_timeout(Timestamp now) {
  if (state_ == State::Ended) return;
  if (heartbeat_ && !heartbeat_->overdue && heartbeat_->answer_by <= now) {
    heartbeat_->overdue = true;  // a late answer still counts
    log_.debug("a HEARTBEAT is not answered");
    if (too_many_errors()) return;
  }
  if (!heartbeat_at_ || *heartbeat_at_ > now) return;
  // §8.3: a path is idle when nothing went over it that would be answered.
  const Timestamp idle_since = std::max({active_at_, sender_->last_sent().value_or(active_at_),
                                         heartbeat_ ? heartbeat_->at : active_at_});
  if (idle_since + config_.heartbeat_interval > now) {
    heartbeat_at_ = idle_since + config_.heartbeat_interval;
    return;
  }
  heartbeat_at_ = now + config_.heartbeat_interval;
  if (state_ == State::Established) send_heartbeat(now);
}

void Association::Impl::send_heartbeat(Timestamp now) {
  heartbeat_ = HeartbeatSent{random_.u64(), now, now + sender_->rto().value()};
  HeartbeatChunk heartbeat;
  ByteWriter(heartbeat.info).u64(heartbeat_->nonce);
  queue_control(heartbeat);
}

WakeUp Association::Impl::next_timeout() const {
  if (state_ == State::Ended) return {};
  const Deadline answer =
      heartbeat_ && !heartbeat_->overdue ? Deadline{heartbeat_->answer_by} : Deadline{};
  return soonest(WakeUp(t1_.at, "sctp t1"), WakeUp(t2_.at, "sctp t2"),
                 WakeUp(guard_, "sctp t5 shutdown guard"), sender_->next_timeout(),
                 WakeUp(receiver_ ? receiver_->next_timeout() : Deadline{}, "sctp delayed sack"),
                 WakeUp(reset_ ? reset_->next_timeout() : Deadline{}, "sctp stream reset"),
                 WakeUp(heartbeat_at_, "sctp heartbeat"), WakeUp(answer, "sctp heartbeat answer"),
                 WakeUp(path_mtu_.next_timeout(), "sctp path mtu"));
}

}  // namespace specter::sctp
