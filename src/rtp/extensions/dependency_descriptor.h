// Which frame a packet is of, and what it depends on: the dependency descriptor of the AV1 RTP
// specification 1.0, appendix A.4. It serves other codecs too.
//
//    0                   1                   2
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |S|E|template id|         frame number          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   If more follows, five flags, and what they announce, in their order and as bits:
//     the structure (dependency_structure.h)
//     the active decode targets: a bit each, the last target's first
//     the frame's own indications (2 each)
//     its own differences: size (2), then difference - 1 (4 * size), until the size is 0
//     its own chain differences (8 each)
#pragma once

#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/extension_map.h"
#include "rtp/extensions/dependency_structure.h"

namespace specter::rtp {

struct DependencyDescriptor {
  static constexpr ExtensionKind kKind = ExtensionKind::DependencyDescriptor;
  static constexpr std::size_t kMandatorySize = 3;

  bool is_frame_start = false;     // S
  bool is_frame_end = false;       // E
  std::uint8_t template_id = 0;    // 0 to 63
  std::uint16_t frame_number = 0;  // in decoding order, wraps
  // On the first packet of a sequence. Whoever reads keeps the last one of an SSRC.
  std::optional<DependencyStructure> structure;
  // Bit i: decode target i can be decoded. Nothing: as before, and all of them with a new
  // structure.
  std::optional<std::uint32_t> active_targets;
  // What the frame says itself in its template's place.
  std::optional<DecodeTargetIndications> own_indications;
  std::optional<FrameDifferences> own_differences;
  std::optional<ChainDifferences> own_chains;

  // `kept` is the last structure of the SSRC, or null; one in `in` goes before it. The mandatory
  // part alone needs none. Errors: Truncated, TooMany, BadValue (what needs a structure comes
  // without one, its template is none of the structure's, or the structure is malformed). In a
  // stream that has begun, each error is a reason to ask for a key frame.
  static std::expected<DependencyDescriptor, ParseError> parse(Bytes in,
                                                               const DependencyStructure* kept);
  // `kept` is what the reader will have: own lists are of the sizes that it says.
  void write(ByteWriter& out, const DependencyStructure* kept) const;

  // What is true of the frame, by the structure in force. Nothing: its template is none of it.
  std::optional<FrameDependencies> frame(const DependencyStructure& in_force) const;

  bool operator==(const DependencyDescriptor&) const = default;

 private:
  std::optional<ParseError> read_extended(BitReader& in, const DependencyStructure* kept);
  bool is_extended() const;
};

}  // namespace specter::rtp
