// What Senders is made of. Its functions are in senders.cc, those of RTCP in senders_rtcp.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/queue.h"
#include "media/pacer.h"
#include "media/send_stream.h"
#include "media/senders.h"
#include "media/sent_sizes.h"

namespace specter::media {

class Senders::Impl {
 public:
  Impl(const MediaOptions& options, Random& random, rtcp::NtpTime epoch,
       InterceptorChain* interceptors);

  void set(Timestamp now, TransceiverId id, const rtp::SendParameters& parameters);
  void remove(Timestamp now, TransceiverId id);
  void set_connected(Timestamp now, bool is_connected);
  void handle_path_change(Timestamp now);
  void handle_path_answers(Timestamp now);
  Result<> write(Timestamp now, TransceiverId id, std::string_view rid, const MediaSample* sample,
                 const GivenPacket& packet);

  const Departure* poll_packet(Timestamp now);
  bool handle_sent(Timestamp now);
  void handle_refused();
  void keep(Timestamp now, const Keepsake& about, Bytes sealed);
  void write_reports(Timestamp now, std::vector<rtcp::Message>& out);
  WakeUp next_timeout() const;
  void handle_timeout(Timestamp now);
  std::optional<Event> poll_event();
  void add_stats(Stats& out) const;
  std::optional<std::uint32_t> first_ssrc() const;

  void handle(Timestamp now, const rtcp::SenderReport& message) { handle(now, message.blocks); }
  void handle(Timestamp now, const rtcp::ReceiverReport& message) { handle(now, message.blocks); }
  void handle(Timestamp now, const rtcp::Nack& message);
  void handle(Timestamp now, const rtcp::PictureLoss& message);
  void handle(Timestamp now, const rtcp::FullIntraRequest& message);
  void handle(Timestamp now, const rtcp::BitrateEstimate& message);
  void handle(Timestamp now, const rtcp::TransportFeedback& message);
  void handle(Timestamp now, const rtcp::CongestionFeedback& message);
  template <class Other>
  void handle(Timestamp, const Other&) {}

  PacketRoom room_;
  Buffer elements_;  // scratch
  std::optional<Duration> round_trip_;

 private:
  struct Sender {
    TransceiverId id{};
    rtp::SendParameters parameters;
    std::vector<std::unique_ptr<SendStream>> streams;
    Deadline next_report;  // nothing: with the next packet

    Deadline report_due() const;
  };

  Sender* find(TransceiverId id);
  SendStream* find_ssrc(std::uint32_t ssrc);  // of repairs too
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto& sender : senders_)
      for (const auto& stream : sender->streams) visit(*sender, *stream);
  }

  void handle(Timestamp now, const std::vector<rtcp::ReportBlock>& blocks);
  void refresh(Timestamp now);
  void end(SendStream& stream);
  void bind(const Sender& sender, const SendStream& stream);
  void want_key_frame(Timestamp now, SendStream& stream);
  void tell_key_frame(const SendStream& stream);
  void tell_feedback(const std::optional<core::BitrateFeedback>& feedback);
  Result<SendStream*> stream_for(Sender& sender, std::string_view rid) const;
  void show_drafts(Timestamp now);
  void queue(Timestamp now, SendStream& stream);
  void show_departure(Timestamp now, const Departure& departure);
  SendTools tools() { return {pool_, pieces_, header_, elements_, room_, epoch_}; }

  const PacketHistory::Limits history_;
  Random& random_;
  const rtcp::NtpTime epoch_;
  InterceptorChain* const interceptors_;
  rtp::BatchPool pool_;
  codec::Pieces pieces_;
  WireHeader header_;
  Pacer pacer_{PacerOptions{}};
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<Draft> drafts_;          // of the sample that is written
  std::vector<OutgoingPacket> shown_;  // to interceptors
  OutgoingPacket leaving_;             // the same
  Departure departure_;
  SendStream* departing_ = nullptr;  // whose it is, until its fate is known
  bool is_connected_ = false;
  // One counter for all that leaves, so that it tells of the whole path.
  std::int64_t next_transport_number_ = 1;
  SentSizes sent_{kKnownPackets};
  std::vector<std::uint32_t> byes_;
  RareQueue<Event> events_;
  std::size_t feedback_events_ = 0;
};

}  // namespace specter::media
