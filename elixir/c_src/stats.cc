#include "stats.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace specter::nif {

namespace {

using Json = nlohmann::ordered_json;

double seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// "udp4", "udp6".
std::string network_type(const CandidateStats& candidate) {
  return std::string(to_string(candidate.protocol)) +
         (candidate.address.find(':') == std::string::npos ? "4" : "6");
}

// Reports of one moment.
class Reports {
 public:
  explicit Reports(double timestamp) : timestamp_(timestamp) {}

  void add(const std::string& id, std::string_view type, const Json& fields) {
    Json report = {{"id", id}, {"type", type}, {"timestamp", timestamp_}};
    report.update(fields);
    reports_[id] = std::move(report);
  }

  // A label is the peer's, and need not be UTF-8.
  std::string text() const { return reports_.dump(-1, ' ', false, Json::error_handler_t::replace); }

 private:
  const double timestamp_;
  Json reports_ = Json::object();
};

// Candidates have no id of their own: their kind and address tell them apart.
std::string candidate_id(std::string_view side, const CandidateStats& candidate) {
  return fmt::format("candidate-{}-{}-{}:{}", side, to_string(candidate.type), candidate.address,
                     candidate.port);
}

constexpr std::string_view kTransport = "ice_transport";

Json candidate_fields(const CandidateStats& candidate) {
  return {{"transportId", kTransport},
          {"candidateType", to_string(candidate.type)},
          {"deleted", false},
          {"ip", candidate.address},
          {"address", candidate.address},
          {"protocol", to_string(candidate.protocol)},
          {"networkType", network_type(candidate)},
          {"port", candidate.port},
          {"priority", candidate.priority},
          {"relayProtocol",
           candidate.relay_protocol ? to_string(*candidate.relay_protocol) : std::string_view()},
          {"url", candidate.url}};
}

// Moments as the seconds since 1970 that reports have them in; null when there was none.
class Clock {
 public:
  Clock(Timestamp now, double epoch_seconds) : now_(now), epoch_seconds_(epoch_seconds) {}
  Json operator()(std::optional<Timestamp> at) const {
    return at ? Json(epoch_seconds_ - seconds(now_ - *at)) : Json();
  }

