// For tests: media sections as text, and the options that most of them negotiate with.
#pragma once

#include <string>
#include <string_view>

#include "jsep/media_negotiation.h"
#include "sdp/session.h"

namespace specter::jsep {

inline const std::string kLevelAsymmetry = "level-asymmetry-allowed=1;packetization-mode=";
inline constexpr std::string_view kTransportCc =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr std::string_view kMid = "urn:ietf:params:rtp-hdrext:sdes:mid";
inline constexpr std::string_view kRidUri = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
inline constexpr std::string_view kRepairedRid =
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
inline constexpr std::string_view kAudioLevel = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
inline constexpr std::string_view kOrientation = "urn:3gpp:video-orientation";

inline RtpCodec opus() {
  return {MediaKind::Audio, 111, "audio/opus", 48'000, 2, "minptime=10;useinbandfec=1",
          {"transport-cc"}};
}
inline RtpCodec video_codec(std::uint8_t payload_type, std::string name, std::string fmtp = "") {
  return {MediaKind::Video,
          payload_type,
          "video/" + name,
          90'000,
          0,
          std::move(fmtp),
          {"goog-remb", "ccm fir", "nack", "nack pli", "transport-cc"}};
}
inline RtpCodec rtx(std::uint8_t payload_type, int apt) {
  return {MediaKind::Video, payload_type, "video/rtx", 90'000, 0, "apt=" + std::to_string(apt), {}};
}

// What a MediaEngine has by default.
inline MediaOptions media_options() {
  MediaOptions options;
  options.codecs = {
      opus(),        video_codec(96, "VP8"),
      rtx(97, 96),   video_codec(108, "H264", kLevelAsymmetry + "1;profile-level-id=42e01f"),
      rtx(109, 108), video_codec(114, "H264", kLevelAsymmetry + "0;profile-level-id=42e01f"),
      rtx(115, 114), video_codec(102, "H264", kLevelAsymmetry + "1;profile-level-id=42001f"),
      rtx(103, 102), video_codec(104, "H264", kLevelAsymmetry + "0;profile-level-id=42001f"),
      rtx(105, 104)};
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    options.header_extensions.push_back({kind, std::string(kTransportCc)});
    options.header_extensions.push_back(
        {kind, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"});
  }
  options.header_extensions.push_back({MediaKind::Audio, std::string(kAudioLevel)});
  for (const std::string_view uri : {kOrientation, kRidUri, kRepairedRid})
    options.header_extensions.push_back({MediaKind::Video, std::string(uri)});
  return options;
}

inline LocalMedia local_media(MediaKind kind, sdp::Direction direction = sdp::Direction::SendRecv) {
  LocalMedia local{.kind = kind,
                   .direction = direction,
                   .track_id = "track",
                   .streams = {"stream"},
                   .encodings = {rtp::SendEncoding{.parameters = {}, .ssrc = 1001}},
                   .cname = "cname"};
  if (kind == MediaKind::Video) local.encodings[0].rtx_ssrc = 1002;
  return local;
}

// "foo", "bar": simulcast.
inline std::vector<rtp::SendEncoding> encodings(std::initializer_list<const char*> rids) {
  std::vector<rtp::SendEncoding> out;
  for (const char* rid : rids) {
    rtp::SendEncoding added;
    added.parameters.rid = rid;
    added.ssrc = static_cast<std::uint32_t>(2 * out.size() + 1);
    added.rtx_ssrc = added.ssrc + 1;
    out.push_back(std::move(added));
  }
  return out;
}

inline sdp::Session parsed(std::string_view sections) {
  return sdp::parse("v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\n" + std::string(sections)).value();
}

// The only section of a text that begins with its m= line.
inline Result<MediaDescription> read(std::string_view section) {
  const sdp::Session session = parsed(section);
  return read_media(session, session.media.at(0));
}

// As it is written, from its m= line on, with LF.
inline std::string written(const MediaDescription& description) {
  sdp::Session session;
  session.media.push_back({.kind = description.kind == MediaKind::Audio ? "audio" : "video",
                           .protocol = "UDP/TLS/RTP/SAVPF"});
  write_media(session.media[0], description);
  std::string text = sdp::write(session);
  std::erase(text, '\r');
  return text.substr(text.find("m="));
}

}  // namespace specter::jsep
