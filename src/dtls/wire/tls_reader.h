// Reading and writing TLS's presentation language, RFC 8446 §3: numbers, and vectors behind a
// length of their own. For the parsers of this folder.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/parse_error.h"

#include "specter/bytes.h"

namespace specter::dtls {

// The first thing that was wrong with a message; one for all readers of its parts.
class Fault {
 public:
  void raise(ParseError error) {
    if (!error_) error_ = error;
  }
  bool raised() const { return error_.has_value(); }

  // What parse() answers: the value, unless something was wrong.
  template <class Value>
  std::expected<Value, ParseError> unless_raised(Value value) const {
    if (error_) return std::unexpected(*error_);
    return value;
  }

 private:
  std::optional<ParseError> error_;
};

// Reads down one vector or body. What it yields after a fault is worthless, and ends every loop
// over more().
class TlsReader {
 public:
  TlsReader(Bytes in, Fault& fault) : in_(in), fault_(fault) {}

  bool more() const { return !fault_.raised() && in_.remaining() > 0; }
  std::size_t remaining() const { return in_.remaining(); }

  std::uint8_t u8() { return had(in_.u8()); }
  std::uint16_t u16() { return had(in_.u16()); }
  std::uint32_t u24() { return had(in_.u24()); }
  std::uint64_t u64() { return had(in_.u64()); }
  Bytes bytes(std::size_t size) { return had(in_.bytes(size)); }

  // A vector with 8, 16 or 24 bits of length, and of at least so many bytes: <least..2^n-1>.
  TlsReader vector8(std::size_t least = 0) { return vector(u8(), least); }
  TlsReader vector16(std::size_t least = 0) { return vector(u16(), least); }
  TlsReader vector24(std::size_t least = 0) { return vector(u24(), least); }

  // All that is left, as bytes and as numbers.
  Bytes view() { return in_.rest(); }
  Buffer opaque() { return to_buffer(view()); }
  std::vector<std::uint16_t> numbers() {
    if (in_.remaining() % 2 != 0) raise(ParseError::BadLength);
    std::vector<std::uint16_t> out;
    out.reserve(in_.remaining() / 2);
    while (more()) out.push_back(u16());
    return out;
  }

  // There must be no more.
  void end() {
    if (more()) raise(ParseError::BadLength);
  }
  void raise(ParseError error) { fault_.raise(error); }

 private:
  template <class Read>
  Read had(Read value) {
    if (!in_.ok()) raise(ParseError::Truncated);
    return value;
  }
  TlsReader vector(std::size_t size, std::size_t least) {
    if (size < least) raise(ParseError::BadLength);
    return TlsReader(bytes(size), fault_);
  }

  ByteReader in_;
  Fault& fault_;
};

// Vectors the other way. Bug when one is longer than its length can say.
template <class Write>
void write_vector16(ByteWriter& out, const Write& write) {
  const std::size_t at = out.size();
  out.u16(0);
  write();
  const std::size_t size = out.size() - at - 2;
  SPECTER_CHECK(size <= 0xffff);
  out.set_u16(at, static_cast<std::uint16_t>(size));
}

template <class Write>
void write_vector24(ByteWriter& out, const Write& write) {
  const std::size_t at = out.size();
  out.u24(0);
  write();
  const std::size_t size = out.size() - at - 3;
  SPECTER_CHECK(size <= 0xff'ffff);
  out.set_u24(at, static_cast<std::uint32_t>(size));
}

inline void write_opaque8(ByteWriter& out, Bytes bytes) {
  SPECTER_CHECK(bytes.size() <= 0xff);
  out.u8(static_cast<std::uint8_t>(bytes.size()));
  out.bytes(bytes);
}

inline void write_opaque16(ByteWriter& out, Bytes bytes) {
  write_vector16(out, [&] { out.bytes(bytes); });
}

inline void write_numbers16(ByteWriter& out, const std::vector<std::uint16_t>& numbers) {
  write_vector16(out, [&] {
    for (const std::uint16_t number : numbers) out.u16(number);
  });
}

}  // namespace specter::dtls
