#include "sctp/rx/pieces.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace specter::sctp {

std::deque<Buffer>& Pieces::rest() {
  if (!rest_) rest_ = std::make_unique<std::deque<Buffer>>();
  return *rest_;
}

void Pieces::append(Bytes bytes) {
  const bool is_one = !rest_ || rest_->empty();
  if (Buffer& end = last(); is_one || end.size() <= kSmallPiece)
    end.insert(end.end(), bytes.begin(), bytes.end());
  else
    rest_->push_back(to_buffer(bytes));
}

void Pieces::append(Pieces&& behind) {
  if (behind.first_.size() <= kSmallPiece) {
    Buffer& end = last();
    end.insert(end.end(), behind.first_.begin(), behind.first_.end());
  } else {
    rest().push_back(std::move(behind.first_));
  }
  if (!behind.rest_ || behind.rest_->empty()) return;
  // The shorter chain moves over to the longer.
  std::deque<Buffer>& here = rest();
  if (here.size() >= behind.rest_->size()) {
    std::ranges::move(*behind.rest_, std::back_inserter(here));
  } else {
    for (auto piece = here.rbegin(); piece != here.rend(); ++piece)
      behind.rest_->push_front(std::move(*piece));
    rest_ = std::move(behind.rest_);
  }
}

Buffer Pieces::take(std::size_t bytes) && {
  if (!rest_ || rest_->empty()) return std::move(first_);
  first_.reserve(bytes);
  for (const Buffer& piece : *rest_) first_.insert(first_.end(), piece.begin(), piece.end());
  return std::move(first_);
}

}  // namespace specter::sctp
