// The numbers that codecs and header extensions have in our offers. What one of them means stays so
// as long as a connection lives, but for what the peer's offers say otherwise.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsep/media_description.h"
#include "rtp/extension_map.h"

#include "specter/rtp.h"

namespace specter::jsep {

// Numbers that are taken. A connection without media has none.
class Meanings {
 public:
  bool is_taken(std::uint8_t number) const;
  std::optional<std::uint8_t> find(std::string_view meaning) const;
  // Whether it was free.
  bool take(std::uint8_t number, std::string_view meaning);
  // The number means this from now on. An empty text, and one that another number has already,
  // only take it.
  void adopt(std::uint8_t number, std::string_view meaning);

  bool operator==(const Meanings&) const = default;

 private:
  struct Entry {
    std::uint8_t number = 0;
    std::string meaning{};  // empty: none that we look for
    bool operator==(const Entry&) const = default;
  };

  std::vector<Entry> entries_;  // one for a number
};

// RFC 9143 §10.1.2: in a bundle a payload type is one codec with one set of parameters. RFC 5761
// §4: 64 to 95 are not used.
class PayloadTypes {
 public:
  // The number of this codec in offers, at first that of `codec` where it is free. Nothing: all are
  // taken.
  std::optional<std::uint8_t> number_of(const RtpCodec& codec);
  // The same, of the retransmission of a payload type.
  std::optional<std::uint8_t> number_of_rtx(const RtpCodec& rtx, std::uint8_t apt);
  // An offer of the peer's. What it calls our codecs becomes their number where they have none yet;
  // one that it uses otherwise is no longer ours.
  void adopt(const MediaDescription& offer, std::span<const RtpCodec> ours);

  bool operator==(const PayloadTypes&) const = default;

 private:
  std::optional<std::uint8_t> allocate(std::uint8_t preferred, const std::string& codec);

  Meanings meanings_;  // of codecs of ours
};

// RFC 8285 §5, RFC 9143 §10.1.2: one id is one URI, over all sections. 1 to 14 in our offers, for
// Firefox takes no others.
//
// Chromium refuses an offer that gives an id of its own rolled-back offer another meaning. We never
// see that offer: under glare it is rolled back before it is sent to us, or we ignore it. So the
// ids are those that Chromium gives in the same order of sections, and what it offers and we don't
// keeps its id as long as others are free.
class ExtensionIds {
 public:
  std::optional<std::uint8_t> id_of(MediaKind kind, std::string_view uri);
  // An offer of the peer's.
  void adopt(const MediaDescription& offer);

  bool operator==(const ExtensionIds&) const = default;

 private:
  void reserve(MediaKind kind);

  Meanings meanings_;                                       // of URIs
  std::bitset<rtp::kMaxOneByteId + std::size_t{1}> spare_;  // ids of what was never asked for
};

}  // namespace specter::jsep
