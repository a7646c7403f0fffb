// Messages that wait for their first transmission or for their last acknowledgement, by stream.
//
// A message's bytes are copied in once, into its own buffer; fragments only refer to it. Streams
// exist here while they have something to keep. They take turns by the weight of their priorities,
// with RFC 8260's I-DATA fragment by fragment; without, the fragments of one message can't be mixed
// with another's, and a turn is a whole message. On one stream messages go one after another in
// either case (RFC 8260 §2.2.2).
//
// A stream's reset is a marker in its queue: what was sent before it goes first, what was sent
// after it waits until the peer has agreed (RFC 6525 §5.1.2 A1).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/queue.h"
#include "sctp/ids.h"
#include "sctp/tx/fair_queue.h"
#include "sctp/tx/open_messages.h"

#include "specter/bytes.h"
#include "specter/time.h"

namespace specter::sctp {

using MessageIndex = std::uint32_t;
inline constexpr MessageIndex kNoMessage = 0xffffffff;

struct OutgoingMessage {
  Buffer bytes;
  StreamId stream{};
  Ppid ppid{};
  bool unordered = false;
  std::uint16_t priority = 1;  // the stream's weight; not 0
  // A message whose bytes come a part at a time is a row of these on one stream.
  bool continues = false;  // not its first part
  bool goes_on = false;    // not its last
  std::optional<std::uint16_t> max_retransmits;
  Deadline expires;

  // Kept by the queue and the sender.
  enum class Kind : std::uint8_t { Free, Message, ResetMarker };
  Kind kind = Kind::Free;
  bool queued = false;     // has bytes without a TSN, or is a marker
  bool has_tsn = false;    // some of it, or something that stands for it
  bool abandoned = false;  // given up; its bytes are gone
  bool is_open = false;    // may be mixed with others, and has its share of what the peer can hold
  std::uint32_t mid = 0;   // of the ordered or the unordered; its lower half is the SSN
  std::uint32_t next_fsn = 0;  // fragments that have a TSN
  OpenMessages::Share share{};
  std::size_t size = 0;
  std::size_t sent = 0;                      // bytes that have a TSN
  std::size_t records = 0;                   // TSNs that are not acknowledged cumulatively
  std::int64_t first_tsn = 0, last_tsn = 0;  // of what has one
  MessageIndex next = kNoMessage;            // on the same stream
  std::uint32_t generation = 0;              // of the slot, to tell a later message in it

  bool started() const { return has_tsn; }
  bool is_part() const { return continues || goes_on; }
};

class SendQueue {
 public:
  SendQueue() = default;
  SendQueue(const SendQueue&) = delete;

  // The fragments of different streams may be mixed. Not those of messages up to `whole_bytes`, one
  // chunk or two: they go as they are. The peer has a buffer of so many.
  struct Interleaving {
    std::size_t whole_bytes = 0;
    std::size_t peer_buffer_bytes = 0;
  };
  void set_interleaving(std::optional<Interleaving> interleaving);

  MessageIndex push(OutgoingMessage message);
  void push_reset(StreamId stream);  // again, with nothing sent since the last: nothing

  // ---- messages in parts
  // The last that was pushed on the stream goes on: nothing but a part may follow it.
  bool is_message_open(StreamId stream) const;
  void end_message(StreamId stream);  // what was pushed last was its last part
  // What may be sent of it. Of a part that goes on the last byte stays until the next one is there
  // or it turns out to have been the last, since only a byte can say that a message ends.
  std::size_t sendable(const OutgoingMessage& message) const {
    const bool keeps_one = message.goes_on && message.next == kNoMessage;
    return message.size - message.sent - (keeps_one ? 1 : 0);
  }
  // The FSN of its next fragment.
  std::uint32_t next_fsn(const OutgoingMessage& message);
  // The stream's parts that have not been sent are dropped; answers the one at which the peer has
  // to be told so, or kNoMessage when it never heard of the message.
  MessageIndex cut_message(StreamId stream);

