#include "peer/connection_state.h"

#include <gtest/gtest.h>

namespace specter::peer {
namespace {

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