 private:
  const Timestamp now_;
  const double epoch_seconds_;
};

std::string pair_id(const CandidatePairStats& pair) {
  return fmt::format("{}-{}", candidate_id("local", pair.local),
                     candidate_id("remote", pair.remote));
}

// All data take the selected pair; what nobody counts is 0.
Json pair_fields(const CandidatePairStats& pair, const Stats& stats, const Clock& clock) {
  const TransportStats transport = pair.selected ? stats.transport : TransportStats{};
  Json fields = {{"transportId", kTransport},
                 {"localCandidateId", candidate_id("local", pair.local)},
                 {"remoteCandidateId", candidate_id("remote", pair.remote)},
                 {"state", to_string(pair.state)},
                 {"nominated", pair.nominated},
                 {"requestsSent", pair.requests_sent},
                 {"requestsReceived", pair.requests_received},
                 {"responsesSent", pair.responses_sent},
                 {"responsesReceived", pair.responses_received},
                 {"consentRequestsSent", pair.consent_requests_sent},
                 {"totalRoundTripTime", seconds(pair.total_round_trip_time)},
                 {"packetsSent", transport.packets_sent},
                 {"packetsReceived", transport.packets_received},
                 {"bytesSent", transport.bytes_sent},
                 {"bytesReceived", transport.bytes_received},
                 {"lastPacketSentTimestamp", clock(transport.last_packet_sent)},
                 {"lastPacketReceivedTimestamp", clock(transport.last_packet_received)},
                 {"firstRequestTimestamp", clock(pair.first_request)},
                 {"lastRequestTimestamp", clock(pair.last_request)},
                 {"consentExpiredTimestamp", clock(pair.consent_expires)},
                 {"availableOutgoingBitrate", 0},
                 {"availableIncomingBitrate", 0},
                 {"circuitBreakerTriggerCount", 0},
                 {"retransmissionsSent", pair.retransmissions_sent},
                 {"currentRoundTripTime", Json()}};
  if (pair.current_round_trip_time) {
    fields["currentRoundTripTime"] = seconds(*pair.current_round_trip_time);
  }
  return fields;
}

// "sha-256 4A:AD:…", taken apart. Its id, or null when it is not known yet.
Json add_certificate(Reports& reports, std::string_view side, const std::string& fingerprint) {
  const std::size_t space = fingerprint.find(' ');
  if (space == std::string::npos) return {};
  std::string id = fmt::format("certificate-{}", side);
  reports.add(id, "certificate",
              {{"fingerprint", fingerprint.substr(space + 1)},
               {"fingerprintAlgorithm", fingerprint.substr(0, space)}});
  return id;
}

Json codec_fields(const RtpCodec& codec) {
  return {{"payloadType", codec.payload_type},
          {"mimeType", codec.mime_type},
          {"channels", codec.channels},
          {"clockRate", codec.clock_rate},
          {"sdpFmtpLine", codec.sdp_fmtp_line}};
}

Json channel_fields(const DataChannelStats& channel) {
  Json fields = {{"bytesReceived", channel.bytes_received},
                 {"bytesSent", channel.bytes_sent},
                 {"label", channel.label},
                 {"messagesReceived", channel.messages_received},
                 {"messagesSent", channel.messages_sent},
                 {"protocol", channel.protocol},
                 {"state", to_string(channel.state)},
                 {"dataChannelIdentifier", Json()}};
  if (channel.data_channel_identifier) {
    fields["dataChannelIdentifier"] = *channel.data_channel_identifier;
  }
  return fields;
}

// "RTCInboundRTPVideoStream_1234": what a report of RTP is known by.
std::string rtp_id(std::string_view what, MediaKind kind, std::uint32_t ssrc) {
  return fmt::format("RTC{}RTP{}Stream_{}", what, kind == MediaKind::Audio ? "Audio" : "Video",
                     ssrc);
}

// What all reports of RTP have.
template <class T>
Json rtp_fields(const T& of) {
  return {{"ssrc", of.ssrc},
          {"kind", of.kind == MediaKind::Audio ? "audio" : "video"},
          {"transportId", kTransport}};
}

// The first codec of its name.
Json codec_id(const std::vector<RtpCodec>& codecs, const std::string& name) {
  for (const RtpCodec& codec : codecs) {
    if (!name.empty() && codec.mime_type.ends_with("/" + name))
      return fmt::format("RTPCodec-{}-{}", codec.mime_type, codec.payload_type);
  }
  return {};
}

// The id of the track of ours that a section sends.
std::string sent_track(const std::vector<Transceiver>& transceivers, const std::string& mid) {
  for (const Transceiver& transceiver : transceivers) {
    if (transceiver.mid() != mid) continue;
    const auto track = transceiver.track();
    return track ? track->id() : "";
  }
  return "";
}

// The peer's tracks have no ids but that of their section: RFC 8829 §5.2.1 has none written.
Json inbound_fields(const InboundRtpStats& of, const Clock& clock) {
  return {{"trackIdentifier", of.mid},
          {"mid", of.mid},
          {"rid", of.rid},
          {"packetsReceived", of.packets_received},
          {"bytesReceived", of.bytes_received},
          {"headerBytesReceived", of.header_bytes_received},
          {"packetsLost", of.packets_lost},
          {"packetsDiscarded", of.packets_discarded},
          {"jitter", seconds(of.jitter)},
          {"lastPacketReceivedTimestamp", clock(of.last_packet_received_timestamp)},
          {"retransmittedPacketsReceived", of.retransmitted_packets_received},
          {"retransmittedBytesReceived", of.retransmitted_bytes_received},
          {"framesReceived", of.frames_received},
          {"keyFramesReceived", of.key_frames_received},
          {"framesDropped", of.frames_dropped},
          {"nackCount", of.nack_count},
          {"pliCount", of.pli_count},
          {"firCount", of.fir_count}};
}

Json outbound_fields(const OutboundRtpStats& of) {
  return {{"mid", of.mid},
          {"rid", of.rid},
          {"active", of.active},
          {"packetsSent", of.packets_sent},
          {"bytesSent", of.bytes_sent},
          {"headerBytesSent", of.header_bytes_sent},
          {"retransmittedPacketsSent", of.retransmitted_packets_sent},
          {"retransmittedBytesSent", of.retransmitted_bytes_sent},
          {"retransmissionsRefused", of.retransmissions_refused},
          {"packetsDiscardedOnSend", of.packets_discarded_on_send},
          {"framesSent", of.frames_sent},
          {"keyFramesSent", of.key_frames_sent},
          {"framesDropped", of.frames_dropped},
          {"totalPacketSendDelay", seconds(of.total_packet_send_delay)},
          {"nackCount", of.nack_count},
          {"pliCount", of.pli_count},
          {"firCount", of.fir_count}};
}

Json remote_inbound_fields(const RemoteInboundRtpStats& of) {
  return {{"localId", rtp_id("Outbound", of.kind, of.ssrc)},
          {"packetsReceived", of.packets_received},
          {"packetsLost", of.packets_lost},
          {"fractionLost", of.fraction_lost},
          {"jitter", seconds(of.jitter)},
          {"roundTripTime", of.round_trip_time ? Json(seconds(*of.round_trip_time)) : Json()},
          {"totalRoundTripTime", seconds(of.total_round_trip_time)},
          {"roundTripTimeMeasurements", of.round_trip_time_measurements}};
}

// A receiver that sends nothing measures no round trip.
Json remote_outbound_fields(const RemoteOutboundRtpStats& of) {
  return {{"localId", rtp_id("Inbound", of.kind, of.ssrc)},
          {"packetsSent", of.packets_sent},
          {"bytesSent", of.bytes_sent},
          {"reportsSent", of.reports_sent},
          {"roundTripTime", Json()},
          {"totalRoundTripTime", 0.0},
          {"roundTripTimeMeasurements", 0}};
}

void add_rtp(Reports& reports, const Stats& stats, const std::vector<RtpCodec>& codecs,
             const std::vector<Transceiver>& transceivers, const Clock& clock) {
  const auto add = [&](std::string_view what, std::string_view type, const auto& of, Json fields) {
    Json all = rtp_fields(of);
    all.update(fields);
    reports.add(rtp_id(what, of.kind, of.ssrc), type, all);
  };
  for (const InboundRtpStats& of : stats.inbound_rtp) {
    Json fields = inbound_fields(of, clock);
    fields["codecId"] = codec_id(codecs, of.codec);
    add("Inbound", "inbound-rtp", of, std::move(fields));
  }
  for (const OutboundRtpStats& of : stats.outbound_rtp) {
    Json fields = outbound_fields(of);
    fields["codecId"] = codec_id(codecs, of.codec);
    fields["trackIdentifier"] = sent_track(transceivers, of.mid);
    add("Outbound", "outbound-rtp", of, std::move(fields));
  }
  for (const RemoteInboundRtpStats& of : stats.remote_inbound_rtp)
    add("RemoteInbound", "remote-inbound-rtp", of, remote_inbound_fields(of));
  for (const RemoteOutboundRtpStats& of : stats.remote_outbound_rtp)
    add("RemoteOutbound", "remote-outbound-rtp", of, remote_outbound_fields(of));
}

}  // namespace

