// What comes of the peer's tracks: packets in the clear go in; frames or packets, and the RTCP that
// a receiver has to say, come out. All tracks of one transport.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/queue.h"
#include "media/arrival_log.h"
#include "media/demux.h"
#include "media/receive_track.h"
#include "rtcp/compound.h"
#include "rtp/parameters.h"

#include "specter/options.h"
#include "specter/random.h"
#include "specter/result.h"
#include "specter/stats.h"

namespace specter::media {

// Packets that became nothing, by cause.
struct ReceiverCounts {
  std::uint64_t malformed = 0;         // no RTP (RFC 3550 §5.1)
  std::uint64_t probes = 0;            // of SSRC 0: for the transport-wide feedback alone
  std::uint64_t unknown_mid = 0;       // of no section (RFC 9143 §9.2)
  std::uint64_t unknown_rid = 0;       // of no encoding of their section
  std::uint64_t unknown_source = 0;    // nothing tells the section
  std::uint64_t unknown_encoding = 0;  // nothing tells the encoding, and too many wait for it
  std::uint64_t unknown_payload = 0;   // of a payload type that the section does not have
  std::uint64_t inactive = 0;          // of a section that does not receive

  bool operator==(const ReceiverCounts&) const = default;
};

//   packet --> arrival log (transport-wide feedback)
//          --> demux --> a track's encoding: repair, order, frames --> poll_event()
//                                  |
//                                  +--> NACK, PLI or FIR, report blocks
class Receivers {
 public:
  using Event = ReceiverEvent;  // core::Frame, RtpPackets, TrackMuted or TrackUnmuted

  // Receiver reference times (RFC 3611 §4.4) that wait for their answer.
  static constexpr std::size_t kMaxReferenceTimes = 31;

  Receivers(const MediaOptions& options, Random& random);
  Receivers(const Receivers&) = delete;

  // A track as it was negotiated. Called anew with each negotiation; what has not changed goes on.
  void set(Timestamp now, TransceiverId transceiver, const rtp::ReceiveParameters& parameters);
  // Events of the track that are not polled yet go with it.
  void remove(Timestamp now, TransceiverId transceiver);
  // The transceiver need not be set() yet, and the choice stays until it is removed. Error:
  // NotSupported, for Frames when the track's codecs are known and none can be depacketized.
  Result<> set_delivery(TransceiverId transceiver, MediaDelivery delivery);
  // At most one each KeyFrameRequests::kInterval leaves; one that comes earlier waits for its turn,
  // and a key frame that arrives answers it. Errors: NotFound (transceiver or rid), NotSupported
  // (neither PLI nor FIR is negotiated), InvalidState (no packet has come yet).
  Result<> request_key_frame(Timestamp now, TransceiverId transceiver, std::string_view rid);

  // Who says NACK, PLI and reports: a sender's SSRC of ours, where there is one. Random at first.
  void set_local_ssrc(std::uint32_t ssrc) { local_ssrc_ = ssrc; }
  std::uint32_t local_ssrc() const { return local_ssrc_; }
  // To the peer and back. NACKs are repeated by it, and missing packets are waited for so much
  // longer.
  void set_round_trip(Duration round_trip);

  // Authenticated, in the clear, of any SSRC. `arrival` is when the kernel had it, where it says.
  void handle_packet(Timestamp arrival, Bytes packet);
  // SR, SDES, BYE and XR; others are ignored.
  void handle(Timestamp now, const rtcp::Message& message);

  // Appends receiver reports of all sources that packets came of since the last call, 31 a report,
  // and the answer to reference times. Nothing has come: nothing is appended. When they are due,
  // the caller decides.
  void write_reports(Timestamp now, std::vector<rtcp::Message>& out);
  // The blocks alone, for a caller who has sender reports to put them in.
  void write_report_blocks(Timestamp now, std::vector<rtcp::ReportBlock>& out);
  // Appends what is due of NACK, PLI, FIR and transport-wide feedback.
  void write_feedback(Timestamp now, std::vector<rtcp::Message>& out);

  // When handle_timeout() and then write_feedback() are to be called. After both it is later than
  // `now`.
  WakeUp next_timeout() const;
  void handle_timeout(Timestamp now);
  std::optional<Event> poll_event();

  // Whoever comes next counts from where it likes, and asks anew.
  void forget_peer();

  const ReceiverCounts& counts() const { return counts_; }
  // Packets and frames of a track that wait, in bytes: MediaOptions::frame_buffer_bytes at most.
  std::size_t waiting_bytes(TransceiverId transceiver) const;
  void add_stats(Stats& out) const;

 private:
  struct ReferenceTime {
    std::uint32_t ssrc = 0;
    rtcp::CompactNtp time;
    Timestamp at;
  };

  ReceiveTrack* find(TransceiverId transceiver) const;
  void forget_moved(Timestamp now);
  void note_extensions();
  void log_arrival(Timestamp arrival, const rtp::Packet& packet, std::size_t size,
                   const rtp::ExtensionMap* map);
  bool log_number(Timestamp arrival, const rtp::ExtensionBlock& block, std::size_t size,
                  std::uint8_t id, rtp::ExtensionKind kind);
  void count(const Demux::Refusal& refusal, Timestamp now, const rtp::Packet& packet, Bytes bytes);
  void note_output(std::size_t section);
  template <class Each>
  void for_each_stream(Each&& each) const;

  const MediaOptions options_;
  std::uint32_t local_ssrc_;
  std::uint32_t media_ssrc_ = 0;  // that came last
  std::optional<Duration> round_trip_;
  Demux demux_;
  std::vector<std::unique_ptr<ReceiveTrack>> tracks_;  // by the demux's numbers; null: free
  std::map<TransceiverId, MediaDelivery> deliveries_;  // as the application chose
  ArrivalLog arrivals_;
  bool is_transport_wide_ = false;                   // feedback was negotiated
  std::uint8_t sequence_id_ = 0, sequence2_id_ = 0;  // 0: the sections differ, or have none
  std::vector<ReferenceTime> reference_times_;
  Queue<std::size_t> ready_;  // tracks that have events, each once
  ReceiverCounts counts_;
};

}  // namespace specter::media
