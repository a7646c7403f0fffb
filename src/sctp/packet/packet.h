// An SCTP packet: common header, then chunks. RFC 9260 §3.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |      Source Port Number       |    Destination Port Number    |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                       Verification Tag                        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                           Checksum                            |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Chunk Type   |  Chunk Flags  |         Chunk Length          |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Chunk Value, zeros up to a multiple of 4; then the next chunk
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "base/bytes.h"
#include "base/parse_error.h"

#include "specter/bytes.h"

namespace specter::sctp {

enum class ChunkType : std::uint8_t {
  Data = 0,
  Init = 1,
  InitAck = 2,
  Sack = 3,
  Heartbeat = 4,
  HeartbeatAck = 5,
  Abort = 6,
  Shutdown = 7,
  ShutdownAck = 8,
  Error = 9,
  CookieEcho = 10,
  CookieAck = 11,
  EcnEcho = 12,  // reserved, RFC 9260 §3.2; skipped
  Cwr = 13,      // likewise
  ShutdownComplete = 14,
  IData = 64,         // RFC 8260 §2.1
  ReConfig = 130,     // RFC 6525 §3.1
  Pad = 132,          // RFC 4820 §3
  ForwardTsn = 192,   // RFC 3758 §3.2
  IForwardTsn = 194,  // RFC 8260 §2.3.1
};

inline constexpr std::size_t kCommonHeaderBytes = 12;
inline constexpr std::size_t kChunkHeaderBytes = 4;

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

struct CommonHeader {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t verification_tag = 0;

  bool operator==(const CommonHeader&) const = default;
};

// One chunk as it lies in a packet.
struct ChunkView {
  ChunkType type{};
  std::uint8_t flags = 0;
  Bytes value;  // without header and padding
  Bytes whole;  // header and value
};

// A parameter, an error cause or (with the flags left in `type`) anything of that form: a type, a
// length that counts the four bytes of both, a value, padding. RFC 9260 §3.2.1.
struct TlvView {
  std::uint16_t type = 0;
  Bytes value;
  Bytes whole;
};

// Walks over chunks whose framing has been found to be right.
class ChunkReader {
 public:
  explicit ChunkReader(Bytes chunks) : rest_(chunks) {}
  std::optional<ChunkView> next();

 private:
  Bytes rest_;
};

// Walks over parameters or causes; stops with ok() false at the first that does not fit.
class TlvReader {
 public:
  explicit TlvReader(Bytes in) : rest_(in) {}
  std::optional<TlvView> next();
  bool ok() const { return ok_; }

 private:
  Bytes rest_;
  bool ok_ = true;
};

// RFC 9653: whether a packet may say 0 instead of its checksum.
enum class ZeroChecksum : bool { Refused, Accepted };

struct PacketView {
  CommonHeader header;
  Bytes chunks;  // well framed: every length is at least 4 and inside; at least one chunk

  // Checksum and framing are checked: of a packet with one wrong length nothing is believed.
  static std::expected<PacketView, ParseError> parse(Bytes in,
                                                     ZeroChecksum zero = ZeroChecksum::Refused);
};

// Builds a packet of at most `max_bytes`: in a buffer of its own, or behind what is in `out`.
class PacketWriter {
 public:
  PacketWriter(const CommonHeader& header, std::size_t max_bytes);
  PacketWriter(Buffer& out, const CommonHeader& header, std::size_t max_bytes);

  // Bytes left for one more chunk with its header; it is padded within them.
  std::size_t room() const;
  bool empty() const { return size() == kCommonHeaderBytes; }
  bool fits(std::size_t chunk_bytes) const { return chunk_bytes <= room(); }

  template <class Chunk>
  void add(const Chunk& chunk) {
    ByteWriter w(out(), origin_);
    w.pad(4);
    chunk.write(w);
  }
  void add_bytes(Bytes chunk);  // one or more chunks written earlier

  // Pads and fills the checksum in, or leaves 0 there. The second answers the buffer of its own,
  // and the writer has nothing any more.
  enum class Checksum : bool { Crc32c, Zero };
  void finish_in_place(Checksum which = Checksum::Crc32c);
  Buffer finish();
  void drop();  // as if it had never been: nothing of it is left in `out`

 private:
  Buffer& out() { return out_ ? *out_ : own_; }
  std::size_t size() const { return (out_ ? *out_ : own_).size() - origin_; }
  void begin(const CommonHeader& header);

  std::size_t max_bytes_;
  Buffer* out_ = nullptr;
  std::size_t origin_ = 0;  // where the packet begins
  Buffer own_{};
};

// Puts the right checksum into a packet, as an attacker or a test would.
void fix_checksum(Buffer& packet);

// Writes the header of a chunk, then what `body` writes, then the length. Padding comes before the
// next one, since the length does not count it.
template <class Body>
void write_chunk(ByteWriter& w, ChunkType type, std::uint8_t flags, Body&& body) {
  const std::size_t start = w.size();
  w.u8(static_cast<std::uint8_t>(type));
  w.u8(flags);
  w.u16(0);
  body();
  w.set_u16(start + 2, static_cast<std::uint16_t>(w.size() - start));
}

// The same for a parameter or cause. The chunk must have begun at a multiple of 4.
template <class Body>
void write_tlv(ByteWriter& w, std::uint16_t type, Body&& body) {
  w.pad(4);
  const std::size_t start = w.size();
  w.u16(type);
  w.u16(0);
  body();
  w.set_u16(start + 2, static_cast<std::uint16_t>(w.size() - start));
}

// What to do with a chunk or parameter of an unknown type: its two highest bits say so.
// RFC 9260 §3.2, §3.2.1.
struct UnknownAction {
  bool stop = false;    // look at nothing after it
  bool report = false;  // tell the peer
};
constexpr UnknownAction unknown_chunk_action(std::uint8_t type) {
  return {(type & 0x80) == 0, (type & 0x40) != 0};
}
constexpr UnknownAction unknown_parameter_action(std::uint16_t type) {
  return {(type & 0x8000) == 0, (type & 0x4000) != 0};
}

}  // namespace specter::sctp
