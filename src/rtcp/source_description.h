// SDES, RFC 3550 §6.5: names of sources.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P| chunks  |     PT=202    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                             SSRC                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  item's type  |     length    |  text ...
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   A chunk's items end with a byte of zero, and more of them up to whole words.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "rtcp/packet.h"

namespace specter::rtcp {

// RFC 3550 §12.2, 9143 §15, 8852 §3. Any other value is kept as it is.
enum class ItemType : std::uint8_t {
  Cname = 1,
  Name = 2,
  Email = 3,
  Phone = 4,
  Location = 5,
  Tool = 6,
  Note = 7,
  Private = 8,
  RtpStreamId = 12,
  RepairedRtpStreamId = 13,
  Mid = 15,
};

struct SourceDescription {
  static constexpr std::size_t kMaxTextSize = 255;
  // Items of one chunk that are looked at; the RFC knows eleven kinds.
  static constexpr std::size_t kMaxItems = 32;

  struct Item {
    ItemType type{};   // not 0, which ends a chunk
    std::string text;  // at most kMaxTextSize bytes, not checked for UTF-8

    bool operator==(const Item&) const = default;
  };
  struct Chunk {
    std::uint32_t ssrc = 0;
    std::vector<Item> items;

    bool operator==(const Chunk&) const = default;
  };

  std::vector<Chunk> chunks;  // at most 31

  // The first CNAME of a source; null: it has none here.
  const std::string* cname(std::uint32_t ssrc) const;

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated (also a chunk that
  // does not end), BadLength (bytes left over), TooMany.
  static std::expected<SourceDescription, ParseError> parse(Bytes in);
  static std::expected<SourceDescription, ParseError> parse(const RawPacket& packet);
  // More than 31 chunks, an item of type 0 and a text that is too long are a Bug.
  void write(ByteWriter& out) const;
  bool operator==(const SourceDescription&) const = default;
};

}  // namespace specter::rtcp
