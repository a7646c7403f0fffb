#include "sctp/association.h"

#include <utility>

#include "sctp/association/impl.h"

namespace specter::sctp {

std::string_view to_string(CloseReason reason) {
  switch (reason) {
    case CloseReason::Shutdown: return "shutdown";
    case CloseReason::PeerShutdown: return "shutdown by the peer";
    case CloseReason::Aborted: return "aborted";
    case CloseReason::PeerAborted: return "aborted by the peer";
    case CloseReason::TooManyRetransmissions: return "too many retransmissions";
    case CloseReason::ProtocolViolation: return "protocol violation by the peer";
  }
  return "unknown";
}

Association::Association(Config config, Random& random, Log log)
    : impl_(std::make_unique<Impl>(config, random, log)) {}
Association::~Association() = default;

void Association::set_remote_port(std::uint16_t port) { impl_->set_remote_port(port); }
void Association::set_path(std::vector<std::size_t> packet_sizes) {
  impl_->set_path(std::move(packet_sizes));
}
void Association::limit_path(Timestamp now, std::size_t packet_bytes) {
  impl_->limit_path(now, packet_bytes);
}
void Association::connect(Timestamp now) { impl_->connect(now); }
Buffer Association::local_init() const { return impl_->local_init(); }
Result<> Association::connect_with(Timestamp now, Bytes remote_init) {
  return impl_->connect_with(now, remote_init);
}
Result<> Association::send(Timestamp now, StreamId stream, Ppid ppid, Payload message,
                           const SendOptions& options) {
  return impl_->send(now, stream, ppid, message, options);
}
Result<> Association::send_part(Timestamp now, StreamId stream, Ppid ppid, Payload part, bool last,
                                const SendOptions& options) {
  return impl_->send_part(now, stream, ppid, part, last, options);
}
void Association::cut_message(StreamId stream) { impl_->cut_message(stream); }
void Association::receive_in_parts(StreamId stream) { impl_->receive_in_parts(stream); }
void Association::reset_streams(Timestamp now, std::span<const StreamId> streams) {
  impl_->reset_streams(now, streams);
}
void Association::set_buffered_amount_low_threshold(StreamId stream, std::size_t bytes) {
  impl_->set_buffered_amount_low_threshold(stream, bytes);
}
void Association::shutdown(Timestamp now) { impl_->shutdown(now); }
void Association::abort(Timestamp now, std::string_view reason) { impl_->abort(now, reason); }

void Association::handle_path_change(Timestamp now) { impl_->handle_path_change(now); }
void Association::handle_packet(Timestamp now, Bytes packet) { impl_->handle_packet(now, packet); }
void Association::handle_timeout(Timestamp now) { impl_->handle_timeout(now); }
std::optional<Association::Transmit> Association::poll_transmit(Timestamp now) {
  Buffer packet;
  if (!impl_->append_packet(now, packet)) return std::nullopt;
  return packet;
}
bool Association::append_packet(Timestamp now, Buffer& out) {
  return impl_->append_packet(now, out);
}
std::optional<Association::Event> Association::poll_event() { return impl_->poll_event(); }
void Association::set_receiving(bool receiving) { impl_->set_receiving(receiving); }
WakeUp Association::next_timeout() const { return impl_->next_timeout(); }

bool Association::may_fragment() const { return impl_->may_fragment(); }
bool Association::is_established() const { return impl_->is_established(); }
bool Association::has_ended() const { return impl_->has_ended(); }
bool Association::awaits_acknowledgement() const { return impl_->awaits_acknowledgement(); }
bool Association::used_snap() const { return impl_->used_snap(); }
bool Association::interleaves() const { return impl_->interleaves(); }
std::size_t Association::buffered_amount(StreamId stream) const {
  return impl_->buffered_amount(stream);
}
std::uint16_t Association::outgoing_streams() const { return impl_->outgoing_streams(); }
Counters Association::counters() const { return impl_->counters(); }

}  // namespace specter::sctp
