#include "jsep/codec_match.h"

#include <algorithm>

#include <fmt/format.h>

#include "codec/h264/profile_level.h"
#include "sdp/line.h"

namespace specter::jsep {
namespace {

namespace h264 = codec::h264;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
  return out;
}

bool equals(std::string_view one, std::string_view other) {
  return std::ranges::equal(
      one, other, {}, [](char c) { return lower(c); }, [](char c) { return lower(c); });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t");
  if (start == text.npos) return {};
  return text.substr(start, text.find_last_not_of(" \t") - start + 1);
}

// The parameters that RFC 6184 §8.2.2 negotiates; the others of §8.1 say what one side is able to.
std::optional<h264::Format> h264_format(const FormatParameters& parameters) {
  h264::Format format;
  if (const auto id = parameters.value("profile-level-id")) {
    const auto parsed = h264::ProfileLevel::parse(*id);
    if (!parsed) return std::nullopt;
    format.profile_level = *parsed;
  }
  const auto mode = sdp::decimal(parameters.value("packetization-mode").value_or("0"), 1);
  if (!mode) return std::nullopt;
  format.mode = static_cast<h264::PacketizationMode>(*mode);
  format.level_asymmetry_allowed = parameters.value("level-asymmetry-allowed") == "1";
  return format;
}

bool is_same_h264(const FormatParameters& one, const FormatParameters& other) {
  const auto first = h264_format(one);
  const auto second = h264_format(other);
  return first && second && h264::agree(*first, *second);
}

// A parameter that a decoder depends on, and what it is when it isn't said.
struct Deciding {
  std::string_view codec, parameter, otherwise;
};
constexpr Deciding kDeciding[] = {
    {"VP9", "profile-id", "0"},   // RFC 9628 §7
    {"AV1", "profile", "0"},      // RTP Payload Format For AV1 §7.2.1
    {"H265", "profile-id", "1"},  // RFC 7798 §7.1
    {"H265", "tier-flag", "0"},   // RFC 7798 §7.1
    {"H265", "tx-mode", "SRST"},  // RFC 7798 §7.1
};

}  // namespace

FormatParameters::FormatParameters(std::string_view fmtp) {
  while (!fmtp.empty()) {
    const std::size_t end = std::min(fmtp.find(';'), fmtp.size());
    const std::string_view part = trimmed(fmtp.substr(0, end));
    fmtp.remove_prefix(std::min(end + 1, fmtp.size()));
    if (part.empty()) continue;
    const std::size_t equal = std::min(part.find('='), part.size());
    const std::string_view value =
        equal == part.size() ? std::string_view() : trimmed(part.substr(equal + 1));
    all_.push_back({lower(trimmed(part.substr(0, equal))), std::string(value)});
  }
}

std::optional<std::string_view> FormatParameters::value(std::string_view name) const {
  const auto found = std::ranges::find(all_, name, &Parameter::name);
  if (found == all_.end()) return std::nullopt;
  return found->value;
}

std::string FormatParameters::normalized() const {
  std::vector<std::string> parts;
  for (const Parameter& parameter : all_)
    parts.push_back(parameter.name + "=" + lower(parameter.value));
  std::ranges::sort(parts);
  return fmt::format("{}", fmt::join(parts, ";"));
}

std::string FormatParameters::without(std::initializer_list<std::string_view> names) const {
  std::string out;
  for (const Parameter& parameter : all_) {
    if (std::ranges::find(names, parameter.name) != names.end()) continue;
    out += ";" + parameter.name;
    if (!parameter.value.empty()) out += "=" + parameter.value;
  }
  return out;
}

std::string_view name_of(const RtpCodec& codec) {
  const std::string_view mime_type = codec.mime_type;
  const std::size_t slash = mime_type.find('/');
  return slash == mime_type.npos ? std::string_view() : mime_type.substr(slash + 1);
}

Format format_of(const RtpCodec& codec) {
  const bool is_audio = codec.kind == MediaKind::Audio;
  return {.payload_type = codec.payload_type,
          .name = std::string(name_of(codec)),
          .clock_rate = codec.clock_rate,
          .channels = is_audio ? std::max<std::uint16_t>(codec.channels, 1) : std::uint16_t{0},
          .fmtp = codec.sdp_fmtp_line,
          .feedback = codec.rtcp_feedback,
          .apt = is_rtx(name_of(codec)) ? apt_of(codec.sdp_fmtp_line) : std::nullopt};
}

