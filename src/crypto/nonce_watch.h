// Notices a nonce that comes twice under one key, in builds with assertions: for GCM that gives the
// authentication key away (NIST SP 800-38D §8).
#pragma once

#include <set>

#include "base/queue.h"
#include "crypto/packet_cipher.h"

namespace specter::crypto {

class NonceWatch {
 public:
  static constexpr std::size_t kRemembered = 4096;  // the last ones

  // False: it was there.
  bool add(const PacketNonce& nonce) {
    if (!known_.insert(nonce).second) return false;
    order_.push_back(nonce);
    if (order_.size() > kRemembered) known_.erase(order_.take_front());
    return true;
  }

 private:
  std::set<PacketNonce> known_;
  RareQueue<PacketNonce> order_;
};

}  // namespace specter::crypto
