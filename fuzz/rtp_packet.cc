// An RTP packet: header, extension, each element as each of the extensions there are, padding. What
// parses is written and parsed to the same; views lie in the packet; what SRTP leaves clear is
// found without the rest.
#include <algorithm>
#include <vector>

#include "codec.h"
#include "rtp/extension_map.h"
#include "rtp/extensions/absolute_capture_time.h"
#include "rtp/extensions/absolute_send_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/dependency_descriptor.h"
#include "rtp/extensions/mid.h"
#include "rtp/extensions/playout_delay.h"
#include "rtp/extensions/rid.h"
#include "rtp/extensions/transmission_offset.h"
#include "rtp/extensions/transport_sequence.h"
#include "rtp/extensions/video_layers_allocation.h"
#include "rtp/extensions/video_orientation.h"
#include "rtp/header.h"
#include "rtp/header_extension.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::rtp;

bool is_same(const Packet& a, const Packet& b) {
  if (a.header != b.header || a.padding != b.padding) return false;
  if (!std::ranges::equal(a.payload, b.payload)) return false;
  if (a.extension.has_value() != b.extension.has_value()) return false;
  return !a.extension || (a.extension->profile == b.extension->profile &&
                          std::ranges::equal(a.extension->body, b.extension->body));
}

template <class Extension>
void check_value(Bytes value) {
  const auto parsed = Extension::parse(value);
  if (!parsed) return;
  const Buffer bytes = written(*parsed);
  SPECTER_CHECK(bytes.size() <= value.size());  // no value has a shorter form than ours
  const auto again = Extension::parse(bytes);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *parsed);
}

template <class... Kinds>
void check_values(Bytes value) {
  (check_value<Kinds>(value), ...);
}

// Two targets, one chain, two temporal layers: what a descriptor without a structure refers to.
DependencyStructure usual_structure() {
  using enum DecodeTargetIndication;
  return {.template_id_offset = 60,
          .decode_targets = 2,
          .protected_by = {0, 0},
          .chains = 1,
          .templates = {{0, 0, {Switch, Switch}, {}, {0}},
                        {0, 0, {Switch, Required}, {2}, {2}},
                        {0, 1, {NotPresent, Discardable}, {1}, {1}}},
          .resolutions = {}};
}

// As a receiver keeps the last structure of an SSRC from packet to packet.
void check_descriptor(Bytes value, DependencyStructure& kept) {
  for (const DependencyStructure* known : {&kept, static_cast<DependencyStructure*>(nullptr)}) {
    const auto parsed = DependencyDescriptor::parse(value, known);
    if (!parsed) continue;
    Buffer bytes;
    ByteWriter out(bytes);
    parsed->write(out, known);
    SPECTER_CHECK(bytes.size() <= value.size());
    SPECTER_CHECK(DependencyDescriptor::parse(bytes, known) == *parsed);
    const DependencyStructure* in_force = parsed->structure ? &*parsed->structure : known;
    if (!in_force) continue;
    const auto frame = parsed->frame(*in_force);
    SPECTER_CHECK(frame.has_value());
    SPECTER_CHECK(frame->spatial_id <= DependencyStructure::kMaxSpatialId);
    SPECTER_CHECK(frame->temporal_id <= DependencyStructure::kMaxTemporalId);
    SPECTER_CHECK(frame->indications.size() == in_force->decode_targets);
    SPECTER_CHECK(frame->chains.size() == in_force->chains);
  }
  auto parsed = DependencyDescriptor::parse(value, &kept);
  if (parsed && parsed->structure) kept = std::move(*parsed->structure);
}

std::vector<std::pair<std::uint8_t, Buffer>> elements_of(const ExtensionBlock& block) {
  std::vector<std::pair<std::uint8_t, Buffer>> elements;
  ExtensionReader reader(block);
  while (const auto element = reader.next()) {
    SPECTER_CHECK(element->id != 0);
    SPECTER_CHECK(is_view_of(block.body, element->value));
    SPECTER_CHECK(element->value.size() <= kMaxTwoByteValue);
    elements.emplace_back(element->id, to_buffer(element->value));
  }
  return elements;
}

void check_rewriting(const ExtensionBlock& block) {
  const auto elements = elements_of(block);
  Extensions extensions;
  for (const auto& [id, value] : elements) extensions.add(id, value);
  // As a packet that is forwarded has it. It may take more room, by the bytes of the longer form.
  const Buffer bytes = written(extensions);
  SPECTER_CHECK(bytes.size() == extensions.size());
  SPECTER_CHECK(bytes.empty() == elements.empty());
  if (elements.empty()) return;
  ByteReader r(bytes);
  const std::uint16_t profile = r.u16();
  SPECTER_CHECK(form_of(profile) == extensions.form());
  SPECTER_CHECK(r.u16() * std::size_t{4} == r.remaining());
  SPECTER_CHECK(elements_of(ExtensionBlock{profile, r.rest()}) == elements);

  const std::size_t dropped = extensions.keep_one_byte();
  SPECTER_CHECK(extensions.form() == ExtensionForm::OneByte);
  if (form_of(block.profile) == ExtensionForm::OneByte) SPECTER_CHECK(dropped == 0);
}

void check_extension(const ExtensionBlock& block) {
  DependencyStructure kept = usual_structure();
  for (const auto& [id, value] : elements_of(block)) {
    const auto first = find(block, id);
    SPECTER_CHECK(first.has_value());
    check_values<Mid, Rid, RepairedRid, AudioLevel, CsrcAudioLevels, VideoOrientation,
                 AbsoluteSendTime, TransmissionOffset, TransportSequence, TransportSequence2,
                 AbsoluteCaptureTime, PlayoutDelay, VideoLayersAllocation>(value);
    check_descriptor(value, kept);
  }
  check_rewriting(block);
}

void check_layout(Bytes input) {
  const auto layout = HeaderLayout::parse(input);
  const auto packet = Packet::parse(input);
  if (!layout) {
    SPECTER_CHECK(!packet && packet.error() == layout.error());
    return;
  }
  SPECTER_CHECK(kFixedHeaderSize <= layout->csrcs_end && layout->csrcs_end <= layout->size);
  SPECTER_CHECK(layout->size <= input.size());
  // The rest, which may be enciphered, has no say.
  SPECTER_CHECK(HeaderLayout::parse(input.first(layout->size)) == layout);
  SPECTER_CHECK(Header::parse(input.first(layout->csrcs_end)).has_value());
  if (layout->size > 0) SPECTER_CHECK(!HeaderLayout::parse(input.first(layout->size - 1)));
}

}  // namespace

void run(Bytes input) {
  check_layout(input);
  const auto packet = Packet::parse(input);
  if (!packet) return;

  SPECTER_CHECK(packet->size() == input.size());
  SPECTER_CHECK(is_view_of(input, packet->payload));
  if (packet->extension) SPECTER_CHECK(is_view_of(input, packet->extension->body));
  const Buffer bytes = written(*packet);
  SPECTER_CHECK(bytes.size() == input.size());
  // Padding may be of any bytes, and is written as zeros.
  const std::size_t without_padding = input.size() - packet->padding;
  SPECTER_CHECK(
      std::ranges::equal(Bytes(bytes).first(without_padding), input.first(without_padding)));
  const auto again = Packet::parse(bytes);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(is_same(*again, *packet));
  if (packet->extension) check_extension(*packet->extension);
}

}  // namespace specter::fuzz
