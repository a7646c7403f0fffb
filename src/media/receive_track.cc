#include "media/receive_track.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace specter::media {

ReceiveTrack::ReceiveTrack(TransceiverId transceiver, MediaKind kind, const MediaOptions& options)
    : transceiver_(transceiver),
      jitter_buffer_(options.jitter_buffer),
      output_(transceiver, kind, options.frame_buffer_bytes) {}

void ReceiveTrack::set(Timestamp, const rtp::ReceiveParameters& parameters) {
  const bool was_active = is_active();
  const bool made_frames = formats_.makes_frames();
  const auto delivery = formats_.delivery;
  formats_ = ReceiveFormats(parameters);
  formats_.delivery = delivery;

  std::vector<std::string> rids = parameters.rids;
  // On hold: as Demux has it.
  if (rids.empty() && !parameters.is_active)
    for (const auto& stream : streams_) rids.push_back(stream->rid());
  if (rids.empty()) rids.emplace_back();
  if (rids.size() > Demux::kMaxEncodings) rids.resize(Demux::kMaxEncodings);
  auto before = std::exchange(streams_, {});
  for (std::size_t i = 0; i < rids.size(); ++i) {
    const auto known = std::ranges::find_if(
        before, [&](const auto& stream) { return stream && stream->rid() == rids[i]; });
    if (known != before.end()) {
      streams_.push_back(std::move(*known));
      streams_.back()->set_encoding(i);
      streams_.back()->update();
    } else {
      streams_.push_back(
          std::make_unique<ReceiveStream>(rids[i], i, jitter_buffer_, formats_, output_));
      streams_.back()->set_round_trip(round_trip_);
    }
  }
  for (const auto& gone : before)
    if (gone) gone->restart();  // what it kept does not count any more

  const bool has_stopped = was_active && !is_active();
  if (has_stopped || made_frames != formats_.makes_frames())
    for (const auto& stream : streams_) stream->restart();
  if (has_stopped) output_.set_muted(true);
}

void ReceiveTrack::set_delivery(std::optional<MediaDelivery> delivery) {
  if (formats_.delivery == delivery) return;
  const bool made_frames = formats_.makes_frames();
  formats_.delivery = delivery;
  if (made_frames == formats_.makes_frames()) return;
  for (const auto& stream : streams_) stream->restart();
}

void ReceiveTrack::set_round_trip(Duration round_trip) {
  round_trip_ = round_trip;
  for (const auto& stream : streams_) stream->set_round_trip(round_trip);
}

void ReceiveTrack::handle_packet(Timestamp now, const Demux::Route& route,
                                 const rtp::Packet& packet, std::size_t size) {
  if (!sought_.empty()) handle_sought(now, route, packet.header.ssrc);
  take(now, route, packet, size);
}

void ReceiveTrack::take(Timestamp now, const Demux::Route& route, const rtp::Packet& packet,
                        std::size_t size) {
  ReceiveStream& stream = *streams_[route.encoding];
  if (route.is_rtx)
    stream.handle_repair(now, packet, size);
  else
    stream.handle_packet(now, packet, size);
}

bool ReceiveTrack::seek(Timestamp now, std::uint32_t ssrc, Bytes packet) {
  const auto fresh = std::ranges::find_if(
      sought_, [&](const Sought& each) { return now - each.at < kSoughtLife; });
  for (auto each = sought_.begin(); each != fresh; ++each) sought_bytes_ -= each->packet.size();
  sought_.erase(sought_.begin(), fresh);
  if (sought_bytes_ + packet.size() > kMaxSoughtBytes) return false;
  sought_.push_back({ssrc, now, to_buffer(packet)});
  sought_bytes_ += packet.size();
  return true;
}

// The source has said which encoding it is: what came of it before comes first.
void ReceiveTrack::handle_sought(Timestamp now, const Demux::Route& route, std::uint32_t ssrc) {
  std::vector<Sought> all = std::exchange(sought_, {});
  for (Sought& each : all) {
    const bool is_fresh = now - each.at < kSoughtLife;
    if (each.ssrc != ssrc && is_fresh) {
      sought_.push_back(std::move(each));
      continue;
    }
    sought_bytes_ -= each.packet.size();
    const auto packet = rtp::Packet::parse(each.packet);
    if (!packet || !is_fresh || !formats_.types.has(packet->header.payload_type)) continue;
    const bool is_rtx = formats_.types.repairs[packet->header.payload_type] != PayloadTypes::kNone;
    take(now, {route.section, route.encoding, is_rtx}, *packet, each.packet.size());
  }
}

void ReceiveTrack::handle_report(Timestamp now, std::size_t encoding,
                                 const rtcp::SenderReport& report) {
  streams_[encoding]->handle_report(now, report);
}

void ReceiveTrack::forget_source(Timestamp now, std::uint32_t ssrc) {
  for (const auto& stream : streams_) stream->forget_source(now, ssrc);
}

void ReceiveTrack::handle_bye(std::size_t encoding, std::uint32_t ssrc) {
  if (!streams_[encoding]->handle_bye(ssrc)) return;
  const bool are_all_gone = std::ranges::all_of(
      streams_, [](const auto& stream) { return !stream->ssrc() || stream->has_ended(); });
  if (are_all_gone) output_.set_muted(true);
}

Result<> ReceiveTrack::request_key_frame(Timestamp now, std::string_view rid) {
  const auto stream =
      std::ranges::find_if(streams_, [&](const auto& each) { return each->rid() == rid; });
  if (stream == streams_.end())
    return fail(ErrorCode::NotFound, "the track has no encoding '" + std::string(rid) + "'");
  if (!(*stream)->can_request_key_frame())
    return fail(ErrorCode::NotSupported,
                "neither PLI nor FIR was negotiated: a codec's rtcp_feedback lists them");
  if (!(*stream)->ssrc() || !is_active())
    return fail(ErrorCode::InvalidState, "no packet of the encoding has come yet");
  (*stream)->request_key_frame(now);
  return {};
}

}  // namespace specter::media
