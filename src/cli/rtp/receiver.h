// A receiver of one RTP stream. It knows no socket and no clock: datagrams go in; reports, and the
// bytes of a file, come out.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/media/frame_file.h"
#include "cli/media/kind.h"
#include "cli/rtp/reorder.h"
#include "cli/rtp/rtcp_writer.h"
#include "cli/rtp/srtp_key.h"
#include "codec/codecs.h"
#include "crypto/packet_cipher.h"
#include "rtcp/ntp.h"
#include "rtp/batch.h"
#include "rtp/reception.h"
#include "srtp/opener.h"
#include "srtp/sealer.h"

#include "specter/endpoint.h"
#include "specter/random.h"

namespace specter::cli::transfer {

struct ReceiverSetup {
  Kind kind{};
  std::optional<std::uint8_t> payload_type{};  // nothing: that of the first packet
  std::optional<std::uint32_t> ssrc{};         // the same
  std::optional<std::uint64_t> frames{};       // so many, and the stream is over
  std::string cname{};
  std::optional<SrtpKey> srtp{};
  bool has_own_rtcp_port = false;  // reports go only to where RTCP comes from
};

struct ReceiverCounts {
  std::uint64_t datagrams = 0;      // all that came
  std::uint64_t packets = 0;        // RTP of our stream, duplicates too
  std::uint64_t payload_bytes = 0;  // of these
  std::uint64_t foreign = 0;        // of another SSRC or payload type
  std::uint64_t malformed = 0;      // neither RTP nor RTCP
  std::uint64_t refused = 0;        // by SRTP
  std::uint64_t before_key_frame =
      0;                         // frames that nobody can decode: no key frame was before them
  std::uint64_t unwritable = 0;  // frames that the container does not take
  std::uint64_t restarts = 0;    // sequence numbers that began anew
  std::uint64_t key_frames_asked = 0;  // PLI
  std::uint64_t reports = 0;           // that were sent
};

struct Arrivals {
  std::int64_t lost = 0;  // below zero: more duplicates than losses
  std::int64_t expected = 0;
  Duration jitter{};
};

class Receiver {
 public:
  // A key frame is asked for at most so often.
  static constexpr Duration kPictureLossInterval = std::chrono::milliseconds(500);
  // After a BYE packets may come that it overtook.
  static constexpr Duration kLinger = std::chrono::milliseconds(200);

  Receiver(const ReceiverSetup& setup, crypto::PacketCipher& cipher, Random& random);
  Receiver(const Receiver&) = delete;

  // What one call of the system brought.
  void handle_datagrams(Timestamp now, std::span<const Datagram> datagrams);
  void handle_timeout(Timestamp now);
  // The end: what waits for others is taken as it is, and a last report and BYE are sent.
  void finish(Timestamp now);

  // `path.local` is where what it answers came to.
  std::optional<Transmit> poll_transmit();
  Deadline next_timeout() const;

  // BYE, or as many frames as were wanted.
  bool is_over(Timestamp now) const;
  Deadline ends_at() const { return ends_at_; }
  FrameFile& file() { return file_; }

  std::optional<std::uint32_t> ssrc() const { return media_ssrc_; }
  std::optional<Timestamp> first_packet() const { return first_packet_; }
  // Of the stream's RTP, or, since its first packet, of its source's RTCP.
  std::optional<Timestamp> last_datagram() const { return last_datagram_; }
  Arrivals arrivals() const;
  const ReceiverCounts& counts() const { return counts_; }
  const codec::DepacketizeCounts& frames() const { return depacketizer_.counts(); }
  const Reorder& order() const { return order_; }
  const srtp::RefusalCounts* refusals() const { return opener_ ? &opener_->refusals() : nullptr; }

 private:
  struct Incoming {
    rtp::Place place;
    std::size_t size = 0;
    Path path;
    bool is_rtcp = false;
  };

  // A sender report.
  struct HeardReport {
    std::uint32_t ssrc = 0;
    rtcp::CompactNtp sent{};
    Timestamp came{};
    Path path;
  };

  void take(const Datagram& datagram);
  void open(Timestamp now);
  void handle_rtp(Timestamp now, Incoming& incoming, std::size_t size);
  void handle_rtcp(Timestamp now, const Path& path, Bytes bytes);
  bool is_ours(const rtp::Header& header);
  bool count(Timestamp now, const rtp::Header& header);
  void drain(Timestamp now);
  void handle_frame(const codec::Frame& frame);
  void ask_for_key_frame(Timestamp now);
  void send_report(Timestamp now, const std::optional<rtcp::Message>& more);
  rtcp::ReceiverReport report(Timestamp now);
  const HeardReport* source_report() const;

  const ReceiverSetup setup_;
  const std::uint32_t ssrc_;
  std::optional<std::uint32_t> media_ssrc_;
  std::optional<std::uint8_t> payload_type_;

  std::unique_ptr<srtp::Sealer> sealer_;  // both: null for RTP in the clear
  std::unique_ptr<srtp::Opener> opener_;
  srtp::SealBatch seal_batch_;
  srtp::OpenBatch open_batch_;
  RtcpWriter rtcp_;

  rtp::BatchPool pool_{rtp::BatchPool::Limits{}};  // before those who hold its packets
  std::vector<Incoming> incoming_;
  Reorder order_;
  std::optional<rtp::Reception> reception_;
  std::uint32_t jitter_ = 0;  // ticks, by the last report
  codec::AnyDepacketizer depacketizer_;
  FrameFile file_;

  bool has_key_frame_ = false;
  bool wants_key_frame_ = false;  // packets were lost, or the stream began without one
  Deadline may_ask_at_{};
  Deadline next_report_{};
  Deadline ends_at_{};
  std::optional<Path> media_path_;
  std::optional<HeardReport> last_sr_;
  std::optional<Timestamp> first_packet_, last_datagram_;
  std::deque<Transmit> queue_;
  ReceiverCounts counts_;
};

}  // namespace specter::cli::transfer
