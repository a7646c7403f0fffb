// Senders' RTCP: what comes, and what goes.
#include <algorithm>
#include <utility>

#include "media/bitrate_feedback.h"
#include "media/senders_impl.h"

namespace specter::media {
namespace {

Duration report_interval(MediaKind kind, Random& random) {
  const Duration interval =
      kind == MediaKind::Video ? Senders::kVideoReportInterval : Senders::kAudioReportInterval;
  constexpr std::uint32_t kParts = 1 << 16;
  return interval / 2 + interval * static_cast<std::int64_t>(random.below(kParts)) / kParts;
}

}  // namespace

// --- RTCP that comes

void Senders::Impl::handle(Timestamp now, const std::vector<rtcp::ReportBlock>& blocks) {
  const rtcp::CompactNtp time = rtcp::NtpTime::at(now, epoch_).compact();
  bool is_opened = false;
  for (const rtcp::ReportBlock& block : blocks) {
    SendStream* const stream = find_ssrc(block.ssrc);
    if (!stream) continue;
    const auto round_trip = rtcp::round_trip(time, block.last_sr, block.delay_since_last_sr);
    if (round_trip) round_trip_ = round_trip;
    stream->handle(now, block, round_trip);
    is_opened = is_opened || stream->breaker().is_open();
  }
  if (is_opened) refresh(now);
}

void Senders::Impl::handle(Timestamp now, const rtcp::Nack& message) {
  SendStream* const stream = find_ssrc(message.media_ssrc);
  // Repairs are not repaired themselves.
  if (stream && stream->ssrc() == message.media_ssrc) stream->handle(now, message, round_trip_);
}

void Senders::Impl::handle(Timestamp now, const rtcp::PictureLoss& message) {
  SendStream* const stream = find_ssrc(message.media_ssrc);
  if (!stream) return;
  stream->count_picture_loss();
  want_key_frame(now, *stream);
}

// RFC 5104 §4.3.1.2: the sources are in the requests; the header's is zero.
void Senders::Impl::handle(Timestamp now, const rtcp::FullIntraRequest& message) {
  for (const auto& request : message.requests) {
    SendStream* const stream = find_ssrc(request.ssrc);
    if (!stream) continue;
    if (stream->handle_full_intra_request(message.sender_ssrc, request.number))
      want_key_frame(now, *stream);
  }
}

void Senders::Impl::handle(Timestamp, const rtcp::BitrateEstimate& message) {
  core::BitrateFeedback feedback;
  feedback.estimate = message.bits_per_second;
  tell_feedback(feedback);
}

void Senders::Impl::handle(Timestamp, const rtcp::TransportFeedback& message) {
  if (feedback_events_ == kMaxFeedbackEvents) return;  // nobody reads it
  tell_feedback(read_feedback(message, sent_));
}

void Senders::Impl::handle(Timestamp, const rtcp::CongestionFeedback& message) {
  if (feedback_events_ == kMaxFeedbackEvents) return;
  tell_feedback(read_feedback(message, [this](std::uint32_t ssrc) -> SourceSizes {
    const SendStream* const stream = find_ssrc(ssrc);
    return stream ? stream->sizes(ssrc) : SourceSizes{};
  }));
}

void Senders::Impl::tell_feedback(const std::optional<core::BitrateFeedback>& feedback) {
  if (!feedback || feedback_events_ == kMaxFeedbackEvents) return;
  ++feedback_events_;
  events_.push_back(*feedback);
}

// --- RTCP that goes

// RFC 3550 §6.2 lets the first be at once, and whoever hears a source wants its CNAME soon.
Deadline Senders::Impl::Sender::report_due() const {
  const bool is_at_once = std::ranges::any_of(
      streams, [&](const auto& stream) { return stream->needs_report(next_report.has_value()); });
  return is_at_once ? Timestamp::min() : next_report;
}

void Senders::Impl::write_reports(Timestamp now, std::vector<rtcp::Message>& out) {
  if (!is_connected_) return;
  std::vector<rtcp::SourceDescription::Chunk> chunks;
  for (const auto& sender : senders_) {
    const Deadline due = sender->report_due();
    if (!due || now < *due) continue;
    sender->next_report.reset();  // until it sends again
    const auto name = [&](std::uint32_t ssrc) {
      chunks.push_back({ssrc, {{rtcp::ItemType::Cname, sender->parameters.cname}}});
    };
    for (const auto& stream : sender->streams) {
      auto report = stream->report(now, epoch_);
      if (!report) continue;
      out.emplace_back(*std::move(report));
      if (!sender->next_report)
        sender->next_report = now + report_interval(sender->parameters.kind, random_);
      name(stream->ssrc());
      if (stream->has_sent_repairs()) name(stream->rtx_ssrc());
    }
  }
  for (std::size_t i = 0; i < chunks.size(); i += rtcp::kMaxCount) {
    const std::size_t count = std::min(chunks.size() - i, rtcp::kMaxCount);
    const auto first = chunks.begin() + static_cast<std::ptrdiff_t>(i);
    out.emplace_back(
        rtcp::SourceDescription{.chunks = {first, first + static_cast<std::ptrdiff_t>(count)}});
  }
  while (!byes_.empty()) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(byes_.size(), rtcp::kMaxCount));
    out.emplace_back(
        rtcp::Bye{.ssrcs = {byes_.begin(), byes_.begin() + count}, .reason = std::nullopt});
    byes_.erase(byes_.begin(), byes_.begin() + count);
  }
}

}  // namespace specter::media
