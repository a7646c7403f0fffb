// What ICE and DTLS count, put together. https://www.w3.org/TR/webrtc-stats/
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

// A remote one has no server of ours.
CandidateStats candidate_stats(const ice::Candidate& candidate, std::string_view url = {}) {
  return {
      .type = type_of(candidate.type),
      .address = candidate.is_resolved() ? candidate.endpoint.address.to_string() : candidate.host,
      .port = candidate.endpoint.port,
      .protocol = candidate.protocol == ice::TransportProtocol::Udp ? Protocol::Udp : Protocol::Tcp,
      .priority = candidate.priority,
      .url = std::string(url)};
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
  const auto local_stats = [&](const ice::Candidate& candidate) {
    return candidate_stats(candidate, ice.server_of(candidate.endpoint));
  };
  for (const ice::Candidate& candidate : ice.local_candidates()) {
    add_once(stats.local_candidates, local_stats(candidate));
  }
  for (const ice::CandidatePairStats& pair : ice.pair_stats()) {
    add_once(stats.local_candidates, local_stats(pair.local));
    add_once(stats.remote_candidates, candidate_stats(pair.remote));
    stats.candidate_pairs.push_back({.local = local_stats(pair.local),
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
    if (const auto profile = dtls_->srtp_profile()) transport.srtp_cipher = to_string(*profile);
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
}

}  // namespace specter::peer
