// What the layers count, put together. https://www.w3.org/TR/webrtc-stats/
#include "specter/stats.h"

#include <algorithm>

#include "peer/transport.h"

namespace specter::peer {
namespace {

IceCandidateType type_of(ice::CandidateType type) {
  switch (type) {
    case ice::CandidateType::ServerReflexive: return IceCandidateType::ServerReflexive;
    case ice::CandidateType::PeerReflexive: return IceCandidateType::PeerReflexive;
    case ice::CandidateType::Relayed: return IceCandidateType::Relayed;
    default: return IceCandidateType::Host;  // Other is paired with nothing
  }
}

CandidateStats candidate_stats(const ice::Candidate& candidate) {
  return {
      .type = type_of(candidate.type),
      .address = candidate.is_resolved() ? candidate.endpoint.address.to_string() : candidate.host,
      .port = candidate.endpoint.port,
      .protocol = candidate.protocol == ice::TransportProtocol::Udp ? Protocol::Udp : Protocol::Tcp,
      .priority = candidate.priority};
}

template <class Entry>
void add_once(std::vector<Entry>& entries, Entry entry) {
  for (const Entry& known : entries) {
    if (known.address == entry.address && known.port == entry.port && known.type == entry.type) {
      return;
    }
  }
  entries.push_back(std::move(entry));
}

void add_ice(Stats& stats, const ice::Agent& ice) {
  for (const ice::Candidate& candidate : ice.local_candidates()) {
    add_once(stats.local_candidates, candidate_stats(candidate));
  }
  for (const ice::CandidatePairStats& pair : ice.pair_stats()) {
    add_once(stats.local_candidates, candidate_stats(pair.local));
    add_once(stats.remote_candidates, candidate_stats(pair.remote));
    stats.candidate_pairs.push_back({.local = candidate_stats(pair.local),
                                     .remote = candidate_stats(pair.remote),
                                     .state = pair.state,
                                     .nominated = pair.nominated,
                                     .selected = pair.selected,
                                     .requests_sent = pair.requests_sent,
                                     .requests_received = pair.requests_received,
                                     .responses_sent = pair.responses_sent,
                                     .responses_received = pair.responses_received,
                                     .consent_requests_sent = pair.consent_requests_sent,
                                     .retransmissions_sent = pair.retransmissions_sent,
                                     .first_request = pair.first_request,
                                     .last_request = pair.last_request,
                                     .consent_expires = pair.consent_expires,
                                     .current_round_trip_time = pair.current_round_trip_time,
                                     .total_round_trip_time = pair.total_round_trip_time});
  }
}

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

void Transport::add_stats(Stats& stats) const {
  TransportStats& transport = stats.transport;
  transport.bytes_sent = bytes_sent_;
  transport.bytes_received = bytes_received_;
  transport.packets_sent = packets_sent_;
  transport.packets_received = packets_received_;
  transport.last_packet_sent = last_sent_;
  transport.last_packet_received = last_received_;
  transport.dtls_state = dtls_state_;
  transport.local_fingerprint = options_.certificate->fingerprint().to_string();
  if (role_) {
    transport.dtls_role = *role_ == dtls::Role::Client ? DtlsRole::Client : DtlsRole::Server;
    transport.ice_role =
        ice_.role() == ice::Role::Controlling ? IceRole::Controlling : IceRole::Controlled;
  }
  transport.dropped_unknown = dropped_unknown_;
  transport.dropped_dtls = dropped_unvalidated_;
  if (dtls_) {
    transport.tls_version = dtls_->version();
    transport.dtls_cipher = dtls_->cipher_suite();
    if (dtls_->is_connected()) transport.cipher_engine = to_string(dtls_->cipher_library());
    transport.tls_group = dtls_->group();
    transport.dropped_dtls += dtls_->counters().records_dropped;
    if (const Buffer peer = dtls_->peer_certificate(); !peer.empty()) {
      transport.remote_fingerprint =
          crypto::Fingerprint::of(peer, crypto::HashAlgorithm::Sha256).to_string();
    }
  }
  const ice::Counters ice = ice_.counters();
  transport.sped = ice.embedding_used;
  transport.sped_datagrams_sent = ice.embedded_sent;
  transport.sped_datagrams_received = ice.embedded_received;
  transport.dropped_stun = ice.dropped_malformed + ice.dropped_integrity + ice.dropped_unexpected;

  add_ice(stats, ice_);
  add_sctp(stats, channels_.association());
  add_channels(stats, channels_);
}

}  // namespace specter::peer
