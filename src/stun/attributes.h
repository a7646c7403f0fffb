// The attributes of RFC 8489 §14, RFC 8445 §16.1 and draft-hancke-webrtc-sped as values. Each has
//
//     static constexpr AttributeType kType;
//     static std::expected<Self, ParseError> parse(Bytes value, const TransactionId& id);
//     void write(ByteWriter& out, const TransactionId& id) const;
//
// so that Message::get<>() and MessageWriter::add() take them. The transaction id matters to the
// XORed addresses alone. MESSAGE-INTEGRITY and FINGERPRINT are in integrity.h: they cover what is
// before them.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/parse_error.h"
#include "stun/message.h"

#include "specter/endpoint.h"

namespace specter::stun {

// ---- addresses
//
//   |0 0 0 0 0 0 0 0|    Family     |           Port                |
//   |                 Address (32 bits or 128 bits)                 |

namespace detail {
std::expected<Endpoint, ParseError> parse_address(Bytes value);
void write_address(ByteWriter& out, const Endpoint& endpoint);
std::expected<Endpoint, ParseError> parse_xor_address(Bytes value, const TransactionId& id);
void write_xor_address(ByteWriter& out, const Endpoint& endpoint, const TransactionId& id);
}  // namespace detail

template <AttributeType Type>
struct PlainAddress {
  static constexpr AttributeType kType = Type;
  Endpoint endpoint;

  static std::expected<PlainAddress, ParseError> parse(Bytes value, const TransactionId&) {
    const auto endpoint = detail::parse_address(value);
    if (!endpoint) return std::unexpected(endpoint.error());
    return PlainAddress{*endpoint};
  }
  void write(ByteWriter& out, const TransactionId&) const { detail::write_address(out, endpoint); }
  bool operator==(const PlainAddress&) const = default;
};
// XORed with the cookie and the transaction id, so that no NAT finds and rewrites it.
template <AttributeType Type>
struct XorAddress {
  static constexpr AttributeType kType = Type;
  Endpoint endpoint;

  static std::expected<XorAddress, ParseError> parse(Bytes value, const TransactionId& id) {
    const auto endpoint = detail::parse_xor_address(value, id);
    if (!endpoint) return std::unexpected(endpoint.error());
    return XorAddress{*endpoint};
  }
  void write(ByteWriter& out, const TransactionId& id) const {
    detail::write_xor_address(out, endpoint, id);
  }
  bool operator==(const XorAddress&) const = default;
};

using MappedAddress = PlainAddress<AttributeType::MappedAddress>;      // RFC 8489 §14.1
using XorMappedAddress = XorAddress<AttributeType::XorMappedAddress>;  // RFC 8489 §14.2
using AlternateServer = PlainAddress<AttributeType::AlternateServer>;  // RFC 8489 §14.15

// ---- texts, UTF-8, with the greatest size in bytes that their section allows

template <AttributeType Type, std::size_t MaxBytes>
struct TextAttribute {
  static constexpr AttributeType kType = Type;
  static constexpr std::size_t kMaxBytes = MaxBytes;
  std::string text;

  static std::expected<TextAttribute, ParseError> parse(Bytes value, const TransactionId&) {
    if (value.size() > kMaxBytes) return std::unexpected(ParseError::BadLength);
    return TextAttribute{std::string(as_text(value))};
  }
  void write(ByteWriter& out, const TransactionId&) const { out.text(text); }
  bool operator==(const TextAttribute&) const = default;
};

using Username = TextAttribute<AttributeType::Username, 513>;                // RFC 8489 §14.3
using Realm = TextAttribute<AttributeType::Realm, 763>;                      // RFC 8489 §14.9
using Nonce = TextAttribute<AttributeType::Nonce, 763>;                      // RFC 8489 §14.10
using Software = TextAttribute<AttributeType::Software, 763>;                // RFC 8489 §14.14
using AlternateDomain = TextAttribute<AttributeType::AlternateDomain, 255>;  // RFC 8489 §14.16

// ---- ICE, RFC 8445 §16.1

struct Priority {
  static constexpr AttributeType kType = AttributeType::Priority;
  std::uint32_t value = 0;

  static std::expected<Priority, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.u32(value); }
  bool operator==(const Priority&) const = default;
};

