#include <chrono>

#include "cli/json.h"

namespace specter::cli {
namespace {

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

Json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(seconds(*duration)) : Json(nullptr);
}

Json to_json(const CandidateStats& candidate) {
  Json json{{"type", to_string(candidate.type)},
            {"address", candidate.address},
            {"port", candidate.port},
            {"protocol", to_string(candidate.protocol)},
            {"priority", candidate.priority}};
  if (!candidate.url.empty()) json["url"] = candidate.url;
  if (candidate.relay_protocol) json["relay_protocol"] = to_string(*candidate.relay_protocol);
  return json;
}

Json to_json(const CandidatePairStats& pair) {
  return {{"local", to_json(pair.local)},
          {"remote", to_json(pair.remote)},
          {"state", to_string(pair.state)},
          {"nominated", pair.nominated},
          {"selected", pair.selected},
          {"requests_sent", pair.requests_sent},
          {"requests_received", pair.requests_received},
          {"responses_sent", pair.responses_sent},
          {"responses_received", pair.responses_received},
          {"consent_requests_sent", pair.consent_requests_sent},
          {"retransmissions_sent", pair.retransmissions_sent},
          {"current_round_trip_time", seconds_or_null(pair.current_round_trip_time)},
          {"total_round_trip_time", seconds(pair.total_round_trip_time)}};
}

Json to_json(const TransportStats& transport) {
  return {{"bytes_sent", transport.bytes_sent},
          {"bytes_received", transport.bytes_received},
          {"packets_sent", transport.packets_sent},
          {"packets_received", transport.packets_received},
          {"dtls_state", to_string(transport.dtls_state)},
          {"dtls_role", to_string(transport.dtls_role)},
          {"tls_version", transport.tls_version},
          {"dtls_cipher", transport.dtls_cipher},
          {"srtp_cipher", transport.srtp_cipher},
          {"cipher_engine", transport.cipher_engine},
          {"tls_group", transport.tls_group},
          {"ice_role", to_string(transport.ice_role)},
          {"local_fingerprint", transport.local_fingerprint},
          {"remote_fingerprint", transport.remote_fingerprint},
          {"dropped_stun", transport.dropped_stun},
          {"dropped_dtls", transport.dropped_dtls},
          {"dropped_sctp", transport.dropped_sctp},
          {"dropped_unknown", transport.dropped_unknown},
          {"dropped_rtcp", transport.dropped_rtcp},
          {"sped", transport.sped},
          {"sped_datagrams_sent", transport.sped_datagrams_sent},
          {"sped_datagrams_received", transport.sped_datagrams_received}};
}

Json to_json(const SctpStats& sctp) {
  return {{"smoothed_round_trip_time", seconds_or_null(sctp.smoothed_round_trip_time)},
          {"congestion_window", sctp.congestion_window},
          {"receiver_window", sctp.receiver_window},
          {"unacknowledged_bytes", sctp.unacknowledged_bytes},
          {"packets_sent", sctp.packets_sent},
          {"packets_received", sctp.packets_received},
          {"bytes_sent", sctp.bytes_sent},
          {"bytes_received", sctp.bytes_received},
          {"retransmissions", sctp.retransmissions},
          {"mtu", sctp.mtu},
          {"snap", sctp.snap},
          {"interleaving", sctp.interleaving}};
}

Json to_json(const DataChannelStats& channel) {
  const auto& stream = channel.data_channel_identifier;
  return {{"label", channel.label},
          {"protocol", channel.protocol},
          {"data_channel_identifier", stream ? Json(*stream) : Json(nullptr)},
          {"state", to_string(channel.state)},
          {"messages_sent", channel.messages_sent},
          {"messages_received", channel.messages_received},
          {"bytes_sent", channel.bytes_sent},
          {"bytes_received", channel.bytes_received}};
}

// What each of the four kinds of RTP statistics begins with.
template <class T>
Json source(const T& stats) {
  return {{"transceiver", static_cast<std::uint64_t>(stats.transceiver)},
          {"kind", stats.kind == MediaKind::Audio ? "audio" : "video"},
          {"ssrc", stats.ssrc}};
}

// And those of what is sent or received here.
template <class T>
Json encoding(const T& stats) {
  Json json = source(stats);
  json["rtx_ssrc"] = stats.rtx_ssrc ? Json(*stats.rtx_ssrc) : Json(nullptr);
  json["mid"] = stats.mid;
  json["rid"] = stats.rid;
  json["codec"] = stats.codec;
  json["nack_count"] = stats.nack_count;
  json["pli_count"] = stats.pli_count;
  json["fir_count"] = stats.fir_count;
  return json;
}

Json to_json(const InboundRtpStats& in) {
  Json json = encoding(in);
  json.update({{"packets_received", in.packets_received},
               {"bytes_received", in.bytes_received},
               {"header_bytes_received", in.header_bytes_received},
               {"packets_lost", in.packets_lost},
               {"jitter", seconds(in.jitter)},
               {"retransmitted_packets_received", in.retransmitted_packets_received},
               {"retransmitted_bytes_received", in.retransmitted_bytes_received},
               {"packets_discarded", in.packets_discarded},
               {"frames_received", in.frames_received},
               {"key_frames_received", in.key_frames_received},
               {"frames_dropped", in.frames_dropped}});
  return json;
}

Json to_json(const RemoteOutboundRtpStats& out) {
  Json json = source(out);
  json.update({{"packets_sent", out.packets_sent},
               {"bytes_sent", out.bytes_sent},
               {"remote_timestamp", seconds(out.remote_timestamp)},
               {"reports_sent", out.reports_sent}});
  return json;
}

Json to_json(const OutboundRtpStats& out) {
  Json json = encoding(out);
  json.update({{"active", out.active},
               {"packets_sent", out.packets_sent},
               {"bytes_sent", out.bytes_sent},
               {"header_bytes_sent", out.header_bytes_sent},
               {"retransmitted_packets_sent", out.retransmitted_packets_sent},
               {"retransmitted_bytes_sent", out.retransmitted_bytes_sent},
               {"retransmissions_refused", out.retransmissions_refused},
               {"packets_discarded_on_send", out.packets_discarded_on_send},
               {"frames_sent", out.frames_sent},
               {"key_frames_sent", out.key_frames_sent},
               {"frames_dropped", out.frames_dropped},
               {"total_packet_send_delay", seconds(out.total_packet_send_delay)}});
  return json;
}

Json to_json(const RemoteInboundRtpStats& in) {
  Json json = source(in);
  json.update({{"packets_received", in.packets_received},
               {"packets_lost", in.packets_lost},
               {"fraction_lost", in.fraction_lost},
               {"jitter", seconds(in.jitter)},
               {"round_trip_time", seconds_or_null(in.round_trip_time)},
               {"total_round_trip_time", seconds(in.total_round_trip_time)},
               {"round_trip_time_measurements", in.round_trip_time_measurements},
               {"reports_received", in.reports_received}});
  return json;
}

template <class T>
Json list(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}

}  // namespace

Json to_json(const Stats& stats) {
  return {{"data_channels_requested", stats.data_channels_requested},
          {"data_channels_opened", stats.data_channels_opened},
          {"data_channels_closed", stats.data_channels_closed},
          {"data_channels_accepted", stats.data_channels_accepted},
          {"transport", to_json(stats.transport)},
          {"sctp", to_json(stats.sctp)},
          {"local_candidates", list(stats.local_candidates)},
          {"remote_candidates", list(stats.remote_candidates)},
          {"candidate_pairs", list(stats.candidate_pairs)},
          {"data_channels", list(stats.data_channels)},
          {"inbound_rtp", list(stats.inbound_rtp)},
          {"remote_outbound_rtp", list(stats.remote_outbound_rtp)},
          {"outbound_rtp", list(stats.outbound_rtp)},
          {"remote_inbound_rtp", list(stats.remote_inbound_rtp)}};
}

}  // namespace specter::cli
