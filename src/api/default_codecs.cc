// What is negotiated when nobody chose otherwise: the codecs that samples can be packetized for.
#include <fmt/format.h>

#include "base/check.h"

#include "specter/media_engine.h"

namespace specter {

namespace {

constexpr std::uint32_t kVideoClock = 90'000;  // Hz, of every video codec here

struct Video {
  std::uint8_t payload_type;
  std::uint8_t rtx_payload_type;
  const char* mime_type;
  const char* sdp_fmtp_line;
};

// Payload types as Chromium has them. The profiles of H.264 (RFC 6184 §8.1): Constrained Baseline
// 42e01f, which RFC 7742 §6.2 demands of all, and Baseline 42001f, which is meant where nothing is
// said; packetization-mode 1 has
// fragments and aggregates, 0 single NAL units.
constexpr Video kVideos[] = {
    {96, 97, "video/VP8", ""},
    {108, 109, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    {114, 115, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"},
    {102, 103, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
    {104, 105, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f"},
};

struct DefaultExtension {
  MediaKind kind;
  const char* uri;
};

// RFC 8834 §5.2 wants audio levels and rids of all, RFC 7742 §4 the orientation. By send times,
// peers without transport-wide feedback estimate the bitrate; by capture times, which forwarders
// pass on, audio and video are played in time.
constexpr DefaultExtension kExtensions[] = {
    {MediaKind::Audio, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {MediaKind::Video, "urn:3gpp:video-orientation"},
    {MediaKind::Video, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {MediaKind::Video, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
    {MediaKind::Audio, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {MediaKind::Video, "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"},
    {MediaKind::Audio, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"},
    {MediaKind::Video, "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"},
};

}  // namespace

MediaEngine MediaEngine::with_default_codecs() {
  MediaEngine engine;
  const auto add = [&](RtpCodec codec) {
    SPECTER_CHECK(engine.register_codec(std::move(codec)).has_value());
  };
  add({MediaKind::Audio, 111, "audio/opus", 48'000, 2, "minptime=10;useinbandfec=1", {}});
  for (const Video& video : kVideos) {
    add({MediaKind::Video,
         video.payload_type,
         video.mime_type,
         kVideoClock,
         0,
         video.sdp_fmtp_line,
         {"goog-remb", "ccm fir"}});
    add({MediaKind::Video,
         video.rtx_payload_type,
         "video/rtx",
         kVideoClock,
         0,
         fmt::format("apt={}", video.payload_type),
         {}});
  }
  for (const auto& [kind, uri] : kExtensions)
    SPECTER_CHECK(engine.register_header_extension({kind, uri}).has_value());
  return engine;
}

}  // namespace specter
