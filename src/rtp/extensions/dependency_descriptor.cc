#include "rtp/extensions/dependency_descriptor.h"

#include "base/check.h"

namespace specter::rtp {
namespace {

DecodeTargetIndications read_indications(BitReader& in, std::size_t targets) {
  DecodeTargetIndications read;
  for (std::size_t i = 0; i < targets; ++i)
    read.push_back(static_cast<DecodeTargetIndication>(in.bits(2)));
  return read;
}

// Nothing: too many.
std::optional<FrameDifferences> read_differences(BitReader& in) {
  FrameDifferences read;
  while (const std::uint32_t size = in.bits(2)) {
    if (read.is_full()) return std::nullopt;
    read.push_back(static_cast<std::uint16_t>(in.bits(4 * size) + 1));
  }
  return read;
}

ChainDifferences read_chains(BitReader& in, std::size_t chains) {
  ChainDifferences read;
  for (std::size_t i = 0; i < chains; ++i) read.push_back(static_cast<std::uint8_t>(in.bits(8)));
  return read;
}

void write_differences(BitWriter& out, const FrameDifferences& differences) {
  for (const std::uint16_t difference : differences.span()) {
    SPECTER_CHECK(difference >= 1 && difference <= 4096);
    const std::uint32_t value = difference - 1u;
    const std::uint32_t size = value < 16 ? 1 : value < 256 ? 2 : 3;
    out.bits(size, 2);
    out.bits(value, 4 * size);
  }
  out.bits(0, 2);
}

}  // namespace

std::expected<DependencyDescriptor, ParseError> DependencyDescriptor::parse(
    Bytes in, const DependencyStructure* kept) {
  if (in.size() < kMandatorySize) return std::unexpected(ParseError::Truncated);
  BitReader r(in);
  DependencyDescriptor parsed;
  parsed.is_frame_start = r.flag();
  parsed.is_frame_end = r.flag();
  parsed.template_id = static_cast<std::uint8_t>(r.bits(6));
  parsed.frame_number = static_cast<std::uint16_t>(r.bits(16));
  if (in.size() > kMandatorySize)
    if (const auto error = parsed.read_extended(r, kept)) return std::unexpected(*error);
  if (!r.ok()) return std::unexpected(ParseError::Truncated);

  const DependencyStructure* in_force = parsed.structure ? &*parsed.structure : kept;
  if (in_force && !in_force->find_template(parsed.template_id))
    return std::unexpected(ParseError::BadValue);
  return parsed;
}

std::optional<ParseError> DependencyDescriptor::read_extended(BitReader& in,
                                                              const DependencyStructure* kept) {
  const bool has_structure = in.flag();
  const bool has_active_targets = in.flag();
  const bool has_indications = in.flag();
  const bool has_differences = in.flag();
  const bool has_chains = in.flag();
  if (has_structure) {
    auto read = DependencyStructure::parse(in);
    if (!read) return read.error();
    structure = std::move(*read);
  }
  const DependencyStructure* in_force = structure ? &*structure : kept;
  if (!in_force && (has_active_targets || has_indications || has_chains))
    return ParseError::BadValue;
  if (has_active_targets) active_targets = in.bits(in_force->decode_targets);
  if (has_indications) own_indications = read_indications(in, in_force->decode_targets);
  if (has_differences) {
    own_differences = read_differences(in);
    if (!own_differences) return ParseError::TooMany;
  }
  if (has_chains) own_chains = read_chains(in, in_force->chains);
  return std::nullopt;
}

bool DependencyDescriptor::is_extended() const {
  return structure || active_targets || own_indications || own_differences || own_chains;
}

void DependencyDescriptor::write(ByteWriter& out, const DependencyStructure* kept) const {
  SPECTER_CHECK(template_id < DependencyStructure::kMaxTemplates);
  BitWriter bits(out);
  bits.flag(is_frame_start);
  bits.flag(is_frame_end);
  bits.bits(template_id, 6);
  bits.bits(frame_number, 16);
  if (!is_extended()) return;

  const DependencyStructure* in_force = structure ? &*structure : kept;
  SPECTER_CHECK(in_force || !(active_targets || own_indications || own_chains));
  bits.flag(structure.has_value());
  bits.flag(active_targets.has_value());
  bits.flag(own_indications.has_value());
  bits.flag(own_differences.has_value());
  bits.flag(own_chains.has_value());
  if (structure) structure->write(bits);
  if (active_targets) bits.bits(*active_targets, in_force->decode_targets);
  if (own_indications) {
    SPECTER_CHECK(own_indications->size() == in_force->decode_targets);
    for (const auto indication : own_indications->span())
      bits.bits(static_cast<std::uint32_t>(indication), 2);
  }
  if (own_differences) write_differences(bits, *own_differences);
  if (own_chains) {
    SPECTER_CHECK(own_chains->size() == in_force->chains);
    for (const std::uint8_t difference : own_chains->span()) bits.bits(difference, 8);
  }
  bits.finish();
}

std::optional<FrameDependencies> DependencyDescriptor::frame(
    const DependencyStructure& in_force) const {
  const FrameDependencies* found = in_force.find_template(template_id);
  if (!found) return std::nullopt;
  FrameDependencies frame = *found;
  if (own_indications) frame.indications = *own_indications;
  if (own_differences) frame.differences = *own_differences;
  if (own_chains) frame.chains = *own_chains;
  return frame;
}

}  // namespace specter::rtp
