// For the tests of tracks: frames of real encoders, of tests/data/media.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "container/annex_b.h"
#include "container/ivf.h"
#include "container/ogg_opus.h"
#include "testing/data.h"

#include "specter/rtp.h"
#include "specter/track.h"

namespace specter::testing {

inline const RtpCodec kVp8{
    .kind = MediaKind::Video, .mime_type = "video/VP8", .clock_rate = 90'000};
inline const RtpCodec kOpus{
    .kind = MediaKind::Audio, .mime_type = "audio/opus", .clock_rate = 48'000, .channels = 2};

// The frames of libvpx.ivf; the first is a key frame.
inline std::vector<Buffer> vp8_frames() {
  container::IvfReader reader;
  reader.append(as_bytes(read_data("media/libvpx.ivf")));
  std::vector<Buffer> frames;
  while (const auto frame = reader.poll().value())
    frames.emplace_back(frame->bytes.begin(), frame->bytes.end());
  return frames;
}

}  // namespace specter::testing