RtpCodec codec_of(const Format& format, MediaKind kind) {
  return {.kind = kind,
          .payload_type = format.payload_type,
          .mime_type = (kind == MediaKind::Audio ? "audio/" : "video/") + format.name,
          .clock_rate = format.clock_rate,
          .channels = format.channels,
          .sdp_fmtp_line = format.fmtp,
          .rtcp_feedback = format.feedback};
}

bool is_rtx(std::string_view name) { return equals(name, "rtx"); }

bool is_auxiliary(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "rtx",             // RFC 4588
      "red",             // RFC 2198
      "ulpfec",          // RFC 5109
      "flexfec",         // RFC 8627
      "flexfec-03",      // its draft, as libwebrtc has it
      "parityfec",       // RFC 3009
      "CN",              // RFC 3389
      "telephone-event"  // RFC 4733
  };
  return std::ranges::any_of(kNames, [&](std::string_view n) { return equals(name, n); });
}

std::optional<std::uint8_t> apt_of(std::string_view fmtp) {
  const FormatParameters parameters(fmtp);
  const auto apt = sdp::decimal(parameters.value("apt").value_or(""), 127);
  if (!apt) return std::nullopt;
  return static_cast<std::uint8_t>(*apt);
}

bool is_same_codec(const Format& one, const Format& other) {
  if (one.name.empty() || !equals(one.name, other.name) || is_rtx(one.name)) return false;
  if (one.clock_rate != other.clock_rate || one.channels != other.channels) return false;
  const bool is_h264 = equals(one.name, "H264");
  const auto is_decided = [&](const Deciding& d) { return equals(d.codec, one.name); };
  if (!is_h264 && std::ranges::none_of(kDeciding, is_decided)) return true;

  const FormatParameters first(one.fmtp), second(other.fmtp);
  if (is_h264) return is_same_h264(first, second);
  return std::ranges::all_of(kDeciding, [&](const Deciding& d) {
    return !is_decided(d) || equals(first.value(d.parameter).value_or(d.otherwise),
                                    second.value(d.parameter).value_or(d.otherwise));
  });
}

bool is_same_codec(const Format& one, const RtpCodec& other) {
  return equals(one.name, name_of(other)) && is_same_codec(one, format_of(other));
}

bool is_match(const RtpCodec& one, const RtpCodec& other, Levels levels) {
  if (one.kind != other.kind || !equals(one.mime_type, other.mime_type)) return false;
  const Format first = format_of(one), second = format_of(other);
  if (first.clock_rate != second.clock_rate || first.channels != second.channels) return false;
  if (levels == Levels::Ignored && !is_rtx(first.name)) return is_same_codec(first, second);
  return FormatParameters(first.fmtp).normalized() == FormatParameters(second.fmtp).normalized();
}

namespace {

// The profile in the offer's words, for some peers compare texts, and the level that was agreed on.
std::string profile_level_id(std::string_view offered, const h264::ProfileLevel& answer) {
  const std::string own = answer.to_string();
  const auto theirs = h264::ProfileLevel::parse(offered);
  if (!theirs) return own;
  if (theirs->level == answer.level) return std::string(offered);
  // Level 1b is said by a flag of the profile.
  return answer.level == h264::Level::L1b ? own : std::string(offered.substr(0, 4)) + own.substr(4);
}

}  // namespace

std::string fmtp_to_answer(const Format& offered, const Format& ours) {
  // RFC 2198 §5: the numbers in it are the offer's.
  if (equals(ours.name, "red")) return offered.fmtp;
  if (!equals(ours.name, "H264")) return ours.fmtp;
  const FormatParameters parameters(ours.fmtp);
  const FormatParameters asked(offered.fmtp);
  const auto theirs = h264_format(asked);
  const auto own = h264_format(parameters);
  const auto agreed = theirs && own ? h264::agree(*theirs, *own) : std::nullopt;
  if (!agreed) return ours.fmtp;
  const h264::Format& answer = agreed->answer;
  return fmt::format(
      "{}packetization-mode={};profile-level-id={}{}",
      answer.level_asymmetry_allowed ? "level-asymmetry-allowed=1;" : "",
      static_cast<int>(answer.mode),
      profile_level_id(asked.value("profile-level-id").value_or(""), answer.profile_level),
      parameters.without({"level-asymmetry-allowed", "packetization-mode", "profile-level-id"}));
}

}  // namespace specter::jsep
