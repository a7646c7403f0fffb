// What OpenSSL may see of the datagrams that come in.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dtls/peer_messages.h"

#include "specter/bytes.h"

namespace specter::dtls {

// One forged datagram in the middle of a handshake is enough to end OpenSSL's: a plaintext alert,
// early data, a message out of its turn, a number far ahead that moves the replay window. RFC 6347
// §4.1.2.7 would have such records silently discarded. This stands in front and does so: OpenSSL
// sees, of the plaintext, only whole messages that are due, in order, each once, in records that we
// number, so that no number in what came matters.
//
// What arrives before its turn (the ChangeCipherSpec before the messages that it follows, the
// Finished before it) is kept until its turn has come; OpenSSL would lose the one, and keep up to a
// hundred of the other.
class RecordFilter {
 public:
  static constexpr std::size_t kMaxHeldRecords = 4;
  static constexpr std::size_t kMaxHeldBytes = 128;  // of one; a Finished or an alert has some 60

  explicit RecordFilter(Role our_role) : messages_(our_role) {}

  // Whole records to hand on, one behind the other; empty: none. Valid until the next call and no
  // longer than `datagram`.
  Bytes filter(Bytes datagram);

  // From now on only the epoch of the agreed keys counts. RFC 6347 §4.1: earlier ones are
  // discarded.
  void handshake_done();
  // No more handshake records: the peer has had our last flight often enough.
  void refuse_repeats() { repeats_refused_ = true; }

  std::uint64_t dropped() const { return dropped_; }
  // The description of the last plaintext alert, for people: it proves nothing.
  std::optional<std::uint8_t> plaintext_alert() const { return plaintext_alert_; }

 private:
  // RFC 6347 §4.1.
  struct Record {
    std::uint8_t type = 0;
    std::uint16_t version = 0;
    std::uint16_t epoch = 0;
    Bytes payload;
    Bytes whole;
  };

  static std::optional<Record> next(Bytes& rest);
  bool passes_whole(Bytes datagram) const;
  bool passes_when_done(const Record& record) const;
  void admit(const Record& record);
  void admit_plaintext(const Record& record);
  void admit_early(const Record& record);
  void release_held();
  void pass(const Record& record);
  void pass_message(const PeerMessages::Whole& message);
  void pass_plaintext(std::uint8_t type, Bytes payload);

  PeerMessages messages_;
  bool done_ = false;
  bool repeats_refused_ = false;
  bool change_cipher_spec_came_ = false;
  bool change_cipher_spec_passed_ = false;
  std::vector<Buffer> held_;  // of epoch 1, before the ChangeCipherSpec
  std::uint64_t next_sequence_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<std::uint8_t> plaintext_alert_;
  Buffer out_;
};

}  // namespace specter::dtls
