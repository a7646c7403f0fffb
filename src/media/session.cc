#include "media/session.h"

#include <algorithm>
#include <array>
#include <utility>

namespace specter::media {

Session::Session(const MediaOptions& options, Random& random)
    : random_(random),
      interceptors_(options.interceptors),
      senders_(options, random, {}, &interceptors_),
      receivers_(options, random),
      local_ssrc_(random.u32() | 1) {
  receivers_.set_local_ssrc(local_ssrc_);
}

void Session::set_sending(Timestamp now, TransceiverId transceiver,
                          const rtp::SendParameters& parameters) {
  idle_at_.reset();
  compounds_.set_cname(parameters.cname);
  compounds_.set_reduced_size(parameters.reduced_size);
  senders_.set(now, transceiver, parameters);
  if (std::ranges::find(sending_, transceiver) == sending_.end()) sending_.push_back(transceiver);
}

void Session::set_receiving(Timestamp now, TransceiverId transceiver,
                            const rtp::ReceiveParameters& parameters) {
  idle_at_.reset();
  has_video_ = has_video_ || parameters.kind == MediaKind::Video;
  receivers_.set(now, transceiver, parameters);
}

void Session::remove(Timestamp now, TransceiverId transceiver) {
  idle_at_.reset();
  senders_.remove(now, transceiver);
  receivers_.remove(now, transceiver);
  std::erase(sending_, transceiver);
}

void Session::set_bitrate_estimate(Timestamp now, std::uint64_t bits_per_second) {
  idle_at_.reset();
  estimate_ = bits_per_second;
  estimate_at_ = estimate_ > 0 ? Deadline(now) : std::nullopt;
}

void Session::set_connected(Timestamp now, bool is_connected) {
  is_connected_ = is_connected;
  idle_at_.reset();
  senders_.set_connected(now, is_connected);
  if (is_connected) receivers_.forget_peer();
  if (!is_connected) compounds_.clear();
}

void Session::set_packet_room(const PacketRoom& room) {
  packet_room_ = std::max(room.made, kLeastPacketRoom);
  senders_.set_packet_room({packet_room_, std::max(room.given, packet_room_)});
}

// ---- in

void Session::handle_rtp(Timestamp now, Bytes packet) {
  idle_at_.reset();
  if (!interceptors_.empty()) {
    std::array incoming = {IncomingPacket{.bytes = packet, .received_at = now}};
    interceptors_.handle_received(now, incoming);
    if (incoming[0].dropped) return;
  }
  receivers_.handle_packet(now, packet);
  if (!report_at_) schedule_report(now);
}

void Session::handle_rtcp(Timestamp now, Bytes compound) {
  idle_at_.reset();
  interceptors_.handle_rtcp(now, compound);
  // RFC 5506 §3.4.1: receivers take both forms.
  const auto parsed = rtcp::Compound::parse(compound, rtcp::CompoundForm::ReducedSize);
  if (!parsed) {
    ++malformed_rtcp_;
    return;
  }
  malformed_rtcp_ += parsed->malformed + (parsed->stopped ? 1 : 0);
  for (const rtcp::Message& message : parsed->messages) {
    senders_.handle(now, message);
    receivers_.handle(now, message);
  }
  update_round_trip();
}

void Session::update_round_trip() {
  const auto reported = senders_.round_trip();
  if (const auto round_trip = reported ? reported : path_round_trip_)
    receivers_.set_round_trip(*round_trip);
}

void Session::handle_timeout(Timestamp now) {
  senders_.handle_timeout(now);
  receivers_.handle_timeout(now);
}

// ---- out

const Departure* Session::poll_packet(Timestamp now) {
  if (!is_connected_) return nullptr;
  const Departure* const packet = senders_.poll_packet(now);
  if (!packet && std::exchange(has_news_, false)) idle_at_.reset();
  return packet;
}

void Session::schedule_report(Timestamp now) {
  const Duration interval = has_video_ ? kVideoReportInterval : kAudioReportInterval;
  // RFC 3550 §6.2: half to one and a half of it, so that nobody's reports fall together.
  const auto part = static_cast<std::int64_t>(random_.u32() & 0xffff);
  report_at_ = now + interval / 2 + interval / 0x10000 * part;
}

void Session::collect_rtcp(Timestamp now) {
  handle_timeout(now);  // the halves say what is due once they have seen the time
  receivers_.set_local_ssrc(ssrc());
  update_round_trip();
  senders_.write_reports(now, due_);
  const bool reports = !due_.empty();
  if (report_at_ && (*report_at_ <= now || reports)) {
    receivers_.write_reports(now, due_);
    report_at_.reset();
    if (!due_.empty()) schedule_report(now);
  }
  receivers_.write_feedback(now, due_);
  if (estimate_at_ && *estimate_at_ <= now) {
    estimate_at_ = now + kEstimateInterval;
    due_.emplace_back(
        rtcp::BitrateEstimate{.sender_ssrc = ssrc(), .bits_per_second = estimate_, .ssrcs = {}});
  }
  // Interceptors add to what is sent: where nothing is, an empty report takes it.
  const WakeUp theirs = interceptors_.next_timeout();
  if (due_.empty() && theirs && *theirs <= now && asked_interceptors_at_ != now)
    due_.emplace_back(rtcp::ReceiverReport{.ssrc = ssrc(), .blocks = {}});
  asked_interceptors_at_ = now;
  compounds_.add(due_);
}

void Session::shut_down(Timestamp now) {
  idle_at_.reset();
  if (!is_connected_) return;
  for (const TransceiverId transceiver : sending_) senders_.remove(now, transceiver);
  report_at_.reset();
  estimate_at_.reset();
}

bool Session::has_rtcp(Timestamp now) const {
  if (!is_connected_ || idle_at_ == now) return false;
  const WakeUp next = next_timeout();
  return !compounds_.empty() || (next && *next <= now);
}

bool Session::append_rtcp(Timestamp now, Buffer& out) {
  if (!has_rtcp(now)) return false;
  if (compounds_.empty()) collect_rtcp(now);
  const std::size_t before = out.size();
  if (!compounds_.append(out, packet_room_, ssrc())) {
    idle_at_ = now;
    return false;
  }
  interceptors_.write_rtcp(now, out, packet_room_ - (out.size() - before));
  interceptors_.handle_sent_rtcp(now, Bytes(out).subspan(before));
  return true;
}

std::optional<Session::Event> Session::poll_event() {
  const auto widen = [](auto&& event) {
    return std::visit([](auto&& e) -> Event { return std::move(e); }, std::move(event));
  };
  if (auto event = receivers_.poll_event()) return widen(std::move(*event));
  if (auto event = senders_.poll_event()) return widen(std::move(*event));
  return std::nullopt;
}

WakeUp Session::next_timeout() const {
  if (!is_connected_) return {};
  return soonest(senders_.next_timeout(), receivers_.next_timeout(), interceptors_.next_timeout(),
                 WakeUp(report_at_, "rtcp report"), WakeUp(estimate_at_, "rtcp remb"));
}

void Session::add_stats(Stats& stats) const {
  stats.transport.dropped_rtcp += malformed_rtcp_;
  senders_.add_stats(stats);
  receivers_.add_stats(stats);
}

}  // namespace specter::media
