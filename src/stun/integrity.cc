#include "stun/integrity.h"

#include <optional>
#include <string>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "stun/message.h"

namespace specter::stun {

namespace {

// [n][byte]: what a byte makes of the CRC once n more have passed, so that eight can be taken at
// once.
constexpr auto kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    tables[0][i] = crc;
  }
  for (std::size_t n = 1; n < tables.size(); ++n) {
    for (std::uint32_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[n - 1][i];
      tables[n][i] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

constexpr std::uint32_t kCrcStart = 0xffffffff;

std::uint32_t crc_over(std::uint32_t crc, Bytes data) {
  for (; data.size() >= 8; data = data.subspan(8)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      const std::uint32_t old = i < 4 ? crc >> (8 * i) : 0;
      next ^= kCrcTables[7 - i][(old ^ data[i]) & 0xff];
    }
    crc = next;
  }
  for (const std::uint8_t byte : data) crc = crc >> 8 ^ kCrcTables[0][(crc ^ byte) & 0xff];
  return crc;
}

// The bytes before the attribute at `at`, with a length field that ends after its `size` bytes.
struct Covered {
  Covered(Bytes message, std::size_t at, std::size_t size)
      : before(message.first(2)), after(message.first(at).subspan(4)) {
    const std::size_t whole = at - kHeaderSize + 4 + size;
    length = {static_cast<std::uint8_t>(whole >> 8), static_cast<std::uint8_t>(whole)};
  }
  Bytes before;
  std::array<std::uint8_t, 2> length;
  Bytes after;
};

struct Found {
  std::size_t at;
  Bytes value;
};

// The first attribute of a type that counts, RFC 8489 §14.5.
std::optional<Found> find(Bytes message, AttributeType wanted) {
  ByteReader r(message);
  r.skip(kHeaderSize);
  while (r.ok() && r.remaining() > 0) {
    const std::size_t at = message.size() - r.remaining();
    const auto type = static_cast<AttributeType>(r.u16());
    const std::uint16_t size = r.u16();
    const Bytes value = r.bytes(size);
    r.skip((4 - size % 4) % 4);
    if (!r.ok()) return std::nullopt;
    if (type == wanted) return Found{at, value};
    if (type == AttributeType::MessageIntegritySha256 || type == AttributeType::Fingerprint)
      return std::nullopt;
  }
  return std::nullopt;
}

std::string joined(std::string_view a, std::string_view b) {
  return std::string(a).append(":").append(b);
}

}  // namespace

std::array<std::uint8_t, 16> long_term_key_md5(std::string_view username, std::string_view realm,
                                               std::string_view password) {
  return crypto::md5(as_bytes(joined(joined(username, realm), password)));
}

std::array<std::uint8_t, 32> long_term_key_sha256(std::string_view username, std::string_view realm,
                                                  std::string_view password) {
  return crypto::sha256(as_bytes(joined(joined(username, realm), password)));
}

std::array<std::uint8_t, 32> userhash(std::string_view username, std::string_view realm) {
  return crypto::sha256(as_bytes(joined(username, realm)));
}

std::array<std::uint8_t, kIntegritySize> integrity_of(Bytes covered, Bytes key) {
  return crypto::hmac_sha1(key, covered);
}

std::array<std::uint8_t, kIntegritySha256Size> integrity_sha256_of(Bytes covered, Bytes key) {
  return crypto::hmac_sha256(key, covered);
}

bool has_integrity(Bytes message, Bytes key) {
  const auto found = find(message, AttributeType::MessageIntegrity);
  if (!found || found->value.size() != kIntegritySize) return false;
  const Covered covered(message, found->at, kIntegritySize);
  return crypto::equal_in_constant_time(
      crypto::hmac_sha1(key, {covered.before, covered.length, covered.after}), found->value);
}

bool has_integrity_sha256(Bytes message, Bytes key) {
  const auto found = find(message, AttributeType::MessageIntegritySha256);
  if (!found) return false;
  const std::size_t size = found->value.size();
  // RFC 8489 §14.6: at least 16, at most 32 bytes, a multiple of four.
  if (size < 16 || size > kIntegritySha256Size || size % 4 != 0) return false;
  const Covered covered(message, found->at, size);
  const auto whole = crypto::hmac_sha256(key, {covered.before, covered.length, covered.after});
  return crypto::equal_in_constant_time(Bytes(whole).first(size), found->value);
}

// RFC 8489 §14.7: the constant sets it apart from a CRC of the application's own.
constexpr std::uint32_t kFingerprintMask = 0x5354554e;

std::uint32_t fingerprint_of(Bytes covered) { return crc32(covered) ^ kFingerprintMask; }

bool is_fingerprint_of(Bytes message, std::size_t at, Bytes value) {
  ByteReader r(value);
  const std::uint32_t claimed = r.u32();
  if (!r.ok() || r.remaining() != 0) return false;
  const Covered covered(message, at, 4);
  std::uint32_t crc = kCrcStart;
  for (const Bytes part : {covered.before, Bytes(covered.length), covered.after})
    crc = crc_over(crc, part);
  return (~crc ^ kFingerprintMask) == claimed;
}

std::uint32_t crc32(Bytes data) { return ~crc_over(kCrcStart, data); }

}  // namespace specter::stun
