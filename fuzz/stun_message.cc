// A datagram that may be a STUN message, its attributes and what protects it. What parses is
// written and parsed to the same value; what is signed is accepted, and nothing that was changed.
#include <algorithm>
#include <iterator>

#include "stun/attributes.h"
#include "stun/integrity.h"
#include "stun/message.h"
#include "target.h"

namespace specter::fuzz {
namespace {

using namespace specter::stun;

constexpr std::size_t kMaxBytes = 60'000;  // what is added below still fits a message
constexpr std::size_t kFingerprintBytes = 8;
const Buffer kKey = to_buffer(short_term_key("VOkJxbRl1RmTxUk/WvJxBt"));
const Buffer kWrongKey = to_buffer(short_term_key("VOkJxbRl1RmTxUk/WvJxBs"));

// With a right FINGERPRINT where there is a wrong one, or a fuzzer would not get past it.
Buffer repaired(Bytes input) {
  Buffer out = to_buffer(input);
  ByteReader r(input);
  r.skip(kHeaderSize);
  while (r.ok() && r.remaining() > 0) {
    const std::size_t at = input.size() - r.remaining();
    const AttributeType type{r.u16()};
    const std::uint16_t size = r.u16();
    r.skip(size + (4 - size % 4) % 4);
    if (type != AttributeType::Fingerprint || size != 4 || !r.ok()) continue;
    Buffer covered(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(at));
    ByteWriter(covered).set_u16(2,
                                static_cast<std::uint16_t>(at - kHeaderSize + kFingerprintBytes));
    ByteWriter(out).set_u32(at + 4, fingerprint_of(covered));
    break;
  }
  return out;
}

template <class A>
void check_attribute(const Attribute& attribute, const TransactionId& id) {
  if (attribute.type != A::kType) return;
  const auto parsed = A::parse(attribute.value, id);
  if (!parsed) return;
  Buffer written;
  ByteWriter out(written);
  parsed->write(out, id);
  SPECTER_CHECK(written.size() <= attribute.value.size() + 3);  // an entry's padding
  const auto again = A::parse(written, id);
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(*again == *parsed);
}

template <class... Kinds>
void check_attributes(const Message& message) {
  for (const Attribute& attribute : message.attributes)
    (check_attribute<Kinds>(attribute, message.id), ...);
}

void check_unknown(const Message& message) {
  constexpr AttributeType kUnderstood[] = {AttributeType::Username,
                                           AttributeType::MessageIntegrity};
  const auto unknown = message.unknown_required(kUnderstood);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    SPECTER_CHECK(is_comprehension_required(unknown[i]));
    SPECTER_CHECK(message.has(unknown[i]));
    SPECTER_CHECK(std::ranges::find(kUnderstood, unknown[i]) == std::end(kUnderstood));
    SPECTER_CHECK(std::find(unknown.begin(), unknown.begin() + static_cast<std::ptrdiff_t>(i),
                            unknown[i]) == unknown.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

MessageWriter rewritten(const Message& message) {
  MessageWriter writer(message.cls, message.method, message.id);
  for (const Attribute& attribute : message.attributes)
    if (attribute.type != AttributeType::Fingerprint) writer.raw(attribute);
  return writer;
}

// All attributes as they came, but the FINGERPRINT, which covers what was around them too.
void check_rewriting(const Message& message) {
  MessageWriter writer = rewritten(message);
  const bool has_fingerprint = message.has(AttributeType::Fingerprint);
  if (has_fingerprint) writer.fingerprint();
  auto again = Message::parse(writer.finish());
  SPECTER_CHECK(again.has_value());
  SPECTER_CHECK(again->attributes.size() == message.attributes.size());
  if (has_fingerprint) again->attributes.back().value = message.attributes.back().value;
  SPECTER_CHECK(*again == message);
}

// The same message with integrity of ours: it holds, and no longer once a bit is another one.
void check_signing(const Message& message, std::uint32_t at) {
  MessageWriter writer(message.cls, message.method, message.id);
  for (const Attribute& attribute : message.attributes) {
    if (attribute.type == AttributeType::MessageIntegrity ||
        attribute.type == AttributeType::MessageIntegritySha256 ||
        attribute.type == AttributeType::Fingerprint)
      break;
    writer.raw(attribute);
  }
  Buffer signed_message = writer.integrity(kKey).integrity_sha256(kKey).fingerprint().finish();
  const auto parsed = Message::parse(signed_message);
  if (!parsed) {  // one attribute too many, since three were added
    SPECTER_CHECK(parsed.error() == ParseError::TooMany);
    return;
  }
  SPECTER_CHECK(has_integrity(signed_message, kKey));
  SPECTER_CHECK(has_integrity_sha256(signed_message, kKey));
  SPECTER_CHECK(!has_integrity(signed_message, kWrongKey));
  SPECTER_CHECK(!has_integrity_sha256(signed_message, kWrongKey));

  const std::size_t covered = signed_message.size() - kFingerprintBytes - 4 - kIntegritySha256Size;
  signed_message[at / 8 % covered] ^= static_cast<std::uint8_t>(1u << at % 8);
  const Buffer changed = repaired(signed_message);
  if (Message::parse(changed)) SPECTER_CHECK(!has_integrity(changed, kKey));
}

}  // namespace

void run(Bytes input) {
  if (input.size() > kMaxBytes) return;
  Buffer datagram = to_buffer(input);
  auto message = Message::parse(datagram);
  if (!message && message.error() == ParseError::BadChecksum) {
    datagram = repaired(input);
    message = Message::parse(datagram);
  }
  if (!message) return;

  SPECTER_CHECK(message->attributes.size() <= Message::kMaxAttributes);
  SPECTER_CHECK(!Message::parse(Bytes(datagram).first(datagram.size() - 1)));
  if (has_integrity(datagram, kKey)) SPECTER_CHECK(!has_integrity(datagram, kWrongKey));
  if (has_integrity_sha256(datagram, kKey))
    SPECTER_CHECK(!has_integrity_sha256(datagram, kWrongKey));
  check_attributes<MappedAddress, XorMappedAddress, AlternateServer, Username, Realm, Nonce,
                   Software, AlternateDomain, stun::Priority, UseCandidate, IceControlled,
                   IceControlling, DtlsInStunData, DtlsInStunAck, stun::ErrorCode,
                   UnknownAttributes, Userhash, PasswordAlgorithm, PasswordAlgorithms>(*message);
  check_unknown(*message);
  check_rewriting(*message);
  check_signing(*message, crc32(datagram));
}

}  // namespace specter::fuzz