std::string to_json(const Stats& stats, const std::vector<RtpCodec>& codecs,
                    const std::vector<Transceiver>& transceivers, const std::string& peer,
                    double epoch_seconds) {
  Reports reports(epoch_seconds);
  const Clock clock(stats.timestamp, epoch_seconds);
  reports.add("PeerConnection-" + peer, "peer-connection",
              // Of our own alone, as it was in this report from the first; the peer's are Accepted.
              {{"dataChannelsOpened", stats.data_channels_opened - stats.data_channels_accepted},
               {"dataChannelsClosed", stats.data_channels_closed},
               {"dataChannelsAccepted", stats.data_channels_accepted},
               {"dataChannelsRequested", stats.data_channels_requested}});
  const Json local = add_certificate(reports, "local", stats.transport.local_fingerprint);
  const Json remote = add_certificate(reports, "remote", stats.transport.remote_fingerprint);
  const auto selected = std::ranges::find_if(stats.candidate_pairs, &CandidatePairStats::selected);
  const bool is_selected = selected != stats.candidate_pairs.end();
  reports.add(std::string(kTransport), "transport",
              {{"localCertificateId", local},
               {"remoteCertificateId", remote},
               {"selectedCandidatePairId", is_selected ? Json(pair_id(*selected)) : Json()},
               {"bytesReceived", stats.transport.bytes_received},
               {"bytesSent", stats.transport.bytes_sent},
               {"packetsReceived", stats.transport.packets_received},
               {"packetsSent", stats.transport.packets_sent},
               {"dtlsState", to_string(stats.transport.dtls_state)},
               {"dtlsRole", to_string(stats.transport.dtls_role)},
               {"tlsVersion", stats.transport.tls_version},
               {"dtlsCipher", stats.transport.dtls_cipher},
               {"srtpCipher", stats.transport.srtp_cipher},
               {"cipherEngine", stats.transport.cipher_engine},
               {"tlsGroup", stats.transport.tls_group},
               {"sped", stats.transport.sped},
               {"iceRole", to_string(stats.transport.ice_role)}});
  const auto& smoothed = stats.sctp.smoothed_round_trip_time;
  reports.add("sctp_transport", "transport",
              {{"transportId", kTransport},
               {"smoothedRoundTripTime", smoothed ? Json(seconds(*smoothed)) : Json()},
               {"bytesReceived", stats.sctp.bytes_received},
               {"bytesSent", stats.sctp.bytes_sent},
               {"packetsReceived", stats.sctp.packets_received},
               {"packetsSent", stats.sctp.packets_sent},
               {"retransmissions", stats.sctp.retransmissions},
               {"mtu", stats.sctp.mtu},
               {"snap", stats.sctp.snap},
               {"interleaving", stats.sctp.interleaving},
               {"congestionWindow", stats.sctp.congestion_window},
               {"receiverWindow", stats.sctp.receiver_window},
               {"unacknowledgedBytes", stats.sctp.unacknowledged_bytes}});
  for (const CandidateStats& candidate : stats.local_candidates) {
    reports.add(candidate_id("local", candidate), "local-candidate", candidate_fields(candidate));
  }
  for (const CandidateStats& candidate : stats.remote_candidates) {
    reports.add(candidate_id("remote", candidate), "remote-candidate", candidate_fields(candidate));
  }
  for (const CandidatePairStats& pair : stats.candidate_pairs) {
    reports.add(pair_id(pair), "candidate-pair", pair_fields(pair, stats, clock));
  }
  for (const DataChannelStats& channel : stats.data_channels) {
    reports.add(fmt::format("DataChannel-{}", static_cast<std::uint64_t>(channel.channel)),
                "data-channel", channel_fields(channel));
  }
  add_rtp(reports, stats, codecs, transceivers, clock);
  for (const RtpCodec& codec : codecs) {
    reports.add(fmt::format("RTPCodec-{}-{}", codec.mime_type, codec.payload_type), "codec",
                codec_fields(codec));
  }
  return reports.text();
}

std::string to_json(const event::IceCandidateError& error) {
  const Json json = {{"address", error.address.empty() ? Json() : Json(error.address)},
                     {"port", error.port ? Json(*error.port) : Json()},
                     {"url", error.url},
                     {"errorCode", error.error_code},
                     {"errorText", error.error_text}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace specter::nif
