// One encoding of a track, as it comes: the figures of its source, its repairs, its order and its
// frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/replay_window.h"
#include "codec/codecs.h"
#include "media/capture_clock.h"
#include "media/demux.h"
#include "media/frame_gate.h"
#include "media/jitter_buffer.h"
#include "media/key_frame_requests.h"
#include "media/nack_generator.h"
#include "media/track_output.h"
#include "rtcp/compound.h"
#include "rtp/parameters.h"
#include "rtp/reception.h"

#include "specter/stats.h"

namespace specter::media {

// What a track's encodings have in common.
struct ReceiveFormats {
  ReceiveFormats() = default;
  explicit ReceiveFormats(const rtp::ReceiveParameters& parameters);

  // Whether packets of the codec become frames. `codec` is a place in the parameters' list.
  bool makes_frames(std::size_t codec) const;
  // Whether any codec does.
  bool makes_frames() const;
  bool uses_nack() const;
  // The primary source whose retransmissions come from this one, as described.
  std::optional<std::uint32_t> repaired_by(std::uint32_t rtx_ssrc) const;

  rtp::ReceiveParameters parameters;
  PayloadTypes types;
  std::vector<bool> can_depacketize;        // by codec
  std::optional<MediaDelivery> delivery{};  // nothing: what the codec allows
};

//   primary -> Reception -> NACK list --+--> JitterBuffer -> depacketizer -> FrameGate -> output
//   RTX -> restored -> NACK list -------+--> (MediaDelivery::Rtp) --------------------> output
class ReceiveStream {
 public:
  // A source that was replaced is taken back only when the one that replaced it has been silent for
  // so long: what comes of it earlier was overtaken.
  static constexpr Duration kSourceReturn = std::chrono::seconds(1);
  static constexpr std::size_t kMaxOldSources = 8;
  // A repair may bring what is so far ahead of all that came.
  static constexpr std::int64_t kMaxRepairAhead = 128;
  // The part of a round trip that is waited for a repair, at most.
  static constexpr Duration kMaxRepairWait = std::chrono::seconds(1);

  // `formats` and `output` are the track's, and outlive it.
  ReceiveStream(std::string rid, std::size_t encoding, Duration jitter_buffer,
                const ReceiveFormats& formats, TrackOutput& output);

  const std::string& rid() const { return rid_; }
  // The place of the rid in the section's list has changed.
  void set_encoding(std::size_t encoding) { encoding_ = encoding; }
  void set_round_trip(Duration round_trip);
  // The formats have changed.
  void update();
  // Frames instead of packets, or the other way round; or the peer stopped sending.
  void restart();

  // `size` is the whole packet's. False: it was not taken as one of the source's.
  bool handle_packet(Timestamp now, const rtp::Packet& packet, std::size_t size);
  bool handle_repair(Timestamp now, const rtp::Packet& packet, std::size_t size);
  void handle_report(Timestamp now, const rtcp::SenderReport& report);
  // The source is another section's.
  void forget_source(Timestamp now, std::uint32_t ssrc);
  // RFC 3550 §6.6. True: the source that packets came from has ended.
  bool handle_bye(std::uint32_t ssrc);
  // False: nothing can ask for it, or nobody is there to be asked.
  bool can_request_key_frame() const;
  void request_key_frame(Timestamp now) { key_frames_.want(now); }

  std::optional<rtcp::ReportBlock> poll_report_block(Timestamp now);
  void write_feedback(Timestamp now, std::uint32_t local_ssrc, std::vector<rtcp::Message>& out);
  Deadline next_timeout() const;
  void handle_timeout(Timestamp now);

  std::optional<std::uint32_t> ssrc() const { return ssrc_; }
  bool has_ended() const { return has_ended_; }
  InboundRtpStats stats() const;
  std::optional<RemoteOutboundRtpStats> remote_stats() const;

 private:
  using Window = ReplayWindow<2048>;
  enum class Form { AsSent, Restored };

  // What packets of one timestamp say of their frame.
  struct Details {
    std::uint32_t timestamp = 0;
    std::optional<std::uint8_t> audio_level;
    std::optional<std::uint16_t> rotation;
  };

  struct Report {
    rtcp::CompactNtp last_sr;
    Timestamp at;
    RemoteOutboundRtpStats stats;
  };

  const rtp::NegotiatedCodec* codec_of(std::uint8_t payload_type) const;
  static std::uint32_t clock_rate_of(const rtp::NegotiatedCodec& codec);
  static bool has_clock(const rtp::NegotiatedCodec& codec);
  bool take_source(Timestamp now, const rtp::Header& header);
  void begin(Timestamp now, const rtp::Header& header);
  bool count(Timestamp now, const rtp::Packet& packet);
  void accept(Timestamp now, const rtp::Packet& packet, std::int64_t sequence, Form form);
  void deliver(const rtp::Packet& packet, Form form);
  void arrange(Timestamp now, const rtp::Packet& packet, std::int64_t sequence, bool begins);
  void give_up_all(Timestamp now);
  void drain(Timestamp now);
  void account();
  void feed(Timestamp now, const rtp::Packet& packet, bool is_contiguous);
  void choose_depacketizer(const rtp::NegotiatedCodec& codec);
  void read_details(const rtp::Packet& packet);
  const Details& details_of(std::uint32_t timestamp) const;
  void handle_incomplete(Timestamp now);
  void emit(Timestamp now, codec::Frame frame);
  void lose(Timestamp now);
  bool is_video() const { return formats_.parameters.kind == MediaKind::Video; }

  std::string rid_;
  std::size_t encoding_;
  const Duration jitter_buffer_;
  const ReceiveFormats& formats_;
  TrackOutput& output_;
  Duration round_trip_{};

  // The source.
  std::optional<std::uint32_t> ssrc_, rtx_ssrc_, old_rtx_ssrc_;
  std::vector<std::uint32_t> old_ssrcs_;
  std::optional<rtp::Reception> reception_;
  std::int64_t highest_ = 0;
  Window window_;
  NackGenerator nack_;
  std::optional<Report> report_;
  const rtp::NegotiatedCodec* codec_ = nullptr;  // of the last packet
  bool is_heard_ = false;                        // since the last report block
  bool has_ended_ = false;

  // Its frames.
  JitterBuffer order_;
  std::size_t accounted_ = 0;  // bytes of `order_` that the output knows of
  std::string depacketizes_;   // encoding name
  std::optional<codec::AnyDepacketizer> depacketizer_;
  std::uint64_t incomplete_ = 0;  // of the depacketizer's, that were told
  bool has_gap_ = false;          // before the next packet that the depacketizer is told
  FrameGate gate_;
  KeyFrameRequests key_frames_;
  std::uint8_t fir_number_ = 0;
  std::optional<CaptureClock> capture_clock_;
  Details details_, details_before_;

  InboundRtpStats stats_;
  std::int64_t lost_before_ = 0;  // of earlier sources
};

}  // namespace specter::media
