// A row of bytes that grows at its end, and to which others like it are joined.
//
// Pieces below a size are joined when they meet, so that one byte a fragment does not cost an
// allocation each; above it they are only chained, so that no order of arrival makes us copy much.
// In the ordinary case, fragments in order, all is one piece.
#pragma once

#include <deque>
#include <memory>

#include "base/bytes.h"

#include "specter/bytes.h"

namespace specter::sctp {

class Pieces {
 public:
  explicit Pieces(Bytes bytes) : first_(to_buffer(bytes)) {}

  void append(Bytes bytes);
  void append(Pieces&& behind);
  void reserve(std::size_t bytes) { first_.reserve(bytes); }
  Buffer take(std::size_t bytes) &&;  // all of them, which are so many

 private:
  static constexpr std::size_t kSmallPiece = 2048;

  Buffer& last() { return rest_ && !rest_->empty() ? rest_->back() : first_; }
  std::deque<Buffer>& rest();

  Buffer first_;
  std::unique_ptr<std::deque<Buffer>> rest_{};  // made when it is needed: it is not small
};

}  // namespace specter::sctp
