#include "cli/peer/track_json.h"

namespace specter::cli {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const RtpCodec& codec) {
  Json json{{"payload_type", codec.payload_type},
            {"mime_type", codec.mime_type},
            {"clock_rate", codec.clock_rate}};
  if (codec.channels > 0) json["channels"] = codec.channels;
  json["sdp_fmtp_line"] = codec.sdp_fmtp_line;
  json["rtcp_feedback"] = codec.rtcp_feedback;
  return json;
}

Json to_json(const RtpHeaderExtensionParameters& extension) {
  return {{"uri", extension.uri}, {"id", extension.id}};
}

Json to_json(const RtcpParameters& rtcp) {
  return {{"cname", rtcp.cname}, {"reduced_size", rtcp.reduced_size}};
}

Json to_json(const RtpEncodingParameters& encoding) {
  return {{"rid", encoding.rid},
          {"active", encoding.active},
          {"max_bitrate", or_null(encoding.max_bitrate)},
          {"max_framerate", or_null(encoding.max_framerate)},
          {"scale_resolution_down_by", or_null(encoding.scale_resolution_down_by)},
          {"codec", encoding.codec ? to_json(*encoding.codec) : Json(nullptr)}};
}

template <class T>
Json list(const std::vector<T>& values) {
  Json out = Json::array();
  for (const T& value : values) out.push_back(to_json(value));
  return out;
}

}  // namespace

std::string_view name_of(MediaKind kind) { return kind == MediaKind::Audio ? "audio" : "video"; }

std::string_view name_of(RtpTransceiverDirection direction) {
  switch (direction) {
    case RtpTransceiverDirection::SendRecv: return "sendrecv";
    case RtpTransceiverDirection::SendOnly: return "sendonly";
    case RtpTransceiverDirection::RecvOnly: return "recvonly";
    case RtpTransceiverDirection::Inactive: return "inactive";
    case RtpTransceiverDirection::Stopped: return "stopped";
  }
  return "";
}

Json to_json(TransceiverNumber number, const Transceiver& transceiver) {
  const auto current = transceiver.current_direction();
  const auto track = transceiver.track();
  return {{"transceiver", number},
          {"kind", name_of(transceiver.kind())},
          {"mid", or_null(transceiver.mid())},
          {"direction", name_of(transceiver.direction())},
          {"current_direction", current ? Json(name_of(*current)) : Json(nullptr)},
          {"track", track ? Json(track->id()) : Json(nullptr)},
          {"streams", transceiver.streams()},
          {"remote_streams", transceiver.remote_streams()}};
}

Json to_json(const RtpSendParameters& parameters) {
  return {{"transaction_id", parameters.transaction_id},
          {"encodings", list(parameters.encodings)},
          {"header_extensions", list(parameters.header_extensions)},
          {"rtcp", to_json(parameters.rtcp)},
          {"codecs", list(parameters.codecs)}};
}

Json to_json(const RtpReceiveParameters& parameters) {
  return {{"header_extensions", list(parameters.header_extensions)},
          {"rtcp", to_json(parameters.rtcp)},
          {"codecs", list(parameters.codecs)}};
}

}  // namespace specter::cli
