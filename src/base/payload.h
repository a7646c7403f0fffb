// A message to be sent: bytes of somebody else's, to be copied, or a buffer that is taken along.
#pragma once

#include <utility>

#include "specter/bytes.h"

namespace specter {

class Payload {
 public:
  Payload(Bytes bytes) : bytes_(bytes) {}                         // NOLINT: meant to be implicit
  Payload(const Buffer& bytes) : bytes_(bytes) {}                 // NOLINT
  Payload(Buffer&& buffer) : bytes_(buffer), buffer_(&buffer) {}  // NOLINT

  Bytes bytes() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  Buffer* buffer() const { return buffer_; }  // null when the bytes are to be copied
  // Once, by whoever keeps it. Until then a buffer is as its owner gave it.
  Buffer take() const {
    return buffer_ ? std::move(*buffer_) : Buffer(bytes_.begin(), bytes_.end());
  }

 private:
  Bytes bytes_;
  Buffer* buffer_ = nullptr;
};

}  // namespace specter
