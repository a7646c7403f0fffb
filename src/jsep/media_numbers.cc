#include "jsep/media_numbers.h"

#include <algorithm>

#include <fmt/format.h>

#include "jsep/codec_match.h"

namespace specter::jsep {
namespace {

std::string key_of(const RtpCodec& codec) {
  const Format format = format_of(codec);
  std::string name = format.name;
  std::ranges::transform(name, name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return fmt::format("{} {}/{}/{} {}", codec.kind == MediaKind::Audio ? "audio" : "video", name,
                     format.clock_rate, format.channels,
                     FormatParameters(format.fmtp).normalized());
}

std::string rtx_key(std::uint8_t apt) { return fmt::format("rtx {}", apt); }

// RFC 3551 §6 leaves 96 to 127 to us; browsers, when those are taken, 35 to 63.
constexpr std::uint8_t kFirstDynamic = 96, kLastDynamic = 127;
constexpr std::uint8_t kFirstMore = 35, kLastMore = 63;
constexpr bool is_of_rtcp(std::uint8_t number) { return number >= 64 && number <= 95; }

}  // namespace

bool Meanings::is_taken(std::uint8_t number) const {
  return std::ranges::find(entries_, number, &Entry::number) != entries_.end();
}

std::optional<std::uint8_t> Meanings::find(std::string_view meaning) const {
  const auto found = std::ranges::find(entries_, meaning, &Entry::meaning);
  if (found == entries_.end()) return std::nullopt;
  return found->number;
}

bool Meanings::take(std::uint8_t number, std::string_view meaning) {
  if (is_taken(number)) return false;
  entries_.push_back({number, std::string(meaning)});
  return true;
}

void Meanings::adopt(std::uint8_t number, std::string_view meaning) {
  auto entry = std::ranges::find(entries_, number, &Entry::number);
  if (entry == entries_.end()) entry = entries_.insert(entry, {number, {}});
  if (entry->meaning == meaning) return;
  entry->meaning.clear();
  if (!find(meaning)) entry->meaning = meaning;
}

std::optional<std::uint8_t> PayloadTypes::allocate(std::uint8_t preferred,
                                                   const std::string& codec) {
  if (const auto known = meanings_.find(codec)) return known;
  const auto take = [&](std::uint8_t number) { return meanings_.take(number, codec); };
  if (preferred <= kLastDynamic && !is_of_rtcp(preferred) && take(preferred)) return preferred;
  for (std::uint8_t number = kFirstDynamic; number <= kLastDynamic; ++number) {
    if (take(number)) return number;
  }
  for (std::uint8_t number = kLastMore; number >= kFirstMore; --number) {
    if (take(number)) return number;
  }
  return std::nullopt;
}

std::optional<std::uint8_t> PayloadTypes::number_of(const RtpCodec& codec) {
  return allocate(codec.payload_type, key_of(codec));
}

std::optional<std::uint8_t> PayloadTypes::number_of_rtx(const RtpCodec& rtx, std::uint8_t apt) {
  return allocate(rtx.payload_type, rtx_key(apt));
}

void PayloadTypes::adopt(const MediaDescription& offer, std::span<const RtpCodec> ours) {
  for (const Format& format : offer.formats) {
    std::string key;
    if (const auto apt = format.apt) {
      key = rtx_key(*apt);
    } else {
      const auto same = std::ranges::find_if(ours, [&](const RtpCodec& codec) {
        return codec.kind == offer.kind && is_same_codec(format, codec);
      });
      if (same != ours.end()) key = key_of(*same);
    }
    meanings_.adopt(format.payload_type, key);
  }
}

// What Chromium offers by default, in its order, each with the id that it asks for first. An id
// that another one has is replaced by the highest that is free.
struct Habit {
  std::string_view uri;
  std::uint8_t id = 0;
};
constexpr Habit kAudioHabits[] = {
    {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", 1},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 2},
    {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", 3},
    {"urn:ietf:params:rtp-hdrext:sdes:mid", 4},
};
constexpr Habit kVideoHabits[] = {
    {"urn:ietf:params:rtp-hdrext:toffset", 1},
    {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", 2},
    {"urn:3gpp:video-orientation", 3},
    {"http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01", 4},
    {"http://www.webrtc.org/experiments/rtp-hdrext/playout-delay", 5},
    {"http://www.webrtc.org/experiments/rtp-hdrext/video-content-type", 6},
    {"http://www.webrtc.org/experiments/rtp-hdrext/video-timing", 7},
    {"http://www.webrtc.org/experiments/rtp-hdrext/color-space", 8},
    {"urn:ietf:params:rtp-hdrext:sdes:mid", 9},
    {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", 10},
    {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", 11},
};

void ExtensionIds::reserve(MediaKind kind) {
  const auto habits = kind == MediaKind::Audio ? std::span<const Habit>(kAudioHabits)
                                               : std::span<const Habit>(kVideoHabits);
  for (const auto& [uri, preferred] : habits) {
    if (meanings_.find(uri)) continue;
    std::uint8_t id = preferred;
    if (meanings_.is_taken(id)) id = rtp::kMaxOneByteId;
    while (id > 0 && meanings_.is_taken(id)) --id;
    if (id == 0) return;
    meanings_.take(id, uri);
    spare_.set(id);
  }
}

std::optional<std::uint8_t> ExtensionIds::id_of(MediaKind kind, std::string_view uri) {
  if (uri.empty() || uri.size() > rtp::ExtensionMap::kMaxUriSize) return std::nullopt;
  reserve(kind);
  if (const auto known = meanings_.find(uri)) {
    if (*known <= rtp::kMaxOneByteId) spare_.reset(*known);
    return known;
  }
  for (std::uint8_t id = rtp::kMaxOneByteId; id > 0; --id) {
    if (meanings_.take(id, uri)) return id;
  }
  for (std::uint8_t id = rtp::kMaxOneByteId; id > 0; --id) {
    if (!spare_[id]) continue;
    spare_.reset(id);
    meanings_.adopt(id, uri);
    return id;
  }
  return std::nullopt;
}

void ExtensionIds::adopt(const MediaDescription& offer) {
  for (const Extension& extension : offer.extensions) {
    if (extension.id > rtp::kMaxOneByteId) continue;
    meanings_.adopt(extension.id, extension.uri);
    spare_.reset(extension.id);
  }
}

}  // namespace specter::jsep
