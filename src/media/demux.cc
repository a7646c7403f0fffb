#include "media/demux.h"

#include <algorithm>

#include "base/bytes.h"
#include "rtp/header_extension.h"

namespace specter::media {
namespace {

std::optional<std::string_view> text(const rtp::Packet& packet, std::uint8_t id) {
  if (id == 0 || !packet.extension) return std::nullopt;
  const auto value = rtp::find(*packet.extension, id);
  if (!value || value->empty()) return std::nullopt;
  return as_text(*value);
}

std::size_t place_of(const std::vector<std::string>& rids, std::string_view rid) {
  return static_cast<std::size_t>(std::ranges::find(rids, rid) - rids.begin());
}

bool is_newer(std::uint16_t sequence, std::uint16_t than) {
  return static_cast<std::int16_t>(sequence - than) > 0;
}

}  // namespace

PayloadTypes::PayloadTypes(const std::vector<rtp::NegotiatedCodec>& codecs) : PayloadTypes() {
  for (std::size_t i = 0; i < std::min<std::size_t>(codecs.size(), kNone); ++i) {
    codec[codecs[i].codec.payload_type & 0x7f] = static_cast<std::uint8_t>(i);
    if (const auto rtx = codecs[i].rtx_payload_type)
      repairs[*rtx & 0x7f] = static_cast<std::uint8_t>(i);
  }
}

std::optional<std::size_t> Demux::section_of(TransceiverId transceiver) const {
  const auto found = std::ranges::find(sections_, transceiver, &Section::transceiver);
  if (found == sections_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - sections_.begin());
}

std::size_t Demux::set(TransceiverId transceiver, const rtp::ReceiveParameters& parameters) {
  auto number = section_of(transceiver);
  if (!number) {
    const auto free = std::ranges::find(
        sections_, false, [](const Section& each) { return each.transceiver.has_value(); });
    number = static_cast<std::size_t>(free - sections_.begin());
    if (free == sections_.end()) sections_.emplace_back();
  }
  Section& section = sections_[*number];
  // What is on hold has no encodings in the answer. Those that there were come again.
  if (parameters.is_active || !parameters.rids.empty()) set_rids(*number, parameters.rids);
  section.transceiver = transceiver;
  section.mid = parameters.mid;
  section.types = PayloadTypes(parameters.codecs);
  section.extensions = parameters.extensions;
  section.mid_id = section.extensions.id_of(rtp::ExtensionKind::Mid).value_or(0);
  section.rid_id = section.extensions.id_of(rtp::ExtensionKind::Rid).value_or(0);
  section.repaired_rid_id = section.extensions.id_of(rtp::ExtensionKind::RepairedRid).value_or(0);
  describe(*number, parameters);
  index_mids();
  return *number;
}

// What was learnt says places in the list. A source that has told its rid needn't do it again
// (RFC 8852 §3), so it keeps it.
void Demux::set_rids(std::size_t number, std::span<const std::string> rids) {
  rids = rids.first(std::min(rids.size(), kMaxEncodings));
  const std::vector<std::string> former =
      std::exchange(sections_[number].rids, {rids.begin(), rids.end()});
  const std::vector<std::string>& now = sections_[number].rids;
  if (former == now) return;
  const std::size_t gone = now.size();
  for (auto& [ssrc, source] : sources_) {
    if (source.section != number || (source.encoding == kNoEncoding && !now.empty())) continue;
    const bool had_rid = source.encoding < former.size();
    source.encoding = had_rid ? place_of(now, former[source.encoding]) : gone;
  }
  std::erase_if(sources_, [&](const auto& each) {
    return each.second.section == number && each.second.encoding == gone;
  });
}

void Demux::describe(std::size_t number, const rtp::ReceiveParameters& parameters) {
  const Section& section = sections_[number];
  const auto bind_to = [&](std::uint32_t ssrc, std::size_t encoding) {
    Source& bound = source(ssrc);
    bound = {number, encoding, false, std::nullopt, heard_};
  };
  for (const rtp::RemoteSource& each : parameters.sources) {
    std::size_t encoding = 0;
    if (!section.rids.empty()) {
      encoding = place_of(section.rids, each.rid);
      if (encoding == section.rids.size()) continue;  // it will say its RID itself
    }
    // RFC 3264 §5.1: who answers may send before its answer is here. What came was guessed.
    const auto known = sources_.find(each.ssrc);
    const bool is_new = known == sources_.end();
    const bool is_elsewhere = !is_new && known->second.section != number;
    if (is_elsewhere && known->second.is_guessed)
      moved_.push_back({known->second.section, each.ssrc});
    if (!is_elsewhere || known->second.is_guessed) bind_to(each.ssrc, encoding);
    if (each.rtx_ssrc) bind_to(*each.rtx_ssrc, encoding);
  }
}

void Demux::index_mids() {
  mid_ids_.clear();
  for (const Section& each : sections_)
    if (each.transceiver && each.mid_id != 0 && !std::ranges::count(mid_ids_, each.mid_id))
      mid_ids_.push_back(each.mid_id);
}

void Demux::remove(TransceiverId transceiver) {
  const auto number = section_of(transceiver);
  if (!number) return;
  sections_[*number] = {};
  std::erase_if(sources_, [&](const auto& each) { return each.second.section == *number; });
  index_mids();
}

// ---- RFC 9143 §9.2

std::expected<Demux::Route, Demux::Refusal> Demux::route(const rtp::Packet& packet) {
  ++heard_;
  const std::uint16_t sequence = packet.header.sequence;
  const auto known = sources_.find(packet.header.ssrc);
  Source* bound = known == sources_.end() ? nullptr : &known->second;

  const auto told = by_mid(packet, bound);
  if (!told) return std::unexpected(told.error());
  std::optional<std::size_t> number = *told;
  const bool has_mid = number.has_value();
  if (bound && (!number || (*number != bound->section && !may_rebind(*bound, sequence))))
    number = bound->section;
  if (!number) number = by_rid(packet);
  const bool is_guess = !number;
  if (!number) number = by_payload_type(packet.header.payload_type);
  if (!number) return std::unexpected(Refusal{Drop::UnknownSource});

  const Section& section = sections_[*number];
  const std::uint8_t type = packet.header.payload_type;
  if (!section.types.has(type)) return std::unexpected(Refusal{Drop::UnknownPayload});
  const bool is_rtx = section.types.repairs[type] != PayloadTypes::kNone;
  // What the source was elsewhere says nothing here.
  const bool has_moved = bound && bound->section != *number;
  const auto encoding = encoding_of(packet, *number, is_rtx, has_moved ? nullptr : bound);
  if (!encoding) return std::unexpected(encoding.error());
  if (has_moved) moved_.push_back({bound->section, packet.header.ssrc});
  if (has_moved) bound = nullptr;

  Source& learnt = bound ? *bound : source(packet.header.ssrc);
  if (!bound) learnt = {*number, *encoding, is_guess, std::nullopt, 0};
  if (has_mid) learnt.is_guessed = false;
  learnt.encoding = *encoding;
  learnt.heard = heard_;
  if (has_mid && (!learnt.mid_sequence || is_newer(sequence, *learnt.mid_sequence)))
    learnt.mid_sequence = sequence;
  return Route{*number, *encoding, is_rtx};
}

std::expected<std::optional<std::size_t>, Demux::Refusal> Demux::by_mid(
    const rtp::Packet& packet, const Source* source) const {
  if (source) {
    const Section& section = sections_[source->section];
    const auto mid = text(packet, section.mid_id);
    if (mid && *mid == section.mid) return source->section;
  }
  for (const std::uint8_t id : mid_ids_) {
    const auto mid = text(packet, id);
    if (!mid) continue;
    bool is_mid_everywhere = true;
    for (std::size_t i = 0; i < sections_.size(); ++i) {
      const Section& section = sections_[i];
      if (!section.transceiver) continue;
      if (section.mid_id == id && section.mid == *mid) return i;
      if (section.mid_id != id && !section.extensions.uri_of(id).empty()) is_mid_everywhere = false;
    }
    // The number may stand for something else in the packet's section.
    if (is_mid_everywhere || (source && sections_[source->section].mid_id == id))
      return std::unexpected(Refusal{Drop::UnknownMid});
  }
  return std::nullopt;
}

// RFC 9143 §9.2: a packet that came late must not undo what a later one has said.
bool Demux::may_rebind(const Source& source, std::uint16_t sequence) const {
  return !source.mid_sequence || is_newer(sequence, *source.mid_sequence);
}

// A RID alone, where one section alone has it.
std::optional<std::size_t> Demux::by_rid(const rtp::Packet& packet) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const Section& section = sections_[i];
    if (section.rids.empty()) continue;
    auto rid = text(packet, section.rid_id);
    if (!rid) rid = text(packet, section.repaired_rid_id);
    if (!rid || place_of(section.rids, *rid) == section.rids.size()) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::optional<std::size_t> Demux::by_payload_type(std::uint8_t type) const {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    if (!sections_[i].transceiver || !sections_[i].types.has(type)) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

std::expected<std::size_t, Demux::Refusal> Demux::encoding_of(const rtp::Packet& packet,
                                                              std::size_t number, bool is_rtx,
                                                              const Source* source) const {
  const Section& section = sections_[number];
  if (section.rids.empty()) return 0;
  std::optional<std::string_view> rid;
  if (is_rtx) rid = text(packet, section.repaired_rid_id);
  if (!rid) rid = text(packet, section.rid_id);
  if (rid) {
    const std::size_t place = place_of(section.rids, *rid);
    if (place == section.rids.size()) return std::unexpected(Refusal{Drop::UnknownRid, number});
    return place;
  }
  if (source && source->encoding != kNoEncoding) return source->encoding;
  if (section.rids.size() == 1) return 0;
  return std::unexpected(Refusal{Drop::UnknownEncoding, number});
}

// The binding of an SSRC, a new one where there is none.
Demux::Source& Demux::source(std::uint32_t ssrc) {
  const auto known = sources_.find(ssrc);
  if (known != sources_.end()) return known->second;
  if (sources_.size() >= kMaxSources) {
    const auto oldest = std::ranges::min_element(
        sources_, {}, [](const auto& each) { return std::pair(each.second.heard, each.first); });
    sources_.erase(oldest);
  }
  return sources_[ssrc];
}

void Demux::bind(std::uint32_t ssrc, std::string_view mid, std::string_view rid) {
  const auto known = sources_.find(ssrc);
  const bool is_known = known != sources_.end();
  if (is_known && !known->second.is_guessed) return;
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const Section& section = sections_[i];
    if (!section.transceiver || section.mid != mid) continue;
    if (is_known) known->second.is_guessed = false;
    if (is_known && known->second.section == i) return;
    if (is_known) moved_.push_back({known->second.section, ssrc});
    std::size_t encoding = section.rids.empty() ? 0 : place_of(section.rids, rid);
    if (!section.rids.empty() && encoding == section.rids.size()) encoding = kNoEncoding;
    source(ssrc) = {i, encoding, false, std::nullopt, heard_};
    return;
  }
}

std::optional<Demux::Route> Demux::find(std::uint32_t ssrc) const {
  const auto known = sources_.find(ssrc);
  if (known == sources_.end() || known->second.encoding == kNoEncoding) return std::nullopt;
  return Route{known->second.section, known->second.encoding, false};
}

std::optional<std::uint8_t> Demux::common_id(rtp::ExtensionKind kind) const {
  std::optional<std::uint8_t> common;
  for (const Section& section : sections_) {
    if (!section.transceiver) continue;
    const auto id = section.extensions.id_of(kind);
    if (!id) continue;
    if (common && common != id) return std::nullopt;
    common = id;
  }
  return common;
}

}  // namespace specter::media
