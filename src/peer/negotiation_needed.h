// W3C §4.7.3, [[NegotiationNeeded]]: told once, until a description takes it up.
#pragma once

#include "peer/events.h"

namespace specter::peer {

class NegotiationNeededFlag {
 public:
  // Of a stable state: whether something that was asked for stands in no description yet.
  void update(bool is_needed, Events& events) {
    if (is_needed && !is_set_) events.emplace_back(core::NegotiationNeeded{});
    is_set_ = is_needed;
  }
  void clear() { is_set_ = false; }

 private:
  bool is_set_ = false;
};

}  // namespace specter::peer
