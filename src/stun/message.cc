#include "stun/message.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "stun/integrity.h"

namespace specter::stun {

namespace {

Class class_of(std::uint16_t type) {
  return static_cast<Class>((type & 0x0100) >> 7 | (type & 0x0010) >> 4);
}

Method method_of(std::uint16_t type) {
  return static_cast<Method>((type & 0x3e00) >> 2 | (type & 0x00e0) >> 1 | (type & 0x000f));
}

// A check's: user name, priority, role, nomination, two of SPED's, integrity and fingerprint.
constexpr std::size_t kUsualAttributes = 8;

// Which attributes may still count, as the walk passes the ones that protect the message.
enum class Zone { Open, AfterIntegrity, AfterIntegritySha256, AfterFingerprint };

bool counts(Zone zone, AttributeType type) {
  switch (zone) {
    case Zone::Open: return true;
    // RFC 8489 §14.5: behind MESSAGE-INTEGRITY only these two are looked at.
    case Zone::AfterIntegrity:
      return type == AttributeType::MessageIntegritySha256 || type == AttributeType::Fingerprint;
    // RFC 8489 §14.6
    case Zone::AfterIntegritySha256: return type == AttributeType::Fingerprint;
    // RFC 8489 §14.7: FINGERPRINT is the last attribute.
    case Zone::AfterFingerprint: return false;
  }
  return false;
}

Zone next(Zone zone, AttributeType type) {
  switch (type) {
    case AttributeType::MessageIntegrity: return Zone::AfterIntegrity;
    case AttributeType::MessageIntegritySha256: return Zone::AfterIntegritySha256;
    case AttributeType::Fingerprint: return Zone::AfterFingerprint;
    default: return zone;
  }
}

}  // namespace

TransactionId TransactionId::generate(Random& random) {
  TransactionId id;
  random.fill(id.bytes);
  return id;
}

std::uint16_t message_type(Class cls, Method method) {
  const auto m = static_cast<std::uint16_t>(method);
  const auto c = static_cast<std::uint16_t>(cls);
  return static_cast<std::uint16_t>((m & 0x0f80) << 2 | (m & 0x0070) << 1 | (m & 0x000f) |
                                    (c & 0x2) << 7 | (c & 0x1) << 4);
}

std::expected<Message, ParseError> Message::parse(Bytes in) {
  ByteReader header(in);
  const std::uint16_t type = header.u16();
  const std::uint16_t length = header.u16();
  const std::uint32_t cookie = header.u32();
  const Bytes id = header.bytes(12);
  if (!header.ok()) return std::unexpected(ParseError::Truncated);
  // RFC 8489 §5: what has these bits or another cookie is not STUN, or older than RFC 5389.
  if ((type & 0xc000) != 0 || cookie != kMagicCookie) return std::unexpected(ParseError::BadValue);
  if (length % 4 != 0) return std::unexpected(ParseError::BadLength);
  if (length > header.remaining()) return std::unexpected(ParseError::Truncated);
  if (length < header.remaining()) return std::unexpected(ParseError::BadLength);

  Message message;
  message.cls = class_of(type);
  message.method = method_of(type);
  std::ranges::copy(id, message.id.bytes.begin());

  message.attributes.reserve(kUsualAttributes);
  ByteReader r(header.rest());
  Zone zone = Zone::Open;
  for (std::size_t seen = 0; r.remaining() > 0; ++seen) {
    if (seen == kMaxAttributes) return std::unexpected(ParseError::TooMany);
    const std::size_t at = in.size() - r.remaining();
    const auto attribute = static_cast<AttributeType>(r.u16());
    const std::uint16_t size = r.u16();
    const Bytes value = r.bytes(size);
    r.skip((4 - size % 4) % 4);
    if (!r.ok()) return std::unexpected(ParseError::Truncated);
    if (!counts(zone, attribute)) continue;
    if (attribute == AttributeType::Fingerprint && !is_fingerprint_of(in, at, value))
      return std::unexpected(ParseError::BadChecksum);
    zone = next(zone, attribute);
    message.attributes.push_back({attribute, to_buffer(value)});
  }
  return message;
}

std::optional<Bytes> Message::raw(AttributeType type) const {
  for (const Attribute& attribute : attributes) {
    if (attribute.type == type) return Bytes(attribute.value);
  }
  return std::nullopt;
}

std::vector<AttributeType> Message::unknown_required(
    std::span<const AttributeType> understood) const {
  std::vector<AttributeType> unknown;
  for (const Attribute& attribute : attributes) {
    if (!is_comprehension_required(attribute.type)) continue;
    if (std::ranges::find(understood, attribute.type) != understood.end()) continue;
    if (std::ranges::find(unknown, attribute.type) == unknown.end())
      unknown.push_back(attribute.type);
  }
  return unknown;
}

MessageWriter::MessageWriter(Class cls, Method method, const TransactionId& id,
                             std::uint8_t padding)
    : id_(id), padding_(padding) {
  out_.reserve(128);
  ByteWriter w(out_);
  w.u16(message_type(cls, method));
  w.u16(0);
  w.u32(kMagicCookie);
  w.bytes(id.bytes);
}

MessageWriter& MessageWriter::raw(AttributeType type, Bytes value) {
  SPECTER_CHECK(value.size() <= 0xffff);
  ByteWriter w(out_);
  w.u16(static_cast<std::uint16_t>(type));
  w.u16(static_cast<std::uint16_t>(value.size()));
  w.bytes(value);
  while (out_.size() % 4 != 0) w.u8(padding_);
  set_length(out_.size() - kHeaderSize);
  return *this;
}

void MessageWriter::set_length(std::size_t attributes_size) {
  SPECTER_CHECK(attributes_size <= 0xffff);
  ByteWriter(out_).set_u16(2, static_cast<std::uint16_t>(attributes_size));
}

// Each of these three covers a header whose length already reaches to the end of the attribute that
// is about to be written: RFC 8489 §14.5, §14.6, §14.7.
MessageWriter& MessageWriter::integrity(Bytes key) {
  set_length(out_.size() - kHeaderSize + 4 + kIntegritySize);
  return raw(AttributeType::MessageIntegrity, integrity_of(out_, key));
}

MessageWriter& MessageWriter::integrity_sha256(Bytes key) {
  set_length(out_.size() - kHeaderSize + 4 + kIntegritySha256Size);
  return raw(AttributeType::MessageIntegritySha256, integrity_sha256_of(out_, key));
}

MessageWriter& MessageWriter::fingerprint() {
  set_length(out_.size() - kHeaderSize + 4 + 4);
  const std::uint32_t value = fingerprint_of(out_);
  return raw(
      AttributeType::Fingerprint,
      std::to_array({static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
                     static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}));
}

}  // namespace specter::stun
