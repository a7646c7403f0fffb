#include "peer/data_link.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "peer/packet_sizes.h"
#include "peer/transport.h"

namespace specter::peer {
namespace {

channel::DataChannels::Config channel_config(const ConnectionOptions& options) {
  channel::DataChannels::Config out;
  out.association.max_packet_bytes =
      (options.transport.max_datagram_bytes - Transport::kUsualRecordOverhead) / 4 * 4;
  out.association.data = options.data;
  return out;
}

// RFC 8832 §6: the DTLS client has the even streams.
channel::Parity parity_of(dtls::Role role) {
  return role == dtls::Role::Client ? channel::Parity::Even : channel::Parity::Odd;
}

}  // namespace

DataLink::DataLink(const ConnectionOptions& options, Transport& transport, Random& random, Log log)
    : options_(options), transport_(transport), channels_(channel_config(options), random, log) {
  transport_.carry(*this);
}

void DataLink::start(Timestamp now, const RemoteTransport& remote) {
  if (remote.data_section) {
    is_negotiated_ = true;
    remote_port_ = remote.sctp_port;
    remote_init_ = remote.sctp_init;
    // W3C §6.1.1: each description in force has its own max-message-size.
    max_send_message_bytes_ = static_cast<std::size_t>(remote.max_message_size);
    channels_.set_max_send_message_bytes(max_send_message_bytes_);
  }
  connect(now);
}

void DataLink::handle_connected(Timestamp now) { connect(now); }

void DataLink::connect(Timestamp now) {
  if (!is_negotiated_) return;
  const channel::Parity parity = parity_of(*transport_.dtls_role());
  channels_.assign_streams(parity);
  if (transport_.dtls_state() != DtlsTransportState::Connected) return;
  // It is of use once. A later description says it again.
  channels_.connect(now, parity, max_send_message_bytes_, remote_port_,
                    std::exchange(remote_init_, std::nullopt));
  if (!handshake_.began) handshake_.began = now;
  if (!patience_ && channels_.is_connecting()) patience_ = now + kPatience;
  note_handshake(now);
  handle_path();
}

void DataLink::note_handshake(Timestamp now) {
  if (handshake_.began && !handshake_.ended && !channels_.is_connecting()) handshake_.ended = now;
}

void DataLink::end(Timestamp now, const std::string& why) {
  const DtlsTransportState dtls = transport_.dtls_state();
  if (dtls == DtlsTransportState::Closed || dtls == DtlsTransportState::Failed) return;
  is_negotiated_ = false;
  patience_.reset();
  handshake_ = {};
  sized_path_.reset();  // another association knows no size yet
  channels_.end_association(now, Error{ErrorCode::OperationFailed, why, std::nullopt});
}

void DataLink::leave_peer(Timestamp now, const std::string& why) {
  using Keeps = channel::DataChannels::Keeps;
  is_negotiated_ = false;
  patience_.reset();
  handshake_ = {};
  sized_path_.reset();
  remote_init_.reset();
  // Without a reason nothing was left to end: what waits is for the peer that comes.
  channels_.end_association(now, Error{ErrorCode::OperationFailed, why, std::nullopt},
                            why.empty() ? Keeps::All : Keeps::Negotiated);
  Buffer unheard;
  while (channels_.append_packet(now, unheard)) unheard.clear();
}

void DataLink::shut_down(Timestamp now) {
  is_shut_down_ = true;
  patience_.reset();
  channels_.shut_down(now, std::nullopt);
}

void DataLink::handle_closed(Timestamp now, Error why) {
  patience_.reset();
  channels_.handle_transport_closed(now, std::move(why));
}

// ---- packets

void DataLink::handle(Timestamp now, Bytes packet) {
  channels_.handle_packet(now, packet);
  if (!handshake_.ended) note_handshake(now);
}

bool DataLink::append(Timestamp now, Batch& batch, dtls::RecordRoom room) {
  Buffer& bytes = batch.bytes();
  const std::size_t start = bytes.size();
  bytes.resize(start + room.before);
  if (!channels_.append_packet(now, bytes)) {
    bytes.resize(start);
    return false;
  }
  bytes.resize(bytes.size() + room.after);
  batch.add(Batch::Sealing::Open,
            channels_.may_fragment() ? Batch::Fragmenting::Allowed : Batch::Fragmenting::Forbidden);
  return true;
}

// ---- their sizes

void DataLink::note_interface(const IpAddress& address, std::size_t mtu) {
  const auto known =
      std::ranges::find(interfaces_, address, &decltype(interfaces_)::value_type::first);
  if (known != interfaces_.end())
    known->second = mtu;
  else
    interfaces_.emplace_back(address, mtu);
}

// SCTP learns which packets are worth a try, and begins small, whenever the path is another.
void DataLink::handle_path() {
  const auto room = record_room(transport_);
  if (!options_.transport.path_mtu_discovery || !room) return;
  const auto path = transport_.ice().path();
  if (!path || path == sized_path_) return;
  sized_path_ = path;
  // Nobody says what became of large packets behind a relay: RFC 8656 §14, §15.
  if (transport_.ice().is_relayed(*path)) return channels_.set_path({});
  const auto interface = std::ranges::find(interfaces_, path->local.address,
                                           &decltype(interfaces_)::value_type::first);
  channels_.set_path(
      interface == interfaces_.end()
          ? std::vector<std::size_t>{}
          : sctp_packet_sizes(path->local.address, interface->second, room->total()));
}

void DataLink::handle_path_change(Timestamp now) { channels_.handle_path_change(now); }

void DataLink::limit_packets(Timestamp now, std::size_t bytes) { channels_.limit_path(now, bytes); }

std::optional<std::size_t> DataLink::small_packets() const {
  const std::size_t bytes = channels_.association().counters().packet_bytes;
  const std::size_t usual = channel_config(options_).association.max_packet_bytes;
  return bytes < usual ? std::optional(bytes) : std::nullopt;
}

// ---- time

void DataLink::handle_timeout(Timestamp now) {
  if (!is_shut_down_) channels_.handle_timeout(now);
}

WakeUp DataLink::next_timeout() const {
  if (is_shut_down_) return {};
  return soonest(channels_.next_timeout(), WakeUp(patience_, "sctp patience"));
}

// As long as ICE looks for a path, or has one that is silent, what the peer does not say says
// nothing of the peer: its time begins anew. When ICE gives up, that is the cause.
std::optional<Error> DataLink::find_overdue(Timestamp now, IceConnectionState ice) {
  using enum IceConnectionState;
  if (!patience_) return std::nullopt;
  if (ice == New || ice == Checking || ice == Disconnected) {
    patience_ = now + kPatience;
  } else if (ice == Failed || !channels_.is_connecting()) {
    patience_.reset();
  } else if (now >= *patience_) {
    return Error{
        ErrorCode::SctpFailure,
        fmt::format(
            "ICE and DTLS are connected, but the peer has not answered SCTP's handshake for "
            "{} s: no data channel can be opened",
            std::chrono::duration_cast<std::chrono::seconds>(kPatience).count()),
        std::nullopt};
  }
  return std::nullopt;
}

// ---- statistics

namespace {

void add_sctp(Stats& stats, const sctp::Association& association) {
  const sctp::Counters sctp = association.counters();
  stats.transport.dropped_sctp = sctp.packets_dropped;
  stats.sctp = {.smoothed_round_trip_time = sctp.smoothed_round_trip_time,
                .congestion_window = sctp.congestion_window_bytes,
                .receiver_window = sctp.peer_window_bytes,
                .unacknowledged_bytes = sctp.flight_bytes,
                .packets_sent = sctp.packets_sent,
                .packets_received = sctp.packets_received,
                .retransmissions = sctp.retransmissions,
                .bytes_sent = sctp.bytes_sent,
                .bytes_received = sctp.bytes_received,
                .mtu = sctp.packet_bytes,
                .snap = association.used_snap(),
                .interleaving = association.interleaves()};
}

void add_channels(Stats& stats, const channel::DataChannels& channels) {
  const channel::Totals totals = channels.totals();
  stats.data_channels_requested = totals.requested;
  stats.data_channels_opened = totals.opened;
  stats.data_channels_closed = totals.closed;
  stats.data_channels_accepted = totals.accepted;
  const auto add = [&](const channel::ChannelStats& channel) {
    stats.data_channels.push_back({.channel = channel.channel,
                                   .label = channel.info.label,
                                   .protocol = channel.info.options.protocol,
                                   .data_channel_identifier = channel.info.options.id,
                                   .state = channel.state,
                                   .messages_sent = channel.messages_sent,
                                   .messages_received = channel.messages_received,
                                   .bytes_sent = channel.bytes_sent,
                                   .bytes_received = channel.bytes_received});
  };
  std::ranges::for_each(channels.stats(), add);
  // W3C webrtc-stats: those of a channel that is closed stay.
  std::ranges::for_each(channels.closed_stats(), add);
}

}  // namespace

void DataLink::add_stats(Stats& stats) const {
  add_sctp(stats, channels_.association());
  add_channels(stats, channels_);
}

}  // namespace specter::peer
