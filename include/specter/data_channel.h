// A data channel's handle.
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

// Names a data channel on a connection's loop. A small value: cheap to copy, safe to keep after the
// channel is gone (calls then answer Closed), usable from any thread and inside every handler.
// RTCDataChannel, W3C §6.2.
class SPECTER_EXPORT DataChannel {
 public:
  DataChannel() = default;  // names nothing: every call answers Closed
  explicit DataChannel(std::shared_ptr<api::ChannelHandle> handle);

  // Queues a message and returns at once; the bytes are copied, but for a Buffer that is moved in
  // (which stays as it was when it is refused). Errors: InvalidState while it is connecting;
  // InvalidArgument for more than the peer's max-message-size; WouldBlock when the send buffer is
  // full (event::BufferedAmountLow tells when to go on); Closed. A message that is larger than
  // memory goes in parts: see MessagePart.
  Result<> send(std::string_view text, MessagePart part = MessagePart::Whole) const;
  Result<> send(Bytes binary, MessagePart part = MessagePart::Whole) const;
  Result<> send(Buffer&& binary, MessagePart part = MessagePart::Whole) const;
  // std::vector<std::byte>, std::array<std::byte, N> and views of bytes; copied, as Bytes are.
  Result<> send(std::span<const std::byte> binary, MessagePart part = MessagePart::Whole) const {
    return send(Bytes(reinterpret_cast<const std::uint8_t*>(binary.data()), binary.size()), part);
  }
  Result<> send(const char* text, MessagePart part = MessagePart::Whole) const {
    return send(std::string_view(text), part);
  }

  // From the next message on they are told as they come: each event::Message has a part, and says
  // whether the message begins and ends with it. There is no limit to their size then. To be called
  // before the peer sends: on a channel of the peer's, in the handler of
  // event::IncomingDataChannel.
  void receive_in_parts() const;

  // What was sent goes out first; event::DataChannelClosed follows. Twice is as good as once.
  void close() const;

  std::string label() const;
  std::string protocol() const;
  bool ordered() const;
  std::optional<std::uint16_t> max_retransmits() const;
  std::optional<std::chrono::milliseconds> max_packet_life_time() const;
  bool negotiated() const;
  Priority priority() const;
  // Its stream: once the descriptions have decided who is the DTLS client, which is before it is
  // connected.
  std::optional<std::uint16_t> id() const;
  DataChannelState state() const;  // Closed for a handle that names nothing
  // Bytes that send() took and no packet carries yet. The end of the channel does not set it to 0.
  std::size_t buffered_amount() const;
  // event::BufferedAmountLow comes when buffered_amount() falls to it from above. 0 at first.
  void set_buffered_amount_low_threshold(std::size_t bytes) const;
  std::size_t buffered_amount_low_threshold() const;

  friend bool operator==(const DataChannel& a, const DataChannel& b) {
    return a.handle_ == b.handle_;
  }

  const std::shared_ptr<api::ChannelHandle>& handle() const {
    return handle_;
  }  // for the library itself

 private:
  std::shared_ptr<api::ChannelHandle> handle_;
};

}  // namespace specter
