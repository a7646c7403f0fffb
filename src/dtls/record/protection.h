// Records sealed and opened with the keys of one direction of one epoch. RFC 6347 §4.1.2, RFC 5288,
// RFC 7905 (DTLS 1.2); RFC 9147 §4 (DTLS 1.3).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "base/replay_window.h"
#include "crypto/number_mask.h"
#include "crypto/packet_cipher.h"
#include "crypto/secret.h"
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
  // `cipher` outlives it.
  Sealer(crypto::PacketCipher& cipher, const SuiteTraits& suite, std::uint64_t epoch,
         const RecordKeys& keys);

  // The payload stands at record[before, size - after); the rest is room, written here. No
  // allocation.
  RecordNumber seal(ContentType type, MutableBytes record);
  // Records one behind the other, each of `record_bytes`; the last may be shorter.
  void seal_row(ContentType type, MutableBytes records, std::size_t record_bytes);
  const RecordRoom& room() const { return room_; }
  std::uint64_t epoch() const { return epoch_; }
  crypto::CipherLibrary library() const { return key_->library(); }
  std::uint64_t sealed() const { return next_; }  // records so far
  // For tests of limits.
  void skip_to(std::uint64_t sequence) { next_ = sequence; }

 private:
  static constexpr std::size_t kMostAtOnce = 16;
  using Additional = std::array<std::uint8_t, 13>;  // of 1.2

  crypto::SealJob prepare(ContentType type, MutableBytes record, Additional& additional);
  crypto::SealJob prepare12(ContentType type, MutableBytes record, Additional& additional);
  crypto::SealJob prepare13(ContentType type, MutableBytes record);
  void mask_number(MutableBytes record);

  crypto::PacketCipher* cipher_;
  Version version_;
  bool explicit_nonce_;
  RecordRoom room_;
  std::uint64_t epoch_;
  std::uint64_t next_ = 0;
  crypto::PacketNonce iv_{};
  std::unique_ptr<crypto::PacketKey> key_;
  std::optional<crypto::NumberMask> mask_;
};

struct OpenedRecord {
  ContentType type;  // the true one
  std::span<std::uint8_t> payload;
  RecordNumber number;
};

class Opener {
 public:
  // `cipher` outlives it.
  Opener(crypto::PacketCipher& cipher, const SuiteTraits& suite, std::uint64_t epoch,
         const RecordKeys& keys);

  // Deciphers to `out`, which has record.fragment's size and is its place or doesn't overlap it.
  // Nothing for a record that is forged, was had before, or is too old to tell; then `out` is
  // worth nothing. No allocation.
  std::optional<OpenedRecord> open(const RecordView& record, std::span<std::uint8_t> out);
  // Whether the head is one that this epoch's records have.
  bool is_of_epoch(const RecordView& record) const;
  std::uint64_t epoch() const { return epoch_; }
  std::uint64_t forgeries() const { return forgeries_; }

 private:
  std::optional<OpenedRecord> open12(const RecordView& record, std::span<std::uint8_t> out);
  std::optional<OpenedRecord> open13(const RecordView& record, std::span<std::uint8_t> out);
  std::uint64_t whole_number(std::uint16_t bits, bool long_form) const;
  // Deciphers to `out`; the tag stands at the end of `sealed`.
  bool decipher(const crypto::PacketNonce& nonce, Bytes additional, Bytes sealed, MutableBytes out);

  crypto::PacketCipher* cipher_;
  Version version_;
  bool explicit_nonce_;
  std::uint64_t epoch_;
  std::uint64_t forgeries_ = 0;
  crypto::PacketNonce iv_{};
  ReplayWindow<256> window_;
  std::unique_ptr<crypto::PacketKey> key_;
  std::optional<crypto::NumberMask> mask_;
};

}  // namespace specter::dtls
