// A STUN message: header and attributes, RFC 8489 §5 and §14.
//
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |0 0|     STUN Message Type     |         Message Length        |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Magic Cookie: 0x2112A442                     |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                  Transaction ID (96 bits)                     |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   then attributes: type (16 bits), length (16 bits), value, padding to a multiple of four
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/parse_error.h"

#include "specter/bytes.h"
#include "specter/random.h"

namespace specter::stun {

inline constexpr std::size_t kHeaderSize = 20;
inline constexpr std::uint32_t kMagicCookie = 0x2112a442;

// Names a request and its responses; 96 random bits.
struct TransactionId {
  std::array<std::uint8_t, 12> bytes{};

  static TransactionId generate(Random& random);
  auto operator<=>(const TransactionId&) const = default;
};

enum class Class : std::uint8_t {
  Request = 0,
  Indication = 1,
  SuccessResponse = 2,
  ErrorResponse = 3
};

// RFC 8489 §18.2, RFC 8656 §17. Any other 12-bit value is kept as it is.
enum class Method : std::uint16_t {
  Binding = 0x001,
  Allocate = 0x003,
  Refresh = 0x004,
  Send = 0x006,
  Data = 0x007,
  CreatePermission = 0x008,
  ChannelBind = 0x009,
};

// RFC 8489 §18.3, RFC 8445 §16.1, RFC 8656 §18. Any other value is kept as it is.
enum class AttributeType : std::uint16_t {
  MappedAddress = 0x0001,
  Username = 0x0006,
  MessageIntegrity = 0x0008,
  ErrorCode = 0x0009,
  UnknownAttributes = 0x000a,
  ChannelNumber = 0x000c,
  Lifetime = 0x000d,
  XorPeerAddress = 0x0012,
  Data = 0x0013,
  Realm = 0x0014,
  Nonce = 0x0015,
  XorRelayedAddress = 0x0016,
  RequestedAddressFamily = 0x0017,
  EvenPort = 0x0018,
  RequestedTransport = 0x0019,
  DontFragment = 0x001a,
  MessageIntegritySha256 = 0x001c,
  PasswordAlgorithm = 0x001d,
  Userhash = 0x001e,
  XorMappedAddress = 0x0020,
  Priority = 0x0024,
  UseCandidate = 0x0025,
  AdditionalAddressFamily = 0x8000,
  AddressErrorCode = 0x8001,
  PasswordAlgorithms = 0x8002,
  AlternateDomain = 0x8003,
  Software = 0x8022,
  AlternateServer = 0x8023,
  Fingerprint = 0x8028,
  IceControlled = 0x8029,
  IceControlling = 0x802a,
  DtlsInStunData = 0xc070,  // draft-hancke-webrtc-sped
  DtlsInStunAck = 0xc071,
};

// RFC 8489 §14: types below 0x8000 must be understood by who processes the message.
constexpr bool is_comprehension_required(AttributeType type) {
  return static_cast<std::uint16_t>(type) < 0x8000;
}

// An attribute as it came, without its padding.
struct Attribute {
  AttributeType type{};
  Buffer value;

  bool operator==(const Attribute&) const = default;
};

// What arrived. Attributes that must not be looked at are not in it: RFC 8489 §14.5 has those
// behind MESSAGE-INTEGRITY ignored but for MESSAGE-INTEGRITY-SHA256 and FINGERPRINT. Integrity is a
// question about the datagram itself: integrity.h.
struct Message {
  // More attributes than this are refused; no message of any STUN usage comes near.
  static constexpr std::size_t kMaxAttributes = 64;

  Class cls = Class::Request;
  Method method = Method::Binding;
  TransactionId id;
  std::vector<Attribute> attributes;

  // `in` is one whole datagram. Errors: Truncated, BadLength, BadValue (not the magic cookie, or
  // the first two bits set: not STUN), BadChecksum (a FINGERPRINT that does not fit), TooMany.
  static std::expected<Message, ParseError> parse(Bytes in);

  // The value of the first attribute of a type: RFC 8489 §14 has further ones ignored.
  std::optional<Bytes> raw(AttributeType type) const;
  bool has(AttributeType type) const { return raw(type).has_value(); }

  // The first attribute of a kind (attributes.h), decoded; nothing when it is missing or malformed.
  template <class A>
  std::optional<A> get() const {
    const auto value = raw(A::kType);
    if (!value) return std::nullopt;
    auto parsed = A::parse(*value, id);
    if (!parsed) return std::nullopt;
    return std::move(*parsed);
  }

  // The comprehension-required types that are not among `understood`, each once, in order:
  // RFC 8489 §6.3.1 has a request with any of them answered by 420.
  std::vector<AttributeType> unknown_required(std::span<const AttributeType> understood) const;

  bool operator==(const Message&) const = default;
};

// Writes a message, attribute by attribute, in the order of the calls.
class MessageWriter {
 public:
  // `padding` fills values up to four bytes: RFC 8489 §14 wants zeros; the examples of RFC 5769
  // have spaces.
  MessageWriter(Class cls, Method method, const TransactionId& id, std::uint8_t padding = 0);

  // Of any type, also ones this library does not know. At most 65,535 bytes.
  MessageWriter& raw(AttributeType type, Bytes value);
  MessageWriter& raw(const Attribute& attribute) { return raw(attribute.type, attribute.value); }

  template <class A>
  MessageWriter& add(const A& attribute) {
    Buffer value;
    ByteWriter writer(value);
    attribute.write(writer, id_);
    return raw(A::kType, value);
  }

  // These cover what was written before them. After integrity() only integrity_sha256() and
  // fingerprint() make sense, and fingerprint() is the last.
  MessageWriter& integrity(Bytes key);         // RFC 8489 §14.5
  MessageWriter& integrity_sha256(Bytes key);  // RFC 8489 §14.6, not truncated
  MessageWriter& fingerprint();                // RFC 8489 §14.7

  std::size_t size() const { return out_.size(); }
  Buffer finish() { return std::move(out_); }

 private:
  void set_length(std::size_t attributes_size);

  Buffer out_;
  TransactionId id_;
  std::uint8_t padding_;
};

// The type field: method and class interleaved, RFC 8489 §5 figure 3.
std::uint16_t message_type(Class cls, Method method);

}  // namespace specter::stun
