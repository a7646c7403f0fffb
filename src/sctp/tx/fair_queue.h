// Weighted fair queueing: whose turn it is among those that have something to send. RFC 8260 §3.6,
// RFC 8831 §6.4.
//
// Each has a virtual time, which its bytes move on, the less the greater its weight is; the turn is
// that of who is farthest behind. Who comes back begins at the time of the others: what it did not
// use while it had nothing to say is gone, and what it took last is not forgotten. (Start-time fair
// queueing.) O(log n) in those that have something to send, in one piece of memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace specter::sctp {

// One byte at the weight 1 is 2^16: enough for 2^48 bytes at that weight before it wraps.
using VirtualTime = std::uint64_t;

// T has a `VirtualTime virtual_time`, and stays where it is as long as it is in here.
template <class T>
class FairQueue {
 public:
  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  T& front() const { return *heap_.front().who; }

  void push(T& who) {
    // Alone it sets the time itself: nobody is there to be overtaken.
    if (heap_.empty()) now_ = std::max(now_, who.virtual_time);
    who.virtual_time = std::max(who.virtual_time, now_);
    add(who);
  }
  // One whose turn was put off: it keeps its time.
  void add(T& who) {
    heap_.push_back({who.virtual_time, ++orders_, &who});
    std::ranges::push_heap(heap_, [](const Entry& a, const Entry& b) { return b < a; });
  }
  void pop() {
    heap_.front() = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sift_down();
  }
  // The front has used so much, at most 65,535 bytes. Its turn goes on until requeue() or pop().
  void charge(std::size_t bytes, std::uint16_t weight) {
    now_ = std::max(now_, heap_.front().time);
    front().virtual_time += (static_cast<std::uint32_t>(bytes) << 16) / weight;
  }
  // The front goes where it now belongs: behind those of the same time.
  void requeue() {
    Entry& first = heap_.front();
    first.time = first.who->virtual_time;
    first.order = ++orders_;
    sift_down();
  }

 private:
  struct Entry {
    VirtualTime time;
    std::uint64_t order;  // of two at one time, who came first
    T* who;

    bool operator<(const Entry& other) const {
      return time != other.time ? time < other.time : order < other.order;
    }
  };

  void sift_down() {
    const std::size_t size = heap_.size();
    if (size == 1) return;
    const Entry entry = heap_.front();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 2 * hole + 1) {
      if (child + 1 < size && heap_[child + 1] < heap_[child]) ++child;
      if (!(heap_[child] < entry)) break;
      heap_[hole] = heap_[child];
      hole = child;
    }
    heap_[hole] = entry;
  }

  std::vector<Entry> heap_;
  std::uint64_t orders_ = 0;
  VirtualTime now_ = 0;  // when the last turn began
};

}  // namespace specter::sctp
