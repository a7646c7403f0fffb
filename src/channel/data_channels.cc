#include "channel/data_channels.h"

#include <utility>

#include "base/check.h"
#include "channel/impl.h"

namespace specter::channel {

namespace {

DataChannels::Config with_dcep(DataChannels::Config config) {
  config.association.control_ppid = kPpidDcep;
  return config;
}

}  // namespace

DataChannels::Impl::Impl(Config config, Random& random, Log log)
    : config_(with_dcep(std::move(config))),
      random_(random),
      log_(log),
      association_(std::make_unique<sctp::Association>(config_.association, random,
                                                       log.of(LogModule::Sctp))) {}

void DataChannels::Impl::handle_packet(Timestamp now, Bytes packet) {
  now_ = now;
  // RFC 8261 §6.1: DTLS comes first. What comes before connect() is nobody's.
  if (phase_ == Phase::New) return;
  may_wake_ = true;
  association_->handle_packet(now, packet);
}

void DataChannels::Impl::handle_timeout(Timestamp now) {
  now_ = now;
  may_wake_ = true;
  association_->handle_timeout(now);
}

bool DataChannels::Impl::append_packet(Timestamp now, Buffer& out) {
  now_ = now;
  if (farewell_) {
    out.insert(out.end(), farewell_->begin(), farewell_->end());
    farewell_.reset();
    return true;
  }
  flush_control();
  flush_resets();
  return association_->append_packet(now, out);
}

std::optional<DataChannels::Event> DataChannels::Impl::poll_event() {
  // The association is asked only when nothing of ours waits: who stops polling here stops the
  // association's events too, and with them the peer.
  while (events_.empty()) {
    auto event = association_->poll_event();
    if (!event) break;
    handle(std::move(*event));
  }
  if (events_.empty()) wake_blocked();
  if (events_.empty()) return std::nullopt;
  // Several come at once where messages had to wait for their channel.
  if (!is_receiving_ && std::holds_alternative<Message>(events_.front())) return std::nullopt;
  return events_.take_front();
}

void DataChannels::Impl::handle(sctp::Association::Event&& event) {
  const auto each = [this](const std::vector<sctp::StreamId>& streams, auto handler) {
    for (const sctp::StreamId stream : streams) (this->*handler)(std::to_underlying(stream));
  };
  if (phase_ == Phase::Closed) return;
  if (auto* closed = std::get_if<sctp::Closed>(&event)) return handle_association_closed(*closed);
  if (phase_ == Phase::ShuttingDown) return;

  if (std::holds_alternative<sctp::Established>(event)) {
    handle_established();
  } else if (auto* message = std::get_if<sctp::MessageReceived>(&event)) {
    handle_message(std::move(*message));
  } else if (auto* incoming = std::get_if<sctp::IncomingStreamsReset>(&event)) {
    each(incoming->streams, &Impl::handle_incoming_reset);
  } else if (auto* outgoing = std::get_if<sctp::OutgoingStreamsReset>(&event)) {
    each(outgoing->streams, &Impl::handle_outgoing_reset);
  } else if (auto* failed = std::get_if<sctp::OutgoingResetFailed>(&event)) {
    each(failed->streams, &Impl::handle_reset_failed);
  } else if (auto* low = std::get_if<sctp::BufferedAmountLow>(&event)) {
    handle_buffered_amount_low(std::to_underlying(low->stream));
  }
}

std::optional<DataChannelState> DataChannels::Impl::state(ChannelId id) const {
  const auto at = channels_.find(id);
  if (at == channels_.end()) return std::nullopt;
  return at->second.state;
}

std::optional<ChannelInfo> DataChannels::Impl::info(ChannelId id) const {
  const auto at = channels_.find(id);
  if (at == channels_.end()) return std::nullopt;
  return at->second.info;
}

std::vector<ChannelStats> DataChannels::Impl::stats() const {
  std::vector<ChannelStats> all;
  all.reserve(channels_.size());
  for (const auto& [id, c] : channels_) {
    all.push_back({id, c.info, c.state, c.messages_sent, c.messages_received, c.bytes_sent,
                   c.bytes_received});
  }
  return all;
}

DataChannels::Impl::Stream* DataChannels::Impl::find_stream(std::uint16_t stream) {
  const auto at = streams_.find(stream);
  return at == streams_.end() ? nullptr : &at->second;
}

DataChannels::Impl::Channel* DataChannels::Impl::find_channel(ChannelId id) {
  const auto at = channels_.find(id);
  return at == channels_.end() ? nullptr : &at->second;
}

// ---- the facade

DataChannels::DataChannels(Config config, Random& random, Log log)
    : impl_(std::make_unique<Impl>(std::move(config), random, log)) {}
DataChannels::~DataChannels() = default;

Result<ChannelId> DataChannels::create(Timestamp now, std::string_view label,
                                       const DataChannelOptions& options) {
  return impl_->create(now, label, options);
}
void DataChannels::assign_streams(Parity parity) { impl_->assign_streams(parity); }
void DataChannels::connect(Timestamp now, Parity parity, std::size_t max_send_message_bytes,
                           std::uint16_t remote_port, std::optional<Bytes> remote_init) {
  impl_->connect(now, parity, max_send_message_bytes, remote_port, remote_init);
}
Result<> DataChannels::send(Timestamp now, ChannelId channel, MessageKind kind, Payload message,
                            MessagePart part) {
  return impl_->send(now, channel, kind, message, part);
}
void DataChannels::receive_in_parts(ChannelId channel) { impl_->receive_in_parts(channel); }
void DataChannels::set_path(std::vector<std::size_t> packet_sizes) {
  impl_->set_path(std::move(packet_sizes));
}
void DataChannels::handle_path_change(Timestamp now) { impl_->handle_path_change(now); }
void DataChannels::close(Timestamp now, ChannelId channel) { impl_->close(now, channel); }
void DataChannels::set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes) {
  impl_->set_buffered_amount_low_threshold(channel, bytes);
}
void DataChannels::shut_down(Timestamp now, std::optional<Error> error) {
  impl_->shut_down(now, std::move(error));
}

