// Bytes that come in chunks of any size, of which a reader takes from the front.
#pragma once

#include <cstddef>

#include "specter/bytes.h"

namespace specter::container {

class Input {
 public:
  // What was taken is forgotten here, so views of it end. Memory is what was not taken, the chunk,
  // and as much again at most.
  void append(Bytes more) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
    taken_ = 0;
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }
  // What was not taken, as a view until the next append().
  Bytes rest() const { return Bytes(bytes_).subspan(taken_); }
  void take(std::size_t size) { taken_ += size; }
  // Nothing of it is wanted any more.
  void drop() {
    bytes_ = {};
    taken_ = 0;
  }

 private:
  Buffer bytes_;
  std::size_t taken_ = 0;
};

}  // namespace specter::container
