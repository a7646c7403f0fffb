#include "jsep/encodings.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include <fmt/format.h>

#include "jsep/codec_match.h"

namespace specter::jsep {
namespace {

// RFC 8852 §3: letters and digits. RFC 8851 §10 has "-" and "_" too, which no packet may carry.
Result<> check_rid(const std::string& rid) {
  const bool is_good =
      !rid.empty() && rid.size() <= kMaxRidBytes && std::ranges::all_of(rid, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      });
  if (is_good) return {};
  return fail(ErrorCode::InvalidArgument,
              fmt::format("a rid is 1 to {} letters and digits", kMaxRidBytes));
}

// W3C §5.1.2: encodings have rids, or there is one.
Result<> check_rids(const std::vector<RtpEncodingParameters>& encodings) {
  std::unordered_set<std::string_view> seen;
  for (const RtpEncodingParameters& encoding : encodings) {
    if (encoding.rid.empty()) {
      if (encodings.size() == 1) continue;
      return fail(ErrorCode::InvalidArgument, "several encodings, and one of them has no rid");
    }
    if (auto rid = check_rid(encoding.rid); !rid) return rid;
    if (!seen.insert(encoding.rid).second) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("two encodings have the rid \"{}\"", encoding.rid));
    }
  }
  return {};
}

// Members of video are taken out of audio's, bad ones too. W3C §5.1.2, §5.2.2.
Result<> check_numbers(MediaKind kind, RtpEncodingParameters& encoding) {
  if (encoding.max_bitrate == 0)
    return fail(ErrorCode::InvalidArgument, "max_bitrate: 0, expected at least 1 bit/s");
  if (kind == MediaKind::Audio) {
    encoding.scale_resolution_down_by.reset();
    encoding.max_framerate.reset();
    return {};
  }
  const auto& scale = encoding.scale_resolution_down_by;
  if (scale && !(*scale >= 1 && std::isfinite(*scale))) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("scale_resolution_down_by: {}, expected at least 1", *scale));
  }
  const auto& rate = encoding.max_framerate;
  if (rate && !(*rate >= 0 && std::isfinite(*rate))) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("max_framerate: {}, expected at least 0", *rate));
  }
  return {};
}

bool is_among(const RtpCodec& codec, MediaKind kind, std::span<const RtpCodec> codecs) {
  return codec.kind == kind && !is_auxiliary(name_of(codec)) &&
         std::ranges::any_of(
             codecs, [&](const RtpCodec& c) { return is_match(c, codec, Levels::Ignored); });
}

// W3C §5.1.2: 2^(n - 1 - i), the smallest picture first.
double default_scale(std::size_t index, std::size_t count) {
  return std::exp2(static_cast<double>(count - 1 - index));
}

void scale(std::vector<RtpEncodingParameters>& encodings) {
  const bool is_scaled = std::ranges::any_of(encodings, [](const RtpEncodingParameters& e) {
    return e.scale_resolution_down_by.has_value();
  });
  for (std::size_t i = 0; i < encodings.size(); ++i) {
    auto& to = encodings[i].scale_resolution_down_by;
    if (!to) to = is_scaled ? 1.0 : default_scale(i, encodings.size());
  }
}

}  // namespace

Result<std::vector<RtpEncodingParameters>> check_encodings(
    MediaKind kind, std::vector<RtpEncodingParameters> encodings, std::span<const RtpCodec> ours) {
  if (auto rids = check_rids(encodings); !rids) return fail(rids.error());
  for (RtpEncodingParameters& encoding : encodings) {
    if (auto numbers = check_numbers(kind, encoding); !numbers) return fail(numbers.error());
    if (encoding.codec && !is_among(*encoding.codec, kind, ours)) {
      return fail(ErrorCode::OperationFailed,
                  fmt::format("{} is not a codec of the MediaEngine: register it there, or choose "
                              "another",
                              encoding.codec->mime_type));
    }
  }
  if (encodings.empty()) encodings.emplace_back();
  // No simulcast of audio.
  const std::size_t most = kind == MediaKind::Audio ? 1 : kMaxEncodings;
  if (encodings.size() > most) encodings.resize(most);
  if (encodings.size() == 1) encodings[0].rid.clear();
  if (kind == MediaKind::Video) scale(encodings);
  return encodings;
}

Result<std::vector<RtpEncodingParameters>> check_parameters(MediaKind kind,
                                                            const RtpSendParameters& last,
                                                            const RtpSendParameters& set,
                                                            std::span<const RtpCodec> ours) {
  if (set.codecs != last.codecs || set.header_extensions != last.header_extensions ||
      set.rtcp != last.rtcp) {
    return fail(ErrorCode::InvalidModification, "codecs, header_extensions and rtcp are read-only");
  }
  if (!std::ranges::equal(set.encodings, last.encodings, {}, &RtpEncodingParameters::rid,
                          &RtpEncodingParameters::rid)) {
    return fail(ErrorCode::InvalidModification,
                "encodings can't be added, removed or reordered, and keep their rids");
  }
  std::vector<RtpEncodingParameters> encodings = set.encodings;
  const std::span<const RtpCodec> available = last.codecs.empty() ? ours : std::span(last.codecs);
  for (RtpEncodingParameters& encoding : encodings) {
    if (auto numbers = check_numbers(kind, encoding); !numbers) return fail(numbers.error());
    if (encoding.codec && !is_among(*encoding.codec, kind, available)) {
      return fail(ErrorCode::InvalidModification,
                  fmt::format("{} was not negotiated", encoding.codec->mime_type));
    }
    if (kind == MediaKind::Video && !encoding.scale_resolution_down_by)
      encoding.scale_resolution_down_by = 1.0;
  }
  return encodings;
}

