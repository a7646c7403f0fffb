// A key or another secret: in place, without the heap, wiped when it goes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "specter/bytes.h"

namespace specter::crypto {

// Overwrites with zeros in a way that no optimizer removes.
void cleanse(std::span<std::uint8_t> bytes);

class Secret {
 public:
  static constexpr std::size_t kMaxBytes = 96;  // P-384 and SHA-384: 48; X25519MLKEM768: 64

  Secret() = default;
  explicit Secret(std::size_t size);  // zeros; SPECTER_CHECK: at most kMaxBytes
  explicit Secret(Bytes bytes);
  Secret(const Secret&) = default;
  Secret& operator=(const Secret&) = default;
  ~Secret();

  Bytes bytes() const { return Bytes(bytes_).first(size_); }
  operator Bytes() const { return bytes(); }  // NOLINT(google-explicit-constructor)
  std::span<std::uint8_t> data() { return std::span(bytes_).first(size_); }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void wipe();  // empty afterwards

 private:
  std::array<std::uint8_t, kMaxBytes> bytes_{};
  std::size_t size_ = 0;
};

}  // namespace specter::crypto
