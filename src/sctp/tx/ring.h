// A queue in one piece of memory that is indexed from its front.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace specter::sctp {

template <class T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return slots_[(front_ + i) & mask()]; }
  const T& operator[](std::size_t i) const { return slots_[(front_ + i) & mask()]; }

  void push_back(T value) {
    if (size_ == slots_.size()) grow();
    slots_[(front_ + size_++) & mask()] = std::move(value);
  }
  void pop_front() {
    front_ = (front_ + 1) & mask();
    --size_;
  }

 private:
  std::size_t mask() const { return slots_.size() - 1; }  // the size is a power of two
  void grow() {
    std::vector<T> wider(slots_.empty() ? 4 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) wider[i] = std::move((*this)[i]);
    slots_ = std::move(wider);
    front_ = 0;
  }

  std::vector<T> slots_;
  std::size_t front_ = 0;
  std::size_t size_ = 0;
};

}  // namespace specter::sctp
