// A sender of one RTP stream. It knows no socket and no clock: samples and what came back go in,
// datagrams come out.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/media/kind.h"
#include "cli/media/sample_file.h"
#include "cli/rtp/rtcp_writer.h"
#include "cli/rtp/srtp_key.h"
#include "codec/codecs.h"
#include "crypto/packet_cipher.h"
#include "io/buffer_pool.h"
#include "rtcp/ntp.h"
#include "rtp/header.h"
#include "rtp/header_extension.h"
#include "srtp/opener.h"
#include "srtp/sealer.h"

#include "specter/endpoint.h"
#include "specter/random.h"

namespace specter::cli::transfer {

struct SenderSetup {
  Kind kind{};
  std::uint8_t payload_type = 0;
  std::optional<std::uint32_t> ssrc{};  // nothing: a random one
  std::size_t mtu = 0;                  // bytes of an IP packet
  std::string mid{};                    // empty: no header extension
  std::string cname{};  // RFC 7022: random, and the same for all of an endpoint's streams
  std::optional<SrtpKey> srtp{};
  Endpoint rtp_to;
  Endpoint rtcp_to;
  rtcp::NtpTime epoch{};  // what the zero of the clock is in NTP time
};

// What a receiver's report said last of our stream.
struct Feedback {
  std::uint64_t reports = 0;
  std::uint8_t fraction_lost = 0;    // in 1/256
  std::int32_t cumulative_lost = 0;  // packets
  Duration jitter{};
  std::optional<Duration> round_trip{};
  std::uint64_t key_frames_asked = 0;  // PLI and FIR
  bool said_bye = false;
};

struct SenderCounts {
  std::uint64_t frames = 0;
  std::uint64_t packets = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t refused_samples = 0;    // the packetizer could not take them
  std::uint64_t too_large_samples = 0;  // of these: larger than a packet, and not to be cut
  std::uint64_t runs = 0;               // of datagrams of one size: calls of the system
  std::uint64_t malformed_rtcp = 0;     // that came back
  std::uint64_t refused_rtcp = 0;       // by SRTP
};

class Sender {
 public:
  // Bytes of payload of which no packet is worth its headers: less is no room.
  static constexpr std::size_t kMinRoom = 16;

  Sender(const SenderSetup& setup, crypto::PacketCipher& cipher, Random& random,
         io::BufferPool* pool = nullptr);
  Sender(const Sender&) = delete;

  // Bytes of payload in a packet of the setup's MTU: without the headers of IP, UDP and RTP, the
  // header extension and SRTP's tag. 0: there is no room.
  static std::size_t payload_room(const SenderSetup& setup);

  // The packets of one frame, all of them at once. Sender reports go on from the first on.
  void send(Timestamp now, const TimedSample& sample);
  void finish(Timestamp now);  // BYE

  // What came back.
  void handle_datagram(Timestamp now, MutableBytes bytes);
  void handle_timeout(Timestamp now);

  std::optional<Transmit> poll_transmit();
  Deadline next_timeout() const { return next_report_; }

  std::uint32_t ssrc() const { return ssrc_; }
  const SenderCounts& counts() const { return counts_; }
  const Feedback& feedback() const { return feedback_; }

 private:
  // Where a packet of a burst lies, and how much of it there is.
  struct Placed {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  void place(const codec::Piece& piece, std::uint32_t timestamp);
  void write_header(bool marker, std::uint32_t timestamp);
  void queue_runs();
  void send_report(Timestamp now, const std::optional<rtcp::Message>& more = std::nullopt);
  rtcp::SenderReport report(Timestamp now) const;
  void handle(Timestamp now, const rtcp::Message& message);
  void handle(Timestamp now, const rtcp::ReportBlock& block);
  void handle(const rtcp::FullIntraRequest& message);
  rtcp::CompactNtp compact_ntp(Timestamp now) const;

  const SenderSetup setup_;
  const std::uint32_t ssrc_;
  const std::uint32_t first_timestamp_;
  const std::size_t room_;
  io::BufferPool* const pool_;
  codec::AnyPacketizer packetizer_;
  codec::Pieces pieces_;
  rtp::Extensions extensions_;  // the same in each packet
  std::uint16_t next_sequence_;

  std::unique_ptr<srtp::Sealer> sealer_;  // both: null for RTP in the clear
  std::unique_ptr<srtp::Opener> opener_;
  srtp::SealBatch seal_batch_;
  srtp::OpenBatch open_batch_;
  RtcpWriter rtcp_;

  Buffer header_;  // of the packet in the making
  Buffer burst_;   // all packets of a frame, each with its room
  std::vector<Placed> placed_;
  std::deque<Transmit> queue_;
  Deadline next_report_{};
  Timestamp first_sent_{};
  std::int64_t first_ticks_ = 0;
  SenderCounts counts_;
  Feedback feedback_;
  std::optional<std::pair<std::uint32_t, std::uint8_t>> last_request_;  // whose FIR, its number
};

}  // namespace specter::cli::transfer
