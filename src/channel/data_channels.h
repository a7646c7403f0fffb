// The data channels of one connection, over one SCTP association that they own. RFC 8831, 8832.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/machine.h"
#include "base/payload.h"
#include "sctp/association.h"

#include "specter/bytes.h"
#include "specter/core_events.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/states.h"
#include "specter/time.h"

namespace specter::channel {

// Which half of the stream ids is ours to choose from. RFC 8832 §6: the DTLS client takes the even
// ones.
enum class Parity { Even, Odd };

struct ChannelInfo {
  std::string label;
  DataChannelOptions options;  // id is there once the stream is known
};

// All of one channel come in this order: IncomingDataChannel? DataChannelOpen (Message |
// BufferedAmountLow)* DataChannelClosing? DataChannelError? DataChannelClosed.
using core::BufferedAmountLow;
using core::DataChannelClosed;
using core::DataChannelClosing;
using core::DataChannelError;
using core::DataChannelOpen;
using core::DataChannelRefused;
using core::IncomingDataChannel;
using core::Message;
struct AssociationEstablished {};
struct AssociationClosed {
  std::string reason;
  bool by_error = false;
};  // after the Closed of every channel

struct ChannelStats {
  ChannelId channel;
  ChannelInfo info;
  DataChannelState state;
  std::uint64_t messages_sent = 0, messages_received = 0, bytes_sent = 0, bytes_received = 0;
};

struct Totals {
  // W3C's RTCPeerConnectionStats: `opened` and `closed` count whoever made them. `requested` are
  // those of create(), `accepted` the peer's.
  std::uint64_t requested = 0, opened = 0, closed = 0, accepted = 0;
  std::uint64_t refused = 0;           // OPENs of the peer that broke RFC 8832 or a limit of ours
  std::uint64_t messages_dropped = 0;  // for no channel, or more than we hold for one to come
};

class DataChannels {
 public:
  using Transmit = Buffer;  // one SCTP packet
  using Event = std::variant<IncomingDataChannel, DataChannelOpen, Message, BufferedAmountLow,
                             DataChannelClosing, DataChannelError, DataChannelClosed,
                             DataChannelRefused, AssociationEstablished, AssociationClosed>;

  struct Config {
    sctp::Association::Config association;
    std::size_t max_channels = 65535;
    std::size_t max_send_message_bytes =
        65536;  // the peer's a=max-message-size; absent is 64 KiB, 0 no limit (RFC 8841 §6)
  };

  DataChannels(Config config, Random& random, Log log = {});
  ~DataChannels();
  DataChannels(const DataChannels&) = delete;

  // W3C §6.1: what create() refuses whatever the state. Errors: InvalidArgument (label or protocol
  // over 65,535 bytes or no UTF-8, both limits given, negotiated without an id or with 65,535).
  static Result<> check_options(std::string_view label, const DataChannelOptions& options);
  // Before connect() too: the channel opens once the association does. Errors: those of
  // check_options(), OperationFailed (id in use, none left).
  Result<ChannelId> create(Timestamp now, std::string_view label,
                           const DataChannelOptions& options);
  // The descriptions have decided who is the DTLS client: channels have their ids from here on (W3C
  // §4.4.1.5). Once; connect() does it, too.
  void assign_streams(Parity parity);
  // Ours is the half `parity`; DTLS is done: the association starts. The remote limits are those of
  // the description. With a `remote_init` (one that sctp::Association::validate_init takes), which
  // means that the peer has ours too, it is established at once: SNAP.
  void connect(Timestamp now, Parity parity, std::size_t max_send_message_bytes,
               std::uint16_t remote_port, std::optional<Bytes> remote_init = std::nullopt);
  // Errors: InvalidState while connecting or closing (W3C §6.2.6 says connecting only: we queue
  // nothing before open … see README), InvalidArgument over the peer's max-message-size, WouldBlock
  // over the send buffer, Closed, NotFound.
  Result<> send(Timestamp now, ChannelId channel, MessageKind kind, Payload message,
                MessagePart part = MessagePart::Whole);
  // As sctp::Association::receive_in_parts(), for as long as the channel lives.
  void receive_in_parts(ChannelId channel);
  // As sctp::Association::set_path().
  void set_path(std::vector<std::size_t> packet_sizes);
  // As sctp::Association::handle_path_change().
  void handle_path_change(Timestamp now);
  void limit_path(Timestamp now, std::size_t packet_bytes);
  // What was sent goes out first, then the stream is reset both ways and Closed comes. Closing
  // twice is as good as once.
  void close(Timestamp now, ChannelId channel);
  void set_buffered_amount_low_threshold(ChannelId channel, std::size_t bytes);
  // The connection ends: every channel gets Closed (Failed before it when `error`), the association
  // is aborted or shut.
  void shut_down(Timestamp now, std::optional<Error> error);
  // The association ends as with shut_down(), behind what was received before, and another one may
  // come: create() and connect() are as at first. Channels that are kept are Connecting again, and
  // those that were Open get Failed, which says how many bytes were not sent.
  enum class Keeps { Nothing, Negotiated, All };
  void end_association(Timestamp now, const Error& error, Keeps keeps = Keeps::Nothing);
  // A later description of the peer's has another limit than connect() was told.
  void set_max_send_message_bytes(std::size_t bytes);
  // What carried the association is gone. The same, but behind what was received before.
  void handle_transport_closed(Timestamp now, std::optional<Error> error);

  void handle_packet(Timestamp now, Bytes packet);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  // The same behind what is in `out` already; false: there is none.
  bool append_packet(Timestamp now, Buffer& out);
  bool may_fragment() const;  // as sctp::Association's
  // While false no message comes, and the peer's window closes; nor does what follows one in its
  // channel's order, such as the peer's closing. Everything else does. True at first.
  void set_receiving(bool receiving);
  std::optional<Event> poll_event();  // a caller that stops polling closes the peer's window
  WakeUp next_timeout() const;

  bool is_connecting() const;  // connect() was called; the association is neither up nor over
  std::optional<DataChannelState> state(ChannelId channel) const;  // nothing once it is gone
  std::optional<ChannelInfo> info(ChannelId channel) const;
  // Bytes of user data queued by send(), not yet sent. Of a channel that is over, what it had then
  // (W3C §6.2: closing does not set it to 0); both as long as ClosedChannels remembers it.
  std::size_t buffered_amount(ChannelId channel) const;
  std::vector<ChannelStats> stats() const;
  std::vector<ChannelStats> closed_stats() const;  // of those that are over, as they ended
  Totals totals() const;
  const sctp::Association& association() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(Machine<DataChannels>);

}  // namespace specter::channel
