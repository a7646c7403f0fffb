// Our messages that belong together: cut to the MTU, sent, and sent again until they are
// acknowledged, explicitly (RFC 9147 §7) or by what the peer says next. RFC 6347 §4.2.4.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "dtls/record/outbox.h"
#include "dtls/wire/record.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::dtls {

class Flight {
 public:
  // A piece that was sent more often is known by its latest numbers alone.
  static constexpr std::size_t kMaxNumbers = 8;

  void add_message(std::uint64_t epoch, HandshakeType type, std::uint16_t message_seq, Bytes body);
  void add_change_cipher_spec();  // DTLS 1.2

  // All that is not acknowledged yet. RFC 6347 §4.1.1.1, RFC 9147 §4.4: when there was no answer to
  // that twice, perhaps the path has no room for the datagrams. Then each second time they are as
  // small as any path takes; the others are for a path that loses much, where fewer are better.
  void send(RecordWriter& writer, bool twice);
  // True when it says something new. An ACK comes under keys that only the hellos give: so all that
  // went before, in the clear, has come.
  bool acknowledge(std::span<const RecordNumber> records);
  bool empty() const { return messages_.empty(); }
  int sent() const { return sent_; }  // how often
  // Its messages by name, for a log.
  std::string words() const;
  // Nothing is left to be sent (again).
  bool acknowledged() const;

 private:
  struct Piece {
    std::uint32_t offset, size;
    bool acknowledged = false;
    std::vector<RecordNumber> numbers;
  };
  struct Message {
    ContentType content;  // Handshake or ChangeCipherSpec
    std::uint64_t epoch;
    HandshakeType type;
    std::uint16_t message_seq;
    Buffer body;
    // Cut when it is sent first, small enough for the smallest datagram, and the same ever after:
    // some peers don't put overlapping pieces together.
    std::vector<Piece> pieces;
  };

  static void cut(Message& message, const RecordWriter& writer, Outbox& outbox);
  static void write(Message& message, Piece& piece, RecordWriter& writer);

  std::vector<Message> messages_;
  int sent_ = 0;
};

// What we have had of the peer's records. RFC 9147 §7: with the highest keys for sending. Of more
// than a datagram holds, the latest.
void write_ack(RecordWriter& writer, std::vector<RecordNumber> records);

// When a flight is due again: doubling from `first` to `max`. RFC 9147 §5.8.
class ResendTimer {
 public:
  void start(Timestamp now, Duration first) {
    interval_ = first;
    deadline_ = now + first;
    last_sent_ = now;
  }
  void back_off(Timestamp now, Duration max) {
    interval_ = std::min(interval_ * 2, max);
    deadline_ = now + interval_;
    last_sent_ = now;
  }
  void stop() { deadline_.reset(); }
  bool is_due(Timestamp now) const { return deadline_ && now >= *deadline_; }
  Deadline deadline() const { return deadline_; }
  Duration interval() const { return interval_; }
  // Something that asks for the flight again is heard at most this often.
  static constexpr Duration kMinGap = std::chrono::milliseconds(50);
  bool may_repeat(Timestamp now) const { return now - last_sent_ >= kMinGap; }
  // An ACK comes under keys, and was held back by its sender already.
  static constexpr Duration kMinGapBeforeAck = std::chrono::milliseconds(10);
  bool may_answer_ack(Timestamp now) const { return now - last_sent_ >= kMinGapBeforeAck; }

 private:
  Deadline deadline_;
  Duration interval_{};
  Timestamp last_sent_{};
};

}  // namespace specter::dtls
