#include "rtp/extensions/dependency_structure.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

// Table A.3
enum NextLayer : std::uint8_t { kSameLayer = 0, kNextTemporal = 1, kNextSpatial = 2, kNoMore = 3 };

std::optional<ParseError> read_layers(BitReader& in, DependencyStructure& structure) {
  std::uint8_t spatial_id = 0;
  std::uint8_t temporal_id = 0;
  for (;;) {
    if (structure.templates.size() == DependencyStructure::kMaxTemplates)
      return ParseError::TooMany;
    structure.templates.push_back({.spatial_id = spatial_id,
                                   .temporal_id = temporal_id,
                                   .indications = {},
                                   .differences = {},
                                   .chains = {}});
    const std::uint32_t next = in.bits(2);
    if (!in.ok()) return ParseError::Truncated;
    if (next == kNoMore) return std::nullopt;
    if (next == kNextTemporal) ++temporal_id;
    if (next == kNextSpatial) {
      ++spatial_id;
      temporal_id = 0;
    }
    if (spatial_id > DependencyStructure::kMaxSpatialId ||
        temporal_id > DependencyStructure::kMaxTemporalId)
      return ParseError::BadValue;
  }
}

std::optional<ParseError> read_differences(BitReader& in, DependencyStructure& structure) {
  for (FrameDependencies& one : structure.templates) {
    while (in.flag()) {
      if (one.differences.is_full()) return ParseError::TooMany;
      one.differences.push_back(static_cast<std::uint16_t>(in.bits(4) + 1));
    }
  }
  return std::nullopt;
}

void read_chains(BitReader& in, DependencyStructure& structure) {
  structure.chains = static_cast<std::uint8_t>(in.below(structure.decode_targets + 1u));
  if (structure.chains == 0) return;
  for (int i = 0; i < structure.decode_targets; ++i)
    structure.protected_by.push_back(static_cast<std::uint8_t>(in.below(structure.chains)));
  for (FrameDependencies& one : structure.templates)
    for (int i = 0; i < structure.chains; ++i)
      one.chains.push_back(static_cast<std::uint8_t>(in.bits(4)));
}

void write_layers(BitWriter& out, const DependencyStructure& structure) {
  for (std::size_t i = 1; i < structure.templates.size(); ++i) {
    const FrameDependencies& last = structure.templates[i - 1];
    const FrameDependencies& next = structure.templates[i];
    if (next.spatial_id == last.spatial_id && next.temporal_id == last.temporal_id) {
      out.bits(kSameLayer, 2);
    } else if (next.spatial_id == last.spatial_id) {
      SPECTER_CHECK(next.temporal_id == last.temporal_id + 1);
      out.bits(kNextTemporal, 2);
    } else {
      SPECTER_CHECK(next.spatial_id == last.spatial_id + 1 && next.temporal_id == 0);
      out.bits(kNextSpatial, 2);
    }
  }
  out.bits(kNoMore, 2);
}

}  // namespace

const FrameDependencies* DependencyStructure::find_template(std::uint8_t template_id) const {
  const std::size_t index = (template_id + kMaxTemplates - template_id_offset) % kMaxTemplates;
  return index < templates.size() ? &templates[index] : nullptr;
}

std::expected<DependencyStructure, ParseError> DependencyStructure::parse(BitReader& in) {
  DependencyStructure parsed;
  parsed.template_id_offset = static_cast<std::uint8_t>(in.bits(6));
  parsed.decode_targets = static_cast<std::uint8_t>(in.bits(5) + 1);
  if (const auto error = read_layers(in, parsed)) return std::unexpected(*error);
  for (FrameDependencies& one : parsed.templates)
    for (int i = 0; i < parsed.decode_targets; ++i)
      one.indications.push_back(static_cast<DecodeTargetIndication>(in.bits(2)));
  if (const auto error = read_differences(in, parsed)) return std::unexpected(*error);
  read_chains(in, parsed);
  if (in.flag()) {
    for (int id = 0; id <= parsed.templates.back().spatial_id; ++id) {
      const std::uint32_t width = in.bits(16) + 1;
      parsed.resolutions.push_back({width, in.bits(16) + 1});
    }
  }
  if (!in.ok()) return std::unexpected(ParseError::Truncated);
  return parsed;
}

void DependencyStructure::write(BitWriter& out) const {
  SPECTER_CHECK(template_id_offset < kMaxTemplates);
  SPECTER_CHECK(decode_targets >= 1 && decode_targets <= kMaxDecodeTargets);
  SPECTER_CHECK(!templates.empty() && templates.size() <= kMaxTemplates);
  SPECTER_CHECK(templates.front().spatial_id == 0 && templates.front().temporal_id == 0);
  SPECTER_CHECK(templates.back().spatial_id <= kMaxSpatialId);
  SPECTER_CHECK(chains <= decode_targets);
  SPECTER_CHECK(protected_by.size() == (chains > 0 ? decode_targets : 0));
  SPECTER_CHECK(resolutions.empty() || resolutions.size() == templates.back().spatial_id + 1u);

  out.bits(template_id_offset, 6);
  out.bits(decode_targets - 1u, 5);
  write_layers(out, *this);
  for (const FrameDependencies& one : templates) {
    SPECTER_CHECK(one.temporal_id <= kMaxTemporalId);
    SPECTER_CHECK(one.indications.size() == decode_targets);
    for (const auto indication : one.indications.span())
      out.bits(static_cast<std::uint32_t>(indication), 2);
  }
  for (const FrameDependencies& one : templates) {
    for (const std::uint16_t difference : one.differences.span()) {
      SPECTER_CHECK(difference >= 1 && difference <= 16);
      out.flag(true);
      out.bits(difference - 1u, 4);
    }
    out.flag(false);
  }
  out.below(chains, decode_targets + 1u);
  for (const std::uint8_t chain : protected_by.span()) {
    SPECTER_CHECK(chain < chains);
    out.below(chain, chains);
  }
  for (const FrameDependencies& one : templates) {
    SPECTER_CHECK(one.chains.size() == chains);
    for (const std::uint8_t difference : one.chains.span()) {
      SPECTER_CHECK(difference <= 15);
      out.bits(difference, 4);
    }
  }
  out.flag(!resolutions.empty());
  for (const Resolution& resolution : resolutions) {
    out.bits(resolution.width - 1, 16);
    out.bits(resolution.height - 1, 16);
  }
}

}  // namespace specter::rtp
