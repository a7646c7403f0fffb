#include "media/receive_stream.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/sequence.h"
#include "media/key_frame_start.h"
#include "media/restore.h"
#include "rtp/extensions/audio_level.h"
#include "rtp/extensions/video_orientation.h"

namespace specter::media {
namespace {

constexpr std::int64_t kTurn = 1 << 16;
constexpr std::uint32_t kVideoClock = 90'000;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
constexpr std::uint16_t kDegreesPerTurn = 90;

}  // namespace

// ---- ReceiveFormats

ReceiveFormats::ReceiveFormats(const rtp::ReceiveParameters& from)
    : parameters(from), types(from.codecs) {
  for (const rtp::NegotiatedCodec& each : from.codecs)
    can_depacketize.push_back(codec::AnyDepacketizer::of(each.encoding_name).has_value());
}

bool ReceiveFormats::makes_frames(std::size_t codec) const {
  return delivery != MediaDelivery::Rtp && codec < can_depacketize.size() && can_depacketize[codec];
}

bool ReceiveFormats::makes_frames() const {
  return delivery != MediaDelivery::Rtp && std::ranges::count(can_depacketize, true) > 0;
}

bool ReceiveFormats::uses_nack() const {
  return std::ranges::any_of(parameters.codecs, &rtp::NegotiatedCodec::nack);
}

std::optional<std::uint32_t> ReceiveFormats::repaired_by(std::uint32_t rtx_ssrc) const {
  for (const rtp::RemoteSource& each : parameters.sources)
    if (each.rtx_ssrc == rtx_ssrc) return each.ssrc;
  return std::nullopt;
}

// ---- ReceiveStream

ReceiveStream::ReceiveStream(std::string rid, std::size_t encoding, Duration jitter_buffer,
                             const ReceiveFormats& formats, TrackOutput& output)
    : rid_(std::move(rid)),
      encoding_(encoding),
      jitter_buffer_(jitter_buffer),
      formats_(formats),
      output_(output),
      gate_(formats.parameters.kind) {
  update();
}

void ReceiveStream::set_round_trip(Duration round_trip) {
  round_trip_ = round_trip;
  nack_.set_round_trip(round_trip);
  update();
}

// A repair takes a round trip; who wants no wait at all gets none.
void ReceiveStream::update() {
  const bool waits_for_repair = jitter_buffer_ > Duration::zero() && formats_.uses_nack();
  order_.set_wait(jitter_buffer_ +
                  (waits_for_repair ? std::min(round_trip_, kMaxRepairWait) : Duration::zero()));
  codec_ = nullptr;
}

void ReceiveStream::restart() {
  nack_.reset();
  order_.reset();
  account();
  depacketizer_.reset();
  depacketizes_.clear();
  has_gap_ = false;
  gate_.reset();
  key_frames_.reset();
}

const rtp::NegotiatedCodec* ReceiveStream::codec_of(std::uint8_t payload_type) const {
  const std::uint8_t place = formats_.types.codec[payload_type];
  return place == PayloadTypes::kNone ? nullptr : &formats_.parameters.codecs[place];
}

std::uint32_t ReceiveStream::clock_rate_of(const rtp::NegotiatedCodec& codec) {
  return codec.codec.clock_rate > 0 ? codec.codec.clock_rate : kVideoClock;
}

// RFC 4733 §2.1: events stand on the timestamps of the audio beside them, whatever their own rate.
bool ReceiveStream::has_clock(const rtp::NegotiatedCodec& codec) {
  return !equals_ignoring_case(codec.encoding_name, "telephone-event");
}

// ---- the source

// Whether the SSRC is the encoding's from now on.
bool ReceiveStream::take_source(Timestamp now, const rtp::Header& header) {
  if (ssrc_) {
    const bool is_old = std::ranges::count(old_ssrcs_, header.ssrc) > 0;
    if (is_old && now - *stats_.last_packet_received_timestamp < kSourceReturn) return false;
    give_up_all(now);
    if (old_ssrcs_.size() == kMaxOldSources) old_ssrcs_.erase(old_ssrcs_.begin());
    std::erase(old_ssrcs_, header.ssrc);
    old_ssrcs_.push_back(*ssrc_);
    old_rtx_ssrc_ = std::exchange(rtx_ssrc_, std::nullopt);
  }
  if (reception_) lost_before_ += reception_->lost();
  ssrc_ = header.ssrc;
  report_.reset();
  details_ = details_before_ = {};
  reception_.emplace(clock_rate_of(*codec_), now, header);
  capture_clock_.emplace(clock_rate_of(*codec_));
  begin(now, header);
  return true;
}

void ReceiveStream::forget_source(Timestamp now, std::uint32_t ssrc) {
  std::erase(old_ssrcs_, ssrc);
  if (ssrc != ssrc_) return;
  give_up_all(now);
  nack_.reset();
  key_frames_.reset();
  ssrc_.reset();
  rtx_ssrc_.reset();
  // Who was here before it goes on at once.
  old_ssrcs_.clear();
  old_rtx_ssrc_.reset();
  is_heard_ = false;
}

// With this packet the numbers begin.
void ReceiveStream::begin(Timestamp now, const rtp::Header& header) {
  highest_ = header.sequence + kTurn;
  window_ = {};
  restart();
  if (is_video() && formats_.makes_frames()) key_frames_.begin(now);
}

// Whether it is one of the source's.
bool ReceiveStream::count(Timestamp now, const rtp::Packet& packet) {
  if (ssrc_ != packet.header.ssrc) return take_source(now, packet.header);
  if (has_clock(*codec_)) reception_->set_clock_rate(clock_rate_of(*codec_));
  const std::int64_t lost = reception_->lost();
  switch (reception_->handle_packet(now, packet.header)) {
    case rtp::Reception::Verdict::Taken: return true;
    case rtp::Reception::Verdict::Refused: return false;
    case rtp::Reception::Verdict::Restarted: break;
  }
  lost_before_ += lost;
  give_up_all(now);
  begin(now, packet.header);
  return true;
}

bool ReceiveStream::handle_packet(Timestamp now, const rtp::Packet& packet, std::size_t size) {
  const rtp::NegotiatedCodec* codec = codec_of(packet.header.payload_type);
  if (codec && codec != codec_) stats_.codec = codec->encoding_name;
  codec_ = codec;
  if (!codec_ || !count(now, packet)) {
    ++stats_.packets_discarded;
    return false;
  }
  is_heard_ = true;
  has_ended_ = false;
  output_.set_muted(false);
  ++stats_.packets_received;
  stats_.bytes_received += packet.payload.size();
  stats_.header_bytes_received += size - packet.payload.size();
  stats_.last_packet_received_timestamp = now;
  accept(now, packet, unwrap(packet.header.sequence, highest_), Form::AsSent);
  return true;
}

// RFC 4588 §4. A payload without a number is a probe.
bool ReceiveStream::handle_repair(Timestamp now, const rtp::Packet& packet, std::size_t size) {
  ++stats_.packets_received;
  stats_.bytes_received += packet.payload.size();
  stats_.header_bytes_received += size - packet.payload.size();
  if (packet.payload.size() < kOriginalNumberSize) return false;

  const auto described = formats_.repaired_by(packet.header.ssrc);
  const bool is_ours =
      ssrc_ && (described ? described == ssrc_ : packet.header.ssrc != old_rtx_ssrc_);
  if (!is_ours) {
    ++stats_.packets_discarded;
    return false;
  }
  rtx_ssrc_ = packet.header.ssrc;
  const auto place = formats_.types.repairs[packet.header.payload_type];
  const rtp::NegotiatedCodec& codec = formats_.parameters.codecs[place];
  const rtp::Packet original = restore(packet, *ssrc_, codec.codec.payload_type);
  const std::int64_t sequence = unwrap(original.header.sequence, highest_);
  if (sequence > highest_ + kMaxRepairAhead ||
      !window_.is_new(static_cast<std::uint64_t>(sequence))) {
    ++stats_.packets_discarded;
    return true;
  }
  ++stats_.retransmitted_packets_received;
  stats_.retransmitted_bytes_received += original.payload.size();
  accept(now, original, sequence, Form::Restored);
  return true;
}

void ReceiveStream::handle_report(Timestamp now, const rtcp::SenderReport& report) {
  if (report.ssrc != ssrc_) return;
  const std::uint64_t reports = report_ ? report_->stats.reports_sent : 0;
  report_ = Report{report.ntp.compact(), now, {}};
  report_->stats.ssrc = report.ssrc;
  report_->stats.packets_sent = report.packets;
  report_->stats.bytes_sent = report.octets;
  report_->stats.remote_timestamp = since_1900(report.ntp);
  report_->stats.reports_sent = reports + 1;
  capture_clock_->handle_report(report.ntp, report.rtp_timestamp);
}

bool ReceiveStream::handle_bye(std::uint32_t ssrc) {
  if (ssrc != ssrc_) return false;
  has_ended_ = true;
  nack_.reset();
  key_frames_.reset();
  return true;
}

// ---- packets, in the order of arrival

void ReceiveStream::accept(Timestamp now, const rtp::Packet& packet, std::int64_t sequence,
                           Form form) {
  if (!window_.is_new(static_cast<std::uint64_t>(sequence))) {
    ++stats_.packets_discarded;
    return;
  }
  window_.mark(static_cast<std::uint64_t>(sequence));
  highest_ = std::max(highest_, sequence);
  if (output_.take_broken(encoding_)) lose(now);
  if (formats_.uses_nack() && !nack_.handle_packet(now, sequence) && is_video()) lose(now);

  const std::uint8_t place = formats_.types.codec[packet.header.payload_type];
  const bool makes_frames = formats_.makes_frames(place);
  if (!makes_frames && formats_.delivery != MediaDelivery::Frames)
    deliver(packet, form);
  else if (!makes_frames)
    ++stats_.packets_discarded;
  if (!formats_.makes_frames()) return;

  bool begins = !is_video();
  if (is_video() && makes_frames) {
    begins = begins_key_frame(formats_.parameters.codecs[place].encoding_name, packet.payload);
    if (!packet.payload.empty()) key_frames_.handle_packet(now, gate_.is_waiting());
    if (begins) key_frames_.handle_key_frame_begins(now);
  }
  arrange(now, packet, sequence, begins);
}

void ReceiveStream::deliver(const rtp::Packet& packet, Form form) {
  output_.add_packet(encoding_, rid_, packet.size(), [&](Buffer& out) {
    ByteWriter writer(out);
    packet.write(writer);
    if (form == Form::Restored) rename_repaired_rid(formats_.parameters.extensions, out);
  });
}

void ReceiveStream::arrange(Timestamp now, const rtp::Packet& packet, std::int64_t sequence,
                            bool begins) {
  using Verdict = JitterBuffer::Verdict;
  Verdict verdict = order_.push(now, sequence, packet, begins);
  while (verdict == Verdict::Far) {
    order_.give_up();
    drain(now);
    verdict = order_.push(now, sequence, packet, begins);
  }
  if (verdict == Verdict::Late) ++stats_.packets_discarded;
  if (verdict == Verdict::Next) feed(now, packet, order_.is_contiguous());
  drain(now);
  while (order_.size() > 0 && !output_.has_room(0)) {
    order_.give_up();
    drain(now);
  }
}

void ReceiveStream::give_up_all(Timestamp now) {
  while (order_.size() > 0) {
    order_.give_up();
    drain(now);
  }
}

void ReceiveStream::drain(Timestamp now) {
  while (const auto next = order_.pop(now)) {
    if (const auto packet = rtp::Packet::parse(next->packet))
      feed(now, *packet, next->is_contiguous);
  }
  account();
  if (const auto next = order_.next()) nack_.forget_below(*next);
}

void ReceiveStream::account() {
  output_.hold(accounted_, order_.bytes());
  accounted_ = order_.bytes();
}

// ---- packets, in the order of their numbers

void ReceiveStream::feed(Timestamp now, const rtp::Packet& packet, bool is_contiguous) {
  if (!is_contiguous) has_gap_ = true;
  const std::uint8_t place = formats_.types.codec[packet.header.payload_type];
  const bool is_media = formats_.makes_frames(place) && !packet.payload.empty();
  if (place != PayloadTypes::kNone && has_clock(formats_.parameters.codecs[place]))
    capture_clock_->turn(clock_rate_of(formats_.parameters.codecs[place]), packet.header.timestamp);
  if (is_media) {
    choose_depacketizer(formats_.parameters.codecs[place]);
    read_details(packet);
    if (equals_ignoring_case(depacketizes_, "VP8"))
      gate_.handle_vp8_packet(packet.payload, packet.header.timestamp, packet.header.marker);
  }
  if (!depacketizer_) return;
  // What is none of its payloads fills a place in the sequence.
  depacketizer_->handle_packet({.payload = is_media ? packet.payload : Bytes{},
                                .timestamp = packet.header.timestamp,
                                .marker = is_media && packet.header.marker,
                                .is_contiguous = !std::exchange(has_gap_, false)});
  handle_incomplete(now);
  while (const auto frame = depacketizer_->poll_frame()) emit(now, *frame);
  handle_incomplete(now);
}

void ReceiveStream::choose_depacketizer(const rtp::NegotiatedCodec& codec) {
  if (depacketizer_ && equals_ignoring_case(codec.encoding_name, depacketizes_)) return;
  if (depacketizer_) gate_.reset();
  depacketizer_ = codec::AnyDepacketizer::of(codec.encoding_name);
  depacketizes_ = codec.encoding_name;
  incomplete_ = 0;
}

void ReceiveStream::read_details(const rtp::Packet& packet) {
  const std::uint32_t timestamp = packet.header.timestamp;
  if (timestamp != details_.timestamp) {
    details_before_ = details_;
    details_ = {timestamp, std::nullopt, details_before_.rotation};
  }
  if (!packet.extension) return;
  const rtp::ExtensionMap& map = formats_.parameters.extensions;
  if (is_video()) {
    if (const auto orientation = map.get<rtp::VideoOrientation>(*packet.extension))
      details_.rotation = static_cast<std::uint16_t>(orientation->quarter_turns * kDegreesPerTurn);
  } else if (const auto level = map.get<rtp::AudioLevel>(*packet.extension)) {
    details_.audio_level = level->level;
  }
  if (const auto time = map.get<rtp::AbsoluteCaptureTime>(*packet.extension))
    capture_clock_->handle_capture_time(*time, timestamp);
}

const ReceiveStream::Details& ReceiveStream::details_of(std::uint32_t timestamp) const {
  return timestamp == details_.timestamp ? details_ : details_before_;
}

void ReceiveStream::handle_incomplete(Timestamp now) {
  const codec::DepacketizeCounts& counts = depacketizer_->counts();
  const std::uint64_t incomplete = counts.incomplete + counts.too_large;
  if (incomplete == incomplete_) return;
  stats_.frames_dropped += incomplete - std::exchange(incomplete_, incomplete);
  const bool was_waiting = gate_.is_waiting();
  gate_.handle_incomplete();
  if (gate_.is_waiting() && !was_waiting) key_frames_.want(now);
}

void ReceiveStream::emit(Timestamp now, codec::Frame frame) {
  ++stats_.frames_received;
  if (frame.is_key_frame) ++stats_.key_frames_received;
  const bool was_waiting = gate_.is_waiting();
  if (!gate_.pass(frame)) {
    ++stats_.frames_dropped;
    if (gate_.is_waiting() && !was_waiting) key_frames_.want(now);
    return;
  }
  key_frames_.handle_frame(now, frame.is_key_frame);
  const Details& details = details_of(frame.timestamp);
  MediaFrame out;
  out.bytes = to_buffer(frame.bytes);
  out.codec = depacketizes_;
  out.rtp_timestamp = frame.timestamp;
  out.captured_at = capture_clock_->at(frame.timestamp);
  out.is_key_frame = frame.is_key_frame;
  out.follows_loss = frame.follows_loss;
  if (frame.size) {
    out.width = frame.size->width;
    out.height = frame.size->height;
  }
  out.temporal_id = frame.temporal_id;
  out.audio_level = details.audio_level;
  out.rotation = details.rotation;
  if (!output_.add_frame(encoding_, rid_, std::move(out))) lose(now);
}

// Frames were lost here that the next ones need.
void ReceiveStream::lose(Timestamp now) {
  if (formats_.makes_frames()) gate_.lose();
  key_frames_.want(now);
}

// ---- RTCP and time

bool ReceiveStream::can_request_key_frame() const {
  return std::ranges::any_of(formats_.parameters.codecs, [](const rtp::NegotiatedCodec& each) {
    return each.picture_loss || each.full_intra_request;
  });
}

std::optional<rtcp::ReportBlock> ReceiveStream::poll_report_block(Timestamp now) {
  if (!std::exchange(is_heard_, false)) return std::nullopt;
  const rtp::ReceptionReport figures = reception_->report();
  rtcp::ReportBlock block;
  block.ssrc = *ssrc_;
  block.fraction_lost = figures.fraction_lost;
  block.cumulative_lost = figures.cumulative_lost;
  block.highest_sequence = figures.highest_sequence;
  block.jitter = figures.jitter;
  if (report_) {
    block.last_sr = report_->last_sr;
    block.delay_since_last_sr = rtcp::compact(now - report_->at);
  }
  return block;
}

void ReceiveStream::write_feedback(Timestamp now, std::uint32_t local_ssrc,
                                   std::vector<rtcp::Message>& out) {
  if (!ssrc_) return;
  stats_.nack_count += nack_.write(now, local_ssrc, *ssrc_, out);
  if (!key_frames_.poll(now)) return;
  const auto has = [&](bool rtp::NegotiatedCodec::* flag) {
    return std::ranges::any_of(formats_.parameters.codecs, flag);
  };
  if (has(&rtp::NegotiatedCodec::picture_loss)) {
    out.emplace_back(rtcp::PictureLoss{local_ssrc, *ssrc_});
    ++stats_.pli_count;
  } else if (has(&rtp::NegotiatedCodec::full_intra_request)) {
    // RFC 5104 §4.3.1.2: each request of its own has the next number.
    out.emplace_back(rtcp::FullIntraRequest{local_ssrc, {{*ssrc_, fir_number_++}}});
    ++stats_.fir_count;
  }
}

Deadline ReceiveStream::next_timeout() const {
  if (!ssrc_) return {};
  return soonest(order_.next_timeout(), nack_.next_timeout(), key_frames_.next_timeout());
}

void ReceiveStream::handle_timeout(Timestamp now) { drain(now); }

InboundRtpStats ReceiveStream::stats() const {
  InboundRtpStats out = stats_;
  out.kind = formats_.parameters.kind;
  out.mid = formats_.parameters.mid;
  out.rid = rid_;
  out.ssrc = ssrc_.value_or(0);
  out.rtx_ssrc = rtx_ssrc_;
  out.packets_lost = lost_before_;
  if (reception_) {
    out.packets_lost += reception_->lost();
    out.jitter = Duration(std::int64_t{reception_->jitter()} * kNanosecondsPerSecond /
                          reception_->clock_rate());
  }
  out.frames_dropped += output_.dropped_frames(encoding_);
  out.packets_discarded += output_.dropped_packets(encoding_);
  return out;
}

std::optional<RemoteOutboundRtpStats> ReceiveStream::remote_stats() const {
  if (!report_) return std::nullopt;
  RemoteOutboundRtpStats out = report_->stats;
  out.kind = formats_.parameters.kind;
  return out;
}

}  // namespace specter::media
