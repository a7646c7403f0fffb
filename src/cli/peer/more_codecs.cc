#include "cli/peer/more_codecs.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace specter::cli {
namespace {

struct Codec {
  std::string_view mime_type;
  std::uint8_t payload_type;
  std::uint8_t rtx_payload_type;  // 0: it has none
  std::uint32_t clock_rate;
  std::uint16_t channels;
  std::string_view fmtp;
};

// Payload types that MediaEngine::with_default_codecs() leaves free; RFC 3551 §6 for those
// below 35. G.722's clock is 8000 by an old mistake (RFC 3551 §4.5.2).
constexpr std::array kCodecs = {
    Codec{"video/VP9", 98, 99, 90'000, 0, "profile-id=0"},
    Codec{"video/AV1", 45, 46, 90'000, 0, ""},
    Codec{"video/H265", 49, 50, 90'000, 0, ""},
    Codec{"audio/G722", 9, 0, 8'000, 1, ""},
    Codec{"audio/PCMU", 0, 0, 8'000, 1, ""},
    Codec{"audio/PCMA", 8, 0, 8'000, 1, ""},
};

}  // namespace

std::vector<std::string_view> more_codecs() {
  std::vector<std::string_view> out;
  for (const Codec& codec : kCodecs) out.push_back(codec.mime_type);
  return out;
}

void add_codec(MediaEngine& engine, std::string_view mime_type) {
  const auto* found = std::ranges::find(kCodecs, mime_type, &Codec::mime_type);
  if (found == kCodecs.end()) return;
  const MediaKind kind = mime_type.starts_with("audio/") ? MediaKind::Audio : MediaKind::Video;
  RtpCodec codec{.kind = kind,
                 .payload_type = found->payload_type,
                 .mime_type = std::string(mime_type),
                 .clock_rate = found->clock_rate,
                 .channels = found->channels,
                 .sdp_fmtp_line = std::string(found->fmtp)};
  if (kind == MediaKind::Video) codec.rtcp_feedback = {"goog-remb", "ccm fir"};
  if (!engine.register_codec(codec) || found->rtx_payload_type == 0) return;
  // It can't fail: the number is free, as its codec's was.
  static_cast<void>(
      engine.register_codec({.kind = kind,
                             .payload_type = found->rtx_payload_type,
                             .mime_type = "video/rtx",
                             .clock_rate = found->clock_rate,
                             .sdp_fmtp_line = fmt::format("apt={}", found->payload_type)}));
}

}  // namespace specter::cli
