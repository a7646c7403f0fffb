#include "peer/last_words.h"

#include <utility>

namespace specter::peer {

void LastWords::repeat(Timestamp now, Transmit words) {
  const std::size_t size = (words.bytes.size() - 1) % words.segment_size + 1;
  words.bytes.erase(words.bytes.begin(), words.bytes.end() - static_cast<std::ptrdiff_t>(size));
  words.segment_size = size;
  repeated_ = Repeated{std::move(words), kTimes - 1, now + kInterval};
}

void LastWords::handle_timeout(Timestamp now) {
  if (!repeated_ || now < repeated_->next) return;
  words_.push_back(repeated_->datagram);
  repeated_->next = now + kInterval;
  if (--repeated_->left == 0) repeated_.reset();
}

std::optional<Transmit> LastWords::poll_transmit() {
  if (words_.empty()) return std::nullopt;
  return words_.take_front();
}

WakeUp LastWords::next_timeout() const {
  return {repeated_ ? Deadline{repeated_->next} : Deadline{}, "goodbye"};
}

}  // namespace specter::peer