Result<std::vector<RtpCodec>> check_codec_preferences(MediaKind kind,
                                                      const std::vector<RtpCodec>& preferences,
                                                      std::span<const RtpCodec> ours) {
  std::vector<RtpCodec> out;
  for (const RtpCodec& wanted : preferences) {
    const Format format = format_of(wanted);
    // RTCRtpCodec of retransmission has no parameters: it is that of all codecs.
    const bool is_any_rtx = is_rtx(format.name) && format.fmtp.empty();
    const bool is_ours = std::ranges::any_of(ours, [&](const RtpCodec& c) {
      return wanted.kind == kind && (is_any_rtx ? c.kind == kind && is_rtx(name_of(c))
                                                : is_match(c, wanted, Levels::Compared));
    });
    if (!is_ours) {
      return fail(ErrorCode::InvalidModification,
                  fmt::format("{} is no {} codec of the MediaEngine: register it there, or choose "
                              "another",
                              wanted.mime_type, kind == MediaKind::Audio ? "audio" : "video"));
    }
    const bool is_double = std::ranges::any_of(
        out, [&](const RtpCodec& c) { return is_match(c, wanted, Levels::Compared); });
    if (!is_double) out.push_back(wanted);
  }
  if (!out.empty() &&
      std::ranges::all_of(out, [](const RtpCodec& c) { return is_auxiliary(name_of(c)); }))
    return fail(ErrorCode::InvalidModification, "none of the codecs carries media by itself");
  return out;
}

namespace {

std::vector<std::string> first_rids(const std::vector<SimulcastStream>& streams) {
  std::vector<std::string> out;
  for (const SimulcastStream& stream : streams) {
    const std::string& rid = stream.alternatives.front().rid;
    if (std::ranges::find(out, rid) == out.end()) out.push_back(rid);
  }
  return out;
}

// The first stays where none of these is there.
std::vector<rtp::SendEncoding> with_rids(std::vector<rtp::SendEncoding> encodings,
                                         const std::vector<std::string>& rids) {
  const auto is_there = [&](const rtp::SendEncoding& encoding) {
    return std::ranges::find(rids, encoding.parameters.rid) != rids.end();
  };
  if (std::ranges::none_of(encodings, is_there)) {
    encodings.resize(1);
  } else {
    std::erase_if(encodings, [&](const rtp::SendEncoding& e) { return !is_there(e); });
  }
  return encodings;
}

}  // namespace

std::vector<std::string> received_rids(const MediaDescription& remote) {
  return first_rids(remote.simulcast_receive);
}

std::vector<rtp::SendEncoding> encodings_of_offer(MediaKind kind,
                                                  std::vector<rtp::SendEncoding> encodings,
                                                  const MediaDescription& offer) {
  if (kind == MediaKind::Audio) return encodings;
  if (encodings.size() != 1 || !encodings[0].parameters.rid.empty())
    return narrowed(std::move(encodings), offer);

  std::vector<std::string> rids = received_rids(offer);
  std::erase_if(rids, [](const std::string& rid) { return rid.size() > kMaxRidBytes; });
  if (rids.size() > kMaxEncodings) rids.resize(kMaxEncodings);
  if (rids.empty()) return encodings;
  std::vector<rtp::SendEncoding> out;
  for (std::size_t i = 0; i < rids.size(); ++i) {
    rtp::SendEncoding added;
    if (i == 0)
      added = {.parameters = {}, .ssrc = encodings[0].ssrc, .rtx_ssrc = encodings[0].rtx_ssrc};
    added.parameters.rid = rids[i];
    added.parameters.scale_resolution_down_by = default_scale(i, rids.size());
    out.push_back(std::move(added));
  }
  return out;
}

std::vector<rtp::SendEncoding> narrowed(std::vector<rtp::SendEncoding> encodings,
                                        const MediaDescription& remote) {
  // A section that receives nothing says nothing of what it would receive.
  if (encodings.size() < 2 || !receives(remote.direction)) return encodings;
  return with_rids(std::move(encodings), received_rids(remote));
}

std::vector<rtp::SendEncoding> narrowed_by_answer(std::vector<rtp::SendEncoding> encodings,
                                                  const MediaDescription& answer,
                                                  const MediaDescription& remote) {
  // RFC 8853 §5.3.2: a stream that the answer leaves out is not sent. It may lack what the offer
  // asks for: without the header extension of rids, or a codec that a rid is for.
  if (encodings.size() < 2 || !sends(answer.direction) || !receives(remote.direction))
    return encodings;
  return with_rids(std::move(encodings), first_rids(answer.simulcast_send));
}

void drop_lost_codecs(std::vector<rtp::SendEncoding>& encodings,
                      std::span<const rtp::NegotiatedCodec> negotiated) {
  for (rtp::SendEncoding& encoding : encodings) {
    auto& codec = encoding.parameters.codec;
    if (codec && std::ranges::none_of(negotiated, [&](const rtp::NegotiatedCodec& n) {
          return is_match(n.codec, *codec, Levels::Ignored);
        }))
      codec.reset();
  }
}

}  // namespace specter::jsep