struct UseCandidate {
  static constexpr AttributeType kType = AttributeType::UseCandidate;

  static std::expected<UseCandidate, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter&, const TransactionId&) const {}
  bool operator==(const UseCandidate&) const = default;
};

namespace detail {
std::expected<std::uint64_t, ParseError> parse_u64(Bytes value);
}

// ICE-CONTROLLED and ICE-CONTROLLING: the sender's role by its type, and its tiebreaker.
template <AttributeType Type>
struct RoleAttribute {
  static constexpr AttributeType kType = Type;
  std::uint64_t tiebreaker = 0;

  static std::expected<RoleAttribute, ParseError> parse(Bytes value, const TransactionId&) {
    const auto tiebreaker = detail::parse_u64(value);
    if (!tiebreaker) return std::unexpected(tiebreaker.error());
    return RoleAttribute{*tiebreaker};
  }
  void write(ByteWriter& out, const TransactionId&) const { out.u64(tiebreaker); }
  bool operator==(const RoleAttribute&) const = default;
};

using IceControlled = RoleAttribute<AttributeType::IceControlled>;
using IceControlling = RoleAttribute<AttributeType::IceControlling>;

// ---- DTLS in Binding messages, draft-hancke-webrtc-sped §3.3.2

// One datagram of a DTLS handshake as it would stand alone; empty: there is none to send, but the
// sender knows of these attributes.
struct DtlsInStunData {
  static constexpr AttributeType kType = AttributeType::DtlsInStunData;
  Buffer datagram;

  static std::expected<DtlsInStunData, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.bytes(datagram); }
  bool operator==(const DtlsInStunData&) const = default;
};

// The CRC-32 (integrity.h) of each datagram that arrived, in order of arrival. Who writes keeps to
// the latest few; as many as a message holds are read.
struct DtlsInStunAck {
  static constexpr AttributeType kType = AttributeType::DtlsInStunAck;
  std::vector<std::uint32_t> checksums;

  static std::expected<DtlsInStunAck, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const DtlsInStunAck&) const = default;
};

// ---- errors

// RFC 8489 §14.8. Codes are 300 to 699.
struct ErrorCode {
  static constexpr AttributeType kType = AttributeType::ErrorCode;
  static constexpr std::size_t kMaxReasonBytes = 763;
  std::uint16_t code = 0;
  std::string reason;

  static std::expected<ErrorCode, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const ErrorCode&) const = default;
};

// RFC 8489 §14.13: what a 420 response names.
struct UnknownAttributes {
  static constexpr AttributeType kType = AttributeType::UnknownAttributes;
  std::vector<AttributeType> types;

  static std::expected<UnknownAttributes, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const UnknownAttributes&) const = default;
};

// ---- long-term credentials

// RFC 8489 §14.4: SHA-256 of name and realm (userhash() in integrity.h).
struct Userhash {
  static constexpr AttributeType kType = AttributeType::Userhash;
  std::array<std::uint8_t, 32> hash{};

  static std::expected<Userhash, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId&) const { out.bytes(hash); }
  bool operator==(const Userhash&) const = default;
};

// RFC 8489 §18.5.1. Any other value is kept as it is.
enum class PasswordAlgorithmId : std::uint16_t { Md5 = 1, Sha256 = 2 };

// RFC 8489 §14.12: the algorithm that the client chose.
struct PasswordAlgorithm {
  static constexpr AttributeType kType = AttributeType::PasswordAlgorithm;
  PasswordAlgorithmId algorithm{};
  Buffer parameters;  // empty for both algorithms there are

  static std::expected<PasswordAlgorithm, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const PasswordAlgorithm&) const = default;
};

// RFC 8489 §14.11: those that the server takes, best first.
struct PasswordAlgorithms {
  static constexpr AttributeType kType = AttributeType::PasswordAlgorithms;
  static constexpr std::size_t kMaxAlgorithms = 16;
  std::vector<PasswordAlgorithm> algorithms;

  static std::expected<PasswordAlgorithms, ParseError> parse(Bytes value, const TransactionId& id);
  void write(ByteWriter& out, const TransactionId& id) const;
  bool operator==(const PasswordAlgorithms&) const = default;
};

}  // namespace specter::stun