  // The message to be sent next, whole or further; kNoMessage: none may be.
  MessageIndex front();
  // `bytes` more of the front have got the TSN `tsn`, and take `wire_bytes` of what the streams
  // share. The first gives the message its number.
  void advance_front(std::size_t bytes, std::size_t wire_bytes, std::int64_t tsn);
  // A TSN of it that stands for no bytes.
  void add_empty_record(MessageIndex index, std::int64_t tsn);
  // A TSN of it was acknowledged for good.
  void release_record(MessageIndex index);
  // Drops its bytes, sent or not. Free afterwards, once no TSN refers to it.
  void abandon(MessageIndex index);

  OutgoingMessage& operator[](MessageIndex index) { return slots_[index]; }
  const OutgoingMessage& operator[](MessageIndex index) const { return slots_[index]; }

  // Streams whose marker's turn it is, at most `max`; to be answered by finish_reset().
  bool has_due_resets() const { return !due_resets_.empty(); }
  std::vector<StreamId> take_due_resets(std::size_t max);
  void finish_reset(StreamId stream, bool numbers_start_again);
  std::size_t waiting_resets() const { return markers_; }
  std::vector<StreamId> streams_to_reset() const;  // of all resets not finished

  void set_threshold(StreamId stream, std::size_t bytes);
  // Streams whose buffered amount fell to the threshold since the last call, once each time.
  std::vector<StreamId> take_low() { return std::exchange(low_, {}); }

  std::size_t buffered_bytes(StreamId stream) const;      // that have no TSN yet
  std::size_t held_bytes() const { return held_bytes_; }  // in memory: unsent or unacknowledged
  std::size_t started_messages() const { return started_messages_; }  // with a TSN, not yet free
  std::size_t messages() const { return messages_; }
  std::vector<StreamId> streams() const;
  std::vector<MessageIndex> messages_from(std::uint16_t first) const;  // on it and streams above

 private:
  struct Stream {
    StreamId id{};
    MessageIndex head = kNoMessage;
    MessageIndex tail = kNoMessage;
    std::array<std::uint32_t, 2> next_mid{};  // ordered, unordered: RFC 8260 §2.1
    VirtualTime virtual_time = 0;
    std::uint32_t open_mid = 0, open_fsn = 0;  // of the message whose parts are sent
    bool ready = false;                        // stands in ready_ or put_off_
    bool resetting = false;     // its marker stands in due_resets_ or is with the peer
    std::uint32_t started = 0;  // messages with a TSN that are not free
    std::size_t buffered = 0;
    std::size_t threshold = 0;
  };

  Stream& stream(StreamId id) {
    Stream& s = streams_[static_cast<std::uint16_t>(id)];
    s.id = id;
    return s;
  }
  MessageIndex allocate();
  void free(MessageIndex index);
  void append(MessageIndex index);
  void pop_head(Stream& stream);
  void settle(Stream& stream);
  bool has_message(const Stream& stream) const {
    return stream.head != kNoMessage && slots_[stream.head].kind == OutgoingMessage::Kind::Message;
  }
  // The head is a message, and there is something of it to send.
  bool can_go_on(const Stream& stream) const {
    return has_message(stream) && sendable(slots_[stream.head]) > 0;
  }
  void start(Stream& stream, OutgoingMessage& message, std::int64_t tsn);
  void add_record(OutgoingMessage& message, std::int64_t tsn);
  void finish_part(Stream& stream, OutgoingMessage& message);
  bool open_or_put_off(Stream& stream);
  bool open(OutgoingMessage& message);
  void close(OutgoingMessage& message);
  void reduce_buffered(Stream& stream, std::size_t bytes);
  void drop_bytes(OutgoingMessage& message);

  std::vector<OutgoingMessage> slots_;
  std::vector<MessageIndex> free_;
  std::unordered_map<std::uint16_t, Stream> streams_;
  FairQueue<Stream> ready_;  // what stands at the front may be half sent
  // Until messages that are open end: small ones, large ones.
  std::array<FairQueue<Stream>, 2> put_off_;
  std::optional<Interleaving> interleaving_;
  OpenMessages open_messages_;
  RareQueue<StreamId> due_resets_;
  std::vector<StreamId> low_;
  std::size_t held_bytes_ = 0;
  std::size_t started_messages_ = 0;
  std::size_t messages_ = 0;
  std::size_t markers_ = 0;
};

}  // namespace specter::sctp
