// A packet that came: whether it is ours, then chunk by chunk. RFC 9260 §8.4, §8.5, §6.10.
#include <algorithm>
#include <utility>

#include "sctp/association/impl.h"

namespace specter::sctp {
namespace {

constexpr std::uint8_t kReflectedTag = 0x01;  // the T bit

bool has_chunk(const PacketView& packet, ChunkType type) {
  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.next())
    if (chunk->type == type) return true;
  return false;
}

}  // namespace

std::expected<PacketView, ParseError> Association::Impl::read(Bytes bytes) const {
  return PacketView::parse(bytes,
                           config_.zero_checksum ? ZeroChecksum::Accepted : ZeroChecksum::Refused);
}

void Association::Impl::handle_packet(Timestamp now, Bytes bytes) {
  if (state_ == State::Ended) return handle_after_end(bytes);
  ++counters_.packets_received;
  counters_.bytes_received += bytes.size();
  const auto packet = read(bytes);
  if (!packet) return drop("no SCTP packet, or one with a wrong checksum");
  if (packet->header.destination_port != config_.local_port ||
      packet->header.source_port != config_.remote_port)
    return drop("a packet of other ports");
  const auto first = ChunkReader(packet->chunks).next();
  if (!first || check_tag(now, *packet, *first) == Gate::Drop) return;
  handle_chunks(now, *packet);
  if (receiver_) receiver_->handle_packet_end(now);
  start_outgoing_reset();
  proceed_with_shutdown(now);
}

// §8.4: a peer whose SHUTDOWN COMPLETE was lost asks until it gets one. The only thing ever said
// after the end.
void Association::Impl::handle_after_end(Bytes bytes) {
  const auto packet = read(bytes);
  if (!packet || packet->header.verification_tag != local_tag_) return;
  if (ended_well_ && has_chunk(*packet, ChunkType::ShutdownAck))
    queue_alone(local_tag_, BareChunk{ChunkType::ShutdownComplete, true});
}

// RFC 9260 §8.5, §8.5.1.
Association::Impl::Gate Association::Impl::check_tag(Timestamp now, const PacketView& packet,
                                                     const ChunkView& first) {
  const std::uint32_t tag = packet.header.verification_tag;
  const auto refuse = [&](std::string_view cause) {
    drop(cause);
    return Gate::Drop;
  };
  // A: INIT has the tag 0 and a packet of its own, and nothing else has the tag 0.
  if (has_chunk(packet, ChunkType::Init)) {
    const bool alone = padded(first.whole.size()) >= packet.chunks.size();
    const auto init = InitChunk::parse(first);
    if (tag != 0 || first.type != ChunkType::Init || !alone || !init)
      return refuse("a malformed INIT");
    handle_init(now, *init);
    return Gate::Drop;
  }
  if (tag == 0) return refuse("a packet with the tag 0");
  // D: the cookie says whose it is.
  if (first.type == ChunkType::CookieEcho)
    return handle_cookie_echo(now, packet, first.value) ? Gate::Open : Gate::Drop;
  if (state_ == State::Closed) {
    // Under our own tag: a peer that has our INIT out of a description, and is ahead of us. It
    // comes again; an ABORT would end what is about to begin.
    if (tag != local_tag_) handle_out_of_the_blue(packet, first);
    return refuse("a packet before the association began");
  }
  // E, §9.2: the peer still ends an older association.
  const bool shaking = state_ == State::CookieWait || state_ == State::CookieEchoed;
  if (shaking && first.type == ChunkType::ShutdownAck) {
    queue_alone(tag, BareChunk{ChunkType::ShutdownComplete, true});
    return Gate::Drop;
  }
  // B, C: whoever does not know our tag any more sends its own back, and says so.
  if ((first.type == ChunkType::Abort || first.type == ChunkType::ShutdownComplete) &&
      (first.flags & kReflectedTag) != 0)
    return tag == peer_.tag && peer_.tag != 0 ? Gate::Open : refuse("an ABORT with another tag");
  if (tag != local_tag_) return refuse("a packet with another tag");
  is_on_trust_ = false;
  return Gate::Open;
}

// §8.4: for no association that we know.
void Association::Impl::handle_out_of_the_blue(const PacketView& packet, const ChunkView& first) {
  if (has_chunk(packet, ChunkType::Abort)) return;
  switch (first.type) {
    case ChunkType::ShutdownAck:
      return queue_alone(packet.header.verification_tag,
                         BareChunk{ChunkType::ShutdownComplete, true});
    case ChunkType::ShutdownComplete:
    case ChunkType::CookieAck:
    case ChunkType::InitAck:  // of an INIT of nobody: nothing good comes of an ABORT
    case ChunkType::Error: return;
    default:
      return queue_alone(packet.header.verification_tag,
                         ErrorChunk{ErrorChunk::Kind::Abort, true, {}});
  }
}

