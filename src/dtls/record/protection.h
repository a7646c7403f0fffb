// Records sealed and opened with the keys of one direction of one epoch. RFC 6347 §4.1.2, RFC 5288,
// RFC 7905 (DTLS 1.2); RFC 9147 §4 (DTLS 1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <variant>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "dtls/record/replay_window.h"
#include "dtls/wire/numbers.h"
#include "dtls/wire/record.h"

#include "specter/bytes.h"

namespace specter::dtls {

inline constexpr std::size_t kMaxPlaintext = 16'384;  // bytes of one record, RFC 8446 §5.1

struct RecordKeys {
  crypto::Secret key;
  crypto::Secret iv;      // 12 bytes; of AES-GCM in 1.2 the 4 that are implicit
  crypto::Secret number;  // sn_key of 1.3; empty in 1.2
};

RecordRoom record_room(const SuiteTraits& suite);

class Sealer {
 public:
  Sealer(const SuiteTraits& suite, std::uint64_t epoch, const RecordKeys& keys);

  // The payload stands at record[before, size - after); the rest is room, written here. No
  // allocation.
  RecordNumber seal(ContentType type, std::span<std::uint8_t> record);
  const RecordRoom& room() const { return room_; }
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t sealed() const { return next_; }  // records so far
  // For tests of limits.
  void skip_to(std::uint64_t sequence) { next_ = sequence; }

 private:
  void seal12(ContentType type, std::span<std::uint8_t> record);
  void seal13(ContentType type, std::span<std::uint8_t> record);
  crypto::AeadNonce nonce12(Bytes explicit_part) const;

  Version version_;
  bool explicit_nonce_;
  RecordRoom room_;
  std::uint64_t epoch_;
  std::uint64_t next_ = 0;
  crypto::AeadNonce iv_{};
  crypto::AeadSealer aead_;
  std::optional<crypto::RecordNumberMask> mask_;
};

struct OpenedRecord {
  ContentType type;  // the true one
  std::span<std::uint8_t> payload;
  RecordNumber number;
};

class Opener {
 public:
  Opener(const SuiteTraits& suite, std::uint64_t epoch, const RecordKeys& keys);

  // Deciphers to `out`, which has room for record.fragment and doesn't overlap it. Nothing for a
  // record that is forged, was had before, or is too old to tell. No allocation.
  std::optional<OpenedRecord> open(const RecordView& record, std::span<std::uint8_t> out);
  // Whether the head is one that this epoch's records have.
  bool is_of_epoch(const RecordView& record) const;
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t forgeries() const { return forgeries_; }

 private:
  std::optional<OpenedRecord> open12(const RecordView& record, std::span<std::uint8_t> out);
  std::optional<OpenedRecord> open13(const RecordView& record, std::span<std::uint8_t> out);
  std::uint64_t whole_number(std::uint16_t bits, bool long_form) const;

  Version version_;
  bool explicit_nonce_;
  std::uint64_t epoch_;
  std::uint64_t forgeries_ = 0;
  crypto::AeadNonce iv_{};
  ReplayWindow window_;
  crypto::AeadOpener aead_;
  std::optional<crypto::RecordNumberMask> mask_;
};

}  // namespace specter::dtls
