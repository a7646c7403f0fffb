#include "dtls/record/protection.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace specter::dtls {
namespace {

constexpr std::size_t kExplicitNonce = 8;
constexpr std::size_t kTag = crypto::kAeadTagBytes;
constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 48) - 1;

void put_u16(std::uint8_t* at, std::uint64_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
void put_u64(std::uint8_t* at, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) at[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}

// RFC 8446 §5.3, RFC 7905 §2: the number, padded on the left, XORed with the IV.
crypto::AeadNonce xor_nonce(crypto::AeadNonce nonce, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i)
    nonce[4 + i] ^= static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return nonce;
}

// RFC 5288 §3: four secret bytes, then the eight that the record carries.
crypto::AeadNonce explicit_nonce(crypto::AeadNonce nonce, Bytes explicit_part) {
  std::ranges::copy(explicit_part, nonce.begin() + 4);
  return nonce;
}

// RFC 5246 §6.2.3.3 with RFC 6347 §4.1.2.1: epoch and number, type, version, length of the
// plaintext.
std::array<std::uint8_t, 13> additional_data(std::uint64_t epoch, std::uint64_t sequence,
                                             std::uint8_t type, std::uint16_t version,
                                             std::size_t size) {
  std::array<std::uint8_t, 13> out;
  put_u64(out.data(), epoch << 48 | sequence);
  out[8] = type;
  put_u16(&out[9], version);
  put_u16(&out[11], size);
  return out;
}

bool has_explicit_nonce(const SuiteTraits& suite) {
  return suite.version == Version::Dtls12 && suite.aead != crypto::AeadAlgorithm::ChaCha20Poly1305;
}

crypto::AeadNonce padded(Bytes iv) {
  SPECTER_CHECK(iv.size() <= crypto::kAeadNonceBytes);
  crypto::AeadNonce out{};
  std::ranges::copy(iv, out.begin());
  return out;
}

std::optional<crypto::RecordNumberMask> mask_for(const SuiteTraits& suite, const RecordKeys& keys) {
  if (suite.version == Version::Dtls12) return std::nullopt;
  return crypto::RecordNumberMask(suite.aead, keys.number);
}

}  // namespace

RecordRoom record_room(const SuiteTraits& suite) {
  if (suite.version == Version::Dtls13) return {UnifiedHeader::kMaxSize, 1 + kTag};
  return {PlainHeader::kSize + (has_explicit_nonce(suite) ? kExplicitNonce : 0), kTag};
}

// ---- sealing

Sealer::Sealer(const SuiteTraits& suite, std::uint64_t epoch, const RecordKeys& keys)
    : version_(suite.version),
      explicit_nonce_(has_explicit_nonce(suite)),
      room_(record_room(suite)),
      epoch_(epoch),
      iv_(padded(keys.iv)),
      aead_(suite.aead, keys.key),
      mask_(mask_for(suite, keys)) {}

RecordNumber Sealer::seal(ContentType type, std::span<std::uint8_t> record) {
  SPECTER_CHECK(record.size() >= room_.total() && record.size() - room_.total() <= kMaxPlaintext);
  // RFC 6347 §4.1, RFC 9147 §4.2.1: a number never comes again. Nobody gets there: the owner ends
  // or renews the keys long before.
  SPECTER_CHECK(next_ <= kMaxSequence);
  version_ == Version::Dtls12 ? seal12(type, record) : seal13(type, record);
  return {epoch_, next_++};
}

void Sealer::seal12(ContentType type, std::span<std::uint8_t> record) {
  const auto head = record.first<PlainHeader::kSize>();
  PlainHeader{static_cast<std::uint8_t>(type), static_cast<std::uint16_t>(Version::Dtls12),
              static_cast<std::uint16_t>(epoch_), next_,
              static_cast<std::uint16_t>(record.size() - PlainHeader::kSize)}
      .write(head);
  const auto text = record.subspan(room_.before, record.size() - room_.total());
  crypto::AeadNonce nonce;
  if (explicit_nonce_) {
    // reliability.md row 47: the record's own number, which never repeats.
    const auto part = record.subspan(PlainHeader::kSize, kExplicitNonce);
    put_u64(part.data(), epoch_ << 48 | next_);
    nonce = explicit_nonce(iv_, part);
  } else {
    nonce = xor_nonce(iv_, epoch_ << 48 | next_);
  }
  const auto additional = additional_data(epoch_, next_, static_cast<std::uint8_t>(type),
                                          static_cast<std::uint16_t>(Version::Dtls12), text.size());
  aead_.seal(nonce, additional, text, record.last<kTag>());
}

