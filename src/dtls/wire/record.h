// The heads of records, and the fragments of handshake messages within them. No keys here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "dtls/wire/numbers.h"

#include "specter/bytes.h"

namespace specter::dtls {

// A record as DTLS 1.2 has all, and DTLS 1.3 those of epoch 0. RFC 6347 §4.1.
//
//   | type (8) | version (16) | epoch (16) | sequence number (48) | length (16) | fragment …
struct PlainHeader {
  static constexpr std::size_t kSize = 13;

  std::uint8_t type = 0;
  std::uint16_t version = 0xfefd;
  std::uint16_t epoch = 0;
  std::uint64_t sequence = 0;  // 48 bits
  std::uint16_t length = 0;    // of what follows

  void write(std::span<std::uint8_t, kSize> out) const;
  bool operator==(const PlainHeader&) const = default;
};

// A protected record of DTLS 1.3. RFC 9147 §4.
//
//    0 1 2 3 4 5 6 7
//   |0|0|1|C|S|L|E E|  C: connection id, S: 16 bits of sequence number, L: length present
//
// Connection ids (C) are not taken: we negotiate none.
struct UnifiedHeader {
  static constexpr std::size_t kMaxSize = 5;

  std::uint8_t epoch_bits = 0;          // the epoch's lowest two
  bool long_sequence = true;            // 16 bits; else 8
  std::uint16_t sequence_bits = 0;      // encrypted still
  std::optional<std::uint16_t> length;  // else the record reaches to the datagram's end
  std::size_t size() const { return 1u + (long_sequence ? 2 : 1) + (length ? 2 : 0); }
};

// The next record of a datagram, which it shortens. Nothing at its end, and for what can't be a
// record: then `datagram` is empty, since there is no telling where the next would begin.
// The fragment is at most 2^14 + 2048 bytes (1.2) or 2^14 + 256 (1.3), never empty in 1.3
// (at least 16).
struct RecordView {
  std::optional<PlainHeader> plain;  // one of the two
  std::optional<UnifiedHeader> unified;
  Bytes header;    // as it came
  Bytes fragment;  // what follows it
};
std::optional<RecordView> next_record(Bytes& datagram);

// A handshake message, or a part of one. RFC 6347 §4.2.2, RFC 9147 §5.2.
//
//   | type (8) | length (24) | message_seq (16) | fragment_offset (24) | fragment_length (24) | …
struct HandshakeFragment {
  static constexpr std::size_t kHeaderSize = 12;

  std::uint8_t type = 0;
  std::uint32_t message_size = 0;
  std::uint16_t message_seq = 0;
  std::uint32_t offset = 0;
  Bytes body;

  // The next one of a record's payload. Fails the reader for one that is cut short, or whose part
  // lies outside of its message.
  static HandshakeFragment read(ByteReader& in);
  void write(ByteWriter& out) const;
};

// What a record takes around its payload.
struct RecordRoom {
  std::size_t before = 0, after = 0;  // bytes
  std::size_t total() const { return before + after; }
};

// RFC 9147 §4: what an ACK lists.
struct RecordNumber {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const RecordNumber&) const = default;
};

}  // namespace specter::dtls
