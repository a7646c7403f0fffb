// The RTP header and the parts of a packet, RFC 3550 §5.1 and §5.3.1.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |V=2|P|X|  CC   |M|     PT      |        Sequence Number        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                           Timestamp                           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                             SSRC                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                     CC times: CSRC (32 bits)                  |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  if X: Profile (16 bits)      |  Length in words (16 bits)    |
//   |        then the extension's body                              |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then the payload and, if P, padding whose last byte is its size
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "rtp/inline_list.h"

namespace specter::rtp {

inline constexpr std::uint8_t kVersion = 2;
inline constexpr std::size_t kFixedHeaderSize = 12;
inline constexpr std::size_t kMaxCsrcs = 15;

// The contributing sources of a packet, in the order of the packet.
using Csrcs = InlineList<std::uint32_t, kMaxCsrcs>;

// Two bits of the first byte that say what else is in the packet. They are the packet's, not the
// header's: who writes a packet knows them.
struct HeaderFlags {
  bool has_extension = false;  // X
  bool has_padding = false;    // P

  bool operator==(const HeaderFlags&) const = default;
};

// The fixed header and the CSRCs. The version is always 2.
struct Header {
  bool marker = false;
  std::uint8_t payload_type = 0;  // 0 to 127
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;  // in units of the payload type's clock rate
  std::uint32_t ssrc = 0;
  Csrcs csrcs;

  // `in` begins with the header; what follows it is not looked at, so it may be encrypted. Errors:
  // Truncated, BadValue (a version that is not 2).
  static std::expected<Header, ParseError> parse(Bytes in);
  // A payload type above 127 is a Bug.
  void write(ByteWriter& out, HeaderFlags flags) const;

  std::size_t size() const { return kFixedHeaderSize + 4 * csrcs.size(); }

  bool operator==(const Header&) const = default;
};

// Where the parts of a packet lie that SRTP leaves in the clear: fixed header, CSRCs, extension.
// All are offsets in bytes from the packet's start.
struct HeaderLayout {
  std::size_t csrcs_end = kFixedHeaderSize;  // the extension's profile begins here if there is one
  std::size_t size = kFixedHeaderSize;       // the payload begins here
  HeaderFlags flags;

  // Reads at most the first byte and the extension's length. Errors: Truncated (a part ends behind
  // `in`), BadValue (a version that is not 2).
  static std::expected<HeaderLayout, ParseError> parse(Bytes in);

  bool operator==(const HeaderLayout&) const = default;
};

// RFC 3550 §5.3.1: the extension as it lies in a packet. header_extension.h reads its elements.
struct ExtensionBlock {
  static constexpr std::size_t kHeaderSize = 4;
  static constexpr std::size_t kMaxBodySize = 65'535 * 4;

  std::uint16_t profile = 0;
  Bytes body;  // a multiple of four bytes
};

// A packet in the clear, as a view: the bytes that it was read from must outlive it.
struct Packet {
  Header header;
  std::optional<ExtensionBlock> extension;  // nothing: the X bit is not set
  Bytes payload;                            // without the padding; empty in a packet of padding
  std::uint8_t padding = 0;                 // bytes, the count included; 0: the P bit is not set

  // `in` is one whole packet. Errors: Truncated, BadValue (a version that is not 2), BadLength (P
  // is set and the padding's size is 0 or more than what follows the header, RFC 3550 §5.1).
  static std::expected<Packet, ParseError> parse(Bytes in);

  // Padding is written as zeros and its size. An extension whose body is not whole words, or longer
  // than kMaxBodySize, is a Bug.
  void write(ByteWriter& out) const;

  std::size_t size() const;
};

}  // namespace specter::rtp
