// What the frames of a scalable stream depend on, said once for many frames: the template
// dependency structure of the AV1 RTP specification 1.0, appendix A.4. Fields are bits, without
// alignment:
//
//   template_id_offset (6), decode targets - 1 (5)
//   layers:      a template each, followed by next_layer_idc (2): 0 the next template has the same
//                ids, 1 the next temporal id, 2 the next spatial id and temporal id 0, 3 no more
//   indications: for each template and decode target (2)
//   differences: for each template, while a flag (1) is set: frame difference - 1 (4)
//   chains:      their number, below targets + 1; then for each target its chain, below chains;
//                then for each template and chain the difference (4)
//   resolutions: a flag (1); for each spatial id width - 1 (16), height - 1 (16)
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/parse_error.h"
#include "rtp/bits.h"
#include "rtp/inline_list.h"

namespace specter::rtp {

// Table A.2: what a frame is to a decode target.
enum class DecodeTargetIndication : std::uint8_t {
  NotPresent = 0,
  Discardable = 1,
  Switch = 2,
  Required = 3
};

inline constexpr std::size_t kMaxDecodeTargets = 32;
inline constexpr std::size_t kMaxChains = kMaxDecodeTargets;
// Frames that one frame refers to. A template can say sixteen different ones; no codec has more.
inline constexpr std::size_t kMaxFrameDifferences = 16;

using DecodeTargetIndications = InlineList<DecodeTargetIndication, kMaxDecodeTargets>;
using FrameDifferences = InlineList<std::uint16_t, kMaxFrameDifferences>;  // 1 to 4096
using ChainDifferences = InlineList<std::uint8_t, kMaxChains>;

// What is true of a frame, by its template or by its own words.
struct FrameDependencies {
  std::uint8_t spatial_id = 0;
  std::uint8_t temporal_id = 0;
  DecodeTargetIndications indications;  // by decode target
  FrameDifferences differences;  // this frame's number minus those of the frames it refers to
  ChainDifferences chains;  // by chain: this frame's number minus the last one's of it; 0: none

  bool operator==(const FrameDependencies&) const = default;
};

struct DependencyStructure {
  static constexpr std::size_t kMaxTemplates = 64;
  static constexpr std::uint8_t kMaxSpatialId = 3;
  static constexpr std::uint8_t kMaxTemporalId = 7;

  struct Resolution {
    std::uint32_t width = 1;   // pixels, 1 to 65,536
    std::uint32_t height = 1;  // pixels, 1 to 65,536

    bool operator==(const Resolution&) const = default;
  };

  std::uint8_t template_id_offset = 0;  // 0 to 63: the first template's id; ids count modulo 64
  std::uint8_t decode_targets = 1;      // 1 to 32
  // By decode target: the chain that protects it. Empty: no chains.
  InlineList<std::uint8_t, kMaxDecodeTargets> protected_by;
  std::uint8_t chains = 0;  // 0 to decode_targets
  // By id. Frame differences are 1 to 16, chain differences 0 to 15.
  std::vector<FrameDependencies> templates;
  std::vector<Resolution> resolutions;  // by spatial id; empty: not said

  // Nothing: none of the structure's, so the frame belongs to another structure.
  const FrameDependencies* find_template(std::uint8_t template_id) const;

  // The bits of it at the reader. Errors: Truncated, TooMany (templates, frame differences),
  // BadValue (a spatial id above 3, a temporal one above 7).
  static std::expected<DependencyStructure, ParseError> parse(BitReader& in);
  // A structure that parse() would refuse is a Bug.
  void write(BitWriter& out) const;

  bool operator==(const DependencyStructure&) const = default;
};

}  // namespace specter::rtp
