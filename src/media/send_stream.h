// One source of ours: an encoding's packets, and their repairs on a source of their own (RFC 4588).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "codec/codecs.h"
#include "media/bitrate_feedback.h"
#include "media/circuit_breaker.h"
#include "media/content_extensions.h"
#include "media/draft.h"
#include "media/key_frames.h"
#include "media/pacer.h"
#include "media/packet_room.h"
#include "media/repairs.h"
#include "media/rtp_clock.h"
#include "media/sent_sizes.h"
#include "media/wire_header.h"
#include "rtcp/nack.h"
#include "rtcp/ntp.h"
#include "rtcp/report_block.h"
#include "rtcp/sender_report.h"
#include "rtp/batch.h"
#include "rtp/parameters.h"

#include "specter/random.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/stats.h"
#include "specter/time.h"

namespace specter::media {

// What the streams of a connection have in common while they work.
struct SendTools {
  rtp::BatchPool& pool;
  codec::Pieces& pieces;
  WireHeader& header;
  Buffer& elements;
  PacketRoom room;
  rtcp::NtpTime epoch;  // what the zero of the clock is in NTP time
};

// A packet that the application made or had from somebody, and what the numbers of its header
// extensions mean.
struct GivenPacket {
  Bytes bytes;
  std::span<const RtpHeaderExtensionParameters> header_extensions{};
};

class SendStream {
 public:
  // Sizes that are kept for RFC 8888's feedback.
  static constexpr std::size_t kKnownSizes = 2048;

  // RFC 3550 §5.1 and RFC 3711 §3.3.1: times and numbers begin at random, numbers in the lower
  // half.
  SendStream(TransceiverId transceiver, const rtp::SendEncoding& encoding, MediaKind kind,
             PacketHistory::Limits limits, Random& random);
  SendStream(const SendStream&) = delete;

  TransceiverId transceiver() const { return transceiver_; }
  std::uint32_t ssrc() const { return encoding_.ssrc; }
  std::uint32_t rtx_ssrc() const { return encoding_.rtx_ssrc; }
  const std::string& rid() const { return encoding_.parameters.rid; }
  bool has_sent() const { return packets_ > 0; }
  bool has_sent_repairs() const { return repairs_.packets() > 0; }
  const rtp::SendParameters& section() const { return *section_; }
  const rtp::NegotiatedCodec* codec() const { return codec_ ? &*codec_ : nullptr; }

  // As negotiated now. `section` outlives the stream, or is set anew.
  void set(const rtp::SendParameters& section, const rtp::SendEncoding& encoding, Random& random);
  // Whether what is written is sent. What waits goes when it is not any more.
  void set_wanted(bool is_wanted);
  bool is_wanted() const { return is_wanted_; }
  // Whether nothing was written since it has been wanted; asked once.
  bool take_beginning() { return std::exchange(begins_, false); }
  // Another peer, which does not know the source yet.
  void forget_peer();

  // Appends the packets of a sample. None and no error: it was dropped, and counted.
  Result<> cut(Timestamp now, const MediaSample& sample, SendTools& tools, std::vector<Draft>& out);
  Result<> adopt(Timestamp now, const GivenPacket& given, SendTools& tools,
                 std::vector<Draft>& out);
  // Packets were dropped, and so many samples that the lane does not count.
  void handle_dropped(std::uint64_t samples) {
    dropped_frames_ += samples;
    has_missed_ = has_missed_ || samples > 0;
    capture_times_.tell_again();
  }
  // Whether the application wrote something since that did not go; asked once.
  bool take_missed() { return std::exchange(has_missed_, false); }
  // A frame is missing in what follows, so packets are dropped up to a key frame.
  void wait_for_key_frame() { waits_for_key_frame_ = kind_ == MediaKind::Video; }
  bool waits_for_key_frame() const { return waits_for_key_frame_; }

