// A queue that takes no memory while nothing waits in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace specter {

// Empties what is filled and emptied over and over. It keeps its room, unless this filling needed
// no more than a quarter of that: what a flood has made of it goes with the next small one.
template <class T>
void clear_to_fit(std::vector<T>& items) {
  if (items.empty()) return;
  const bool is_roomy = items.capacity() > 1 && 4 * items.size() <= items.capacity();
  items.clear();
  if (is_roomy) items.shrink_to_fit();
}

// First in, first out. A connection has some twenty of these and most are empty most of the time; a
// std::deque of libstdc++ takes 600 bytes for that. References and iterators are good until the
// next push or pop, as those of a vector.
//
// An empty queue keeps memory for the next batch, but not what a flood has made of it: `KeptBytes`
// at most.
template <class T, std::size_t KeptBytes = 16 * 1024>
class Queue {
 public:
  using value_type = T;
  using iterator = typename std::vector<T>::iterator;
  using const_iterator = typename std::vector<T>::const_iterator;

  Queue() = default;
  Queue(const Queue&) = default;
  Queue& operator=(const Queue&) = default;
  // What was moved from is empty, and may be used on.
  Queue(Queue&& other) noexcept
      : items_(std::move(other.items_)), front_(std::exchange(other.front_, 0)) {
    other.items_.clear();
  }
  Queue& operator=(Queue&& other) noexcept {
    items_ = std::exchange(other.items_, {});
    front_ = std::exchange(other.front_, 0);
    return *this;
  }
  ~Queue() = default;

  bool empty() const { return front_ == items_.size(); }
  std::size_t size() const { return items_.size() - front_; }
  T& front() { return items_[front_]; }
  const T& front() const { return items_[front_]; }
  T& back() { return items_.back(); }
  const T& back() const { return items_.back(); }
  T& operator[](std::size_t i) { return items_[front_ + i]; }
  const T& operator[](std::size_t i) const { return items_[front_ + i]; }

  iterator begin() { return items_.begin() + offset(); }
  iterator end() { return items_.end(); }
  const_iterator begin() const { return items_.begin() + offset(); }
  const_iterator end() const { return items_.end(); }

  void push_back(T value) { emplace_back(std::move(value)); }
  template <class... Args>
  T& emplace_back(Args&&... args) {
    // What was popped is half of it at least: moving the rest costs less than growing, and no more
    // than the pops before it.
    if (items_.size() == items_.capacity() && 2 * front_ >= items_.size()) drop_popped();
    return items_.emplace_back(std::forward<Args>(args)...);
  }
  // What it owns goes with it, now, and not with its place.
  T take_front() {
    T taken = std::move(items_[front_]);
    if (++front_ == items_.size()) clear();
    return taken;
  }
  void pop_front() { (void)take_front(); }
  iterator erase(const_iterator first, const_iterator last) { return items_.erase(first, last); }
  void clear() {
    items_.clear();
    front_ = 0;
    if (items_.capacity() * sizeof(T) > KeptBytes) items_.shrink_to_fit();
  }

 private:
  std::ptrdiff_t offset() const { return static_cast<std::ptrdiff_t>(front_); }
  void drop_popped() {
    items_.erase(items_.begin(), begin());
    front_ = 0;
  }

  std::vector<T> items_;
  std::size_t front_ = 0;  // so many at the beginning of `items_` were popped
};

// A queue of what comes rarely.
template <class T>
using RareQueue = Queue<T, 0>;

template <class T, std::size_t KeptBytes, class Predicate>
std::size_t erase_if(Queue<T, KeptBytes>& queue, Predicate predicate) {
  const auto kept = std::remove_if(queue.begin(), queue.end(), predicate);
  const auto count = static_cast<std::size_t>(queue.end() - kept);
  queue.erase(kept, queue.end());
  return count;
}

}  // namespace specter
