// Generic NACK, RFC 4585 §6.2.1: packets that are missing.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|  FMT=1  |     PT=205    |            length             |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                        SSRC of sender                         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     SSRC of media source                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  a missing number (16 bits)   | bit i: number + i + 1, too    |  at least one
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <expected>
#include <vector>

#include "rtcp/packet.h"

namespace specter::rtcp {

struct Nack {
  // More items than this are refused and not written: they fill a packet of 1024 bytes.
  static constexpr std::size_t kMaxItems = 253;

  struct Item {
    static constexpr std::uint16_t kMaskBits = 16;

    std::uint16_t sequence = 0;
    std::uint16_t mask = 0;  // bit i: sequence + i + 1 is missing as well

    bool operator==(const Item&) const = default;
  };

  std::uint32_t sender_ssrc = 0;
  std::uint32_t media_ssrc = 0;
  std::vector<Item> items;  // 1 to kMaxItems

  // Adds a missing number, which comes after those that were added before. False: it needs one item
  // too many.
  bool add(std::uint16_t sequence);

  // Calls `missing(sequence)` for each number, 17 times an item at most.
  template <class Missing>
  void for_each(Missing&& missing) const {
    for (const Item& item : items) {
      missing(item.sequence);
      for (std::uint16_t i = 0; i < Item::kMaskBits; ++i)
        if ((item.mask >> i & 1) != 0) missing(static_cast<std::uint16_t>(item.sequence + i + 1));
    }
  }

  // `in` is one whole packet. Errors: those of RawPacket, WrongType, Truncated, BadLength (no items
  // or half an item), TooMany.
  static std::expected<Nack, ParseError> parse(Bytes in);
  static std::expected<Nack, ParseError> parse(const RawPacket& packet);
  void write(ByteWriter& out) const;
  bool operator==(const Nack&) const = default;
};

}  // namespace specter::rtcp