void Sealer::seal13(ContentType type, std::span<std::uint8_t> record) {
  // RFC 9147 §4: 16 bits of number, a length, no connection id.
  record[0] = static_cast<std::uint8_t>(0b0010'1100 | (epoch_ & 3));
  put_u16(&record[1], next_);
  put_u16(&record[3], record.size() - UnifiedHeader::kMaxSize);
  // DTLSInnerPlaintext: the content, its type, no padding.
  record[record.size() - kTag - 1] = static_cast<std::uint8_t>(type);
  const auto text =
      record.subspan(UnifiedHeader::kMaxSize, record.size() - UnifiedHeader::kMaxSize - kTag);
  aead_.seal(xor_nonce(iv_, next_), record.first<UnifiedHeader::kMaxSize>(), text,
             record.last<kTag>());
  // RFC 9147 §4.2.3.
  const auto mask =
      mask_->mask(std::span<const std::uint8_t>(record).subspan<UnifiedHeader::kMaxSize, 16>());
  record[1] ^= mask[0];
  record[2] ^= mask[1];
}

// ---- opening

Opener::Opener(const SuiteTraits& suite, std::uint64_t epoch, const RecordKeys& keys)
    : version_(suite.version),
      explicit_nonce_(has_explicit_nonce(suite)),
      epoch_(epoch),
      iv_(padded(keys.iv)),
      aead_(suite.aead, keys.key),
      mask_(mask_for(suite, keys)) {}

bool Opener::is_of_epoch(const RecordView& record) const {
  if (version_ == Version::Dtls12) return record.plain && record.plain->epoch == epoch_;
  return record.unified && record.unified->epoch_bits == (epoch_ & 3);
}

std::optional<OpenedRecord> Opener::open(const RecordView& record, std::span<std::uint8_t> out) {
  if (!is_of_epoch(record)) return std::nullopt;
  return version_ == Version::Dtls12 ? open12(record, out) : open13(record, out);
}

std::optional<OpenedRecord> Opener::open12(const RecordView& record, std::span<std::uint8_t> out) {
  const PlainHeader& head = *record.plain;
  if (!window_.is_new(head.sequence)) return std::nullopt;
  Bytes sealed = record.fragment;
  crypto::AeadNonce nonce;
  if (explicit_nonce_) {
    if (sealed.size() < kExplicitNonce + kTag) return std::nullopt;
    nonce = explicit_nonce(iv_, sealed.first(kExplicitNonce));
    sealed = sealed.subspan(kExplicitNonce);
  } else {
    if (sealed.size() < kTag) return std::nullopt;
    nonce = xor_nonce(iv_, epoch_ << 48 | head.sequence);
  }
  const std::size_t size = sealed.size() - kTag;
  if (size > kMaxPlaintext) return std::nullopt;
  const auto additional = additional_data(epoch_, head.sequence, head.type, head.version, size);
  if (!aead_.open(nonce, additional, sealed, out.first(size))) {
    ++forgeries_;
    return std::nullopt;
  }
  window_.mark(head.sequence);
  return OpenedRecord{ContentType{head.type}, out.first(size), {epoch_, head.sequence}};
}

std::uint64_t Opener::whole_number(std::uint16_t bits, bool long_form) const {
  // RFC 9147 §4.2.2: the number closest to the highest so far plus one.
  const std::uint64_t range = long_form ? 1u << 16 : 1u << 8;
  const std::uint64_t expected = window_.next();
  std::uint64_t number = (expected & ~(range - 1)) | bits;
  if (number > expected + range / 2 && number >= range) return number - range;
  if (number + range / 2 < expected) return number + range;
  return number;
}

std::optional<OpenedRecord> Opener::open13(const RecordView& record, std::span<std::uint8_t> out) {
  const Bytes sealed = record.fragment;
  // RFC 9147 §4.2.3: too short to take the mask from, as if it had failed. 16 for the tag and one
  // for the type anyway.
  if (sealed.size() < kTag + 1) return std::nullopt;
  const UnifiedHeader& head = *record.unified;
  const auto mask = mask_->mask(sealed.first<16>());
  std::array<std::uint8_t, UnifiedHeader::kMaxSize> additional{};
  std::ranges::copy(record.header, additional.begin());
  additional[1] ^= mask[0];
  std::uint16_t bits = additional[1];
  if (head.long_sequence) {
    additional[2] ^= mask[1];
    bits = static_cast<std::uint16_t>(bits << 8 | additional[2]);
  }
  const std::uint64_t sequence = whole_number(bits, head.long_sequence);
  if (!window_.is_new(sequence)) return std::nullopt;
  const std::size_t size = sealed.size() - kTag;
  if (size > kMaxPlaintext + 1) return std::nullopt;
  if (!aead_.open(xor_nonce(iv_, sequence), Bytes(additional).first(record.header.size()), sealed,
                  out.first(size))) {
    ++forgeries_;
    return std::nullopt;
  }
  window_.mark(sequence);
  // RFC 8446 §5.4: zeros may follow the type.
  std::size_t end = size;
  while (end > 0 && out[end - 1] == 0) --end;
  if (end == 0) return std::nullopt;
  return OpenedRecord{ContentType{out[end - 1]}, out.first(end - 1), {epoch_, sequence}};
}

}  // namespace specter::dtls
