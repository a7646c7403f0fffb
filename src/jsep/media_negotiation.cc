// RFC 9429 §5.2.1, §5.2.2 and §5.3.1, as far as one section of media goes.
#include "jsep/media_negotiation.h"

#include <algorithm>
#include <bitset>

#include <fmt/format.h>

#include "jsep/codec_match.h"
#include "jsep/encodings.h"
#include "rtp/extension_map.h"
#include "sdp/line.h"

namespace specter::jsep {
namespace {

using Direction = Rid::Direction;

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

// ---- codecs

// One of ours, and its retransmission.
struct Choice {
  const RtpCodec* codec = nullptr;
  const RtpCodec* rtx = nullptr;
};

const RtpCodec* rtx_of(std::span<const RtpCodec> ours, const RtpCodec& codec) {
  const auto found = std::ranges::find_if(ours, [&](const RtpCodec& other) {
    return other.kind == codec.kind && is_rtx(name_of(other)) &&
           apt_of(other.sdp_fmtp_line) == codec.payload_type;
  });
  return found == ours.end() ? nullptr : &*found;
}

// W3C §5.4.2: what the preferences leave, in their order. A retransmission among them is for the
// codec of its apt, or, without one, for all.
std::vector<Choice> choices(std::span<const RtpCodec> ours, const LocalMedia& local) {
  std::vector<Choice> out;
  const auto add = [&](const RtpCodec& codec) {
    if (std::ranges::find(out, &codec, &Choice::codec) == out.end())
      out.push_back({&codec, rtx_of(ours, codec)});
  };
  const auto& preferences = local.preferences.empty() ? ours : std::span(local.preferences);
  for (const RtpCodec& wanted : preferences) {
    if (wanted.kind != local.kind || is_rtx(name_of(wanted))) continue;
    const auto codec = std::ranges::find_if(
        ours, [&](const RtpCodec& c) { return is_match(c, wanted, Levels::Compared); });
    if (codec != ours.end()) add(*codec);
  }
  const auto is_wanted = [&](const RtpCodec& rtx) {
    return std::ranges::any_of(preferences, [&](const RtpCodec& wanted) {
      if (!is_rtx(name_of(wanted))) return false;
      const auto apt = apt_of(wanted.sdp_fmtp_line);
      return !apt || apt == apt_of(rtx.sdp_fmtp_line);
    });
  };
  for (Choice& choice : out) {
    if (choice.rtx && !is_wanted(*choice.rtx)) choice.rtx = nullptr;
  }
  return out;
}

Format rtx_format(std::uint8_t payload_type, const Format& primary) {
  return {.payload_type = payload_type,
          .name = "rtx",
          .clock_rate = primary.clock_rate,
          .channels = primary.channels,
          .fmtp = fmt::format("apt={}", primary.payload_type),
          .apt = primary.payload_type};
}

const Format* rtx_in(const MediaDescription& description, std::uint8_t payload_type) {
  const auto found = std::ranges::find_if(description.formats, [&](const Format& format) {
    return is_rtx(format.name) && format.apt == payload_type;
  });
  return found == description.formats.end() ? nullptr : &*found;
}

bool has_transport_sequence(const MediaDescription& description) {
  using enum rtp::ExtensionKind;
  return description.find_extension(uri_of(TransportSequence)) ||
         description.find_extension(uri_of(TransportSequence2));
}

// Feedback on transport-wide numbers needs the numbers.
void drop_useless_feedback(MediaDescription& description) {
  if (has_transport_sequence(description)) return;
  for (Format& format : description.formats) std::erase(format.feedback, "transport-cc");
}

// A codec of a section in which we are going to offer it, by the numbers of before.
class OfferedFormats {
 public:
  OfferedFormats(const MediaDescription* before, PayloadTypes& numbers)
      : before_(before), numbers_(numbers) {}

