// Reading and writing the wire: bounds-checked, big-endian.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "specter/bytes.h"

namespace specter {

// Reads from the front. It fails once and stays failed, yielding zeros and nothing from then on, so
// a parser reads straight down and asks ok() at the end.
class ByteReader {
 public:
  explicit ByteReader(Bytes in) : in_(in) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u48() { return number(6); }
  std::uint64_t u64() { return number(8); }

  // The next `size` bytes, as a view into the input; empty when there are fewer.
  Bytes bytes(std::size_t size) {
    if (!take(size)) return {};
    const Bytes out = in_.first(size);
    in_ = in_.subspan(size);
    return out;
  }
  std::string text(std::size_t size) { return std::string(as_text(bytes(size))); }
  Bytes rest() { return bytes(remaining()); }
  void skip(std::size_t size) { bytes(size); }

  bool ok() const { return ok_; }
  std::size_t remaining() const { return in_.size(); }
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  bool take(std::size_t size) {
    if (in_.size() >= size) return ok_;
    fail();
    return false;
  }
  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes(size)) value = value << 8 | byte;
    return value;
  }

  Bytes in_;
  bool ok_ = true;
};

// Appends to a buffer that somebody else owns. What stands before `origin` is not its affair: all
// positions are counted from there.
class ByteWriter {
 public:
  explicit ByteWriter(Buffer& out, std::size_t origin = 0) : out_(out), origin_(origin) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u48(std::uint64_t value) { number(value, 6); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(Bytes value) { out_.insert(out_.end(), value.begin(), value.end()); }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void zeros(std::size_t size) { out_.resize(out_.size() + size); }
  // Zeros up to the next multiple of `alignment`, counted from `start`.
  void pad(std::size_t alignment, std::size_t start = 0) {
    zeros((alignment - (size() - start) % alignment) % alignment);
  }

  // Where the next byte goes, and a number that was left open there earlier.
  std::size_t size() const { return out_.size() - origin_; }
  void set_u16(std::size_t at, std::uint16_t value) {
    out_[origin_ + at] = static_cast<std::uint8_t>(value >> 8);
    out_[origin_ + at + 1] = static_cast<std::uint8_t>(value);
  }
  void set_u24(std::size_t at, std::uint32_t value) {
    out_[origin_ + at] = static_cast<std::uint8_t>(value >> 16);
    set_u16(at + 1, static_cast<std::uint16_t>(value));
  }
  void set_u32(std::size_t at, std::uint32_t value) {
    set_u16(at, static_cast<std::uint16_t>(value >> 16));
    set_u16(at + 2, static_cast<std::uint16_t>(value));
  }

 private:
  void number(std::uint64_t value, std::size_t size) {
    std::array<std::uint8_t, 8> bytes;
    for (std::size_t i = 0; i < size; ++i)
      bytes[i] = static_cast<std::uint8_t>(value >> (8 * (size - 1 - i)));
    out_.insert(out_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }

  Buffer& out_;
  std::size_t origin_;
};

inline Buffer to_buffer(Bytes bytes) { return Buffer(bytes.begin(), bytes.end()); }

}  // namespace specter
