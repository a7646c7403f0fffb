// How many error responses may leave, and to whom. RFC 8445 §19: an error costs whoever asks for it
// one small datagram, and us the same, perhaps towards an address that was forged.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "ice/pacer.h"

#include "specter/endpoint.h"
#include "specter/time.h"

namespace specter::ice {

// Two buckets, so that whoever has no credentials leaves the peer its errors: roles settle by them
// (RFC 8445 §7.3.1.1). Of the strangers each address has a share, so that a flood from one takes
// nothing from others.
class ErrorBudget {
 public:
  static constexpr int kBurst = 10;  // then ten a second, for each of the two
  static constexpr int kBurstOfOne = 4;
  static constexpr Duration kInterval = std::chrono::milliseconds(100);
  static constexpr Duration kIntervalOfOne = std::chrono::milliseconds(500);
  static constexpr std::size_t kMaxAddresses = 32;  // the one that asked longest ago is forgotten

  // Whether one may leave now; then it counts. In answer to a request that had integrity:
  bool take_for_peer(Timestamp now) { return take(now, peer_); }
  // To anybody else.
  bool take_for_stranger(Timestamp now, const IpAddress& address) {
    Pacer& own = share_of(now, address);
    if (!own.is_ready(now) || !take(now, strangers_)) return false;
    own.take(now);
    return true;
  }

 private:
  struct Share {
    IpAddress address;
    Timestamp asked;
    Pacer pacer{kIntervalOfOne, kBurstOfOne};
  };

  static bool take(Timestamp now, Pacer& from) {
    if (!from.is_ready(now)) return false;
    from.take(now);
    return true;
  }
  Pacer& share_of(Timestamp now, const IpAddress& address) {
    auto share = std::ranges::find(shares_, address, &Share::address);
    if (share == shares_.end()) {
      if (shares_.size() == kMaxAddresses)
        shares_.erase(std::ranges::min_element(shares_, {}, &Share::asked));
      share = shares_.insert(shares_.end(), Share{.address = address, .asked = now});
    }
    share->asked = now;
    return share->pacer;
  }

  Pacer peer_{kInterval, kBurst};
  Pacer strangers_{kInterval, kBurst};
  std::vector<Share> shares_;
};

}  // namespace specter::ice