  void add(const Choice& choice) {
    Format format = format_of(*choice.codec);
    const Format* const known = find_before(format);
    const auto number = known ? known->payload_type : numbers_.number_of(*choice.codec);
    if (!take(number)) return;
    format.payload_type = *number;
    all_.push_back(format);
    if (!choice.rtx) return;
    const Format* const known_rtx = known ? rtx_in(*before_, known->payload_type) : nullptr;
    const auto rtx_number =
        known_rtx ? known_rtx->payload_type : numbers_.number_of_rtx(*choice.rtx, *number);
    if (take(rtx_number)) all_.push_back(rtx_format(*rtx_number, format));
  }

  std::vector<Format> take_all() { return std::move(all_); }

 private:
  const Format* find_before(const Format& ours) const {
    if (!before_) return nullptr;
    const auto found = std::ranges::find_if(before_->formats, [&](const Format& format) {
      return !is_taken_[format.payload_type] && is_same_codec(format, ours);
    });
    return found == before_->formats.end() ? nullptr : &*found;
  }

  bool take(std::optional<std::uint8_t> number) {
    if (!number || is_taken_[*number]) return false;
    is_taken_.set(*number);
    return true;
  }

  const MediaDescription* const before_;
  PayloadTypes& numbers_;
  std::bitset<128> is_taken_;
  std::vector<Format> all_;
};

std::vector<std::string> common(const std::vector<std::string>& ours,
                                const std::vector<std::string>& offered) {
  std::vector<std::string> out;
  for (const std::string& feedback : ours) {
    if (contains(offered, feedback) && !contains(out, feedback)) out.push_back(feedback);
  }
  return out;
}

// Appends an offered format as we answer it, and its retransmission.
void answer_format(const Choice& choice, const Format& offered, const MediaDescription& offer,
                   std::vector<Format>& out) {
  const Format ours = format_of(*choice.codec);
  Format format = offered;
  format.fmtp = fmtp_to_answer(offered, ours);
  format.feedback = common(ours.feedback, offered.feedback);
  out.push_back(format);
  const Format* const rtx = choice.rtx ? rtx_in(offer, offered.payload_type) : nullptr;
  if (rtx) out.push_back(rtx_format(rtx->payload_type, format));
}

// RFC 9429 §5.3.1: the offer's formats in the order of the preferences where there are some, else
// in the offer's. Not done: ours that the offer lacks, behind them; browsers add none either.
std::vector<Format> answer_formats(std::span<const RtpCodec> ours, const LocalMedia& local,
                                   const MediaDescription& offer) {
  std::vector<Format> out;
  const auto mine = choices(ours, local);
  const auto is_this = [](const Format& offered) {
    return [&offered](const Choice& c) { return is_same_codec(offered, *c.codec); };
  };
  // RFC 5761 §4: we can't be sent these.
  const auto is_usable = [](const Format& f) { return f.payload_type < 64 || f.payload_type > 95; };
  if (local.preferences.empty()) {
    for (const Format& offered : offer.formats) {
      const auto choice = std::ranges::find_if(mine, is_this(offered));
      if (choice != mine.end() && is_usable(offered)) answer_format(*choice, offered, offer, out);
    }
  } else {
    std::bitset<128> is_answered;
    for (const Choice& choice : mine) {
      for (const Format& offered : offer.formats) {
        if (!is_usable(offered) || is_answered[offered.payload_type] || !is_this(offered)(choice))
          continue;
        is_answered.set(offered.payload_type);
        answer_format(choice, offered, offer, out);
      }
    }
  }
  return out;
}

// ---- header extensions

std::vector<std::string_view> our_extensions(const MediaOptions& ours, MediaKind kind) {
  std::vector<std::string_view> uris = {uri_of(rtp::ExtensionKind::Mid)};  // RFC 9143 §15
  for (const RtpHeaderExtension& extension : ours.header_extensions) {
    if (extension.kind == kind && std::ranges::find(uris, extension.uri) == uris.end())
      uris.push_back(extension.uri);
  }
  return uris;
}

std::vector<Extension> offer_extensions(const MediaOptions& ours, const LocalMedia& local,
                                        ExtensionIds& ids) {
  std::vector<Extension> out;
  std::bitset<256> is_taken;
  if (local.before) {
    for (const Extension& extension : local.before->extensions) is_taken.set(extension.id);
  }
  for (const std::string_view uri : our_extensions(ours, local.kind)) {
    const Extension* const known = local.before ? local.before->find_extension(uri) : nullptr;
    const auto id = known ? known->id : ids.id_of(local.kind, uri);
    if (!id || (!known && is_taken[*id])) continue;
    is_taken.set(*id);
    out.push_back({.id = *id, .uri = std::string(uri)});
  }
  return out;
}

// RFC 8285 §5, §6: the offer's ids, and its directions the other way round.
std::vector<Extension> answer_extensions(const MediaOptions& ours, MediaKind kind,
                                         const MediaDescription& offer) {
  const auto uris = our_extensions(ours, kind);
  std::vector<Extension> out;
  for (const Extension& offered : offer.extensions) {
    if (std::ranges::find(uris, offered.uri) == uris.end()) continue;
    if (std::ranges::find(out, offered.uri, &Extension::uri) != out.end()) continue;
    out.push_back({.id = offered.id, .uri = offered.uri, .direction = reversed(offered.direction)});
  }
  return out;
}

bool has_rid(const MediaDescription& description) {
  return description.find_extension(uri_of(rtp::ExtensionKind::Rid)) != nullptr;
}

// ---- simulcast

Direction opposite(Direction direction) {
  return direction == Direction::Send ? Direction::Receive : Direction::Send;
}

void add_stream(MediaDescription& description, Rid rid) {
  auto& streams =
      rid.direction == Direction::Send ? description.simulcast_send : description.simulcast_receive;
  streams.push_back({{{.rid = rid.id, .is_paused = false}}});
  description.rids.push_back(std::move(rid));
}

// RFC 8853 §5.3.3: what a later offer leaves out has ended. What we receive was the peer's to
// offer, and stands in our answers.
void keep_received_simulcast(const LocalMedia& local, MediaDescription& offer) {
  if (!local.before || !receives(offer.direction) || !has_rid(offer)) return;
  for (const std::string& id : received_rids(*local.before)) {
    if (local.before->find_rid(id, Direction::Receive) && !offer.find_rid(id, Direction::Receive))
      add_stream(offer, {.id = id, .direction = Direction::Receive});
  }
}

// RFC 9429 §5.2.1: a=rid for each encoding with a rid, a=simulcast for more than one.
void offer_simulcast(const LocalMedia& local, MediaDescription& offer) {
  if (!sends(offer.direction) || !has_rid(offer)) return;
  for (const rtp::SendEncoding& encoding : local.encodings) {
    const std::string& rid = encoding.parameters.rid;
    if (!rid.empty() && !offer.find_rid(rid, Direction::Send))
      add_stream(offer, {.id = rid, .direction = Direction::Send});
  }
  if (offer.rids.size() < 2) offer.simulcast_send.clear();
}

// Of a list with commas those that are formats of the answer, in its order.
std::string kept_payload_types(std::string_view list, const MediaDescription& answer) {
  std::bitset<128> listed;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (const auto number = sdp::decimal(list.substr(0, end), 127)) listed.set(*number);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  std::string kept;
  for (const Format& format : answer.formats) {
    if (listed[format.payload_type])
      kept += (kept.empty() ? "" : ",") + std::to_string(format.payload_type);
  }
  return kept;
}

// RFC 8851 §6.3: the restrictions are the offer's, without the payload types that the answer does
// not have. Nothing: none of them is left.
std::optional<Rid> answer_rid(const Rid& offered, const MediaDescription& answer) {
  Rid rid{.id = offered.id, .direction = opposite(offered.direction)};
  std::string_view rest = offered.restrictions;
  bool has_payload_types = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    std::string restriction(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (restriction.starts_with("pt=")) {
      // RFC 8851 §5: each is said once.
      if (std::exchange(has_payload_types, true)) continue;
      const std::string kept = kept_payload_types(restriction.substr(3), answer);
      if (kept.empty()) return std::nullopt;
      restriction = "pt=" + kept;
    }
    if (!rid.restrictions.empty()) rid.restrictions += ';';
    rid.restrictions += restriction;
  }
  return rid;
}

// RFC 8853 §5.3.2: what the offer sends is received, and what it receives is sent, as far as there
// are encodings of ours. None is paused; of alternatives we take the first.
void answer_simulcast(const LocalMedia& local, const MediaDescription& offer,
                      MediaDescription& answer) {
  if (!has_rid(answer)) return;
  const auto add = [&](const std::string& id, Direction offered_direction) {
    const Rid* const offered = offer.find_rid(id, offered_direction);
    if (!offered || answer.find_rid(id, opposite(offered_direction))) return;
    if (auto rid = answer_rid(*offered, answer)) add_stream(answer, *std::move(rid));
  };
  if (sends(answer.direction)) {
    const auto received = received_rids(offer);
    for (const rtp::SendEncoding& encoding : local.encodings) {
      const std::string& rid = encoding.parameters.rid;
      if (!rid.empty() && contains(received, rid)) add(rid, Direction::Receive);
    }
  }
  if (receives(answer.direction)) {
    for (const SimulcastStream& stream : offer.simulcast_send)
      add(stream.alternatives.front().rid, Direction::Send);
  }
}

// ---- what we send

void add_sources(const LocalMedia& local, MediaDescription& description) {
  if (!sends(description.direction)) return;
  // RFC 8830 §2: "-" for a track without a stream.
  for (const std::string& stream : local.streams) {
    Msid msid{stream, local.track_id};
    if (std::ranges::find(description.msids, msid) == description.msids.end())
      description.msids.push_back(std::move(msid));
  }
  if (description.msids.empty()) description.msids.push_back({"-", local.track_id});

  // Streams of simulcast are told apart by their rids, which Chromium and we write without SSRCs.
  if (!description.simulcast_send.empty()) return;
  const bool has_rtx =
      std::ranges::any_of(description.formats, [](const Format& f) { return is_rtx(f.name); });
  const auto add = [&](std::uint32_t ssrc) {
    description.sources.push_back(
        {.ssrc = ssrc, .cname = local.cname, .msid = description.msids.front()});
  };
  // Of several encodings without simulcast the first is sent.
  if (local.encodings.empty() || local.encodings[0].ssrc == 0) return;
  const rtp::SendEncoding& encoding = local.encodings[0];
  add(encoding.ssrc);
  if (!has_rtx || encoding.rtx_ssrc == 0) return;
  add(encoding.rtx_ssrc);
  description.flow_pairs.push_back({encoding.ssrc, encoding.rtx_ssrc});
}

}  // namespace

MediaDescription offer_media(const MediaOptions& ours, const LocalMedia& local,
                             PayloadTypes& payload_types, ExtensionIds& extension_ids) {
  MediaDescription offer{.kind = local.kind,
                         .direction = local.direction,
                         .may_mix_extensions = true,
                         .rtcp_mux = true,
                         .rtcp_rsize = true,
                         .cryptex = ours.cryptex};
  OfferedFormats formats(local.before, payload_types);
  for (const Choice& choice : choices(ours.codecs, local)) formats.add(choice);
  offer.formats = formats.take_all();
  offer.extensions = offer_extensions(ours, local, extension_ids);
  drop_useless_feedback(offer);
  offer_simulcast(local, offer);
  keep_received_simulcast(local, offer);
  add_sources(local, offer);
  return offer;
}

std::optional<MediaDescription> answer_media(const MediaOptions& ours, const LocalMedia& local,
                                             const MediaDescription& offer) {
  MediaDescription answer{.kind = local.kind,
                          .direction = answered(offer.direction, local.direction),
                          .formats = answer_formats(ours.codecs, local, offer),
                          .extensions = answer_extensions(ours, local.kind, offer),
                          .may_mix_extensions = offer.may_mix_extensions,
                          .rtcp_mux = true,
                          .rtcp_rsize = offer.rtcp_rsize,
                          .cryptex = offer.cryptex && ours.cryptex};
  // RFC 3264 §6: redundancy, tones and comfort noise alone are no codec.
  if (std::ranges::all_of(answer.formats, [](const Format& f) { return is_auxiliary(f.name); }))
    return std::nullopt;
  drop_useless_feedback(answer);
  answer_simulcast(local, offer, answer);
  add_sources(local, answer);
  return answer;
}

}  // namespace specter::jsep
