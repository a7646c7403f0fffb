// An SCTP association over DTLS. RFC 9260, 8261, 3758, 6525, 8260. A facade: packet/ has the
// codecs, rx/ what comes in, tx/ what goes out, association/ the life of the association.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.h"
#include "base/machine.h"
#include "base/payload.h"
#include "sctp/ids.h"

#include "specter/bytes.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/time.h"

namespace specter::sctp {

inline constexpr std::uint16_t kNormalPriority = 256;  // RFC 8831 §6.4

// How a message is sent. RFC 3758, RFC 7496: with a limit it may be given up as a whole.
struct SendOptions {
  bool unordered = false;
  std::optional<std::uint16_t>
      max_retransmits{};  // per message: given up when a fragment would be sent again beyond it
  std::optional<Duration> lifetime{};  // from send(); given up afterwards
  // Streams that have something to send share what goes out in proportion to it: RFC 8831 §6.4,
  // RFC 8260 §3.6. 0 is taken as 1. It is the stream's, so let all messages of one have the same.
  std::uint16_t priority = kNormalPriority;
};

struct Established {};  // once. A peer that starts anew later (RFC 9260 §5.2.4 A) shows as
                        // IncomingStreamsReset of all streams in use; what was queued is dropped
struct MessageReceived {
  StreamId stream;
  Ppid ppid;
  bool unordered = false;
  Buffer bytes;  // never empty: RFC 9260 §3.3.1 forbids empty user data. But see is_cut_off
  // Otherwise only after receive_in_parts().
  bool begins = true, ends = true;
  // The peer has given up the rest of a message whose beginning was told: it ends here, without it.
  bool is_cut_off = false;
};
struct IncomingStreamsReset {
  std::vector<StreamId> streams;
};  // the peer reset its outgoing ones: RFC 6525 §5.2.2
struct OutgoingStreamsReset {
  std::vector<StreamId> streams;
};  // ours are done: their next message is number 0 again
// The peer refused, can't do it, or the stream does not exist. The streams go on with their
// numbers.
struct OutgoingResetFailed {
  std::vector<StreamId> streams;
};
// A stream's buffered_amount() fell to its threshold, from above it. Once for each time.
struct BufferedAmountLow {
  StreamId stream;
};
enum class CloseReason {
  Shutdown,
  PeerShutdown,
  Aborted,
  PeerAborted,
  TooManyRetransmissions,
  ProtocolViolation
};
std::string_view to_string(CloseReason reason);
struct Closed {
  CloseReason reason;
  std::string detail;
};  // the last event. Afterwards only a packet that was still due is polled, and a peer that missed
    // the end of a shutdown is told it again

struct Counters {
  std::uint64_t packets_sent = 0, packets_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  // of those packets
  std::uint64_t packets_dropped = 0;                 // bad checksum, tag, ports or form
  std::uint64_t retransmissions = 0;                 // DATA chunks sent again
  std::uint64_t messages_abandoned = 0;              // given up under a SendOptions limit
  std::size_t receive_buffered_bytes =
      0;  // in reassembly or not polled yet: what a_rwnd is reduced by
  std::size_t send_buffered_bytes = 0;
  std::size_t congestion_window_bytes = 0, flight_bytes = 0, peer_window_bytes = 0;
  std::size_t packet_bytes = 0;  // the largest that is sent now
  std::optional<Duration> smoothed_round_trip_time{};
};

class Association {
 public:
  using Transmit = Buffer;  // one packet, at most max_packet_bytes or what set_path() led to
  using Event = std::variant<Established, MessageReceived, IncomingStreamsReset,
                             OutgoingStreamsReset, OutgoingResetFailed, BufferedAmountLow, Closed>;

  struct Config {
    std::uint16_t local_port = 5000;
    std::uint16_t remote_port = 5000;
    std::uint16_t max_outgoing_streams = 65535;
    std::uint16_t max_incoming_streams = 65535;
    std::size_t max_packet_bytes =
        1135;  // 1200 of UDP payload less DTLS's share, a multiple of 4 below
    // max_message_bytes: a larger message is a ProtocolViolation. No more than
    // receive_buffer_bytes, or it would never be complete: cut to that, and that is 4096 at least.
    // Nothing more than receive_buffer_bytes (a_rwnd) is kept, delivered or not. `snap` is not for
    // here: who knows the peer's INIT calls connect_with().
    DataOptions data{.receive_buffer_bytes = 1 << 20};
    Duration initial_rto = std::chrono::milliseconds(500);
    Duration min_rto = std::chrono::milliseconds(200);
    Duration max_rto = std::chrono::seconds(10);
    Duration heartbeat_interval = std::chrono::seconds(30);
    // No limit on retransmissions of data and INIT by default: the association lives as long as
    // DTLS and ICE do (docs/failures.md row 107).
    std::optional<int> max_retransmissions{};
    // RFC 9653: we take packets without a checksum, and leave it out for a peer that does so too.
    // What is below must detect errors, as DTLS does.
    bool zero_checksum = true;
    // Messages that are the protocol's above and not its user's: set_receiving() lets them through.
    std::optional<Ppid> control_ppid{};
    std::optional<std::uint32_t> initial_tsn{};  // for tests of wrapping; else from Random
  };

