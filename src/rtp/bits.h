// Reading and writing numbers that begin and end within bytes: the highest bit first.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace specter::rtp {

// It fails as ByteReader does: once, and yields zeros from then on.
class BitReader {
 public:
  explicit BitReader(Bytes in) : in_(in) {}

  // At most 32 bits.
  std::uint32_t bits(std::size_t count) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) value = value << 1 | bit();
    return value;
  }
  bool flag() { return bit() != 0; }

  // A number below `values`, in one bit less where that is enough: ns(n) of AV1 §4.10.10.
  std::uint32_t below(std::uint32_t values) {
    const std::uint32_t width = width_of(values);
    const std::uint32_t short_ones = (std::uint32_t{1} << width) - values;
    const std::uint32_t value = bits(width - 1);
    return value < short_ones ? value : (value << 1) - short_ones + bit();
  }

  bool ok() const { return ok_; }

  static constexpr std::uint32_t width_of(std::uint32_t number) {
    std::uint32_t width = 0;
    for (; number != 0; number >>= 1) ++width;
    return width;
  }

 private:
  std::uint32_t bit() {
    if (at_ / 8 >= in_.size()) ok_ = false;
    if (!ok_) return 0;
    const std::uint32_t value = in_[at_ / 8] >> (7 - at_ % 8) & 1u;
    ++at_;
    return value;
  }

  Bytes in_;
  std::size_t at_ = 0;  // in bits
  bool ok_ = true;
};

// Appends to a ByteWriter, byte by byte.
class BitWriter {
 public:
  explicit BitWriter(ByteWriter& out) : out_(out) {}

  void bits(std::uint32_t value, std::size_t count) {
    for (std::size_t i = count; i > 0; --i) bit(value >> (i - 1) & 1u);
  }
  void flag(bool value) { bit(value ? 1 : 0); }

  // As BitReader::below().
  void below(std::uint32_t value, std::uint32_t values) {
    const std::uint32_t width = BitReader::width_of(values);
    const std::uint32_t short_ones = (std::uint32_t{1} << width) - values;
    if (value < short_ones)
      bits(value, width - 1);
    else
      bits(value + short_ones, width);
  }

  // Zeros up to the end of the byte. Call it last.
  void finish() {
    while (filled_ > 0) bit(0);
  }

 private:
  void bit(std::uint32_t value) {
    pending_ = static_cast<std::uint8_t>(pending_ << 1 | value);
    if (++filled_ < 8) return;
    out_.u8(pending_);
    filled_ = 0;
  }

  ByteWriter& out_;
  std::uint8_t pending_ = 0;
  int filled_ = 0;  // bits of pending_
};

}  // namespace specter::rtp
