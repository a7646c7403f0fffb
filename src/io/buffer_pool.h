// The memory of packets that were sent, for those that will be. One a loop; its thread only.
#pragma once

#include <utility>
#include <vector>

#include "specter/bytes.h"

namespace specter::io {

class BufferPool {
 public:
  static constexpr std::size_t kMaxBuffers = 8;
  static constexpr std::size_t kMinBytes = 4096;  // smaller ones are not worth keeping

  // Empty; with room, when one was given back.
  Buffer take() {
    if (buffers_.empty()) return {};
    Buffer out = std::move(buffers_.back());
    buffers_.pop_back();
    return out;
  }
  void give(Buffer&& buffer) {
    if (buffer.capacity() < kMinBytes || buffers_.size() == kMaxBuffers) return;
    buffer.clear();
    buffers_.push_back(std::move(buffer));
  }

 private:
  std::vector<Buffer> buffers_;
};

}  // namespace specter::io