void DataChannels::end_association(Timestamp now, const Error& error, Keeps keeps) {
  impl_->end_association(now, error, keeps);
}
void DataChannels::set_max_send_message_bytes(std::size_t bytes) {
  impl_->set_max_send_message_bytes(bytes);
}
void DataChannels::handle_transport_closed(Timestamp now, std::optional<Error> error) {
  impl_->handle_transport_closed(now, std::move(error));
}

void DataChannels::handle_packet(Timestamp now, Bytes packet) { impl_->handle_packet(now, packet); }
void DataChannels::handle_timeout(Timestamp now) { impl_->handle_timeout(now); }
std::optional<Buffer> DataChannels::poll_transmit(Timestamp now) {
  Buffer packet;
  if (!impl_->append_packet(now, packet)) return std::nullopt;
  return packet;
}
void DataChannels::limit_path(Timestamp now, std::size_t packet_bytes) {
  impl_->limit_path(now, packet_bytes);
}
bool DataChannels::may_fragment() const { return impl_->may_fragment(); }
bool DataChannels::append_packet(Timestamp now, Buffer& out) {
  return impl_->append_packet(now, out);
}
void DataChannels::set_receiving(bool receiving) { impl_->set_receiving(receiving); }
std::optional<DataChannels::Event> DataChannels::poll_event() { return impl_->poll_event(); }
WakeUp DataChannels::next_timeout() const { return impl_->next_timeout(); }

bool DataChannels::is_connecting() const { return impl_->is_connecting(); }
std::optional<DataChannelState> DataChannels::state(ChannelId channel) const {
  return impl_->state(channel);
}
std::optional<ChannelInfo> DataChannels::info(ChannelId channel) const {
  return impl_->info(channel);
}
std::size_t DataChannels::buffered_amount(ChannelId channel) const {
  return impl_->buffered_amount(channel);
}
std::vector<ChannelStats> DataChannels::stats() const { return impl_->stats(); }
std::vector<ChannelStats> DataChannels::closed_stats() const { return impl_->closed_stats(); }
Totals DataChannels::totals() const { return impl_->totals(); }
const sctp::Association& DataChannels::association() const { return impl_->association(); }

}  // namespace specter::channel
