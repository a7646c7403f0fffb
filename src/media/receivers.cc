#include "media/receivers.h"

#include <algorithm>
#include <utility>

#include "rtp/extensions/transport_sequence.h"

namespace specter::media {

Receivers::Receivers(const MediaOptions& options, Random& random)
    : options_(options), local_ssrc_(random.u32()) {}

ReceiveTrack* Receivers::find(TransceiverId transceiver) const {
  const auto section = demux_.section_of(transceiver);
  return section ? tracks_[*section].get() : nullptr;
}

template <class Each>
void Receivers::for_each_stream(Each&& each) const {
  for (const auto& track : tracks_) {
    if (!track) continue;
    for (const auto& stream : track->streams()) each(*track, *stream);
  }
}

// ---- negotiation

void Receivers::set(Timestamp now, TransceiverId transceiver,
                    const rtp::ReceiveParameters& parameters) {
  const std::size_t section = demux_.set(transceiver, parameters);
  if (tracks_.size() <= section) tracks_.resize(section + 1);
  auto& track = tracks_[section];
  if (!track) {
    track = std::make_unique<ReceiveTrack>(transceiver, parameters.kind, options_);
    if (round_trip_) track->set_round_trip(*round_trip_);
  }
  if (const auto chosen = deliveries_.find(transceiver); chosen != deliveries_.end())
    track->set_delivery(chosen->second);
  track->set(now, parameters);
  forget_moved(now);
  note_extensions();
  note_output(section);
}

void Receivers::remove(Timestamp, TransceiverId transceiver) {
  deliveries_.erase(transceiver);
  const auto section = demux_.section_of(transceiver);
  if (!section) return;
  demux_.remove(transceiver);
  tracks_[*section].reset();
  erase_if(ready_, [&](std::size_t each) { return each == *section; });
  note_extensions();
}

void Receivers::forget_peer() {
  arrivals_.forget_all();
  reference_times_.clear();
}

// Where a source was looked for by mistake.
void Receivers::forget_moved(Timestamp now) {
  for (const Demux::Moved& moved : demux_.take_moved()) {
    if (!tracks_[moved.from]) continue;
    tracks_[moved.from]->forget_source(now, moved.ssrc);
    note_output(moved.from);
  }
}

void Receivers::note_extensions() {
  is_transport_wide_ = false;
  for (const auto& track : tracks_)
    if (track && std::ranges::any_of(track->formats().parameters.codecs,
                                     &rtp::NegotiatedCodec::transport_wide))
      is_transport_wide_ = true;
  sequence_id_ = demux_.common_id(rtp::ExtensionKind::TransportSequence).value_or(0);
  sequence2_id_ = demux_.common_id(rtp::ExtensionKind::TransportSequence2).value_or(0);
}

Result<> Receivers::set_delivery(TransceiverId transceiver, MediaDelivery delivery) {
  ReceiveTrack* track = find(transceiver);
  if (track && delivery == MediaDelivery::Frames) {
    const auto& can = track->formats().can_depacketize;
    if (!can.empty() && std::ranges::count(can, true) == 0)
      return fail(ErrorCode::NotSupported,
                  "none of the track's codecs can be depacketized: take MediaDelivery::Rtp");
  }
  deliveries_[transceiver] = delivery;
  if (track) track->set_delivery(delivery);
  return {};
}

Result<> Receivers::request_key_frame(Timestamp now, TransceiverId transceiver,
                                      std::string_view rid) {
  ReceiveTrack* track = find(transceiver);
  if (!track) return fail(ErrorCode::NotFound, "no track is received of this transceiver");
  return track->request_key_frame(now, rid);
}

void Receivers::set_round_trip(Duration round_trip) {
  if (round_trip_ == round_trip) return;
  round_trip_ = round_trip;
  for (const auto& track : tracks_)
    if (track) track->set_round_trip(round_trip);
}

// ---- packets

void Receivers::handle_packet(Timestamp arrival, Bytes bytes) {
  const auto packet = rtp::Packet::parse(bytes);
  if (!packet) {
    ++counts_.malformed;
    return;
  }
  if (packet->header.ssrc == 0) {
    // libwebrtc probes with it before there is media: it is of no stream.
    log_arrival(arrival, *packet, bytes.size(), nullptr);
    ++counts_.probes;
    return;
  }
  media_ssrc_ = packet->header.ssrc;
  const auto route = demux_.route(*packet);
  forget_moved(arrival);
  ReceiveTrack* track = route ? tracks_[route->section].get() : nullptr;
  log_arrival(arrival, *packet, bytes.size(),
              track ? &track->formats().parameters.extensions : nullptr);
  if (!route) return count(route.error(), arrival, *packet, bytes);
  if (!track->is_active()) {
    ++counts_.inactive;
    return;
  }
  track->handle_packet(arrival, *route, *packet, bytes.size());
  note_output(route->section);
}

void Receivers::count(const Demux::Refusal& refusal, Timestamp now, const rtp::Packet& packet,
                      Bytes bytes) {
  switch (refusal.drop) {
    case Demux::Drop::UnknownMid: ++counts_.unknown_mid; break;
    case Demux::Drop::UnknownRid: ++counts_.unknown_rid; break;
    case Demux::Drop::UnknownSource: ++counts_.unknown_source; break;
    case Demux::Drop::UnknownPayload: ++counts_.unknown_payload; break;
    case Demux::Drop::UnknownEncoding:
      if (!tracks_[refusal.section]->seek(now, packet.header.ssrc, bytes))
        ++counts_.unknown_encoding;
      break;
  }
}

// Where sections have the number under different ids, it is found in packets of a known section.
void Receivers::log_arrival(Timestamp arrival, const rtp::Packet& packet, std::size_t size,
                            const rtp::ExtensionMap* map) {
  using enum rtp::ExtensionKind;
  if (!is_transport_wide_ || !packet.extension) return;
  const auto id = [&](std::uint8_t common, rtp::ExtensionKind kind) -> std::uint8_t {
    if (common != 0 || !map) return common;
    return map->id_of(kind).value_or(0);
  };
  const rtp::ExtensionBlock& block = *packet.extension;
  if (!log_number(arrival, block, size, id(sequence_id_, TransportSequence), TransportSequence))
    log_number(arrival, block, size, id(sequence2_id_, TransportSequence2), TransportSequence2);
}

bool Receivers::log_number(Timestamp arrival, const rtp::ExtensionBlock& block, std::size_t size,
                           std::uint8_t id, rtp::ExtensionKind kind) {
  if (id == 0) return false;
  const auto value = rtp::find(block, id);
  if (!value) return false;
  const auto parsed = rtp::TransportSequence2::parse(*value);
  if (!parsed) return false;
  arrivals_.handle_packet(arrival, parsed->sequence, size);
  if (kind == rtp::ExtensionKind::TransportSequence2 && parsed->request) arrivals_.ask(arrival);
  return true;
}

// ---- RTCP

void Receivers::handle(Timestamp now, const rtcp::Message& message) {
  if (const auto* report = std::get_if<rtcp::SenderReport>(&message)) {
    if (const auto route = demux_.find(report->ssrc))
      tracks_[route->section]->handle_report(now, route->encoding, *report);
  } else if (const auto* description = std::get_if<rtcp::SourceDescription>(&message)) {
    for (const auto& chunk : description->chunks) {
      std::string_view mid, rid;
      for (const auto& item : chunk.items) {
        if (item.type == rtcp::ItemType::Mid) mid = item.text;
        if (item.type == rtcp::ItemType::RtpStreamId ||
            item.type == rtcp::ItemType::RepairedRtpStreamId)
          rid = item.text;
      }
      if (!mid.empty()) demux_.bind(chunk.ssrc, mid, rid);
      forget_moved(now);
    }
  } else if (const auto* bye = std::get_if<rtcp::Bye>(&message)) {
    for (const std::uint32_t ssrc : bye->ssrcs) {
      const auto route = demux_.find(ssrc);
      if (!route) continue;
      tracks_[route->section]->handle_bye(route->encoding, ssrc);
      note_output(route->section);
    }
  } else if (const auto* extended = std::get_if<rtcp::ExtendedReport>(&message)) {
    for (const auto& block : extended->blocks) {
      const auto* time = std::get_if<rtcp::ReceiverReferenceTime>(&block);
      if (!time) continue;
      std::erase_if(reference_times_,
                    [&](const ReferenceTime& each) { return each.ssrc == extended->ssrc; });
      if (reference_times_.size() < kMaxReferenceTimes)
        reference_times_.push_back({extended->ssrc, time->ntp.compact(), now});
    }
  }
}

void Receivers::write_report_blocks(Timestamp now, std::vector<rtcp::ReportBlock>& out) {
  for_each_stream([&](const ReceiveTrack&, ReceiveStream& stream) {
    if (const auto block = stream.poll_report_block(now)) out.push_back(*block);
  });
}

void Receivers::write_reports(Timestamp now, std::vector<rtcp::Message>& out) {
  std::vector<rtcp::ReportBlock> blocks;
  write_report_blocks(now, blocks);
  for (std::size_t i = 0; i < blocks.size(); i += rtcp::kMaxCount) {
    const auto begin = blocks.begin() + static_cast<std::ptrdiff_t>(i);
    const std::size_t size = std::min(rtcp::kMaxCount, blocks.size() - i);
    out.emplace_back(
        rtcp::ReceiverReport{local_ssrc_, {begin, begin + static_cast<std::ptrdiff_t>(size)}});
  }
  if (reference_times_.empty()) return;
  rtcp::DelaySinceLastRr delays;
  for (const ReferenceTime& each : reference_times_)
    delays.receivers.push_back({each.ssrc, each.time, rtcp::compact(now - each.at)});
  reference_times_.clear();
  out.emplace_back(rtcp::ExtendedReport{local_ssrc_, {std::move(delays)}});
}

void Receivers::write_feedback(Timestamp now, std::vector<rtcp::Message>& out) {
  for_each_stream([&](const ReceiveTrack&, ReceiveStream& stream) {
    stream.write_feedback(now, local_ssrc_, out);
  });
  arrivals_.write(now, local_ssrc_, media_ssrc_, out);
}

// ---- time and events

WakeUp Receivers::next_timeout() const {
  Deadline streams;
  for_each_stream([&](const ReceiveTrack&, const ReceiveStream& stream) {
    streams = soonest(streams, stream.next_timeout());
  });
  return soonest(WakeUp(streams, "media receiver"),
                 WakeUp(arrivals_.next_timeout(), "transport-wide feedback"));
}

void Receivers::handle_timeout(Timestamp now) {
  for (std::size_t i = 0; i < tracks_.size(); ++i) {
    if (!tracks_[i]) continue;
    for (const auto& stream : tracks_[i]->streams()) stream->handle_timeout(now);
    note_output(i);
  }
}

void Receivers::note_output(std::size_t section) {
  if (tracks_[section]->output().empty()) return;
  if (std::ranges::count(ready_, section) == 0) ready_.push_back(section);
}

std::optional<Receivers::Event> Receivers::poll_event() {
  while (!ready_.empty()) {
    ReceiveTrack& track = *tracks_[ready_.front()];
    if (auto event = track.output().poll()) return event;
    ready_.pop_front();
  }
  return std::nullopt;
}

std::size_t Receivers::waiting_bytes(TransceiverId transceiver) const {
  ReceiveTrack* track = find(transceiver);
  return track ? track->output().bytes() : 0;
}

void Receivers::add_stats(Stats& out) const {
  for_each_stream([&](const ReceiveTrack& track, const ReceiveStream& stream) {
    if (!stream.ssrc()) return;
    out.inbound_rtp.push_back(stream.stats());
    out.inbound_rtp.back().transceiver = track.transceiver();
    if (const auto remote = stream.remote_stats()) {
      out.remote_outbound_rtp.push_back(*remote);
      out.remote_outbound_rtp.back().transceiver = track.transceiver();
    }
  });
}

}  // namespace specter::media
