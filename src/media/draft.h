// Packets on their way out: a draft waits for its turn, a departure leaves.
#pragma once

#include <cstdint>
#include <optional>

#include "base/rare.h"
#include "codec/piece.h"
#include "rtp/batch.h"
#include "rtp/header.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::media {

// Which extensions of the sender's own stand on a packet. That is decided as the sample is cut,
// since the packets' sizes follow from it.
enum class Names : std::uint8_t {
  Absent,   // the peer knows the source
  Present,  // MID, and RID in simulcast
};

// RTX puts the original's number before its prefix (RFC 4588 §4).
using Prefix = codec::InlineBytes<26>;

// A packet that is not bytes yet. Its sequence number is given as it leaves, so what is dropped
// before makes no gap; but not when the application gave the number.
struct Draft {
  rtp::Header header;
  Prefix prefix;             // a descriptor
  Bytes body;                // the rest of the payload, then the padding, in the arena of `hold`
  rtp::Hold hold;            // keeps the body
  std::uint8_t padding = 0;  // bytes at the body's end: RFC 3550 §5.1
  Bytes elements;  // extensions that describe the body, in the same arena: number, length,
                   // value, and again
  Names names = Names::Absent;
  bool has_number = false;          // header.sequence is the application's
  bool stands_alone = false;        // what was before may be missing: a key frame, audio
  bool is_sealed = false;           // the body is the whole packet, as it left
  std::uint32_t bytes = 0;          // the whole packet's size before SRTP
  std::uint32_t payload_bytes = 0;  // of it, of a sealed one
  Timestamp queued_at{};
  Rare<Buffer> extensions;  // of interceptors, for its repair too: number, length, value, ...

  std::size_t payload_size() const { return prefix.size() + body.size() - padding; }
};

// A packet whose sealed bytes are wanted back, to be sent again as they are: RFC 4585 §6.2.1 has no
// retransmission of its own, and where RFC 4588 was not negotiated it is the packet itself that
// comes again. Nothing else may stand under its number (RFC 3711 §9.1: the key stream would repeat;
// RFC 7714 §8.3: with GCM the authentication key would show), and times and numbers in its header
// extensions would.
struct Keepsake {
  std::uint32_t ssrc = 0;
  std::int64_t number = 0;  // unwrapped
  std::uint32_t header_bytes = 0, payload_bytes = 0;
};

// What leaves now, in the parts that srtp::OutgoingRtp wants. Valid until the next call of the
// machine that gave it.
struct Departure {
  Bytes header;  // fixed header, CSRCs, extension
  Bytes prefix;
  Bytes body;  // padding included, the P bit is set then
  std::uint32_t ssrc = 0;
  std::uint16_t sequence = 0;
  bool is_retransmission = false;
  bool is_sealed = false;  // the body is all of it, as it left before
  std::optional<Keepsake> keepsake{};

  std::size_t size() const { return header.size() + prefix.size() + body.size(); }
};

}  // namespace specter::media
