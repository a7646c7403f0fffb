// INIT, INIT ACK, COOKIE ECHO, COOKIE ACK; both sides at once; a peer that starts anew.
// RFC 9260 §5.
//
//   Closed --connect--> CookieWait --INIT ACK--> CookieEchoed --COOKIE ACK--> Established
//   Closed -------------------------COOKIE ECHO-----------------------------> Established
#include <algorithm>
#include <limits>
#include <utility>

#include "sctp/association/impl.h"

namespace specter::sctp {

InitChunk Association::Impl::own_init(InitChunk::Kind kind) const {
  InitChunk init;
  init.kind = kind;
  init.initiate_tag = local_tag_;
  init.window_bytes = static_cast<std::uint32_t>(
      std::min<std::size_t>(config_.data.receive_buffer_bytes, 0xffffffff));
  init.outbound_streams = config_.max_outgoing_streams;
  init.inbound_streams = config_.max_incoming_streams;
  init.initial_tsn = local_tsn_;
  init.forward_tsn = true;
  init.zero_checksum = config_.zero_checksum;
  init.extensions = {std::to_underlying(ChunkType::ReConfig),
                     std::to_underlying(ChunkType::ForwardTsn), std::to_underlying(ChunkType::Pad)};
  if (config_.data.interleaving) {  // RFC 8260 §2.2.1, §2.3.1
    init.extensions.push_back(std::to_underlying(ChunkType::IData));
    init.extensions.push_back(std::to_underlying(ChunkType::IForwardTsn));
  }
  return init;
}

Buffer Association::Impl::written_init() const {
  Buffer bytes;
  ByteWriter w(bytes);
  own_init(InitChunk::Kind::Init).write(w);
  return bytes;
}

void Association::Impl::send_init(Timestamp now) {
  init_due_ = true;
  t1_.start(now, config_.initial_rto);
}

Association::Impl::Peer Association::Impl::peer_of(const InitChunk& init) const {
  const auto lists = [&](ChunkType type) {
    return std::ranges::find(init.extensions, std::to_underlying(type)) != init.extensions.end();
  };
  Peer peer;
  peer.tag = init.initiate_tag;
  peer.initial_tsn = init.initial_tsn;
  peer.window_bytes = init.window_bytes;
  // RFC 9260 §5.1.1: each direction has as many streams as both can do.
  peer.outgoing_streams = std::min(config_.max_outgoing_streams, init.inbound_streams);
  peer.incoming_streams = std::min(config_.max_incoming_streams, init.outbound_streams);
  // RFC 8260 §2.2.1: when both have said so; then partial reliability is a matter of
  // I-FORWARD-TSN alone (§2.3.1).
  peer.interleaving = config_.data.interleaving && lists(ChunkType::IData);
  peer.forward_tsn = peer.interleaving ? lists(ChunkType::IForwardTsn)
                                       : init.forward_tsn || lists(ChunkType::ForwardTsn);
  peer.reconfig = lists(ChunkType::ReConfig);
  peer.zero_checksum = init.zero_checksum;
  peer.pad = lists(ChunkType::Pad);
  return peer;
}

Association::Impl::Peer Association::Impl::peer_of(const Cookie& cookie) {
  Peer peer;
  peer.tag = cookie.peer_tag;
  peer.initial_tsn = cookie.peer_tsn;
  peer.window_bytes = cookie.peer_window_bytes;
  peer.outgoing_streams = cookie.outgoing_streams;
  peer.incoming_streams = cookie.incoming_streams;
  peer.forward_tsn = cookie.forward_tsn;
  peer.reconfig = cookie.reconfig;
  peer.zero_checksum = cookie.zero_checksum;
  peer.interleaving = cookie.interleaving;
  peer.pad = cookie.pad;
  return peer;
}

// As many of the parts as `bytes` hold, each with 4 bytes of header and padding.
std::vector<Buffer> Association::Impl::fitting(const std::vector<Buffer>& parts,
                                               std::size_t bytes) const {
  std::vector<Buffer> out;
  for (const Buffer& part : parts) {
    const std::size_t size = padded(part.size()) + 4;
    if (size > bytes) continue;
    bytes -= size;
    out.push_back(part);
  }
  return out;
}

void Association::Impl::handle_init(Timestamp now, const InitChunk& init) {
  // §3.3.2: a zero tag is discarded.
  if (init.initiate_tag == 0) return drop("an INIT with the tag 0");
  if (init.outbound_streams == 0 || init.inbound_streams == 0) {
    ErrorChunk abort{ErrorChunk::Kind::Abort, false, {{CauseCode::InvalidMandatoryParameter, {}}}};
    return queue_alone(init.initiate_tag, abort);
  }
  if (state_ == State::ShutdownAckSent) {  // §9.2: our SHUTDOWN COMPLETE was lost
    shutdown_ack_due_ = true;
    return;
  }
  InitChunk answer = own_init(InitChunk::Kind::InitAck);
  const Peer peer = peer_of(init);
  Cookie cookie;
  switch (is_on_trust_ ? State::CookieEchoed : state_) {
    case State::Closed:
    case State::CookieWait:
      break;  // §5.1 B, §5.2.1: our own tag and TSN, nothing tied
    // §5.2.1: the same, tied to what is there. An INIT that went with a description has crossed the
    // peer's like one on the path: with a new tag, the cookie would be none of §5.2.4's cases.
    case State::CookieEchoed:
      cookie.local_tie_tag = local_tag_;
      cookie.peer_tie_tag = peer_.tag;
      break;
    default:  // §5.2.2: perhaps the peer starts anew; what is there stays as it is
      cookie.local_tie_tag = local_tag_;
      cookie.peer_tie_tag = peer_.tag;
      do answer.initiate_tag = random_tag();
      while (answer.initiate_tag == local_tag_);
      answer.initial_tsn = random_.u32();
  }
  cookie.local_tag = answer.initiate_tag;
  cookie.local_tsn = answer.initial_tsn;
  cookie.peer_tag = peer.tag;
  cookie.peer_tsn = peer.initial_tsn;
  cookie.peer_window_bytes = peer.window_bytes;
  cookie.outgoing_streams = peer.outgoing_streams;
  cookie.incoming_streams = peer.incoming_streams;
  cookie.forward_tsn = peer.forward_tsn;
  cookie.reconfig = peer.reconfig;
  cookie.zero_checksum = peer.zero_checksum;
  cookie.interleaving = peer.interleaving;
  cookie.pad = peer.pad;
  cookie.created = now;
  answer.cookie = cookies_.seal(cookie);
  // §3.2.1: reported as far as the packet goes.
  Buffer so_far;
  ByteWriter w(so_far);
  answer.write(w);
  answer.unrecognized_parameters = fitting(init.to_report, segment_bytes_ - padded(so_far.size()));
  queue_alone(init.initiate_tag, answer);
}

void Association::Impl::handle_init_ack(Timestamp now, const InitChunk& init) {
  if (state_ != State::CookieWait) return;  // §5.2.3
  if (init.initiate_tag == 0 || init.outbound_streams == 0 || init.inbound_streams == 0) {
    peer_.tag = init.initiate_tag;
    return violate(now, CauseCode::InvalidMandatoryParameter,
                   "the peer's INIT ACK has a zero tag or no streams");
  }
  if (kChunkHeaderBytes + init.cookie.size() > segment_bytes_) {
    peer_.tag = init.initiate_tag;
    return violate(now, CauseCode::OutOfResource,
                   "the peer's state cookie does not fit into a packet");
  }
  if (!may_meet(now, peer_of(init))) return;
  meet(peer_of(init));
  cookie_ = init.cookie;
  state_ = State::CookieEchoed;
  cookie_due_ = true;
  init_due_ = false;
  t1_.start(now, config_.initial_rto);
  // §3.2.1: what we did not know of it goes along with the COOKIE ECHO.
  for (const Buffer& parameter : fitting(init.to_report, segment_bytes_ / 4))
    report(CauseCode::UnrecognizedParameters, parameter);
}

// What was sent has its form, and is sent again in that. A peer that began once more before it had
// the association, and with another opinion of RFC 8260 than before, can't be sent it.
bool Association::Impl::may_meet(Timestamp now, const Peer& peer) {
  if (!sender_->has_sent() || peer.interleaving == peer_.interleaving) return true;
  peer_.tag = peer.tag;
  violate(now, CauseCode::ProtocolViolation,
          "the peer changed its mind about interleaving while the association began");
  return false;
}

// What the peer said of itself holds from now on.
void Association::Impl::meet(const Peer& peer) {
  peer_ = peer;
  path_mtu_.set_most(peer.pad ? std::numeric_limits<std::size_t>::max() : PathMtu::kMostForAnybody);
  use_path_mtu();
  outgoing_streams_ = peer.outgoing_streams;
  receiver_.emplace(Receiver::Limits{config_.data.receive_buffer_bytes,
                                     config_.data.max_message_bytes, segment_bytes_},
                    peer.initial_tsn, &in_parts_);
  if (reset_)
    reset_->expect_from(peer.initial_tsn);
  else
    reset_.emplace(local_tsn_, peer.initial_tsn);
  sender_->start({peer.window_bytes, peer.forward_tsn, peer.interleaving, outgoing_streams_});
}

void Association::Impl::establish(Timestamp now) {
  t1_.stop();
  init_due_ = cookie_due_ = false;
  cookie_ = Buffer();
  errors_ = 0;
  active_at_ = now;
  if (config_.heartbeat_interval > Duration{}) heartbeat_at_ = now + config_.heartbeat_interval;
  state_ = State::Established;
  log_.info("the association is established: {} streams out, {} in{}", peer_.outgoing_streams,
            peer_.incoming_streams, peer_.interleaving ? ", with interleaving" : "");
  events_.push_back(Established{});
}

bool Association::Impl::handle_cookie_echo(Timestamp now, const PacketView& packet, Bytes sealed) {
  const auto cookie = cookies_.open(sealed);
  // §5.1.5: a cookie that is not ours, or in a packet with another tag than its own.
  if (!cookie || packet.header.verification_tag != cookie->local_tag) {
    drop("a cookie that is not ours");
    return false;
  }
  const bool same =
      state_ != State::Closed && cookie->local_tag == local_tag_ && cookie->peer_tag == peer_.tag;
  const Duration age = now - cookie->created;
  if (age > Cookie::kLifetime && !same) {  // §5.2.4 step 3
    Buffer staleness;
    const auto over =
        std::chrono::duration_cast<std::chrono::microseconds>(age - Cookie::kLifetime);
    ByteWriter(staleness).u32(
        static_cast<std::uint32_t>(std::min<std::int64_t>(over.count(), 0xffffffff)));
    queue_alone(cookie->peer_tag, ErrorChunk{ErrorChunk::Kind::Error,
                                             false,
                                             {{CauseCode::StaleCookie, std::move(staleness)}}});
    return false;
  }
  return accept_cookie(now, *cookie);
}

// §5.2.4, table 12. True: the rest of the packet may be looked at.
bool Association::Impl::accept_cookie(Timestamp now, const Cookie& cookie) {
  const BareChunk ack{ChunkType::CookieAck, false};
  if (state_ == State::Closed) {  // §5.1 D
    meet(peer_of(cookie));
    establish(now);
    queue_control(ack);
    return true;
  }
  const bool local_matches = cookie.local_tag == local_tag_;
  const bool peer_matches = peer_.tag != 0 && cookie.peer_tag == peer_.tag;
  const bool ties_match = cookie.local_tie_tag == local_tag_ && cookie.peer_tie_tag == peer_.tag;
  const bool shaking = state_ == State::CookieWait || state_ == State::CookieEchoed;
  const bool on_trust = is_on_trust_;

  if (local_matches && peer_matches) {  // D: our COOKIE ACK was lost, or both began at once
    if (shaking) establish(now);
    if (on_trust) used_snap_ = is_on_trust_ = false;
    queue_control(ack);
    return true;
  }
  if (local_matches) {  // B: both began at once, and the peer took another tag meanwhile
    if (!shaking && !on_trust) {
      // Ours is established with the tag that the peer has left; only a peer that has sent nothing
      // can have done so.
      drop("a cookie of a tag that the peer has left");
      return false;
    }
    if (!may_meet(now, peer_of(cookie))) return false;
    meet(peer_of(cookie));
    if (shaking) establish(now);
    used_snap_ = is_on_trust_ = false;
    queue_control(ack);
    return true;
  }
  if (!peer_matches && peer_.tag != 0 && ties_match) {  // A: the peer starts anew
    if (state_ == State::ShutdownAckSent) {
      shutdown_ack_due_ = true;
      report(CauseCode::CookieReceivedWhileShuttingDown, {});
      return false;
    }
    restart(now, cookie);
    queue_control(ack);
    return true;
  }
  // C: a cookie that comes too late; and whatever the table does not have.
  drop("a cookie that comes too late");
  return false;
}

// The peer has forgotten everything: so does what is between us. To the application it is as if the
// peer had reset all of its streams, and agreed to what we had asked of it.
void Association::Impl::restart(Timestamp now, const Cookie& cookie) {
  log_.info("the peer begins the association anew");
  std::vector<StreamId> streams = sender_->queue().streams();
  if (receiver_) {
    std::vector<StreamId> incoming = receiver_->streams();
    streams.insert(streams.end(), incoming.begin(), incoming.end());
    std::ranges::sort(streams);
    streams.erase(std::ranges::unique(streams).begin(), streams.end());
  }
  std::vector<StreamId> to_reset = sender_->queue().streams_to_reset();
  const Receiver before = std::move(*receiver_);
  const std::uint64_t retransmissions = sender_->retransmissions();
  const std::uint64_t abandoned = sender_->abandoned() + sender_->queue().messages();
  make_sender(cookie.local_tsn);
  sender_->count_abandoned(abandoned);
  sender_->count_retransmissions(retransmissions);
  local_tag_ = cookie.local_tag;
  local_tsn_ = cookie.local_tsn;
  used_snap_ = is_on_trust_ = false;
  reset_.reset();
  deferred_reset_.reset();
  heartbeat_.reset();
  control_.clear();
  control_bytes_ = 0;
  t2_.stop();
  guard_.reset();
  shutdown_due_ = shutdown_ack_due_ = false;
  meet(peer_of(cookie));
  receiver_->adopt_undelivered(before);
  errors_ = 0;
  active_at_ = now;
  // §9.2 was under way: it begins again with nothing outstanding.
  state_ = we_shut_down_ ? State::ShutdownPending : State::Established;
  if (!streams.empty()) events_.push_back(IncomingStreamsReset{std::move(streams)});
  if (!to_reset.empty()) events_.push_back(OutgoingStreamsReset{std::move(to_reset)});
}

void Association::Impl::handle_cookie_ack(Timestamp now) {
  if (state_ == State::CookieEchoed) establish(now);  // else §5.2.5: nothing
}

void Association::Impl::handle_error(Timestamp now, const ErrorChunk& error) {
  // §5.2.6. Anything else an ERROR says is for people who read traces; it is never answered.
  const auto stale = [](const ErrorCause& cause) { return cause.code == CauseCode::StaleCookie; };
  if (state_ != State::CookieEchoed || std::ranges::none_of(error.causes, stale)) return;
  state_ = State::CookieWait;
  peer_.tag = 0;
  cookie_due_ = false;
  init_due_ = true;
  t1_.back_off(now, kMaxHandshakeInterval);
}

}  // namespace specter::sctp
