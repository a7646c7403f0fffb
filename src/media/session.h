// The media of one transport: what is sent, what is received, and the RTCP of both. It knows no
// keys and no negotiation: packets go in and come out in the clear.
//
//     write_sample() --> Senders ---> poll_packet() --> SRTP
//     SRTP --> handle_rtp() --> Receivers --> frames, packets
//     SRTP --> handle_rtcp() --> both;   both --> append_rtcp() --> SRTP
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "media/compounds.h"
#include "media/draft.h"
#include "media/interceptor_chain.h"
#include "media/packet_room.h"
#include "media/receivers.h"
#include "media/senders.h"
#include "rtcp/compound.h"
#include "rtp/parameters.h"

#include "specter/core_events.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::media {

class Session {
 public:
  using Event = std::variant<core::Frame, core::RtpPackets, core::TrackMuted, core::TrackUnmuted,
                             core::KeyFrameWanted, core::EncodingWanted, core::BitrateFeedback>;

  // RFC 3550 §6.2 has five seconds at least, and lets it be less at higher rates (§6.2, 360 s
  // divided by the session's kbit/s). Each is drawn anew from half to one and a half of it.
  static constexpr Duration kVideoReportInterval = std::chrono::seconds(1);
  static constexpr Duration kAudioReportInterval = std::chrono::seconds(5);
  // A REMB that is not renewed is forgotten by libwebrtc after some seconds.
  static constexpr Duration kEstimateInterval = std::chrono::seconds(1);

  // Both outlive it.
  static constexpr std::size_t kLeastPacketRoom = 256;  // bytes

  Session(const MediaOptions& options, Random& random);
  Session(const Session&) = delete;

  // What is sent and received by the transceivers that negotiation knows. The calls of the
  // application that concern one side alone are made there.
  Senders& senders() {
    idle_at_.reset();
    return senders_;
  }
  const Senders& senders() const { return senders_; }
  Receivers& receivers() {
    idle_at_.reset();
    return receivers_;
  }
  const Receivers& receivers() const { return receivers_; }
  void set_sending(Timestamp now, TransceiverId transceiver, const rtp::SendParameters& parameters);
  void set_receiving(Timestamp now, TransceiverId transceiver,
                     const rtp::ReceiveParameters& parameters);
  void remove(Timestamp now, TransceiverId transceiver);
  // What the peer may send in all, bit/s, told by REMB; 0: nothing is told.
  void set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second);

  // Whether there are keys, and somebody who reads.
  void set_connected(Timestamp now, bool is_connected);
  // What ICE has measured, until reports tell: who sends nothing hears of no round trip by RTCP.
  void set_path_round_trip(Duration round_trip) { path_round_trip_ = round_trip; }
  void set_packet_room(const PacketRoom& room);

  // What one receive brought, authenticated and in the clear.
  void handle_rtp(Timestamp now, Bytes packet);
  void handle_rtcp(Timestamp now, Bytes compound);
  void handle_timeout(Timestamp now);
  // The next packet to be sent, in the pacer's order; null: none. What became of it is said next.
  const Departure* poll_packet(Timestamp now);
  void handle_sent(Timestamp now) { has_news_ = senders_.handle_sent(now) || has_news_; }
  void handle_refused() { senders_.handle_refused(); }
  void keep(Timestamp now, const Keepsake& about, Bytes sealed) {
    senders_.keep(now, about, sealed);
  }
  // Says goodbye for all that was sent, RFC 3550 §6.6. Nothing is sent after that.
  void shut_down(Timestamp now);
  // Whether append_rtcp() may have something.
  bool has_rtcp(Timestamp now) const;
  // Appends a compound packet that is due to `out`; false: there is none. RFC 3550 §6.1, 5506.
  bool append_rtcp(Timestamp now, Buffer& out);
  std::optional<Event> poll_event();
  WakeUp next_timeout() const;

  void add_stats(Stats& stats) const;

 private:
  void collect_rtcp(Timestamp now);
  void update_round_trip();
  void schedule_report(Timestamp now);
  std::uint32_t ssrc() const { return senders_.first_ssrc().value_or(local_ssrc_); }

  Random& random_;
  InterceptorChain interceptors_;
  Senders senders_;
  Receivers receivers_;
  std::vector<TransceiverId> sending_;
  bool is_connected_ = false;
  std::size_t packet_room_ = kLeastPacketRoom;
  std::optional<Duration> path_round_trip_{};

  // ---- RTCP
  Compounds compounds_;
  // Nothing was due then, and nothing has happened since: for each packet that leaves it is asked.
  Deadline idle_at_{};
  bool has_news_ = false;     // for a report, once the packets are out
  std::uint32_t local_ssrc_;  // of reports while nothing is sent
  std::optional<bool> may_reduce_{};
  bool has_video_ = false;
  Deadline report_at_{};        // of what is received
  Deadline estimate_at_{};      // REMB
  std::uint64_t estimate_ = 0;  // bit/s
  std::optional<Timestamp> asked_interceptors_at_{};
  std::vector<rtcp::Message> due_;
  std::uint64_t malformed_rtcp_ = 0;
};

}  // namespace specter::media
