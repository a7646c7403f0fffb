// Codecs and tracks for tests of whole peers.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "specter/bytes.h"
#include "specter/options.h"
#include "specter/rtp.h"

namespace specter::testing {

// Opus, and VP8 with retransmission and all feedback.
inline ConnectionOptions with_media() {
  ConnectionOptions out;
  out.media.codecs = {
      {MediaKind::Audio,
       111,
       "audio/opus",
       48'000,
       2,
       "minptime=10;useinbandfec=1",
       {"transport-cc"}},
      {MediaKind::Video,
       96,
       "video/VP8",
       90'000,
       0,
       "",
       {"nack", "nack pli", "ccm fir", "goog-remb", "transport-cc"}},
      {MediaKind::Video, 97, "video/rtx", 90'000, 0, "apt=96", {}},
  };
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    out.media.header_extensions.push_back(
        {kind, "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"});
  }
  return out;
}

inline LocalTrack video_track(std::string id = "video") {
  return {MediaKind::Video, std::move(id), with_media().media.codecs[1]};
}
inline LocalTrack audio_track(std::string id = "audio") {
  return {MediaKind::Audio, std::move(id), with_media().media.codecs[0]};
}

// What a VP8 encoder makes, as far as a packetizer looks at it (RFC 6386 §9.1): one key frame, and
// `count` frames that follow it, of `bytes` bytes and more.
inline std::vector<Buffer> vp8_frames(std::size_t count, std::size_t bytes) {
  std::vector<Buffer> out;
  for (std::size_t i = 0; i < count; ++i) {
    Buffer frame(bytes + i % 7);
    for (std::size_t at = 0; at < frame.size(); ++at)
      frame[at] = static_cast<std::uint8_t>(at * 13 + i * 31 + (at >> 8));
    frame[0] = i == 0 ? 0x30 : 0x31;  // shown; a key frame is even
    frame[1] = frame[2] = 0;
    constexpr std::array<std::uint8_t, 7> kStart = {0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00};
    if (i == 0) std::copy(kStart.begin(), kStart.end(), frame.begin() + 3);
    out.push_back(std::move(frame));
  }
  return out;
}

}  // namespace specter::testing