void Association::Impl::handle_chunks(Timestamp now, const PacketView& packet) {
  ChunkReader chunks(packet.chunks);
  while (const auto chunk = chunks.next()) {
    if (!handle_chunk(now, packet, *chunk) || state_ == State::Ended) break;
  }
  if (state_ == State::Ended) return;
  emit_messages();
  finish_incoming_reset();
}

bool Association::Impl::exchanges_data() const {
  switch (state_) {
    case State::Established:
    case State::ShutdownPending:
    case State::ShutdownSent:
    case State::ShutdownReceived: return true;
    default: return false;
  }
}

// False: nothing after it counts.
bool Association::Impl::handle_chunk(Timestamp now, const PacketView& packet,
                                     const ChunkView& chunk) {
  // A chunk that can't be read is passed over: its neighbours are well framed all the same.
  const auto with = [&](auto parsed, auto&& handle) {
    if (parsed) handle(*parsed);
    return true;
  };
  switch (chunk.type) {
    case ChunkType::Data:
      return with(DataChunk::parse(chunk), [&](const DataChunk& c) { handle_data(now, c); });
    case ChunkType::IData:
      return with(IDataChunk::parse(chunk), [&](const IDataChunk& c) { handle_data(now, c); });
    case ChunkType::Sack:
      return with(SackChunk::parse(chunk), [&](const SackChunk& c) { handle_sack(now, c); });
    case ChunkType::ForwardTsn:
      return with(ForwardTsnChunk::parse(chunk),
                  [&](const ForwardTsnChunk& c) { handle_forward_tsn(now, c); });
    case ChunkType::IForwardTsn:
      return with(IForwardTsnChunk::parse(chunk),
                  [&](const IForwardTsnChunk& c) { handle_forward_tsn(now, c); });
    case ChunkType::ReConfig:
      return with(ReConfigChunk::parse(chunk),
                  [&](const ReConfigChunk& c) { handle_reconfig(now, c); });
    case ChunkType::InitAck: {
      // §6.10: alone in its packet.
      const bool alone = padded(chunk.whole.size()) >= packet.chunks.size();
      if (!alone) return false;
      return with(InitChunk::parse(chunk), [&](const InitChunk& c) { handle_init_ack(now, c); });
    }
    case ChunkType::CookieAck:
      return with(BareChunk::parse(chunk), [&](const BareChunk&) { handle_cookie_ack(now); });
    case ChunkType::Heartbeat:
      return with(HeartbeatChunk::parse(chunk),
                  [&](const HeartbeatChunk& c) { handle_heartbeat(c); });
    case ChunkType::HeartbeatAck:
      return with(HeartbeatChunk::parse(chunk),
                  [&](const HeartbeatChunk& c) { handle_heartbeat_ack(now, c); });
    case ChunkType::Abort: {
      const auto abort = ErrorChunk::parse(chunk);
      // §8.5.1 B, for one that is not the packet's first too.
      const std::uint32_t tag = packet.header.verification_tag;
      if (abort && tag == (abort->reflected_tag ? peer_.tag : local_tag_)) handle_abort(*abort);
      return false;
    }
    case ChunkType::Error:
      return with(ErrorChunk::parse(chunk), [&](const ErrorChunk& c) { handle_error(now, c); });
    case ChunkType::Shutdown:
      return with(ShutdownChunk::parse(chunk),
                  [&](const ShutdownChunk& c) { handle_shutdown(now, c); });
    case ChunkType::ShutdownAck:
      return with(BareChunk::parse(chunk), [&](const BareChunk&) { handle_shutdown_ack(now); });
    case ChunkType::ShutdownComplete:
      return with(BareChunk::parse(chunk), [&](const BareChunk& c) {
        // §8.5.1 C; §9.2: elsewhere it says nothing.
        const std::uint32_t tag = packet.header.verification_tag;
        if (state_ == State::ShutdownAckSent && tag == (c.reflected_tag ? peer_.tag : local_tag_))
          end(we_shut_down_ ? CloseReason::Shutdown : CloseReason::PeerShutdown,
              "all that was sent has arrived; both sides agreed to end");
      });
    case ChunkType::CookieEcho:  // dealt with before the others when first, and nowhere else
    case ChunkType::Init:
    case ChunkType::Pad:
    case ChunkType::EcnEcho:
    case ChunkType::Cwr: return true;
  }
  return handle_unknown(chunk);
}

// §3.2.
bool Association::Impl::handle_unknown(const ChunkView& chunk) {
  const UnknownAction action = unknown_chunk_action(std::to_underlying(chunk.type));
  log_.drop("a chunk of an unknown type");
  if (action.report) report(CauseCode::UnrecognizedChunkType, to_buffer(chunk.whole));
  return !action.stop;
}

}  // namespace specter::sctp
