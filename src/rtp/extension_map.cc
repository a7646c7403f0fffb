#include "rtp/extension_map.h"

#include <algorithm>

namespace specter::rtp {
namespace {

constexpr std::uint8_t kReservedId = 15;  // RFC 8285 §4.2

// By kind. The names are those of the documents that extensions/ cites.
constexpr std::array<std::string_view, kExtensionKinds> kUris = {
    "urn:ietf:params:rtp-hdrext:sdes:mid",
    "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "urn:ietf:params:rtp-hdrext:csrc-audio-level",
    "urn:3gpp:video-orientation",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "urn:ietf:params:rtp-hdrext:toffset",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
    "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
    "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
};

}  // namespace

std::string_view uri_of(ExtensionKind kind) { return kUris[static_cast<std::size_t>(kind)]; }

std::optional<ExtensionKind> kind_of(std::string_view uri) {
  const auto found = std::ranges::find(kUris, uri);
  if (found == kUris.end()) return std::nullopt;
  return static_cast<ExtensionKind>(found - kUris.begin());
}

bool ExtensionMap::bind(std::string_view uri, std::uint8_t id) {
  if (id == 0 || uri.empty() || uri.size() > kMaxUriSize) return false;
  if (const auto bound = id_of(uri)) return *bound == id;
  if (!uri_of(id).empty()) return false;
  entries_.push_back({id, std::string(uri)});
  needs_two_byte_ |= id > kMaxOneByteId;
  if (const auto kind = rtp::kind_of(uri)) {
    ids_[static_cast<std::size_t>(*kind)] = id;
    kinds_[id] = static_cast<std::uint8_t>(static_cast<std::uint8_t>(*kind) + 1);
  }
  return true;
}

std::optional<std::uint8_t> ExtensionMap::allocate(std::string_view uri, std::uint8_t highest) {
  if (const auto bound = id_of(uri)) return bound;
  for (int id = 1; id <= highest; ++id) {
    const auto candidate = static_cast<std::uint8_t>(id);
    if (candidate == kReservedId || !uri_of(candidate).empty()) continue;
    if (!bind(uri, candidate)) return std::nullopt;
    return candidate;
  }
  return std::nullopt;
}

std::optional<std::uint8_t> ExtensionMap::id_of(std::string_view uri) const {
  const auto found = std::ranges::find(entries_, uri, &Entry::uri);
  if (found == entries_.end()) return std::nullopt;
  return found->id;
}

std::optional<std::uint8_t> ExtensionMap::id_of(ExtensionKind kind) const {
  const std::uint8_t id = ids_[static_cast<std::size_t>(kind)];
  if (id == 0) return std::nullopt;
  return id;
}

std::string_view ExtensionMap::uri_of(std::uint8_t id) const {
  const auto found = std::ranges::find(entries_, id, &Entry::id);
  return found == entries_.end() ? std::string_view() : std::string_view(found->uri);
}

std::optional<ExtensionKind> ExtensionMap::kind_of(std::uint8_t id) const {
  if (kinds_[id] == 0) return std::nullopt;
  return static_cast<ExtensionKind>(kinds_[id] - 1);
}

}  // namespace specter::rtp
