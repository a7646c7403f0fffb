// What a request of the peer's has brought about already. Whoever sees one can send it again from
// anywhere, and its integrity is right each time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "stun/message.h"

#include "specter/endpoint.h"

namespace specter::ice {

// Which addresses a transaction has taught. Two at most: a NAT may give a new port between a
// request and its repetition, and nothing honest does more.
class Lessons {
 public:
  static constexpr std::size_t kMaxTransactions = 64;  // the oldest is forgotten
  static constexpr std::size_t kMaxAddresses = 2;

  bool may_teach(const stun::TransactionId& id, const Endpoint& remote) {
    const auto known = std::ranges::find(lessons_, id, &Lesson::id);
    if (known != lessons_.end()) {
      if (std::ranges::find(known->taught, remote) != known->taught.end()) return true;
      if (known->taught.size() == kMaxAddresses) return false;
      known->taught.push_back(remote);
      return true;
    }
    if (lessons_.size() == kMaxTransactions) lessons_.erase(lessons_.begin());
    lessons_.push_back({id, {remote}});
    return true;
  }

 private:
  struct Lesson {
    stun::TransactionId id;
    std::vector<Endpoint> taught;
  };
  std::vector<Lesson> lessons_;
};

// The last few transactions of a kind.
class RecentTransactions {
 public:
  static constexpr std::size_t kMax = 16;

  bool contains(const stun::TransactionId& id) const {
    return std::ranges::find(ids_, id) != ids_.end();
  }
  void add(const stun::TransactionId& id) {
    if (ids_.size() == kMax) ids_.erase(ids_.begin());
    ids_.push_back(id);
  }

 private:
  std::vector<stun::TransactionId> ids_;
};

}  // namespace specter::ice
