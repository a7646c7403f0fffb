// The bit rates and sizes of all layers that a sender makes, for who forwards some of them:
// libwebrtc's video-layers-allocation00.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+
//   |RID| NS| mask  |    this packet's stream; streams - 1; spatial layers, see below
//   +-+-+-+-+-+-+-+-+
//   |mask 0 |mask 1 |    only when the first mask is 0
//   +-+-+-+-+-+-+-+-+
//   |#tl|#tl|#tl|#tl|    temporal layers - 1 of each spatial layer; zeros to whole bytes
//   +-+-+-+-+-+-+-+-+
//   | leb128 ...         kbit/s of each temporal layer, those below it included
//   +-+-+-+-+-+-+-+-+
//   | 5 bytes ...        for each spatial layer: width - 1 (16), height - 1 (16), frames/s (8)
//   +-+-+-+-+-+-+-+-+
//
// A mask has a bit for each spatial layer of a stream, the lowest bit for layer 0. The first one is
// that of all streams; when it is 0, each stream has its own, and streams 2 and 3 a second byte.
// All lists are in the order of streams, then spatial layers, then temporal ones. The 5 bytes are
// there for all spatial layers or for none. A single byte of zero says that nothing is sent.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"
#include "rtp/inline_list.h"

namespace specter::rtp {

struct VideoLayersAllocation {
  static constexpr ExtensionKind kKind = ExtensionKind::VideoLayersAllocation;
  static constexpr std::uint8_t kMaxStreams = 4;
  static constexpr std::uint8_t kMaxSpatialLayers = 4;
  static constexpr std::uint8_t kMaxTemporalLayers = 4;

  struct Resolution {
    std::uint32_t width = 1;   // pixels, 1 to 65,536
    std::uint32_t height = 1;  // pixels, 1 to 65,536
    std::uint8_t max_frame_rate = 0;

    bool operator==(const Resolution&) const = default;
  };

  struct SpatialLayer {
    std::uint8_t stream = 0;  // 0 to 3: the place of the RID in the description
    std::uint8_t spatial_id = 0;
    // kbit/s by temporal layer, 1 to 4 of them; each includes what it depends on.
    InlineList<std::uint32_t, kMaxTemporalLayers> target_kbps;
    std::optional<Resolution> resolution;  // all layers have one, or none

    bool operator==(const SpatialLayer&) const = default;
  };

  std::uint8_t stream = 0;           // which one this packet is of
  std::uint8_t streams = 1;          // 1 to 4
  std::vector<SpatialLayer> layers;  // the active ones, by stream and spatial id; empty: nothing is
                                     // sent, and neither is `stream` nor `streams` written

  // Errors: Truncated (also a rate above 32 bits), BadLength (bytes left over), BadValue (a stream
  // that is none of its streams, no active layer in the long form).
  static std::expected<VideoLayersAllocation, ParseError> parse(Bytes in);
  void write(ByteWriter& out) const;
  bool operator==(const VideoLayersAllocation&) const = default;
};

}  // namespace specter::rtp
