#include "rtp/extensions/video_layers_allocation.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"

namespace specter::rtp {
namespace {

using Masks = std::array<std::uint8_t, VideoLayersAllocation::kMaxStreams>;

constexpr std::size_t kMaxLeb128Bytes = 8;
constexpr std::size_t kCountsPerByte = 4;

// AV1 §4.10.5: seven bits a byte, the lowest first; the top bit says that another byte follows.
std::optional<std::uint32_t> read_leb128(ByteReader& r) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kMaxLeb128Bytes; ++i) {
    const std::uint8_t byte = r.u8();
    value |= std::uint64_t{static_cast<std::uint8_t>(byte & 0x7f)} << (7 * i);
    if ((byte & 0x80) != 0) continue;
    if (value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

void write_leb128(ByteWriter& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.u8(static_cast<std::uint8_t>(value | 0x80));
  out.u8(static_cast<std::uint8_t>(value));
}

Masks read_masks(ByteReader& r, std::uint8_t common, std::size_t streams) {
  Masks masks{};
  for (std::size_t stream = 0; stream < streams; stream += 2) {
    const std::uint8_t both = common == 0 ? r.u8() : std::uint8_t(common << 4 | common);
    masks[stream] = both >> 4;
    if (stream + 1 < streams) masks[stream + 1] = both & 0x0f;
  }
  return masks;
}

Masks masks_of(const VideoLayersAllocation& allocation) {
  Masks masks{};
  for (const auto& layer : allocation.layers)
    masks[layer.stream] = static_cast<std::uint8_t>(masks[layer.stream] | 1 << layer.spatial_id);
  return masks;
}

// What write() takes: streams and layers in their order, each once, resolutions for all or none.
bool is_writable(const VideoLayersAllocation& allocation) {
  using A = VideoLayersAllocation;
  if (allocation.streams < 1 || allocation.streams > A::kMaxStreams) return false;
  if (allocation.stream >= allocation.streams) return false;
  int last = -1;
  for (const auto& layer : allocation.layers) {
    const int place = layer.stream * A::kMaxSpatialLayers + layer.spatial_id;
    if (layer.stream >= allocation.streams || layer.spatial_id >= A::kMaxSpatialLayers ||
        place <= last || layer.target_kbps.empty() ||
        layer.resolution.has_value() != allocation.layers.front().resolution.has_value())
      return false;
    last = place;
  }
  return true;
}

void read_temporal_layers(ByteReader& r, VideoLayersAllocation& allocation) {
  std::uint8_t counts = 0;
  std::vector<std::size_t> temporal_layers;
  for (std::size_t i = 0; i < allocation.layers.size(); ++i) {
    if (i % kCountsPerByte == 0) counts = r.u8();
    temporal_layers.push_back((counts >> (6 - 2 * (i % kCountsPerByte)) & 0x03) + std::size_t{1});
  }
  for (std::size_t i = 0; i < allocation.layers.size(); ++i) {
    for (std::size_t t = 0; t < temporal_layers[i]; ++t) {
      const auto kbps = read_leb128(r);
      if (!kbps) return r.fail();
      allocation.layers[i].target_kbps.push_back(*kbps);
    }
  }
}

}  // namespace

std::expected<VideoLayersAllocation, ParseError> VideoLayersAllocation::parse(Bytes in) {
  VideoLayersAllocation parsed;
  if (in.size() == 1 && in[0] == 0) return parsed;

  ByteReader r(in);
  const std::uint8_t first = r.u8();
  parsed.stream = first >> 6;
  parsed.streams = static_cast<std::uint8_t>((first >> 4 & 0x03) + 1);
  const Masks masks = read_masks(r, first & 0x0f, parsed.streams);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (parsed.stream >= parsed.streams) return std::unexpected(ParseError::BadValue);

  for (std::uint8_t stream = 0; stream < parsed.streams; ++stream)
    for (std::uint8_t id = 0; id < kMaxSpatialLayers; ++id)
      if ((masks[stream] >> id & 1) != 0)
        parsed.layers.push_back(
            {.stream = stream, .spatial_id = id, .target_kbps = {}, .resolution = {}});
  if (parsed.layers.empty()) return std::unexpected(ParseError::BadValue);

  read_temporal_layers(r, parsed);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() == 0) return parsed;
  for (SpatialLayer& layer : parsed.layers) {
    const std::uint32_t width = r.u16() + std::uint32_t{1};
    const std::uint32_t height = r.u16() + std::uint32_t{1};
    layer.resolution = Resolution{width, height, r.u8()};
  }
  if (!r.ok()) return std::unexpected(ParseError::Truncated);
  if (r.remaining() > 0) return std::unexpected(ParseError::BadLength);
  return parsed;
}

void VideoLayersAllocation::write(ByteWriter& out) const {
  SPECTER_CHECK(is_writable(*this));
  if (layers.empty()) return out.u8(0);
  const Masks masks = masks_of(*this);
  const bool are_alike = std::all_of(masks.begin(), masks.begin() + streams,
                                     [&](std::uint8_t mask) { return mask == masks[0]; });
  out.u8(static_cast<std::uint8_t>(stream << 6 | (streams - 1) << 4 | (are_alike ? masks[0] : 0)));
  if (!are_alike) {
    out.u8(static_cast<std::uint8_t>(masks[0] << 4 | masks[1]));
    if (streams > 2) out.u8(static_cast<std::uint8_t>(masks[2] << 4 | masks[3]));
  }
  for (std::size_t i = 0; i < layers.size(); i += kCountsPerByte) {
    std::size_t counts = 0;
    for (std::size_t j = i; j < std::min(i + kCountsPerByte, layers.size()); ++j)
      counts |= (layers[j].target_kbps.size() - 1) << (6 - 2 * (j - i));
    out.u8(static_cast<std::uint8_t>(counts));
  }
  for (const SpatialLayer& layer : layers)
    for (const std::uint32_t kbps : layer.target_kbps.span()) write_leb128(out, kbps);
  for (const SpatialLayer& layer : layers) {
    if (!layer.resolution) continue;
    out.u16(static_cast<std::uint16_t>(layer.resolution->width - 1));
    out.u16(static_cast<std::uint16_t>(layer.resolution->height - 1));
    out.u8(layer.resolution->max_frame_rate);
  }
}

}  // namespace specter::rtp
