/// @file
/// The handle of a data channel.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "specter/bytes.h"
#include "specter/export.h"
#include "specter/options.h"
#include "specter/result.h"
#include "specter/states.h"

namespace specter {

namespace api {
struct ChannelHandle;
}

/// A handle of a data channel. RTCDataChannel, W3C §6.2.
///
/// Handles are cheap to copy. A handle does not keep its channel open and may outlive it: calls
/// then return the error Closed. No call blocks.
///
/// Thread: any, also inside event callbacks.
class SPECTER_EXPORT DataChannel {
 public:
  /// A handle without a channel. Every call returns the error Closed.
  DataChannel() = default;
  /// For the library itself.
  explicit DataChannel(std::shared_ptr<api::ChannelHandle> handle);

  /// Queues a text message. The text should be UTF-8; it is not checked. The bytes are copied.
  ///
  /// Errors: InvalidState before event::DataChannelOpen; InvalidArgument if the message is larger
  /// than the peer's max-message-size or than the send buffer; WouldBlock if the send buffer is
  /// full (retry after event::BufferedAmountLow); Closed. An error that is found later, on the
  /// event loop, is delivered as event::OperationFailed with Operation::Send.
  ///
  /// `part` sends a message in several calls: see MessagePart.
  Result<> send(std::string_view text, MessagePart part = MessagePart::Whole) const;
  /// Queues a binary message. The bytes are copied. Errors: those of the text overload.
  Result<> send(Bytes binary, MessagePart part = MessagePart::Whole) const;
  /// Queues a binary message without a copy. `binary` is unchanged if an error is returned. Errors:
  /// those of the text overload.
  Result<> send(Buffer&& binary, MessagePart part = MessagePart::Whole) const;
  /// Queues a binary message: std::vector<std::byte>, std::array<std::byte, N> and views of bytes.
  /// The bytes are copied. Errors: those of the text overload.
  Result<> send(std::span<const std::byte> binary, MessagePart part = MessagePart::Whole) const {
    return send(Bytes(reinterpret_cast<const std::uint8_t*>(binary.data()), binary.size()), part);
  }
  /// Queues a text message.
  Result<> send(const char* text, MessagePart part = MessagePart::Whole) const {
    return send(std::string_view(text), part);
  }

  /// Delivers the following messages in parts: each event::Message has one part and says whether
  /// the message begins and ends with it. There is then no limit on the size of a message.
  ///
  /// Call it before the peer sends. For a channel that the peer opened, call it in the callback of
  /// event::IncomingDataChannel.
  void receive_in_parts() const;

  /// Closes the channel. Messages sent before are delivered first. event::DataChannelClosed
  /// follows. Calling it again has no effect.
  void close() const;

  /// The label. Not unique.
  std::string label() const;
  /// The application's subprotocol; empty: none.
  std::string protocol() const;
  /// Whether messages are delivered in the order in which they were sent.
  bool ordered() const;
  /// How often a message is retransmitted before it is abandoned. Empty: no limit.
  std::optional<std::uint16_t> max_retransmits() const;
  /// How long a message is retransmitted before it is abandoned. Empty: no limit.
  std::optional<std::chrono::milliseconds> max_packet_life_time() const;
  /// Whether both sides created the channel with the same id.
  bool negotiated() const;
  /// The channel's share of the bandwidth.
  Priority priority() const;
  /// The SCTP stream, 0 to 65,534. It is known once the descriptions decide which side is the DTLS
  /// client, which is before the connection is connected.
  std::optional<std::uint16_t> id() const;
  /// The state last published by the event loop. Closed for a handle without a channel.
  DataChannelState state() const;
  /// Bytes that send() took and that are in no packet yet. Closing the channel does not reset it.
  std::size_t buffered_amount() const;
  /// event::BufferedAmountLow is delivered when buffered_amount() falls to `bytes` from above.
  /// Default: 0.
  void set_buffered_amount_low_threshold(std::size_t bytes) const;
  /// The threshold, in bytes.
  std::size_t buffered_amount_low_threshold() const;

  /// Whether both are handles of the same channel.
  friend bool operator==(const DataChannel& a, const DataChannel& b) {
    return a.handle_ == b.handle_;
  }

  /// For the library itself.
  const std::shared_ptr<api::ChannelHandle>& handle() const { return handle_; }

 private:
  std::shared_ptr<api::ChannelHandle> handle_;
};

}  // namespace specter
