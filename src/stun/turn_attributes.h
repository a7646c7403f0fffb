// The attributes of RFC 8656 §18 as values, in the form that attributes.h describes.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "stun/attributes.h"
#include "stun/message.h"

namespace specter::stun {

using XorPeerAddress = XorAddress<AttributeType::XorPeerAddress>;        // RFC 8656 §18.3
using XorRelayedAddress = XorAddress<AttributeType::XorRelayedAddress>;  // RFC 8656 §18.5

// RFC 8656 §18.1. 16 bits, then 16 that are reserved. Any number is read; which ones are channels
// is RFC 8656 §12's question.
struct ChannelNumber {
  static constexpr AttributeType kType = AttributeType::ChannelNumber;
  std::uint16_t number = 0;

  static std::expected<ChannelNumber, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const ChannelNumber&) const = default;
};

// RFC 8656 §18.2.
struct Lifetime {
  static constexpr AttributeType kType = AttributeType::Lifetime;
  std::uint32_t seconds = 0;

  static std::expected<Lifetime, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.u32(seconds); }
  bool operator==(const Lifetime&) const = default;
};

// RFC 8656 §18.4: what the peer said, or is to be told.
struct DataAttribute {
  static constexpr AttributeType kType = AttributeType::Data;
  Buffer bytes;

  static std::expected<DataAttribute, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.bytes(bytes); }
  bool operator==(const DataAttribute&) const = default;
};

// RFC 8489 §14.1's numbers of families, which RFC 8656 §18.6 uses as well.
enum class AddressFamily : std::uint8_t { Ipv4 = 1, Ipv6 = 2 };

namespace detail {
// One byte, then 24 bits that are reserved.
std::expected<std::uint8_t, ParseError> parse_u8_of_word(Bytes value);
std::expected<AddressFamily, ParseError> parse_family(Bytes value);
void write_u8_of_word(ByteWriter& out, std::uint8_t value);
}  // namespace detail

template <AttributeType Type>
struct FamilyAttribute {
  static constexpr AttributeType kType = Type;
  AddressFamily family{};

  static std::expected<FamilyAttribute, ParseError> parse(Bytes value, const TransactionId&) {
    const auto family = detail::parse_family(value);
    if (!family) return std::unexpected(family.error());
    return FamilyAttribute{*family};
  }
  void write(ByteWriter& out, const TransactionId&) const {
    detail::write_u8_of_word(out, static_cast<std::uint8_t>(family));
  }
  bool operator==(const FamilyAttribute&) const = default;
};

// RFC 8656 §18.6: the family of the relayed address.
using RequestedAddressFamily = FamilyAttribute<AttributeType::RequestedAddressFamily>;
// RFC 8656 §18.11: a second relayed address beside the IPv4 one; only IPv6 makes sense.
using AdditionalAddressFamily = FamilyAttribute<AttributeType::AdditionalAddressFamily>;

// RFC 8656 §18.8: the protocol between the server and the peer, an IP protocol number.
struct RequestedTransport {
  static constexpr AttributeType kType = AttributeType::RequestedTransport;
  static constexpr std::uint8_t kUdp = 17;
  std::uint8_t protocol = kUdp;

  static std::expected<RequestedTransport, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const {
    detail::write_u8_of_word(out, protocol);
  }
  bool operator==(const RequestedTransport&) const = default;
};

// RFC 8656 §18.7: an even port, and whether the next one is to be kept for a second allocation.
struct EvenPort {
  static constexpr AttributeType kType = AttributeType::EvenPort;
  bool reserves_next = false;

  static std::expected<EvenPort, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.u8(reserves_next ? 0x80 : 0); }
  bool operator==(const EvenPort&) const = default;
};

// RFC 8656 §18.9: the server sends to the peer with "don't fragment".
struct DontFragment {
  static constexpr AttributeType kType = AttributeType::DontFragment;

  static std::expected<DontFragment, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter&, const TransactionId&) const {}
  bool operator==(const DontFragment&) const = default;
};

// RFC 8656 §18.12: why there is no relayed address of the additional family. Codes as ErrorCode's.
struct AddressErrorCode {
  static constexpr AttributeType kType = AttributeType::AddressErrorCode;
  AddressFamily family{};
  ErrorCode error;

  static std::expected<AddressErrorCode, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const AddressErrorCode&) const = default;
};

}  // namespace specter::stun
