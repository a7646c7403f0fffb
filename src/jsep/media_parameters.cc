// What both sections of an exchange come to.
#include <algorithm>

#include <fmt/format.h>

#include "jsep/codec_match.h"
#include "jsep/media_negotiation.h"

namespace specter::jsep {
namespace {

const Format* same_codec_in(const MediaDescription& description, const Format& format) {
  const auto found = std::ranges::find_if(
      description.formats, [&](const Format& other) { return is_same_codec(format, other); });
  return found == description.formats.end() ? nullptr : &*found;
}

std::optional<std::uint8_t> rtx_of(const MediaDescription& description, std::uint8_t apt) {
  for (const Format& format : description.formats) {
    if (is_rtx(format.name) && format.apt == apt) return format.payload_type;
  }
  return std::nullopt;
}

// `format` as it is named in packets, with what both sides may say in RTCP of it.
rtp::NegotiatedCodec negotiated(const Format& format, MediaKind kind, std::string_view name,
                                const std::vector<std::string>* other_feedback,
                                bool has_transport_sequence) {
  rtp::NegotiatedCodec out{.codec = codec_of(format, kind), .encoding_name = std::string(name)};
  out.codec.mime_type = fmt::format("{}/{}", kind == MediaKind::Audio ? "audio" : "video", name);
  std::erase_if(out.codec.rtcp_feedback, [&](const std::string& feedback) {
    return !other_feedback ||
           std::ranges::find(*other_feedback, feedback) == other_feedback->end() ||
           (feedback == "transport-cc" && !has_transport_sequence);
  });
  const auto has = [&](std::string_view feedback) {
    return std::ranges::find(out.codec.rtcp_feedback, feedback) != out.codec.rtcp_feedback.end();
  };
  out.nack = has("nack");
  out.picture_loss = has("nack pli");
  out.full_intra_request = has("ccm fir");
  out.transport_wide = has("transport-cc");
  out.bitrate_estimate = has("goog-remb");
  return out;
}

bool has_transport_sequence(const rtp::ExtensionMap& extensions) {
  return extensions.id_of(rtp::ExtensionKind::TransportSequence) ||
         extensions.id_of(rtp::ExtensionKind::TransportSequence2);
}

// Those of `from`, by its numbers, that go the way from `sender` to `receiver`.
rtp::ExtensionMap extensions_of(const MediaDescription& from, const MediaDescription& sender,
                                const MediaDescription& receiver) {
  rtp::ExtensionMap map;
  for (const Extension& extension : from.extensions) {
    const Extension* const of_sender = sender.find_extension(extension.uri);
    const Extension* const of_receiver = receiver.find_extension(extension.uri);
    if (of_sender && of_receiver && sends(of_sender->direction) && receives(of_receiver->direction))
      map.bind(extension.uri, extension.id);
  }
  return map;
}

std::vector<rtp::RemoteSource> sources_of(const MediaDescription& remote) {
  std::vector<rtp::RemoteSource> out;
  const auto add = [&](std::uint32_t ssrc) {
    const auto is_rtx = std::ranges::find(remote.flow_pairs, ssrc, &FlowPair::rtx_ssrc);
    if (is_rtx != remote.flow_pairs.end() ||
        std::ranges::find(out, ssrc, &rtp::RemoteSource::ssrc) != out.end())
      return;
    rtp::RemoteSource source{.ssrc = ssrc};
    const auto pair = std::ranges::find(remote.flow_pairs, ssrc, &FlowPair::ssrc);
    if (pair != remote.flow_pairs.end()) source.rtx_ssrc = pair->rtx_ssrc;
    out.push_back(std::move(source));
  };
  for (const Source& source : remote.sources) add(source.ssrc);
  for (const FlowPair& pair : remote.flow_pairs) add(pair.ssrc);
  return out;
}

}  // namespace

rtp::SendParameters make_send_parameters(const MediaOptions& ours, const AgreedMedia& agreed,
                                         std::optional<LocalTrack> track,
                                         std::vector<rtp::SendEncoding> encodings,
                                         std::string cname) {
  const MediaDescription& local = agreed.local;
  const MediaDescription& remote = agreed.remote;
  rtp::SendParameters out{
      .mid = std::string(agreed.mid),
      .kind = local.kind,
      .is_active = sends(local.direction) && receives(remote.direction),
      .track = std::move(track),
      .codecs = {},
      .extensions = extensions_of(remote, local, remote),
      .may_mix_extensions = local.may_mix_extensions && remote.may_mix_extensions,
      .encodings = std::move(encodings),
      .cname = std::move(cname),
      .reduced_size = local.rtcp_rsize && remote.rtcp_rsize,
      .cryptex = local.cryptex && remote.cryptex};
  // RFC 3264 §6.1: an answer lists what its side is willing to send, too. An answer of the peer's
  // may list what our offer does not, and with other numbers.
  const auto is_agreed = [&](std::uint8_t payload_type) {
    return agreed.answerer == Side::Remote || local.find_format(payload_type);
  };
  for (const Format& format : remote.formats) {
    if (!is_agreed(format.payload_type)) continue;
    const auto codec = std::ranges::find_if(ours.codecs, [&](const RtpCodec& c) {
      return c.kind == local.kind && is_same_codec(format, c);
    });
    if (codec == ours.codecs.end()) continue;
    const Format own = format_of(*codec);
    auto added = negotiated(format, local.kind, own.name, &own.feedback,
                            has_transport_sequence(out.extensions));
    const bool has_rtx = std::ranges::any_of(ours.codecs, [&](const RtpCodec& c) {
      return c.kind == local.kind && is_rtx(name_of(c)) &&
             apt_of(c.sdp_fmtp_line) == codec->payload_type;
    });
    const auto rtx = has_rtx ? rtx_of(remote, format.payload_type) : std::nullopt;
    if (rtx && is_agreed(*rtx)) added.rtx_payload_type = rtx;
    out.codecs.push_back(std::move(added));
  }
  return out;
}

rtp::ReceiveParameters make_receive_parameters(const AgreedMedia& agreed) {
  const MediaDescription& local = agreed.local;
  const MediaDescription& remote = agreed.remote;
  rtp::ReceiveParameters out{.mid = std::string(agreed.mid),
                             .kind = local.kind,
                             .is_active = receives(local.direction) && sends(remote.direction),
                             .codecs = {},
                             .extensions = extensions_of(local, remote, local),
                             .rids = {},
                             .sources = sources_of(remote),
                             .reduced_size = local.rtcp_rsize && remote.rtcp_rsize};
  for (const Format& format : local.formats) {
    if (is_rtx(format.name)) continue;
    const Format* const theirs = same_codec_in(remote, format);
    auto added = negotiated(format, local.kind, format.name, theirs ? &theirs->feedback : nullptr,
                            has_transport_sequence(out.extensions));
    added.rtx_payload_type = rtx_of(local, format.payload_type);
    out.codecs.push_back(std::move(added));
  }
  for (const Rid& rid : local.rids) {
    if (rid.direction == Rid::Direction::Receive && remote.find_rid(rid.id, Rid::Direction::Send))
      out.rids.push_back(rid.id);
  }
  return out;
}

std::vector<RtpCodec> listed(std::span<const rtp::NegotiatedCodec> codecs) {
  std::vector<RtpCodec> out;
  for (const rtp::NegotiatedCodec& negotiated : codecs) {
    const RtpCodec& codec = negotiated.codec;
    out.push_back(codec);
    if (!negotiated.rtx_payload_type) continue;
    out.push_back({.kind = codec.kind,
                   .payload_type = *negotiated.rtx_payload_type,
                   .mime_type = codec.kind == MediaKind::Audio ? "audio/rtx" : "video/rtx",
                   .clock_rate = codec.clock_rate,
                   .channels = codec.channels,
                   .sdp_fmtp_line = fmt::format("apt={}", codec.payload_type)});
  }
  return out;
}

std::vector<RtpHeaderExtensionParameters> listed(const rtp::ExtensionMap& extensions) {
  std::vector<RtpHeaderExtensionParameters> out;
  for (int id = 1; id <= rtp::ExtensionMap::kMaxId; ++id) {
    const std::string_view uri = extensions.uri_of(static_cast<std::uint8_t>(id));
    if (!uri.empty()) out.push_back({std::string(uri), static_cast<std::uint16_t>(id)});
  }
  return out;
}

}  // namespace specter::jsep
