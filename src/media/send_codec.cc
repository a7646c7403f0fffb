#include "media/send_codec.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace specter::media {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool equal_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// "video/VP8" and "VP8" are one.
std::string_view name_of(std::string_view mime_type) {
  return mime_type.substr(mime_type.find('/') + 1);
}

bool agree(std::string_view a, std::string_view b, std::string_view name, std::size_t digits) {
  const auto one = parameter_of(a, name);
  const auto other = parameter_of(b, name);
  return !one || !other || equal_text(one->substr(0, digits), other->substr(0, digits));
}

bool agree_on_profile(const RtpCodec& a, const RtpCodec& b) {
  const std::string_view one = a.sdp_fmtp_line, other = b.sdp_fmtp_line;
  if (!agree(one, other, "packetization-mode", std::string_view::npos) ||
      !agree(one, other, "profile-id", std::string_view::npos) ||
      !agree(one, other, "profile", std::string_view::npos))
    return false;
  const auto mine = parameter_of(one, "profile-level-id");
  const auto theirs = parameter_of(other, "profile-level-id");
  if (!mine || !theirs) return true;
  // RFC 6184 §8.1: one profile can be written in several ways.
  const auto parsed = codec::h264::ProfileLevel::parse(*mine);
  const auto parsed_other = codec::h264::ProfileLevel::parse(*theirs);
  if (!parsed || !parsed_other) return equal_text(*mine, *theirs);
  return parsed->profile == parsed_other->profile;
}

}  // namespace

std::optional<std::string_view> parameter_of(std::string_view fmtp, std::string_view name) {
  while (!fmtp.empty()) {
    const std::string_view one = fmtp.substr(0, fmtp.find(';'));
    fmtp.remove_prefix(std::min(fmtp.size(), one.size() + 1));
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && equal_text(trim(one.substr(0, equals)), name))
      return trim(one.substr(equals + 1));
  }
  return std::nullopt;
}

bool is_same_codec(const RtpCodec& wanted, const RtpCodec& negotiated) {
  if (wanted.mime_type.empty()) return true;
  const auto fits = [](std::uint32_t a, std::uint32_t b) { return a == 0 || b == 0 || a == b; };
  return equal_text(name_of(wanted.mime_type), name_of(negotiated.mime_type)) &&
         fits(wanted.clock_rate, negotiated.clock_rate) &&
         fits(wanted.channels, negotiated.channels) && agree_on_profile(wanted, negotiated);
}

const rtp::NegotiatedCodec* find_codec(std::span<const rtp::NegotiatedCodec> negotiated,
                                       const RtpCodec& wanted) {
  const auto found = std::ranges::find_if(
      negotiated, [&](const auto& each) { return is_same_codec(wanted, each.codec); });
  return found == negotiated.end() ? nullptr : &*found;
}

std::string list_codecs(std::span<const rtp::NegotiatedCodec> negotiated) {
  std::string out;
  for (const rtp::NegotiatedCodec& each : negotiated) {
    if (!out.empty()) out += ", ";
    out += each.codec.mime_type;
    if (!each.codec.sdp_fmtp_line.empty()) out += " (" + each.codec.sdp_fmtp_line + ")";
  }
  return out;
}

std::optional<codec::AnyPacketizer> make_packetizer(const rtp::NegotiatedCodec& negotiated,
                                                    Random& random) {
  const auto mode = parameter_of(negotiated.codec.sdp_fmtp_line, "packetization-mode");
  codec::Setup setup;
  // RFC 6184 §8.1: a mode that is not said is 0.
  setup.h264_mode = mode && *mode == "1" ? codec::h264::PacketizationMode::NonInterleaved
                                         : codec::h264::PacketizationMode::SingleNal;
  setup.first_picture_id = static_cast<std::uint16_t>(random.below(1 << 15));
  setup.first_tl0_picture_index = static_cast<std::uint8_t>(random.below(1 << 8));
  return codec::AnyPacketizer::of(negotiated.encoding_name, setup);
}

}  // namespace specter::media
