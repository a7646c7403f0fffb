// Which number a header extension has in a section's packets, RFC 8285 §5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtp/header.h"
#include "rtp/header_extension.h"

namespace specter::rtp {

// The extensions that extensions/ reads and writes. A packet's elements are told apart by it, not
// by their URIs.
enum class ExtensionKind : std::uint8_t {
  Mid,
  Rid,
  RepairedRid,
  AudioLevel,
  CsrcAudioLevels,
  VideoOrientation,
  AbsoluteSendTime,
  TransmissionOffset,
  TransportSequence,
  TransportSequence2,
  AbsoluteCaptureTime,
  PlayoutDelay,
  VideoLayersAllocation,
  DependencyDescriptor,
};
inline constexpr std::size_t kExtensionKinds = 14;

std::string_view uri_of(ExtensionKind kind);
std::optional<ExtensionKind> kind_of(std::string_view uri);

// URI to id and back, for one section of a description. What is bound stays bound: an id never
// changes its meaning, whatever is negotiated later. URIs that we do not know are kept as well.
class ExtensionMap {
 public:
  static constexpr std::size_t kMaxUriSize = 255;  // bytes
  static constexpr std::uint8_t kMaxId = 255;

  // Whether the URI has that id now. Not when the id is 0, when one of both is bound otherwise, or
  // when the URI is longer than kMaxUriSize or empty.
  bool bind(std::string_view uri, std::uint8_t id);

  // The id that the URI has, or the lowest free one up to `highest`, which it gets. 15 is left out:
  // the one-byte form does not have it. Nothing: all are taken.
  std::optional<std::uint8_t> allocate(std::string_view uri, std::uint8_t highest = kMaxOneByteId);

  std::optional<std::uint8_t> id_of(std::string_view uri) const;
  std::optional<std::uint8_t> id_of(ExtensionKind kind) const;
  std::string_view uri_of(std::uint8_t id) const;  // empty: not bound
  std::optional<ExtensionKind> kind_of(std::uint8_t id) const;

  std::size_t size() const { return entries_.size(); }
  // Whether an id is above 14, which only the two-byte form has.
  bool needs_two_byte() const { return needs_two_byte_; }

  // The first element of a kind, decoded; nothing when it is missing or malformed.
  template <class Extension>
  std::optional<Extension> get(const ExtensionBlock& block) const {
    const auto id = id_of(Extension::kKind);
    if (!id) return std::nullopt;
    const auto value = find(block, *id);
    if (!value) return std::nullopt;
    auto parsed = Extension::parse(*value);
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
  }

  // Adds it to a packet that is being made; false when the section does not have it.
  template <class Extension>
  bool add(Extensions& out, const Extension& extension) const {
    const auto id = id_of(Extension::kKind);
    if (id) out.add(*id, extension);
    return id.has_value();
  }

  bool operator==(const ExtensionMap&) const = default;

 private:
  struct Entry {
    std::uint8_t id = 0;
    std::string uri;
    bool operator==(const Entry&) const = default;
  };

  std::vector<Entry> entries_;
  bool needs_two_byte_ = false;
  std::array<std::uint8_t, kExtensionKinds> ids_{};            // by kind; 0: not bound
  std::array<std::uint8_t, std::size_t{kMaxId} + 1> kinds_{};  // by id; a kind and one, 0: none
};

}  // namespace specter::rtp
