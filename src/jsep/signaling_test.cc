#include "jsep/signaling.h"

#include <gtest/gtest.h>

namespace specter::jsep {
namespace {

using enum SignalingState;
using enum SdpType;
using enum Side;

// RFC 9429 §3.2, figure 2, and §4.1.10.2 for rollback: every arrow, and nothing besides.
TEST(Signaling, HasTheArrowsOfRfc9429AndNoOther) {
  const std::vector<Transition> figure = {
      {Stable, Local, Offer, HaveLocalOffer},
      {Stable, Remote, Offer, HaveRemoteOffer},
      {HaveLocalOffer, Local, Offer, HaveLocalOffer},
      {HaveLocalOffer, Remote, PrAnswer, HaveRemotePrAnswer},
      {HaveLocalOffer, Remote, Answer, Stable},
      {HaveLocalOffer, Local, Rollback, Stable},
      {HaveRemotePrAnswer, Remote, PrAnswer, HaveRemotePrAnswer},
      {HaveRemotePrAnswer, Remote, Answer, Stable},
      {HaveRemoteOffer, Remote, Offer, HaveRemoteOffer},
      {HaveRemoteOffer, Local, PrAnswer, HaveLocalPrAnswer},
      {HaveRemoteOffer, Local, Answer, Stable},
      {HaveRemoteOffer, Remote, Rollback, Stable},
      {HaveLocalPrAnswer, Local, PrAnswer, HaveLocalPrAnswer},
      {HaveLocalPrAnswer, Local, Answer, Stable},
  };
  for (const auto from : {Stable, HaveLocalOffer, HaveRemoteOffer, HaveLocalPrAnswer,
                          HaveRemotePrAnswer, SignalingState::Closed}) {
    for (const auto side : {Local, Remote}) {
      for (const auto type : {Offer, PrAnswer, Answer, Rollback}) {
        std::optional<SignalingState> expected;
        for (const auto& arrow : figure) {
          if (arrow.from == from && arrow.side == side && arrow.type == type) expected = arrow.to;
        }
        EXPECT_EQ(next(from, side, type), expected)
            << to_string(from) << ' ' << static_cast<int>(side) << ' ' << to_string(type);
      }
    }
  }
}

}  // namespace
}  // namespace specter::jsep
