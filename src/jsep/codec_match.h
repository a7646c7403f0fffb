// When two formats are one codec: RFC 3264 §6.1, and what each payload format says of its
// parameters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "jsep/media_description.h"

#include "specter/rtp.h"

namespace specter::jsep {

// The parameters of an a=fmtp. Names are compared without regard to case; spaces and empty ones are
// passed over.
class FormatParameters {
 public:
  explicit FormatParameters(std::string_view fmtp);
  std::optional<std::string_view> value(std::string_view name) const;
  // Sorted, and in lower case: equal texts say the same.
  std::string normalized() const;
  // The others, each behind a ';'.
  std::string without(std::initializer_list<std::string_view> names) const;

 private:
  struct Parameter {
    std::string name;  // in lower case
    std::string value;
  };
  std::vector<Parameter> all_;
};

// RtpCodec and Format say the same of a codec.
Format format_of(const RtpCodec& codec);
RtpCodec codec_of(const Format& format, MediaKind kind);

// Formats that carry no media by themselves: retransmission, redundancy, error correction, comfort
// noise and tones.
bool is_auxiliary(std::string_view name);
bool is_rtx(std::string_view name);
// The encoding name of a MIME type: "VP8" of "video/VP8".
std::string_view name_of(const RtpCodec& codec);
// RFC 4588 §8.6: the payload type that it retransmits, by the a=fmtp of a retransmission.
std::optional<std::uint8_t> apt_of(std::string_view fmtp);

// One codec, however its payload type: name, clock rate and channels; H.264 by profile and
// packetization mode (RFC 6184 §8.2.2), VP9 by profile-id, AV1 by profile; parameters of Opus and
// VP8 never decide. Retransmission is none: it is the codec that it is of.
bool is_same_codec(const Format& one, const Format& other);
bool is_same_codec(const Format& one, const RtpCodec& other);

// Whether an application means the same codec by both: every parameter is the same, in any order.
// With `levels` ignored, H.264's level may differ. W3C "codec match", §5.2.4.
enum class Levels : std::uint8_t { Compared, Ignored };
bool is_match(const RtpCodec& one, const RtpCodec& other, Levels levels);

// What we answer for an offered format that is the same codec as ours: our parameters, with
// H.264's level as RFC 6184 §8.2.2 has it.
std::string fmtp_to_answer(const Format& offered, const Format& ours);

}  // namespace specter::jsep
