// Reading and writing DER, ITU-T X.690 §10: as much of it as it takes to find the key in a
// certificate, and to make one.
#pragma once

#include <initializer_list>

#include "base/bytes.h"
#include "base/check.h"

namespace specter::crypto {

enum class DerTag : std::uint8_t {
  Integer = 0x02,
  BitString = 0x03,
  Null = 0x05,
  ObjectIdentifier = 0x06,
  Utf8String = 0x0c,
  UtcTime = 0x17,
  GeneralizedTime = 0x18,
  Sequence = 0x30,
  Set = 0x31,
  // [0], [1], …: constructed, or primitive by an implicit tag.
  Explicit0 = 0xa0,
  Explicit3 = 0xa3,
  Implicit1 = 0x81,
  Implicit2 = 0x82,
};

// Reads one element behind the other. Like ByteReader it fails once and stays failed, yielding
// nothing from then on.
class DerReader {
 public:
  explicit DerReader(Bytes in) : in_(in), next_(in) {}

  // The contents of the next element, which must have this tag.
  Bytes element(DerTag tag) {
    if (next_.u8() != static_cast<std::uint8_t>(tag)) next_.fail();
    return next_.bytes(length());
  }
  // The next element as it stands, tag and length included.
  Bytes whole_element(DerTag tag) {
    const Bytes before = in_.last(next_.remaining());
    element(tag);
    return next_.ok() ? before.first(before.size() - next_.remaining()) : Bytes();
  }
  void skip(DerTag tag) { element(tag); }
  void skip_if(DerTag tag) {
    if (is_next(tag)) skip(tag);
  }
  bool is_next(DerTag tag) const {
    return next_.remaining() != 0 &&
           in_[in_.size() - next_.remaining()] == static_cast<std::uint8_t>(tag);
  }

  bool ok() const { return next_.ok(); }
  bool at_end() const { return next_.ok() && next_.remaining() == 0; }

 private:
  // X.690 §10.1: definite, in the fewest octets. Of three octets or more there is no need here.
  std::size_t length() {
    const std::uint8_t first = next_.u8();
    if (first < 0x80) return first;
    const std::size_t size = first == 0x81 ? next_.u8() : first == 0x82 ? next_.u16() : 0;
    if (size < (first == 0x82 ? 0x100u : 0x80u)) next_.fail();
    return size;
  }

  Bytes in_;
  ByteReader next_;
};

// One element of the parts one behind the other. SPECTER_CHECK: of less than 64 KiB.
inline Buffer der_element(DerTag tag, std::initializer_list<Bytes> parts) {
  std::size_t size = 0;
  for (const Bytes part : parts) size += part.size();
  SPECTER_CHECK(size < 0x10000);
  Buffer out;
  out.reserve(4 + size);
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(tag));
  if (size >= 0x100) {
    writer.u8(0x82);
    writer.u16(static_cast<std::uint16_t>(size));
  } else {
    if (size >= 0x80) writer.u8(0x81);
    writer.u8(static_cast<std::uint8_t>(size));
  }
  for (const Bytes part : parts) writer.bytes(part);
  return out;
}

}  // namespace specter::crypto
