// The codecs that are offered when nobody chose others.
#include <fmt/format.h>

#include "base/check.h"

#include "specter/media_engine.h"

namespace specter {

namespace {

constexpr std::uint32_t kVideoClock = 90'000;  // Hz, of every video codec here

struct Video {
  std::uint8_t payload_type;
  std::uint8_t retransmission;  // RFC 4588 §8.1: another number for the same codec's
  const char* mime_type;
  const char* sdp_fmtp_line;
};

// The profiles of H.264 (RFC 6184 §8.1): Baseline 42001f, Constrained Baseline 42e01f, High 640032;
// packetization-mode 1 has fragments and aggregates, 0 single NAL units.
constexpr Video kVideos[] = {
    {96, 97, "video/VP8", ""},
    {98, 99, "video/VP9", "profile-id=0"},
    {100, 101, "video/VP9", "profile-id=1"},
    {102, 103, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"},
    {127, 121, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f"},
    {125, 107, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"},
    {108, 109, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f"},
    {123, 124, "video/H264",
     "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640032"},
    {41, 42, "video/AV1", "profile-id=0"},
    {126, 122, "video/H265", ""},
};

// RFC 6464; 3GPP TS 26.114 §7.4.5; RFC 8852 §4: which encoding of simulcast a packet is of.
const RtpHeaderExtension kExtensions[] = {
    {MediaKind::Audio, "urn:ietf:params:rtp-hdrext:ssrc-audio-level"},
    {MediaKind::Video, "urn:3gpp:video-orientation"},
    {MediaKind::Video, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"},
    {MediaKind::Video, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"},
};

}  // namespace

MediaEngine MediaEngine::with_default_codecs() {
  MediaEngine engine;
  const auto add = [&](RtpCodec codec) {
    SPECTER_CHECK(engine.register_codec(std::move(codec)).has_value());
  };
  add({MediaKind::Audio, 111, "audio/opus", 48'000, 2, "minptime=10;useinbandfec=1", {}});
  // RFC 3551 §4.5.2: G.722 samples at 16 kHz, and says 8.
  add({MediaKind::Audio, 9, "audio/G722", 8'000, 1, "", {}});
  add({MediaKind::Audio, 0, "audio/PCMU", 8'000, 1, "", {}});
  add({MediaKind::Audio, 8, "audio/PCMA", 8'000, 1, "", {}});
  for (const Video& video : kVideos) {
    add({MediaKind::Video,
         video.payload_type,
         video.mime_type,
         kVideoClock,
         0,
         video.sdp_fmtp_line,
         {"goog-remb", "ccm fir"}});
    add({MediaKind::Video,
         video.retransmission,
         "video/rtx",
         kVideoClock,
         0,
         fmt::format("apt={}", video.payload_type),
         {}});
  }
  for (const RtpHeaderExtension& extension : kExtensions)
    SPECTER_CHECK(engine.register_header_extension(extension).has_value());
  return engine;
}

}  // namespace specter
