// What goes into the next packet, decided when it is asked for. RFC 9260 §6.10: control chunks
// first, then DATA; INIT, INIT ACK and SHUTDOWN COMPLETE alone.
#include <algorithm>
#include <utility>

#include "sctp/association/impl.h"

namespace specter::sctp {

PacketWriter Association::Impl::packet_to(std::uint32_t tag) const {
  return PacketWriter({config_.local_port, config_.remote_port, tag}, config_.max_packet_bytes);
}

PacketWriter Association::Impl::packet_to(std::uint32_t tag, Buffer& out) const {
  return packet_to(tag, out, config_.max_packet_bytes);
}

PacketWriter Association::Impl::packet_to(std::uint32_t tag, Buffer& out,
                                          std::size_t max_bytes) const {
  return PacketWriter(out, {config_.local_port, config_.remote_port, tag}, max_bytes);
}

void Association::Impl::queue_packet(Buffer packet) {
  if (own_packets_.size() < kMaxOwnPackets) own_packets_.push_back(std::move(packet));
}

// An ERROR about something of the peer's, cut to what fits into a packet.
void Association::Impl::report(CauseCode code, Buffer info) {
  const std::size_t room = segment_bytes_ - kChunkHeaderBytes - 4;
  if (info.size() > room) info.resize(room);
  queue_control(ErrorChunk{ErrorChunk::Kind::Error, false, {{code, std::move(info)}}});
}

bool Association::Impl::append_packet(Timestamp now, Buffer& out) {
  const std::size_t before = out.size();
  is_path_probe_ = false;
  const bool appended = append_next(now, out);
  if (appended) {
    may_fragment_ = !is_path_probe_ && out.size() - before > path_mtu_.packet_bytes();
    ++counters_.packets_sent;
    counters_.bytes_sent += out.size() - before;
  }
  return appended;
}

bool Association::Impl::append_next(Timestamp now, Buffer& out) {
  if (!own_packets_.empty()) {
    const Buffer& packet = own_packets_.front();
    out.insert(out.end(), packet.begin(), packet.end());
    own_packets_.pop_front();
    return true;
  }
  switch (state_) {
    case State::Closed:
    case State::Ended: return false;
    case State::CookieWait: {
      if (!std::exchange(init_due_, false)) return false;
      PacketWriter writer = packet_to(0, out);  // §8.5.1 A
      writer.add_bytes(local_init_);
      writer.finish_in_place();
      return true;
    }
    case State::CookieEchoed: return append_cookie_packet(now, out);
    default: return append_ordinary_packet(now, out);
  }
}

// §5.1 C: DATA may go with the COOKIE ECHO, and with nothing else until the COOKIE ACK is here.
bool Association::Impl::append_cookie_packet(Timestamp now, Buffer& out) {
  if (!std::exchange(cookie_due_, false)) return false;
  PacketWriter writer = packet_to(
      peer_.tag, out,
      std::max(path_mtu_.packet_bytes(), kCommonHeaderBytes + kChunkHeaderBytes + cookie_.size()));
  writer.add(CookieEchoChunk{cookie_});
  add_control(writer);
  sender_->prepare(now);
  sender_->fill(writer, now);
  emit_low();
  writer.finish_in_place();
  return true;
}

void Association::Impl::add_control(PacketWriter& packet) {
  while (!control_.empty() && packet.fits(control_.front().size())) {
    packet.add_bytes(control_.front());
    control_bytes_ -= control_.front().size();
    control_.pop_front();
  }
}

void Association::Impl::add_sack(PacketWriter& packet) {
  if (!packet.fits(SackChunk::kFixedBytes)) return;
  // No larger than before, however much the path carries: find_losses() of the peer takes a SACK
  // that fills its packet for one that had no room for all.
  packet.add(receiver_->make_sack(std::min(packet.room(), segment_bytes_)));
}

// RFC 8899 §4.3: what seems to be a black hole is one until a probe has come through.
void Association::Impl::look_into_path() {
  const auto suspicion = sender_->take_path_suspicion();
  if (suspicion == Sender::PathSuspicion::None) return;
  path_mtu_.suspect(suspicion == Sender::PathSuspicion::Grave ? PathMtu::Suspicion::Grave
                                                              : PathMtu::Suspicion::Mild);
  use_path_mtu();
}

// RFC 8899 §6.2.2: a HEARTBEAT, and PAD as large as the packet is to be. A peer that does not list
// PAD (RFC 5061 §4.2.7) may take an unknown chunk for the end of the world; it gets a HEARTBEAT
// that is as large itself and comes back whole: docs/decisions/0005-path-mtu-probes.md. No window
// holds it back (§3 item 6 forbids only that its loss is taken for congestion).
void Association::Impl::append_path_probe(Timestamp now, Buffer& out) {
  const PathMtu::Probe probe = path_mtu_.take_probe(now, random_.u64());
  is_path_probe_ = true;
  PacketWriter packet = packet_to(peer_.tag, out, probe.bytes);
  HeartbeatChunk heartbeat;
  ByteWriter(heartbeat.info).u64(probe.nonce);
  if (!peer_.pad) heartbeat.info.resize(packet.room() - HeartbeatChunk::kFixedBytes);
  packet.add(heartbeat);
  if (peer_.pad) packet.add(PadChunk{static_cast<std::uint16_t>(packet.room())});
  packet.finish_in_place();
}

bool Association::Impl::append_ordinary_packet(Timestamp now, Buffer& out) {
  const bool sends_data = state_ == State::Established || state_ == State::ShutdownPending ||
                          state_ == State::ShutdownReceived;
  if (sends_data) {
    sender_->set_hurry(state_ != State::Established || sender_->queue().waiting_resets() > 0);
    sender_->prepare(now);
    // A few packets under way: larger ones would be fewer.
    if (sender_->flight_bytes() > kBulkSegments * segment_bytes_) path_mtu_.want(now);
    if (path_mtu_.probe_due()) {
      append_path_probe(now, out);
      return true;
    }
  }
  if (reset_->due()) {
    ReConfigChunk reconfig;
    reconfig.parameters.push_back(reset_->take_due(now, sender_->rto().value()));
    queue_control(reconfig);
  }

  const bool data = sends_data && sender_->wants_to_send();
  const bool shutting = shutdown_due_ || shutdown_ack_due_;
  if (!data && !shutting && control_.empty() && !receiver_->sack_due()) return false;
  // What was cut for a wider path goes as it is, in a packet that IP may fragment: decision 5.
  const std::size_t whole = std::max(control_.empty() ? 0 : padded(control_.front().size()),
                                     data ? sender_->chunk_to_repeat_bytes() : 0);
  PacketWriter packet =
      packet_to(peer_.tag, out, std::max(path_mtu_.packet_bytes(), kCommonHeaderBytes + whole));
  add_control(packet);
  if (receiver_->sack_pending()) add_sack(packet);  // §6.2, §6.10: with whatever goes
  if (shutdown_due_ && packet.fits(8)) {
    shutdown_due_ = false;
    packet.add(ShutdownChunk{receiver_->cumulative_tsn()});
  }
  if (shutdown_ack_due_ && packet.fits(kChunkHeaderBytes)) {
    shutdown_ack_due_ = false;
    packet.add(BareChunk{ChunkType::ShutdownAck, false});
  }
  if (data) {
    sender_->fill(packet, now);
    // All it looked at was given up: then the peer is to be told that.
    if (packet.empty() && sender_->wants_to_send()) sender_->fill(packet, now);
    emit_low();
    proceed_with_shutdown(now);  // what was given up last may have been all there was
  }
  if (packet.empty()) {
    packet.drop();
    return false;
  }
  // RFC 9653 §5.2: never before the peer has said that it takes it, nor with a COOKIE ECHO; what
  // goes alone (INIT ACK, ABORT, …) keeps its checksum, too.
  packet.finish_in_place(config_.zero_checksum && peer_.zero_checksum
                             ? PacketWriter::Checksum::Zero
                             : PacketWriter::Checksum::Crc32c);
  return true;
}

}  // namespace specter::sctp