  // A packet to be sealed, whose number is taken. `transport_sequence` is put where the section has
  // it.
  Departure depart(Timestamp now, Draft& draft, std::uint16_t transport_sequence, SendTools& tools);
  // The same of one that leaves again. Nothing: it is not there any more.
  std::optional<Departure> repair(Timestamp now, std::int64_t number,
                                  std::uint16_t transport_sequence, SendTools& tools);
  // What was made last has left. True: nothing else has since the last report.
  bool handle_sent(Timestamp now, const Departure& departure, std::optional<Duration> round_trip);
  // Its bytes on the wire, where a departure wanted them back.
  void keep(Timestamp now, const Keepsake& about, Bytes sealed, std::optional<Duration> round_trip,
            rtp::BatchPool& pool);
  // It may not.
  void handle_refused() { ++discarded_packets_; }

  void handle(Timestamp now, const rtcp::Nack& nack, std::optional<Duration> round_trip);
  // Of the stream, or of its repairs.
  void handle(Timestamp now, const rtcp::ReportBlock& block, std::optional<Duration> round_trip);
  void count_picture_loss() { ++picture_losses_; }
  // RFC 5104 §4.3.1.2. False: it repeats the last one.
  bool handle_full_intra_request(std::uint32_t from, std::uint8_t number);

  // Whether one is due at once: packets were sent since the last, and the peer has never had one,
  // or no time is set for it.
  bool needs_report(bool has_time) const {
    return packets_ > packets_at_report_ && !(has_time && is_reported_);
  }
  // RFC 3550 §6.4: there is one while packets were sent since the last two.
  std::optional<rtcp::SenderReport> report(Timestamp now, rtcp::NtpTime epoch);
  OutboundRtpStats stats() const;
  const RemoteInboundRtpStats& remote() const { return remote_; }

  // Of packets that left, for feedback; of the repairs' source where it is that one's SSRC.
  SourceSizes sizes(std::uint32_t ssrc) const;

  Lane& lane() { return lane_; }
  KeyFrames& key_frames() { return key_frames_; }
  CircuitBreaker& breaker() { return breaker_; }

 private:
  // How a packet that is asked for comes again: by RTX, or itself, as it was sealed.
  enum class WayOfRepair { None, Rtx, Sealed };

  WayOfRepair way_of_repair() const;
  HeaderContext context(Timestamp now, Names names, bool is_repair, std::uint16_t number,
                        Bytes elements) const;
  std::size_t payload_room(SendTools& tools, Bytes elements) const;
  std::int64_t take_number(const Draft& draft);

  const TransceiverId transceiver_;
  const MediaKind kind_;
  rtp::SendEncoding encoding_;
  const rtp::SendParameters* section_ = nullptr;
  std::optional<rtp::NegotiatedCodec> codec_;
  std::optional<codec::AnyPacketizer> packetizer_;
  bool is_wanted_ = false;

  RtpClock clock_;
  CaptureTimes capture_times_;
  // Numbers are counted on from the first plus a turn, so that none is negative.
  std::int64_t next_number_;
  bool waits_for_key_frame_ = false;
  bool begins_ = false;
  bool has_missed_ = false;
  bool is_known_ = false, are_repairs_known_ = false;  // RFC 9143 §15: a report has named them

  Lane lane_;
  Repairs repairs_;
  SentSizes sizes_{kKnownSizes}, repair_sizes_{kKnownSizes};
  KeyFrames key_frames_;
  CircuitBreaker breaker_;
  // What leaves.
  Repairs::Form repair_{};
  Draft leaving_;
  std::int64_t leaving_number_ = 0;

  struct Request {
    std::uint32_t from = 0;
    std::uint8_t number = 0;
    bool operator==(const Request&) const = default;
  };
  std::optional<Request> last_request_;

  std::uint64_t packets_ = 0, payload_bytes_ = 0, header_bytes_ = 0, discarded_packets_ = 0;
  std::uint64_t frames_ = 0, key_frames_sent_ = 0, dropped_frames_ = 0;
  std::uint64_t nacks_ = 0, picture_losses_ = 0, full_intra_requests_ = 0;
  Duration send_delay_{};
  std::uint64_t packets_at_report_ = 0, packets_at_report_before_ = 0;
  bool is_reported_ = false;
  RemoteInboundRtpStats remote_{};
};

}  // namespace specter::media
