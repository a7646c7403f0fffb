// Packets on their way out: a draft waits for its turn, a departure leaves.
#pragma once

#include <cstdint>

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
  bool has_number = false;    // header.sequence is the application's
  bool stands_alone = false;  // what was before may be missing: a key frame, audio
  std::uint32_t bytes = 0;    // the whole packet's size before SRTP
  Timestamp queued_at{};
  Rare<Buffer> extensions;  // of interceptors, for its repair too: number, length, value, ...

  std::size_t payload_size() const { return prefix.size() + body.size() - padding; }
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

  std::size_t size() const { return header.size() + prefix.size() + body.size(); }
};

}  // namespace specter::media
