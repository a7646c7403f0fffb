#include "media/content_extensions.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/bytes.h"
#include "rtp/extensions/absolute_capture_time.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/video_orientation.h"
#include "rtp/header_extension.h"

namespace specter::media {
namespace {

constexpr std::uint8_t kSilence = 127;       // RFC 6464 §3: -dBov
constexpr std::uint16_t kQuarterTurn = 90;   // degrees
constexpr std::uint16_t kMaxRotation = 270;  // degrees

template <class Extension>
void append(const Extension& extension, const rtp::ExtensionMap& section, Buffer& out) {
  const auto id = section.id_of(Extension::kKind);
  if (!id) return;
  out.push_back(*id);
  const std::size_t length_at = out.size();
  out.push_back(0);
  ByteWriter writer(out);
  extension.write(writer);
  out[length_at] = static_cast<std::uint8_t>(out.size() - length_at - 1);
}

bool is_of_the_content(rtp::ExtensionKind kind) {
  using enum rtp::ExtensionKind;
  switch (kind) {
    case AudioLevel:
    case CsrcAudioLevels:
    case VideoOrientation:
    case AbsoluteCaptureTime:
    case PlayoutDelay:
    case VideoLayersAllocation:
    case DependencyDescriptor: return true;
    case Mid:
    case Rid:
    case RepairedRid:
    case AbsoluteSendTime:
    case TransmissionOffset:
    case TransportSequence:
    case TransportSequence2: return false;
  }
  return false;
}

}  // namespace

Result<> check_description(const MediaSample& sample) {
  if (sample.audio_level.value_or(0) > kSilence)
    return fail(ErrorCode::InvalidArgument, "audio levels are 0 (loudest) to 127 (silence)");
  const std::uint16_t rotation = sample.rotation.value_or(0);
  if (rotation % kQuarterTurn != 0 || rotation > kMaxRotation)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a rotation is 0, 90, 180 or 270 degrees, not {}", rotation));
  return {};
}

void append_elements(const MediaSample& sample, PlaceInSample place,
                     std::optional<rtcp::NtpTime> captured, const rtp::ExtensionMap& section,
                     Buffer& out) {
  if (sample.audio_level) {
    // Without a detector of voice, whatever is no silence may be one.
    append(rtp::AudioLevel{*sample.audio_level < kSilence, *sample.audio_level}, section, out);
  }
  if (sample.rotation && place.is_last) {
    const auto turns = static_cast<std::uint8_t>(*sample.rotation / kQuarterTurn);
    append(rtp::VideoOrientation{.quarter_turns = turns}, section, out);
  }
  if (captured && place.is_first) {
    append(rtp::AbsoluteCaptureTime{captured->value, std::nullopt}, section, out);
  }
}

std::optional<rtcp::NtpTime> CaptureTimes::next(Timestamp now, const MediaSample& sample,
                                                rtcp::NtpTime epoch) const {
  if (due_ && now < *due_) return std::nullopt;
  return rtcp::NtpTime::at(sample.captured_at.value_or(now), epoch);
}

void CaptureTimes::handle_told(Timestamp now) {
  if (!due_ || now >= *due_) due_ = now + kInterval;
}

void append_elements(const rtp::ExtensionBlock& block,
                     std::span<const RtpHeaderExtensionParameters> meanings,
                     const rtp::ExtensionMap& section, Buffer& out) {
  rtp::ExtensionReader reader(block);
  while (const auto element = reader.next()) {
    const auto meaning =
        std::ranges::find(meanings, element->id, &RtpHeaderExtensionParameters::id);
    if (meaning == meanings.end()) continue;
    const auto kind = rtp::kind_of(meaning->uri);
    if (!kind || !is_of_the_content(*kind)) continue;
    const auto id = section.id_of(*kind);
    if (!id) continue;
    out.push_back(*id);
    out.push_back(static_cast<std::uint8_t>(element->value.size()));
    out.insert(out.end(), element->value.begin(), element->value.end());
  }
}

}  // namespace specter::media
