// What DataChannels is made of. The parts stand in files of their own: opening.cc, messages.cc,
// closing.cc; data_channels.cc has the facade and the dispatch.
#pragma once

#include <map>
#include <unordered_map>

#include "base/queue.h"
#include "channel/closed_channels.h"
#include "channel/data_channels.h"
#include "channel/dcep.h"
#include "channel/held_messages.h"
#include "channel/stream_ids.h"

namespace specter::channel {

// The labels and protocols of channels that the peer opened, together: 65,535 channels of 128 KiB
// each are more than anybody means.
inline constexpr std::size_t kMaxAcceptedNameBytes = 16 << 20;

class DataChannels::Impl {
 public:
  Impl(Config config, Random& random, Log log);

  // opening.cc
  Result<ChannelId> create(Timestamp now, std::string_view label,
                           const DataChannelOptions& options);
  void assign_streams(Parity parity);
  void connect(Timestamp now, Parity parity, std::size_t max_send_message_bytes,
               std::uint16_t remote_port, std::optional<Bytes> remote_init);
  // messages.cc
  Result<> send(Timestamp now, ChannelId id, MessageKind kind, Payload message, MessagePart part);
  void receive_in_parts(ChannelId id);
  void set_buffered_amount_low_threshold(ChannelId id, std::size_t bytes);
  std::size_t buffered_amount(ChannelId id) const;
  // closing.cc
  void close(Timestamp now, ChannelId id);
  void shut_down(Timestamp now, std::optional<Error> error);
  void handle_transport_closed(Timestamp now, std::optional<Error> error);
  // renewal.cc
  void end_association(Timestamp now, const Error& error, Keeps keeps);
  void set_max_send_message_bytes(std::size_t bytes) { config_.max_send_message_bytes = bytes; }
  // data_channels.cc
  void handle_packet(Timestamp now, Bytes packet);
  void handle_timeout(Timestamp now);
  bool append_packet(Timestamp now, Buffer& out);
  void set_path(std::vector<std::size_t> packet_sizes) {
    association_->set_path(std::move(packet_sizes));
  }
  void handle_path_change(Timestamp now) { association_->handle_path_change(now); }
  void limit_path(Timestamp now, std::size_t packet_bytes) {
    association_->limit_path(now, packet_bytes);
  }
  bool may_fragment() const { return association_->may_fragment(); }
  std::optional<Event> poll_event();
  void set_receiving(bool receiving) {
    is_receiving_ = receiving;
    association_->set_receiving(receiving);
  }
  WakeUp next_timeout() const { return association_->next_timeout(); }
  std::optional<DataChannelState> state(ChannelId id) const;
  std::optional<ChannelInfo> info(ChannelId id) const;
  std::vector<ChannelStats> stats() const;
  std::vector<ChannelStats> closed_stats() const { return closed_.all(); }
  // As the association has it: its events may wait for the application.
  bool is_connecting() const {
    return phase_ == Phase::Connecting && !association_->is_established() &&
           !association_->has_ended();
  }
  Totals totals() const { return totals_; }
  const sctp::Association& association() const { return *association_; }

 private:
  // One channel, from create() or the peer's OPEN until its Closed.
  //
  //                  ACK, or any message (RFC 8832 §6);
  //                  at once when negotiated                 close(), the peer's reset, a breach
  //     Connecting ---------------------------------> Open ---------------------------> Closing
  //       | ^                                          |                                     |
  //       | +---- another peer; negotiated ones alone -+                  both streams reset |
  //       |    close() or failure before the OPEN is sent                                    |
  //       +------------------------------> gone <-------------------------------------------+
  struct Channel {
    ChannelInfo info;
    DataChannelState state = DataChannelState::Connecting;
    bool ours = true;                                // made by create(), not by the peer's OPEN
    std::uint16_t priority = sctp::kNormalPriority;  // as the OPEN has it: any number
    std::size_t low_threshold = 0;                   // of buffered_amount()
    bool above_threshold = false;                    // BufferedAmountLow is owed
    bool receives_parts = false;
    bool has_failed = false;  // and it was told
    // Of the message that is sent in parts and not ended.
    std::optional<MessageKind> open_kind{};
    std::uint64_t open_bytes = 0;
    std::uint64_t queued_bytes = 0;  // all that send() ever gave to the association
    // Of those that stand for empty messages and may still wait: queued_bytes behind each.
    RareQueue<std::uint64_t> empty_messages;
    std::uint64_t messages_sent = 0, messages_received = 0, bytes_sent = 0, bytes_received = 0;

