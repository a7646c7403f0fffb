#include "stun/attributes.h"

#include <algorithm>

namespace specter::stun {

namespace {

constexpr std::uint8_t kFamilyV4 = 1;
constexpr std::uint8_t kFamilyV6 = 2;

std::unexpected<ParseError> bad_length() { return std::unexpected(ParseError::BadLength); }

// RFC 8489 §14.2: an address is XORed with the cookie, an IPv6 one with the transaction id behind
// it.
IpAddress xored(const IpAddress& address, const TransactionId& id) {
  std::array<std::uint8_t, 16> mask{0x21, 0x12, 0xa4, 0x42};
  std::ranges::copy(id.bytes, mask.begin() + 4);
  const Bytes octets = address.octets();
  std::array<std::uint8_t, 16> out{};
  for (std::size_t i = 0; i < octets.size(); ++i) out[i] = octets[i] ^ mask[i];
  if (address.is_v6()) return IpAddress::v6(out);
  return IpAddress::v4({out[0], out[1], out[2], out[3]});
}

constexpr std::uint16_t kPortMask = kMagicCookie >> 16;

// One entry of PASSWORD-ALGORITHM(S): algorithm, length of the parameters, parameters, padding.
PasswordAlgorithm read_algorithm(ByteReader& r) {
  PasswordAlgorithm out;
  out.algorithm = static_cast<PasswordAlgorithmId>(r.u16());
  const std::uint16_t size = r.u16();
  out.parameters = to_buffer(r.bytes(size));
  // The last entry's padding may be the attribute's own, which is not part of the value.
  r.skip(std::min<std::size_t>((4 - size % 4) % 4, r.remaining()));
  return out;
}

}  // namespace

namespace detail {

std::expected<Endpoint, ParseError> parse_address(Bytes value) {
  ByteReader r(value);
  r.skip(1);  // RFC 8489 §14.1: the first byte is ignored
  const std::uint8_t family = r.u8();
  Endpoint endpoint;
  endpoint.port = r.u16();
  if (!r.ok()) return bad_length();
  if (family == kFamilyV4) {
    std::array<std::uint8_t, 4> octets{};
    if (r.remaining() != octets.size()) return bad_length();
    std::ranges::copy(r.rest(), octets.begin());
    endpoint.address = IpAddress::v4(octets);
  } else if (family == kFamilyV6) {
    std::array<std::uint8_t, 16> octets{};
    if (r.remaining() != octets.size()) return bad_length();
    std::ranges::copy(r.rest(), octets.begin());
    endpoint.address = IpAddress::v6(octets);
  } else {
    return std::unexpected(ParseError::BadValue);
  }
  return endpoint;
}

void write_address(ByteWriter& out, const Endpoint& endpoint) {
  out.u8(0);
  out.u8(endpoint.address.is_v6() ? kFamilyV6 : kFamilyV4);
  out.u16(endpoint.port);
  out.bytes(endpoint.address.octets());
}

std::expected<Endpoint, ParseError> parse_xor_address(Bytes value, const TransactionId& id) {
  auto endpoint = parse_address(value);
  if (!endpoint) return endpoint;
  return Endpoint{xored(endpoint->address, id),
                  static_cast<std::uint16_t>(endpoint->port ^ kPortMask)};
}

void write_xor_address(ByteWriter& out, const Endpoint& endpoint, const TransactionId& id) {
  write_address(
      out, {xored(endpoint.address, id), static_cast<std::uint16_t>(endpoint.port ^ kPortMask)});
}

std::expected<std::uint64_t, ParseError> parse_u64(Bytes value) {
  if (value.size() != 8) return bad_length();
  return ByteReader(value).u64();
}

}  // namespace detail

std::expected<Priority, ParseError> Priority::parse(Bytes value, const TransactionId&) {
  if (value.size() != 4) return bad_length();
  return Priority{ByteReader(value).u32()};
}

std::expected<UseCandidate, ParseError> UseCandidate::parse(Bytes value, const TransactionId&) {
  if (!value.empty()) return bad_length();
  return UseCandidate{};
}

// Whether it is DTLS, by its first byte, is the receiver's question: an attribute that is not is
// ignored, and yet it was there.
std::expected<DtlsInStunData, ParseError> DtlsInStunData::parse(Bytes value, const TransactionId&) {
  return DtlsInStunData{to_buffer(value)};
}

std::expected<DtlsInStunAck, ParseError> DtlsInStunAck::parse(Bytes value, const TransactionId&) {
  if (value.size() % 4 != 0) return bad_length();
  DtlsInStunAck out;
  for (ByteReader r(value); r.remaining() > 0;) out.checksums.push_back(r.u32());
  return out;
}

void DtlsInStunAck::write(ByteWriter& out, const TransactionId&) const {
  for (const std::uint32_t checksum : checksums) out.u32(checksum);
}

std::expected<ErrorCode, ParseError> ErrorCode::parse(Bytes value, const TransactionId&) {
  ByteReader r(value);
  r.skip(2);
  const std::uint8_t hundreds = r.u8() & 0x07;
  const std::uint8_t rest = r.u8();
  if (!r.ok() || r.remaining() > kMaxReasonBytes) return bad_length();
  if (hundreds < 3 || hundreds > 6 || rest > 99) return std::unexpected(ParseError::BadValue);
  return ErrorCode{static_cast<std::uint16_t>(hundreds * 100 + rest),
                   std::string(as_text(r.rest()))};
}

void ErrorCode::write(ByteWriter& out, const TransactionId&) const {
  out.u16(0);
  out.u8(static_cast<std::uint8_t>(code / 100));
  out.u8(static_cast<std::uint8_t>(code % 100));
  out.text(reason);
}

std::expected<UnknownAttributes, ParseError> UnknownAttributes::parse(Bytes value,
                                                                      const TransactionId&) {
  if (value.size() % 2 != 0) return bad_length();
  if (value.size() / 2 > Message::kMaxAttributes) return std::unexpected(ParseError::TooMany);
  UnknownAttributes out;
  for (ByteReader r(value); r.remaining() > 0;)
    out.types.push_back(static_cast<AttributeType>(r.u16()));
  return out;
}

void UnknownAttributes::write(ByteWriter& out, const TransactionId&) const {
  for (const AttributeType type : types) out.u16(static_cast<std::uint16_t>(type));
}

std::expected<Userhash, ParseError> Userhash::parse(Bytes value, const TransactionId&) {
  Userhash out;
  if (value.size() != out.hash.size()) return bad_length();
  std::ranges::copy(value, out.hash.begin());
  return out;
}

std::expected<PasswordAlgorithm, ParseError> PasswordAlgorithm::parse(Bytes value,
                                                                      const TransactionId&) {
  ByteReader r(value);
  PasswordAlgorithm out = read_algorithm(r);
  if (!r.ok() || r.remaining() != 0) return bad_length();
  return out;
}

void PasswordAlgorithm::write(ByteWriter& out, const TransactionId&) const {
  const std::size_t start = out.size();
  out.u16(static_cast<std::uint16_t>(algorithm));
  out.u16(static_cast<std::uint16_t>(parameters.size()));
  out.bytes(parameters);
  out.pad(4, start);
}

std::expected<PasswordAlgorithms, ParseError> PasswordAlgorithms::parse(Bytes value,
                                                                        const TransactionId&) {
  PasswordAlgorithms out;
  for (ByteReader r(value); r.remaining() > 0;) {
    if (out.algorithms.size() == kMaxAlgorithms) return std::unexpected(ParseError::TooMany);
    out.algorithms.push_back(read_algorithm(r));
    if (!r.ok()) return bad_length();
  }
  return out;
}

void PasswordAlgorithms::write(ByteWriter& out, const TransactionId& id) const {
  for (const PasswordAlgorithm& algorithm : algorithms) algorithm.write(out, id);
}

}  // namespace specter::stun
