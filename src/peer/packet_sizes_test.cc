#include "peer/packet_sizes.h"

#include <gmock/gmock.h>

namespace specter::peer {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Le;
using ::testing::Not;

const IpAddress kV4 = IpAddress::v4({192, 0, 2, 1});
const IpAddress kV6 = IpAddress::parse("2001:db8::1").value();

TEST(PacketSizes, LeaveRoomForTheHeadersBelow) {
  // Ethernet, IPv4 and DTLS 1.2: 1500 - 20 - 8 - 37, a multiple of four below.
  EXPECT_EQ(sctp_packet_sizes(kV4, 1500, 37).back(), 1432u);
  EXPECT_EQ(sctp_packet_sizes(kV6, 1500, 37).back(), 1412u);
  EXPECT_EQ(sctp_packet_sizes(kV4, 1500, 22).back(), 1448u);
}

TEST(PacketSizes, AreOfNoLargerPacketThanTheInterfaceSends) {
  EXPECT_THAT(sctp_packet_sizes(kV4, 1342, 22),
              ElementsAre(524, 648, 748, 848, 956, 1048, 1148, 1228, 1248, 1292));
  EXPECT_THAT(sctp_packet_sizes(kV4, 1500, 22), Each(Le(1448u)));
  EXPECT_THAT(sctp_packet_sizes(kV4, 1497, 22), Not(Contains(1448u)));
}

TEST(PacketSizes, Rfc8446_5_1_AreOfNoLargerRecordThanThereIs) {
  EXPECT_EQ(sctp_packet_sizes(kV4, 65536, 22).back(), 16384u);
}

TEST(PacketSizes, OfAnInterfaceThatSendsNothingAreNone) {
  EXPECT_THAT(sctp_packet_sizes(kV4, 0, 22), IsEmpty());
  EXPECT_THAT(sctp_packet_sizes(kV4, 50, 22), IsEmpty());
}

}  // namespace
}  // namespace specter::peer