    void begin_again();  // with another association
  };
  using Channels = std::map<ChannelId, Channel>;  // in the order of their making

  // A pair of streams in use. Free again, and its id with it, once both are reset: RFC 8831 §6.7.
  struct Stream {
    std::optional<ChannelId> channel{};  // nothing: refused, or the channel is gone already
    bool reset_asked = false;            // of ours
    bool reset_done = false;
    bool peer_reset = false;
    bool peer_reset_again = false;  // used and reset anew before our reset was confirmed to us
    bool unusable = false;          // our reset failed: never free again
  };
  using Streams = std::unordered_map<std::uint16_t, Stream>;

  struct ControlMessage {  // that the association had no room for
    std::uint16_t stream;
    Buffer bytes;
  };

  // ---- opening.cc
  void assign(ChannelId id, Channel& channel, std::uint16_t stream);
  void announce(std::uint16_t stream, const Channel& channel);
  void handle_established();
  void handle_dcep(std::uint16_t stream, Bytes bytes);
  void handle_open(std::uint16_t stream, Bytes bytes);
  void handle_ack(std::uint16_t stream);
  void open(ChannelId id, Channel& channel);
  void refuse(std::uint16_t stream, std::string why);
  std::string why_not(std::uint16_t stream, std::size_t name_bytes) const;
  void replay_held(std::uint16_t stream);

  // ---- messages.cc
  Result<> judge(const Channel& channel, MessageKind kind, std::size_t bytes,
                 MessagePart part) const;
  void handle_message(sctp::MessageReceived&& message);
  void handle_user_message(sctp::MessageReceived&& message);
  void handle_buffered_amount_low(std::uint16_t stream);
  void send_control(std::uint16_t stream, Buffer bytes);
  void flush_control();
  bool cancel_control(std::uint16_t stream);
  std::uint16_t priority_of(std::uint16_t stream) const;
  void wake_blocked();
  std::uint64_t waiting_bytes(const Channel& channel) const;
  std::size_t buffered(const Channel& channel) const;
  void note_empty_message(Channel& channel) const;

  // ---- closing.cc
  void begin_closing(Channel& channel);
  void forget_events_of(ChannelId id);
  void fail_channel(ChannelId id, Channel& channel, Error error);
  void tell_failure(ChannelId id, Channel& channel, Error error);
  void drop_channel(Channels::iterator at, std::optional<Error> error);
  void ask_reset(std::uint16_t stream);
  void flush_resets();
  void handle_incoming_reset(std::uint16_t stream);
  void handle_outgoing_reset(std::uint16_t stream);
  void handle_reset_failed(std::uint16_t stream);
  void free_stream_if_reset(std::uint16_t stream);
  void free_stream(std::uint16_t stream);
  void handle_association_closed(const sctp::Closed& closed);
  void drop_everything(const std::optional<Error>& error);

  void handle(sctp::Association::Event&& event);
  template <class E>
  void emit(E&& event) {
    events_.emplace_back(std::forward<E>(event));
  }
  Stream* find_stream(std::uint16_t stream);
  Channel* find_channel(ChannelId id);
  std::uint32_t stream_end() const { return association_->outgoing_streams(); }

  // How far the association is, as the application was told.
  enum class Phase { New, Connecting, Established, ShuttingDown, Closed };

  Config config_;
  Random& random_;
  const Log log_;
  std::unique_ptr<sctp::Association> association_;
  Phase phase_ = Phase::New;
  bool shut_down_by_error_ = false;
  std::optional<Error> transport_error_;  // what the channels end with once they have
  Timestamp now_{};  // of the last input: events are handled when they are polled

  StreamIds ids_;
  Streams streams_;
  Channels channels_;
  std::uint64_t last_channel_ = 0;
  std::size_t accepted_name_bytes_ = 0;
  ClosedChannels closed_;

  HeldMessages held_;
  RareQueue<ControlMessage> control_;   // at most an OPEN or an ACK for each stream
  std::vector<sctp::StreamId> resets_;  // asked together, when packets are next polled
  // Got WouldBlock for so many bytes, with little of their own waiting.
  std::map<ChannelId, std::size_t> blocked_;
  bool may_wake_ = false;  // once an input: what is told WouldBlock again waits for the next one
  Queue<Event, sizeof(Event)> events_;  // messages come one by one
  bool is_receiving_ = true;
  std::optional<Buffer> farewell_;  // the ABORT of an association that another one follows
  Totals totals_;
};

}  // namespace specter::channel
