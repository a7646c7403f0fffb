// The signaling state machine, as a table. RFC 9429 §3.2 (figure 2), §4.1.10.
//
//                       setRemote(offer)                 setRemote(pranswer)
//                 +----------------------> have-      +-----------------------> have-
//                 |   setLocal(answer)   remote-offer |                        remote-pranswer
//                 |  <-------------------   |         |                            |
//    stable  -----+                         | setLocal(pranswer)                   |
//    setRemote(answer)
//                 |                         v                                      v
//                 |                 have-local-pranswer --setLocal(answer)-->   stable
//                 |   setLocal(offer)
//                 +----------------------> have-local-offer --setRemote(answer)--> stable
#pragma once

#include <array>
#include <optional>

#include "specter/description.h"
#include "specter/states.h"

namespace specter::jsep {

enum class Side { Local, Remote };

struct Transition {
  SignalingState from;
  Side side;
  SdpType type;
  SignalingState to;
};

// What is not in the table is an error.
inline constexpr auto kTransitions = [] {
  using enum SignalingState;
  using enum SdpType;
  using enum Side;
  return std::to_array<Transition>({
      {Stable, Local, Offer, HaveLocalOffer},
      {Stable, Remote, Offer, HaveRemoteOffer},
      {HaveLocalOffer, Local, Offer, HaveLocalOffer},
      {HaveLocalOffer, Remote, Answer, Stable},
      {HaveLocalOffer, Remote, PrAnswer, HaveRemotePrAnswer},
      {HaveLocalOffer, Local, Rollback, Stable},
      {HaveRemoteOffer, Remote, Offer, HaveRemoteOffer},
      {HaveRemoteOffer, Local, Answer, Stable},
      {HaveRemoteOffer, Local, PrAnswer, HaveLocalPrAnswer},
      {HaveRemoteOffer, Remote, Rollback, Stable},
      {HaveLocalPrAnswer, Local, PrAnswer, HaveLocalPrAnswer},
      {HaveLocalPrAnswer, Local, Answer, Stable},
      {HaveRemotePrAnswer, Remote, PrAnswer, HaveRemotePrAnswer},
      {HaveRemotePrAnswer, Remote, Answer, Stable},
  });
}();

constexpr std::optional<SignalingState> next(SignalingState from, Side side, SdpType type) {
  for (const Transition& t : kTransitions) {
    if (t.from == from && t.side == side && t.type == type) return t.to;
  }
  return std::nullopt;
}

static_assert(next(SignalingState::Stable, Side::Remote, SdpType::Answer) == std::nullopt);
static_assert(next(SignalingState::HaveLocalOffer, Side::Remote, SdpType::Answer) ==
              SignalingState::Stable);

}  // namespace specter::jsep
