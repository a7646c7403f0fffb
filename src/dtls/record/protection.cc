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
crypto::PacketNonce xor_nonce(crypto::PacketNonce nonce, std::uint64_t number) {
  for (std::size_t i = 0; i < 8; ++i)
    nonce[4 + i] ^= static_cast<std::uint8_t>(number >> (56 - 8 * i));
  return nonce;
}

// RFC 5288 §3: four secret bytes, then the eight that the record carries.
crypto::PacketNonce explicit_nonce(crypto::PacketNonce nonce, Bytes explicit_part) {
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
  return suite.version == Version::Dtls12 &&
         suite.aead != crypto::PacketAlgorithm::ChaCha20Poly1305;
}

crypto::PacketNonce padded(Bytes iv) {
  SPECTER_CHECK(iv.size() <= crypto::kAeadNonceBytes);
  crypto::PacketNonce out{};
  std::ranges::copy(iv, out.begin());
  return out;
}

std::optional<crypto::NumberMask> mask_for(const crypto::PacketCipher& cipher,
                                           const SuiteTraits& suite, const RecordKeys& keys) {
  if (suite.version == Version::Dtls12) return std::nullopt;
  return crypto::NumberMask(cipher, suite.aead, keys.number);
}

}  // namespace

RecordRoom record_room(const SuiteTraits& suite) {
  if (suite.version == Version::Dtls13) return {UnifiedHeader::kMaxSize, 1 + kTag};
  return {PlainHeader::kSize + (has_explicit_nonce(suite) ? kExplicitNonce : 0), kTag};
}

// ---- sealing

Sealer::Sealer(crypto::PacketCipher& cipher, const SuiteTraits& suite, std::uint64_t epoch,
               const RecordKeys& keys)
    : cipher_(&cipher),
      version_(suite.version),
      explicit_nonce_(has_explicit_nonce(suite)),
      room_(record_room(suite)),
      epoch_(epoch),
      iv_(padded(keys.iv)),
      key_(cipher.make_key(suite.aead, crypto::Direction::Seal, keys.key)),
      mask_(mask_for(cipher, suite, keys)) {}

RecordNumber Sealer::seal(ContentType type, MutableBytes record) {
  seal_row(type, record, record.size());
  return {epoch_, next_ - 1};
}

void Sealer::seal_row(ContentType type, MutableBytes records, std::size_t record_bytes) {
  SPECTER_CHECK(record_bytes > 0);
  std::array<crypto::SealJob, kMostAtOnce> jobs;
  std::array<Additional, kMostAtOnce> additional;
  while (!records.empty()) {
    MutableBytes rest = records;
    std::size_t count = 0;
    for (; count < kMostAtOnce && !rest.empty(); ++count) {
      const MutableBytes record = rest.first(std::min(record_bytes, rest.size()));
      jobs[count] = prepare(type, record, additional[count]);
      rest = rest.subspan(record.size());
    }
    cipher_->seal(std::span(jobs).first(count));
    if (mask_) {
      // RFC 9147 §4.2.3: taken from what the record has become.
      for (; records.size() > rest.size();
           records = records.subspan(std::min(record_bytes, records.size())))
        mask_number(records);
    }
    records = rest;
  }
}

crypto::SealJob Sealer::prepare(ContentType type, MutableBytes record, Additional& additional) {
  SPECTER_CHECK(record.size() >= room_.total() && record.size() - room_.total() <= kMaxPlaintext);
  // RFC 6347 §4.1, RFC 9147 §4.2.1: a number never comes again. Nobody gets there: the owner ends
  // or renews the keys long before.
  SPECTER_CHECK(next_ <= kMaxSequence);
  auto job =
      version_ == Version::Dtls12 ? prepare12(type, record, additional) : prepare13(type, record);
  job.key = key_.get();
  job.out = record.subspan(room_.before, record.size() - room_.before - kTag);
  job.text = job.out;
  job.tag = record.last(kTag);
  ++next_;
  return job;
}

crypto::SealJob Sealer::prepare12(ContentType type, MutableBytes record, Additional& additional) {
  PlainHeader{static_cast<std::uint8_t>(type), static_cast<std::uint16_t>(Version::Dtls12),
              static_cast<std::uint16_t>(epoch_), next_,
              static_cast<std::uint16_t>(record.size() - PlainHeader::kSize)}
      .write(record.first<PlainHeader::kSize>());
  crypto::SealJob job;
  if (explicit_nonce_) {
    // docs/failures.md row 47: the record's own number, which never repeats.
    const auto part = record.subspan(PlainHeader::kSize, kExplicitNonce);
    put_u64(part.data(), epoch_ << 48 | next_);
    job.nonce = explicit_nonce(iv_, part);
  } else {
    job.nonce = xor_nonce(iv_, epoch_ << 48 | next_);
  }
  additional =
      additional_data(epoch_, next_, static_cast<std::uint8_t>(type),
                      static_cast<std::uint16_t>(Version::Dtls12), record.size() - room_.total());
  job.additional = additional;
  return job;
}

crypto::SealJob Sealer::prepare13(ContentType type, MutableBytes record) {
  // RFC 9147 §4: 16 bits of number, a length, no connection id.
  record[0] = static_cast<std::uint8_t>(0b0010'1100 | (epoch_ & 3));
  put_u16(&record[1], next_);
  put_u16(&record[3], record.size() - UnifiedHeader::kMaxSize);
  // DTLSInnerPlaintext: the content, its type, no padding.
  record[record.size() - kTag - 1] = static_cast<std::uint8_t>(type);
  crypto::SealJob job;
  job.nonce = xor_nonce(iv_, next_);
  job.additional = record.first<UnifiedHeader::kMaxSize>();
  return job;
}

void Sealer::mask_number(MutableBytes record) {
  const auto mask =
      mask_->mask(std::span<const std::uint8_t>(record).subspan<UnifiedHeader::kMaxSize, 16>());
  record[1] ^= mask[0];
  record[2] ^= mask[1];
}

// ---- opening

Opener::Opener(crypto::PacketCipher& cipher, const SuiteTraits& suite, std::uint64_t epoch,
               const RecordKeys& keys)
    : cipher_(&cipher),
      version_(suite.version),
      explicit_nonce_(has_explicit_nonce(suite)),
      epoch_(epoch),
      iv_(padded(keys.iv)),
      key_(cipher.make_key(suite.aead, crypto::Direction::Open, keys.key)),
      mask_(mask_for(cipher, suite, keys)) {}

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
  crypto::PacketNonce nonce;
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
  // In its place: where a record is opened where it lies, the ciphertext is the text's place.
  const MutableBytes text = out.subspan(record.fragment.size() - sealed.size(), size);
  if (!decipher(nonce, additional, sealed, text)) {
    ++forgeries_;
    return std::nullopt;
  }
  window_.mark(head.sequence);
  return OpenedRecord{ContentType{head.type}, text, {epoch_, head.sequence}};
}

bool Opener::decipher(const crypto::PacketNonce& nonce, Bytes additional, Bytes sealed,
                      MutableBytes out) {
  crypto::OpenJob job{
      key_.get(), nonce, additional, sealed.first(out.size()), out, sealed.subspan(out.size())};
  return cipher_->open(std::span(&job, 1)) == 1;
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
  if (!decipher(xor_nonce(iv_, sequence), Bytes(additional).first(record.header.size()), sealed,
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
