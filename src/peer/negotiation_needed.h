// W3C §4.7.3, [[NegotiationNeeded]]: told once, until a description takes it up, and only while it
// is true: what was asked for is looked at when it would be told, not when it was asked for.
#pragma once

#include <utility>

#include "jsep/negotiation.h"

namespace specter::peer {

class NegotiationNeededFlag {
 public:
  // Something was asked for.
  void note() { is_due_ = true; }
  // A description led to the stable state: what is still needed is told anew.
  void clear() {
    is_told_ = false;
    is_due_ = true;
  }
  // Whether it is to be told now, when all else was.
  bool take(const jsep::Negotiation& negotiation) {
    if (!is_due_ || negotiation.state() != SignalingState::Stable) return false;
    is_due_ = false;
    const bool is_needed = negotiation.is_needed();
    return !std::exchange(is_told_, is_needed) && is_needed;
  }

 private:
  bool is_due_ = false;
  bool is_told_ = false;
};

}  // namespace specter::peer
