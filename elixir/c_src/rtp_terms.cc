#include "rtp_terms.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace specter::nif {

namespace {

// Values that atoms stand for.
template <class T, std::size_t N>
T decode_name(ErlNifEnv* env, Term term, const std::array<std::pair<Atom, T>, N>& names) {
  for (const auto& [name, value] : names) {
    if (enif_is_identical(term, name.term(env))) return value;
  }
  throw BadArgument();
}

MediaKind kind_of(std::string_view mime_type) {
  constexpr std::string_view kVideo = "video/";
  const bool is_video = std::ranges::equal(
      mime_type.substr(0, kVideo.size()), kVideo, {},
      [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  return is_video ? MediaKind::Video : MediaKind::Audio;
}

struct ExtensionTerm {
  const RtpHeaderExtensionParameters& of;
};

Term encode(ErlNifEnv* env, const ExtensionTerm& extension) {
  Map map(env);
  map.put_value(Atom("uri"), extension.of.uri);
  map.put_number(Atom("id"), extension.of.id);
  return map.term();
}

struct EncodingTerm {
  const RtpEncodingParameters& of;
};

Term encode(ErlNifEnv* env, const EncodingTerm& encoding) {
  const RtpEncodingParameters& of = encoding.of;
  Map map(env);
  map.put_value(Atom("rid"), of.rid);
  map.put_value(Atom("active"), of.active);
  map.put_number(Atom("max_bitrate"), of.max_bitrate);
  map.put_value(Atom("max_framerate"), of.max_framerate);
  map.put_value(Atom("scale_resolution_down_by"), of.scale_resolution_down_by);
  map.put_value(Atom("codec"), of.codec ? std::optional(CodecTerm{*of.codec}) : std::nullopt);
  return map.term();
}

// What senders and receivers have alike.
template <class Parameters>
void put_shared(ErlNifEnv* env, Map& map, const Parameters& of) {
  map.put_value(Atom("header_extensions"), terms_of<ExtensionTerm>(of.header_extensions));
  Map rtcp(env);
  rtcp.put_value(Atom("cname"), of.rtcp.cname);
  rtcp.put_value(Atom("reduced_size"), of.rtcp.reduced_size);
  map.put(Atom("rtcp"), rtcp.term());
  map.put_value(Atom("codecs"), terms_of<CodecTerm>(of.codecs));
}

}  // namespace

Atom name_of(MediaKind kind) { return kind == MediaKind::Audio ? Atom("audio") : Atom("video"); }

Atom name_of(RtpTransceiverDirection direction) {
  switch (direction) {
    case RtpTransceiverDirection::SendRecv: return Atom("sendrecv");
    case RtpTransceiverDirection::SendOnly: return Atom("sendonly");
    case RtpTransceiverDirection::RecvOnly: return Atom("recvonly");
    case RtpTransceiverDirection::Inactive: return Atom("inactive");
    case RtpTransceiverDirection::Stopped: break;
  }
  return Atom("stopped");
}

Term encode(ErlNifEnv* env, const CodecTerm& codec) {
  const RtpCodec& of = codec.of;
  Map map(env);
  map.put_value(Atom("__struct__"), Atom("Elixir.Specter.RtpCodecParameters"));
  map.put_value(Atom("mime_type"), of.mime_type);
  map.put_number(Atom("clock_rate"), of.clock_rate);
  map.put_number(Atom("channels"), of.channels);
  map.put_value(Atom("sdp_fmtp_line"), of.sdp_fmtp_line);
  map.put_number(Atom("payload_type"), of.payload_type);
  map.put_value(Atom("rtcp_feedback"), of.rtcp_feedback);
  return map.term();
}

Term encode(ErlNifEnv* env, const HeaderExtensionTerm& extension) {
  Map map(env);
  map.put_value(Atom("kind"), name_of(extension.of.kind));
  map.put_value(Atom("uri"), extension.of.uri);
  return map.term();
}

Term encode(ErlNifEnv* env, const SendParametersTerm& parameters) {
  Map map(env);
  map.put_value(Atom("transaction_id"), parameters.of.transaction_id);
  map.put_value(Atom("encodings"), terms_of<EncodingTerm>(parameters.of.encodings));
  put_shared(env, map, parameters.of);
  return map.term();
}

Term encode(ErlNifEnv* env, const ReceiveParametersTerm& parameters) {
  Map map(env);
  put_shared(env, map, parameters.of);
  return map.term();
}

MediaKind Decoder<MediaKind>::decode(ErlNifEnv* env, Term term) {
  static constexpr auto kNames = std::to_array<std::pair<Atom, MediaKind>>(
      {{Atom("audio"), MediaKind::Audio}, {Atom("video"), MediaKind::Video}});
  return decode_name(env, term, kNames);
}

MediaDelivery Decoder<MediaDelivery>::decode(ErlNifEnv* env, Term term) {
  static constexpr auto kNames = std::to_array<std::pair<Atom, MediaDelivery>>(
      {{Atom("frames"), MediaDelivery::Frames}, {Atom("rtp"), MediaDelivery::Rtp}});
  return decode_name(env, term, kNames);
}

RtpTransceiverDirection Decoder<RtpTransceiverDirection>::decode(ErlNifEnv* env, Term term) {
  static constexpr auto kNames = std::to_array<std::pair<Atom, RtpTransceiverDirection>>(
      {{Atom("sendrecv"), RtpTransceiverDirection::SendRecv},
       {Atom("sendonly"), RtpTransceiverDirection::SendOnly},
       {Atom("recvonly"), RtpTransceiverDirection::RecvOnly},
       {Atom("inactive"), RtpTransceiverDirection::Inactive}});
  return decode_name(env, term, kNames);
}

RtpCodec Decoder<RtpCodec>::decode(ErlNifEnv* env, Term term) {
  RtpCodec codec;
  codec.mime_type = decode_field<std::string>(env, term, "mime_type");
  codec.kind = kind_of(codec.mime_type);
  codec.clock_rate = decode_field<std::uint32_t>(env, term, "clock_rate");
  codec.channels = decode_field<std::uint16_t>(env, term, "channels");
  codec.sdp_fmtp_line = decode_field<std::string>(env, term, "sdp_fmtp_line");
  codec.payload_type = decode_field_or<std::uint8_t>(env, term, "payload_type", 0);
  codec.rtcp_feedback = decode_field_or<std::vector<std::string>>(env, term, "rtcp_feedback", {});
  return codec;
}

RtpEncodingParameters Decoder<RtpEncodingParameters>::decode(ErlNifEnv* env, Term term) {
  using Number = std::optional<double>;
  return {.rid = decode_field<std::string>(env, term, "rid"),
          .active = decode_field<bool>(env, term, "active"),
          .max_bitrate = decode_field<std::optional<std::uint64_t>>(env, term, "max_bitrate"),
          .max_framerate = decode_field<Number>(env, term, "max_framerate"),
          .scale_resolution_down_by = decode_field<Number>(env, term, "scale_resolution_down_by"),
          .codec = decode_field<std::optional<RtpCodec>>(env, term, "codec")};
}

RtpHeaderExtensionParameters Decoder<RtpHeaderExtensionParameters>::decode(ErlNifEnv* env,
                                                                           Term term) {
  return {.uri = decode_field<std::string>(env, term, "uri"),
          .id = decode_field<std::uint16_t>(env, term, "id")};
}

RtpSendParameters Decoder<RtpSendParameters>::decode(ErlNifEnv* env, Term term) {
  RtpSendParameters parameters;
  parameters.transaction_id = decode_field<std::string>(env, term, "transaction_id");
  parameters.encodings = decode_field<std::vector<RtpEncodingParameters>>(env, term, "encodings");
  parameters.header_extensions =
      decode_field<std::vector<RtpHeaderExtensionParameters>>(env, term, "header_extensions");
  const Term rtcp = decode_field<Any>(env, term, "rtcp").term;
  parameters.rtcp = {.cname = decode_field<std::string>(env, rtcp, "cname"),
                     .reduced_size = decode_field<bool>(env, rtcp, "reduced_size")};
  parameters.codecs = decode_field<std::vector<RtpCodec>>(env, term, "codecs");
  return parameters;
}

RtpTransceiverInit Decoder<RtpTransceiverInit>::decode(ErlNifEnv* env, Term term) {
  return {.direction = decode_field<RtpTransceiverDirection>(env, term, "direction"),
          .streams = decode_field<std::vector<std::string>>(env, term, "streams"),
          .send_encodings =
              decode_field<std::vector<RtpEncodingParameters>>(env, term, "send_encodings")};
}

KindOrTrack Decoder<KindOrTrack>::decode(ErlNifEnv* env, Term term) {
  if (enif_is_atom(env, term)) return Decoder<MediaKind>::decode(env, term);
  return Decoder<std::string_view>::decode(env, term);
}

}  // namespace specter::nif
