// The sending half of a connection's tracks: samples and packets in, packets in the pacer's order
// out, and what RTCP says of them. It knows no SRTP and no socket.
//
//   write_sample() --> packetizer --> interceptors --> pacer --> poll_packet() --> history
//                                                        ^                            |
//                                                        +---- NACK: RFC 4588 --------+
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "media/draft.h"
#include "media/interceptor_chain.h"
#include "media/packet_room.h"
#include "rtcp/compound.h"
#include "rtcp/ntp.h"
#include "rtp/parameters.h"

#include "specter/bytes.h"
#include "specter/core_events.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::media {

class Senders {
 public:
  using Event = std::variant<core::KeyFrameWanted, core::EncodingWanted, core::BitrateFeedback>;

  // BitrateFeedback events that are not polled yet; further ones are dropped. Of the others each
  // encoding has two at most that matter, and comes to no more than its changes.
  static constexpr std::size_t kMaxFeedbackEvents = 64;
  // Packets' bodies, waiting and kept for retransmission, of all sources, in bytes: so much, and
  // MediaOptions::retransmission_buffer_bytes eight times. What finds no room is dropped.
  static constexpr std::size_t kBodyBytes = 16 << 20;
  // RFC 3550 §6.2 lets reports be so frequent; each time by a random factor of 0.5 to 1.5.
  static constexpr Duration kVideoReportInterval = std::chrono::seconds(1);
  static constexpr Duration kAudioReportInterval = std::chrono::seconds(5);
  // Numbers of a transport whose sizes are kept for feedback.
  static constexpr std::size_t kKnownPackets = 8192;

  // `epoch` is what the zero of the clock is in NTP time, the same for all reports of a connection.
  // `interceptors` may be null, and outlives it.
  Senders(const MediaOptions& options, Random& random, rtcp::NtpTime epoch = {},
          InterceptorChain* interceptors = nullptr);
  ~Senders();
  Senders(const Senders&) = delete;
  Senders& operator=(const Senders&) = delete;

  // What was negotiated: the first time and later, also replace_track() and set_parameters().
  // Sources, numbers and times of encodings that stay go on.
  void set(Timestamp now, TransceiverId transceiver, const rtp::SendParameters& parameters);
  // It was stopped: BYE for its sources that have sent, RFC 3550 §6.6.
  void remove(Timestamp now, TransceiverId transceiver);
  // Until then what is written is dropped and counted. A second time is a new peer's (RFC 8842
  // §5.1), which has yet to learn the sources' names.
  void set_connected(Timestamp now, bool is_connected);
  // The path is another one: what became of packets on the one before says nothing of it.
  void handle_path_change(Timestamp now);
  // It answers, perhaps after a silence.
  void handle_path_answers(Timestamp now);
  void set_packet_room(const PacketRoom& room);

  // core::PeerConnection has their errors.
  Result<> write_sample(Timestamp now, TransceiverId transceiver, const MediaSample& sample);
  Result<> write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet, std::string_view rid,
                     std::span<const RtpHeaderExtensionParameters> header_extensions = {});

  // Reports, NACK, PLI, FIR, REMB, transport-wide feedback, RFC 8888; others are not its affair.
  void handle(Timestamp now, const rtcp::Message& message);
  void handle_timeout(Timestamp now);

  // The next packet that may leave now; null: none. Its numbers and its time of sending are those
  // of now. One of the two calls below is the next one, until when what it points at is good.
  const Departure* poll_packet(Timestamp now);
  // It has left: it is counted, and kept for retransmission. True: it is the first of its source
  // since a report, so that one may be due now.
  bool handle_sent(Timestamp now);
  // The sealed bytes of one that had a keepsake.
  void keep(Timestamp now, const Keepsake& about, Bytes sealed);
  // It may not leave, as SRTP says: its number was used, or the key may seal no more. The
  // transport-wide number is the next one's.
  void handle_refused();
  // Appends what is due: an SR for each source that is sending, one SDES with their CNAMEs, one BYE
  // for those that have ended. Nothing else may be due then. More than 31 sources are split.
  void write_reports(Timestamp now, std::vector<rtcp::Message>& out);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  // Of receivers too: they ask for it, so that NACK and PLI are timed by one number.
  std::optional<Duration> round_trip() const;
  // The SSRC that feedback is sent under: of the first source that has sent; nothing: none has.
  std::optional<std::uint32_t> first_ssrc() const;
  void add_stats(Stats& out) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace specter::media
