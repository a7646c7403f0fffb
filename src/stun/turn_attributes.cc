#include "stun/turn_attributes.h"

namespace specter::stun {

namespace {

std::unexpected<ParseError> bad_length() { return std::unexpected(ParseError::BadLength); }

std::expected<AddressFamily, ParseError> family_of(std::uint8_t number) {
  if (number != 1 && number != 2) return std::unexpected(ParseError::BadValue);
  return static_cast<AddressFamily>(number);
}

}  // namespace

namespace detail {

std::expected<std::uint8_t, ParseError> parse_u8_of_word(Bytes value) {
  if (value.size() != 4) return bad_length();
  return value[0];
}

std::expected<AddressFamily, ParseError> parse_family(Bytes value) {
  const auto number = parse_u8_of_word(value);
  if (!number) return std::unexpected(number.error());
  return family_of(*number);
}

void write_u8_of_word(ByteWriter& out, std::uint8_t value) {
  out.u8(value);
  out.zeros(3);
}

}  // namespace detail

std::expected<ChannelNumber, ParseError> ChannelNumber::parse(Bytes value, const TransactionId&) {
  if (value.size() != 4) return bad_length();
  return ChannelNumber{ByteReader(value).u16()};
}

void ChannelNumber::write(ByteWriter& out, const TransactionId&) const {
  out.u16(number);
  out.zeros(2);
}

std::expected<Lifetime, ParseError> Lifetime::parse(Bytes value, const TransactionId&) {
  if (value.size() != 4) return bad_length();
  return Lifetime{ByteReader(value).u32()};
}

std::expected<DataAttribute, ParseError> DataAttribute::parse(Bytes value, const TransactionId&) {
  return DataAttribute{to_buffer(value)};
}

std::expected<RequestedTransport, ParseError> RequestedTransport::parse(Bytes value,
                                                                        const TransactionId&) {
  const auto protocol = detail::parse_u8_of_word(value);
  if (!protocol) return std::unexpected(protocol.error());
  return RequestedTransport{*protocol};
}

std::expected<EvenPort, ParseError> EvenPort::parse(Bytes value, const TransactionId&) {
  if (value.size() != 1) return bad_length();
  return EvenPort{(value[0] & 0x80) != 0};
}

std::expected<DontFragment, ParseError> DontFragment::parse(Bytes value, const TransactionId&) {
  if (!value.empty()) return bad_length();
  return DontFragment{};
}

std::expected<AddressErrorCode, ParseError> AddressErrorCode::parse(Bytes value,
                                                                    const TransactionId& id) {
  // The first byte is the family where ERROR-CODE has reserved bits; the rest is as there.
  const auto error = ErrorCode::parse(value, id);
  if (!error) return std::unexpected(error.error());
  const auto family = family_of(value[0]);
  if (!family) return std::unexpected(family.error());
  return AddressErrorCode{*family, *error};
}

void AddressErrorCode::write(ByteWriter& out, const TransactionId& id) const {
  Buffer bytes;
  ByteWriter writer(bytes);
  error.write(writer, id);
  bytes[0] = static_cast<std::uint8_t>(family);
  out.bytes(bytes);
}

}  // namespace specter::stun
