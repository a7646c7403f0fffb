#include "stun/turn_attributes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/hex.h"

namespace specter::stun {
namespace {

using specter::testing::hex;

const TransactionId kId{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};

template <class A>
void expect_wire(const A& attribute, std::string_view wire) {
  Buffer out;
  ByteWriter writer(out);
  attribute.write(writer, kId);
  EXPECT_EQ(out, hex(wire));
  EXPECT_EQ((A::parse(hex(wire), kId)), attribute);
}

// A value of fixed size is refused when it is shorter, or longer by a byte.
template <class A>
void expect_only_whole(std::string_view wire) {
  Buffer whole = hex(wire);
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(A::parse(Bytes(whole).first(size), kId)) << size;
  whole.push_back(0);
  EXPECT_FALSE(A::parse(whole, kId));
}

TEST(TurnAttributes, Addresses) {
  const Endpoint v4 = *Endpoint::parse("192.0.2.1:32853");
  expect_wire(XorPeerAddress{v4}, "00 01 a1 47 e1 12 a6 43");
  expect_wire(XorRelayedAddress{v4}, "00 01 a1 47 e1 12 a6 43");
}

TEST(TurnAttributes, NumbersAreWritten) {
  expect_wire(ChannelNumber{0x4001}, "40 01 00 00");
  expect_only_whole<ChannelNumber>("40 01 00 00");
  expect_wire(Lifetime{600}, "00 00 02 58");
  expect_only_whole<Lifetime>("00 00 02 58");
  expect_wire(RequestedTransport{}, "11 00 00 00");
  expect_only_whole<RequestedTransport>("11 00 00 00");
  expect_wire(EvenPort{true}, "80");
  expect_wire(EvenPort{false}, "00");
  expect_only_whole<EvenPort>("80");
  expect_wire(DontFragment{}, "");
  expect_only_whole<DontFragment>("");
  expect_wire(DataAttribute{hex("01 02 03")}, "01 02 03");
  expect_wire(DataAttribute{}, "");
}

TEST(TurnAttributes, FamiliesAreTheTwoThatThereAre) {
  expect_wire(RequestedAddressFamily{AddressFamily::Ipv6}, "02 00 00 00");
  expect_only_whole<RequestedAddressFamily>("01 00 00 00");
  expect_wire(AdditionalAddressFamily{AddressFamily::Ipv6}, "02 00 00 00");
  for (const std::string_view wire : {"00 00 00 00", "03 00 00 00"}) {
    EXPECT_EQ(RequestedAddressFamily::parse(hex(wire), kId), std::unexpected(ParseError::BadValue));
  }
}

TEST(TurnAttributes, AddressErrorCodeHasAFamily) {
  expect_wire(AddressErrorCode{AddressFamily::Ipv6, {440, "no"}}, "02 00 04 28 6e 6f");
  EXPECT_EQ(AddressErrorCode::parse(hex("00 00 04 28"), kId),
            std::unexpected(ParseError::BadValue));
  for (const std::string_view wire : {"", "02", "02 00", "02 00 04"})
    EXPECT_FALSE(AddressErrorCode::parse(hex(wire), kId)) << wire;
}

}  // namespace
}  // namespace specter::stun
