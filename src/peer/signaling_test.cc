#include "peer/signaling.h"

#include <gtest/gtest.h>

#include "peer/connection_state.h"

namespace specter::peer {
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

// W3C §4.3.3, the definition of each RTCPeerConnectionState for one transport.
TEST(ConnectionState, FollowsIceAndDtls) {
  using Ice = IceConnectionState;
  EXPECT_EQ(connection_state(Ice::New, DtlsTransportState::New), ConnectionState::New);
  EXPECT_EQ(connection_state(Ice::Checking, DtlsTransportState::New), ConnectionState::Connecting);
  EXPECT_EQ(connection_state(Ice::Connected, DtlsTransportState::Connecting),
            ConnectionState::Connecting);
  EXPECT_EQ(connection_state(Ice::Connected, DtlsTransportState::Connected),
            ConnectionState::Connected);
  EXPECT_EQ(connection_state(Ice::Completed, DtlsTransportState::Connected),
            ConnectionState::Connected);
  EXPECT_EQ(connection_state(Ice::Disconnected, DtlsTransportState::Connected),
            ConnectionState::Disconnected);
  EXPECT_EQ(connection_state(Ice::Failed, DtlsTransportState::Connected), ConnectionState::Failed);
  EXPECT_EQ(connection_state(Ice::Connected, DtlsTransportState::Failed), ConnectionState::Failed);
  EXPECT_EQ(connection_state(Ice::Connected, DtlsTransportState::Closed), ConnectionState::Failed);
}

}  // namespace
}  // namespace specter::peer