  Association(Config config, Random& random, Log log = {});
  ~Association();
  Association(const Association&) = delete;

  // RFC 8899: the packet sizes that are worth a try on the path there is now, in any order. Larger
  // packets than Config::max_packet_bytes are sent once a probe of their size was answered. Again,
  // or with none, when the path is another: from the beginning.
  void set_path(std::vector<std::size_t> packet_sizes);
  // Something that should know says that no larger packet gets through there.
  void limit_path(Timestamp now, std::size_t packet_bytes);
  // Before either connect: the port of the peer's description, when it is not the usual one.
  void set_remote_port(std::uint16_t port);
  void connect(Timestamp now);  // both sides do: RFC 8831 §6.2, and simultaneous INITs meet (RFC
                                // 9260 §5.2.1)

  // SNAP, draft-hancke-tsvwg-snap: both sides' INIT chunks go with the descriptions, and none over
  // the path.
  // The INIT that connect() would send, from its type byte on: the same bytes each time.
  Buffer local_init() const;
  // Both INITs were exchanged: established at once. Instead of connect(). A peer that begins with
  // an INIT of its own all the same, since it has not seen ours, is answered, and the association
  // is that one. Error: InvalidArgument, as validate_init() says.
  Result<> connect_with(Timestamp now, Bytes remote_init);
  // Whether this is one complete INIT chunk that can begin an association, padded or not. Error:
  // InvalidArgument, with what is wrong with it.
  static Result<> validate_init(Bytes chunk);
  // Taken before Established too, and sent then. Errors: InvalidArgument for an empty message or a
  // stream past the peer's; WouldBlock past send_buffer_bytes; Closed. A Buffer&& that is refused
  // stays as it was.
  Result<> send(Timestamp now, StreamId stream, Ppid ppid, Payload message,
                const SendOptions& options = {});
  // A part of a message, which may be longer than any memory. They go out as they come, but for the
  // last byte of each that is not `last`. Only a part that is `last` may be empty, and not as the
  // first one. Until it is `last`, nothing else can be sent on the stream; and on no other either
  // with a peer that has no RFC 8260 (interleaves()). Never given up. Errors as of send(),
  // which for its part is InvalidState while a message is open.
  Result<> send_part(Timestamp now, StreamId stream, Ppid ppid, Payload part, bool last,
                     const SendOptions& options = {});
  // What was sent in parts and is not ended will never be whole: the peer hears that it is over.
  void cut_message(StreamId stream);
  // From now on the stream's messages are told as they come, the larger ones in several events, and
  // there is no limit to their size. For good; before the peer sends, or from its next message on.
  void receive_in_parts(StreamId stream);
  // Whatever was sent on them first goes out and is acknowledged; then RFC 6525's outgoing request.
  void reset_streams(Timestamp now, std::span<const StreamId> streams);
  // 0 at first, and again once the stream has been reset.
  void set_buffered_amount_low_threshold(StreamId stream, std::size_t bytes);
  // Before Established it is the end at once.
  void shutdown(Timestamp now);  // after all that was sent is acknowledged: RFC 9260 §9.2
  void abort(Timestamp now, std::string_view reason);

  // Packets take another path from now on, or the same one leads elsewhere: what was under way goes
  // again at once, no timer is backed off any more, and congestion control begins anew.
  void handle_path_change(Timestamp now);
  void handle_packet(Timestamp now, Bytes packet);
  void handle_timeout(Timestamp now);
  std::optional<Transmit> poll_transmit(Timestamp now);
  // The same behind what is in `out` already, for the caller's own datagrams; false: there is none.
  bool append_packet(Timestamp now, Buffer& out);
  // Whether that packet is larger than what the path is known to carry, and should go all the same,
  // as IP fragments: chunks that have their TSNs can't be cut once more (RFC 9260 §6.9).
  bool may_fragment() const;
  // A received message counts against the receive window until it is polled here: a caller that
  // stops polling closes the peer's window, and polling opens it again.
  std::optional<Event> poll_event();
  // While false poll_event() holds messages back, and with them the peer's window closes. What
  // concerns a stream of theirs, and the end, come after them; everything else comes, messages of
  // Config::control_ppid on other streams too. True at first.
  void set_receiving(bool receiving);
  WakeUp next_timeout() const;

  bool is_established() const;
  bool has_ended() const;               // Closed was told, or is about to be
  bool awaits_acknowledgement() const;  // of something that was sent
  bool used_snap() const;  // connect_with() established it, and no handshake has replaced it since
  bool interleaves() const;  // established, and with I-DATA: RFC 8260 §2.2.1
  std::size_t buffered_amount(
      StreamId stream) const;  // bytes of user data not yet handed to a packet for the first time
  std::uint16_t outgoing_streams() const;  // agreed; max_outgoing_streams before
  Counters counters() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

static_assert(Machine<Association>);

}  // namespace specter::sctp
