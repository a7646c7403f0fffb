// What comes of the peer's tracks: packets in the clear go in; frames or packets, and the RTCP that
// a receiver has to say, come out. All tracks of one transport.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "media/arrival_log.h"
#include "media/demux.h"
#include "media/receive_track.h"
#include "rtcp/compound.h"
#include "rtp/parameters.h"

#include "specter/core_events.h"
#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/stats.h"

namespace specter::media {

// Packets that became nothing, by cause.
struct ReceiverCounts {
  std::uint64_t malformed = 0;        // no RTP
  std::uint64_t probes = 0;           // of SSRC 0: for the transport-wide feedback alone
  std::uint64_t unknown_mid = 0;      // RFC 9143 §9.2: of no section
  std::uint64_t unknown_rid = 0;      // of no encoding of its section
  std::uint64_t unknown_source = 0;   // nothing tells the section or the encoding
  std::uint64_t unknown_payload = 0;  // a payload type that its section does not have
  std::uint64_t inactive = 0;         // of a section that does not receive
  std::uint64_t no_room = 0;          // too many sources, or too many wait for their encoding
  std::uint64_t malformed_padding = 0;

  bool operator==(const ReceiverCounts&) const = default;
};

//   packet --> arrival log (transport-wide feedback)
//          --> demux --> a track's encoding: order, repair, frames --> poll_event()
//                                  |
//                                  +--> NACK, PLI, report blocks
class Receivers {
 public:
  using Event =
      std::variant<core::Frame, core::RtpPackets, core::TrackMuted, core::TrackUnmuted>;

  // Receivers that answer to RRTR (RFC 3611 §4.4), at most.
  static constexpr std::size_t kMaxReferenceTimes = 31;

  Receivers(const MediaOptions& options, Random& random);
  Receivers(const Receivers&) = delete;

  // A track as it was negotiated. Called anew with each negotiation; what has not changed goes on.
  void set(Timestamp now, TransceiverId transceiver, const rtp::ReceiveParameters& parameters);
  // Events of the track that are not polled yet go with it.
  void remove(Timestamp now, TransceiverId transceiver);
  // The transceiver need not be set() yet. Error: NotSupported, for Frames where the track's codecs
  // are known and none of them can be depacketized.
  Result<> set_delivery(TransceiverId transceiver, MediaDelivery delivery);
  // At most one each KeyFrameRequests::kInterval leaves; one that comes earlier waits for its turn,
  // and a key frame that arrives answers it. Errors: NotFound (transceiver or rid), NotSupported
  // (neither PLI nor FIR is negotiated), InvalidState (no packet has come yet).
  Result<> request_key_frame(Timestamp now, TransceiverId transceiver, std::string_view rid);

  // Who says NACK, PLI and reports: a sender's SSRC of ours, where there is one. Random at first.
  void set_local_ssrc(std::uint32_t ssrc) { local_ssrc_ = ssrc; }
  // To the peer and back. NACKs are repeated by it, and missing packets are waited for so much
  // longer.
  void set_round_trip(Duration round_trip);

  // Authenticated, in the clear, of any SSRC. `arrival` is when the kernel had it, where it says.
  void handle_packet(Timestamp arrival, Bytes packet);
  // SR, SDES, BYE and XR; others are ignored.
  void handle(Timestamp now, const rtcp::Message& message);

  // Appends receiver reports of all sources that packets came of since the last call, 31 a report,
  // and the answer to RRTR. Nothing has come: nothing is appended. When, the caller decides.
  void write_reports(Timestamp now, std::vector<rtcp::Message>& out);
  // The same blocks, for a caller who has sender reports to put them in.
  void write_report_blocks(Timestamp now, std::vector<rtcp::ReportBlock>& out);
  // Appends what is due of NACK, PLI, FIR and transport-wide feedback.
  void write_feedback(Timestamp now, std::vector<rtcp::Message>& out);

  // When handle_timeout() and then write_feedback() are to be called.
  WakeUp next_timeout() const;
  void handle_timeout(Timestamp now);
  std::optional<Event> poll_event();

  const ReceiverCounts& counts() const { return counts_; }
  void add_stats(Stats& out) const;
};

}  // namespace specter::media
