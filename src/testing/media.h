// Codecs and tracks for tests of whole peers.
#pragma once

#include <string>
#include <utility>

#include "specter/options.h"
#include "specter/rtp.h"

namespace specter::testing {

// Opus, and VP8 with retransmission and all feedback.
inline ConnectionOptions with_media() {
  ConnectionOptions out;
  out.media.codecs = {
      {MediaKind::Audio, 111, "audio/opus", 48'000, 2, "minptime=10;useinbandfec=1",
       {"transport-cc"}},
      {MediaKind::Video, 96, "video/VP8", 90'000, 0, "",
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

}  // namespace specter::testing
