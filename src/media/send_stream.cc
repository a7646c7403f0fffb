#include "media/send_stream.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/sequence.h"
#include "media/send_codec.h"

namespace specter::media {
namespace {

constexpr std::int64_t kTurn = 1 << 16;  // of sequence numbers

Error refusal_of(codec::PacketizeError error, const RtpCodec& codec, std::size_t bytes) {
  const char* why = "";
  switch (error) {
    case codec::PacketizeError::Empty: why = "it has no bytes"; break;
    case codec::PacketizeError::Malformed: why = "that is not what an encoder of it makes"; break;
    case codec::PacketizeError::TooLarge:
      why = "a part of it that cannot be cut is too large";
      break;
    case codec::PacketizeError::TooMany: why = "it is too large"; break;
    case codec::PacketizeError::NoRoom: why = "a packet has no room for it"; break;
  }
  return {ErrorCode::InvalidArgument,
          fmt::format("the sample of {} bytes is no {}: {}", bytes, codec.mime_type, why),
          std::nullopt};
}

// False: there is no room.
bool store(Bytes elements, Bytes body, SendTools& tools, Draft& draft) {
  const std::size_t size = elements.size() + body.size() + draft.padding;
  if (size == 0) return true;
  auto place = tools.pool.reserve(size);
  if (!place) return false;
  std::ranges::copy(elements, place->bytes.begin());
  std::ranges::copy(body, place->bytes.subspan(elements.size()).begin());
  if (draft.padding > 0) {  // RFC 3550 §5.1: the last byte is their number
    std::ranges::fill(place->bytes.last(draft.padding), std::uint8_t{0});
    place->bytes.back() = draft.padding;
  }
  const rtp::HeldPacket held = tools.pool.commit(*std::move(place), size);
  draft.elements = held.bytes().first(elements.size());
  draft.body = held.bytes().subspan(elements.size());
  draft.hold = held.batch;
  return true;
}

}  // namespace

SendStream::SendStream(TransceiverId transceiver, const rtp::SendEncoding& encoding, MediaKind kind,
                       PacketHistory::Limits limits, Random& random)
    : transceiver_(transceiver),
      kind_(kind),
      encoding_(encoding),
      clock_(random.u32()),
      next_number_(kTurn + random.below(kTurn / 2)),
      lane_(kind, this),
      repairs_(limits, kTurn + random.below(kTurn / 2)) {
  remote_.transceiver = transceiver;
  remote_.kind = kind;
  remote_.ssrc = encoding.ssrc;
}

void SendStream::set(const rtp::SendParameters& section, const rtp::SendEncoding& encoding,
                     Random& random) {
  section_ = &section;
  encoding_ = encoding;
  lane_.set_max_rate(encoding.parameters.max_bitrate);
  if (!encoding.parameters.active) breaker_.reset();
  const rtp::NegotiatedCodec* chosen = nullptr;
  if (encoding.parameters.codec)
    chosen = find_codec(section.codecs, *encoding.parameters.codec);
  else if (section.track)
    chosen = find_codec(section.codecs, section.track->codec);
  const bool is_same = codec_ && chosen && codec_->encoding_name == chosen->encoding_name &&
                       codec_->codec.sdp_fmtp_line == chosen->codec.sdp_fmtp_line;
  codec_ = chosen ? std::optional(*chosen) : std::nullopt;
  // Another track of the same codec goes on with the numbers of its payloads.
  if (is_same) return;
  packetizer_.reset();
  if (!codec_) return;
  if (auto made = make_packetizer(*codec_, random)) packetizer_.emplace(*std::move(made));
}

void SendStream::set_wanted(bool is_wanted) {
  if (is_wanted_ == is_wanted) return;
  is_wanted_ = is_wanted;
  begins_ = is_wanted;
  waits_for_key_frame_ = false;
  key_frames_.reset();
  capture_times_.tell_again();
  if (is_wanted) return;
  // What is cut off must not look whole: the gap says so.
  if (lane_.is_in_frame()) ++next_number_;
  lane_.clear();
  repairs_.clear();
}

void SendStream::forget_peer() {
  is_known_ = are_repairs_known_ = is_reported_ = false;
  packets_at_report_ = packets_at_report_before_ = packets_;
  last_request_.reset();
  breaker_.reset();
}

SendStream::WayOfRepair SendStream::way_of_repair() const {
  if (!codec_ || !codec_->nack) return WayOfRepair::None;
  return codec_->rtx_payload_type && encoding_.rtx_ssrc != 0 ? WayOfRepair::Rtx
                                                             : WayOfRepair::Sealed;
}

HeaderContext SendStream::context(Timestamp now, Names names, bool is_repair, std::uint16_t number,
                                  Bytes elements) const {
  return {.section = *section_,
          .rid = encoding_.parameters.rid,
          .names = names,
          .is_repair = is_repair,
          .transport_sequence = number,
          .now = now,
          .elements = elements};
}

// Of a packet with the source's names, and such that its repair fits as well.
std::size_t SendStream::payload_room(SendTools& tools, Bytes elements) const {
  std::size_t taken = tools.header.size({}, context({}, Names::Present, false, 0, elements));
  if (way_of_repair() == WayOfRepair::Rtx) {
    const std::size_t repair =
        tools.header.size({}, context({}, Names::Present, true, 0, elements));
    taken = std::max(taken, repair + Repairs::kOriginalNumberBytes);
  }
  return tools.room.made > taken ? tools.room.made - taken : 0;
}

Result<> SendStream::cut(Timestamp now, const MediaSample& sample, SendTools& tools,
                         std::vector<Draft>& out) {
  if (!packetizer_) {
    return fail(ErrorCode::NotSupported,
                fmt::format("samples of {} cannot be cut into packets here: use write_rtp()",
                            codec_->codec.mime_type));
  }
  if (auto good = check_description(sample); !good) return good;
  const auto captured = capture_times_.next(now, sample, tools.epoch);
  const auto describe = [&](PlaceInSample place) {
    tools.elements.clear();
    append_elements(sample, place, captured, section_->extensions, tools.elements);
    return Bytes(tools.elements);
  };
  const std::size_t room = payload_room(tools, describe({}));
  const auto cut =
      room == 0 ? std::unexpected(codec::PacketizeError::NoRoom)
                : packetizer_->packetize({.bytes = sample.bytes, .temporal_id = sample.temporal_id},
                                         {room, room}, tools.pieces);
  if (!cut && cut.error() != codec::PacketizeError::NoRoom)
    return fail(refusal_of(cut.error(), codec_->codec, sample.bytes.size()));
  const bool is_key = cut && kind_ == MediaKind::Video && tools.pieces.is_key_frame;
  // What is dropped has its time, too.
  const std::uint32_t timestamp = clock_.stamp(now, {.at = sample.captured_at,
                                                     .duration = sample.duration,
                                                     .clock_rate = codec_->codec.clock_rate});
  if (!cut || (waits_for_key_frame_ && !is_key)) {
    ++dropped_frames_;
    return {};
  }
  if (is_key) {
    waits_for_key_frame_ = false;
    key_frames_.handle_key_frame();
  }
  for (const codec::Piece& piece : tools.pieces.all) {
    Draft& draft = out.emplace_back();
    draft.header = {.marker = piece.marker,
                    .payload_type = codec_->codec.payload_type,
                    .sequence = 0,
                    .timestamp = timestamp,
                    .ssrc = encoding_.ssrc,
                    .csrcs = {}};
    for (const std::uint8_t byte : piece.prefix.view()) draft.prefix.push_back(byte);
    // RFC 9143 §15: until the peer is known to have them, and where it could begin anew.
    const bool is_named = !is_known_ || (is_key && out.size() == 1);
    draft.names = is_named ? Names::Present : Names::Absent;
    draft.stands_alone = is_key || kind_ == MediaKind::Audio;
    const Bytes elements =
        describe({.is_first = out.size() == 1, .is_last = &piece == &tools.pieces.all.back()});
    if (!store(elements, piece.body, tools, draft)) {
      out.clear();
      ++dropped_frames_;
      wait_for_key_frame();
      return {};
    }
    draft.bytes = static_cast<std::uint32_t>(
        tools.header.size(draft.header, context(now, draft.names, false, 0, draft.elements)) +
        draft.prefix.size() + draft.body.size());
  }
  capture_times_.handle_told(now);
  ++frames_;
  key_frames_sent_ += is_key ? 1 : 0;
  return {};
}

Result<> SendStream::adopt(Timestamp now, const GivenPacket& given, SendTools& tools,
                           std::vector<Draft>& out) {
  const auto parsed = rtp::Packet::parse(given.bytes);
  if (!parsed) return fail(ErrorCode::InvalidArgument, "that is no RTP packet (RFC 3550 §5.1)");
  Draft draft;
  draft.header = parsed->header;
  draft.header.payload_type = codec_->codec.payload_type;
  draft.header.ssrc = encoding_.ssrc;
  draft.names = is_known_ ? Names::Absent : Names::Present;
  draft.padding = parsed->padding;
  draft.has_number = true;
  draft.stands_alone = true;  // nobody knows
  tools.elements.clear();
  if (parsed->extension)
    append_elements(*parsed->extension, given.header_extensions, section_->extensions,
                    tools.elements);
  const std::size_t size =
      tools.header.size(draft.header, context(now, draft.names, false, 0, tools.elements)) +
      parsed->payload.size() + parsed->padding;
  if (size > tools.room.given) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the packet becomes {} bytes long, and {} fit the path", size,
                            tools.room.given));
  }
  if (!store(tools.elements, parsed->payload, tools, draft)) {
    ++dropped_frames_;
    return {};
  }
  draft.bytes = static_cast<std::uint32_t>(size);
  waits_for_key_frame_ = false;  // the application knows
  const auto before = clock_.at(now);
  clock_.follow(now, draft.header.timestamp, codec_->codec.clock_rate);
  if (draft.header.marker || kind_ == MediaKind::Audio || !before) ++frames_;
  out.push_back(std::move(draft));
  return {};
}

std::int64_t SendStream::take_number(const Draft& draft) {
  if (!draft.has_number) return next_number_++;
  const std::uint16_t sequence = draft.header.sequence;
  // The first number may be any; later ones are near to the last.
  const std::int64_t number = packets_ == 0 ? kTurn + sequence : unwrap(sequence, next_number_ - 1);
  next_number_ = packets_ == 0 ? number + 1 : std::max(next_number_, number + 1);
  return number;
}

Departure SendStream::depart(Timestamp now, Draft& draft, std::uint16_t transport_sequence,
                             SendTools& tools) {
  leaving_ = std::move(draft);
  leaving_number_ = take_number(leaving_);
  leaving_.header.sequence = static_cast<std::uint16_t>(leaving_number_);
  const Bytes head = tools.header.write(
      leaving_.header, context(now, leaving_.names, false, transport_sequence, leaving_.elements),
      leaving_.padding > 0, leaving_.extensions ? Bytes(*leaving_.extensions) : Bytes());
  Departure out{.header = head,
                .prefix = leaving_.prefix.view(),
                .body = leaving_.body,
                .ssrc = encoding_.ssrc,
                .sequence = leaving_.header.sequence};
  if (way_of_repair() == WayOfRepair::Sealed) {
    const auto payload = static_cast<std::uint32_t>(leaving_.payload_size());
    out.keepsake = Keepsake{.ssrc = encoding_.ssrc,
                            .number = leaving_number_,
                            .header_bytes = static_cast<std::uint32_t>(out.size()) - payload,
                            .payload_bytes = payload};
  }
  return out;
}

void SendStream::keep(Timestamp now, const Keepsake& about, Bytes sealed,
                      std::optional<Duration> round_trip, rtp::BatchPool& pool) {
  if (way_of_repair() != WayOfRepair::Sealed || !is_wanted_) return;
  auto place = pool.reserve(sealed.size());
  if (!place) return;
  std::ranges::copy(sealed, place->bytes.begin());
  const rtp::HeldPacket held = pool.commit(*std::move(place), sealed.size());
  Draft draft;
  draft.is_sealed = true;
  draft.body = held.bytes();
  draft.hold = held.batch;
  draft.bytes = about.header_bytes + about.payload_bytes;
  draft.payload_bytes = about.payload_bytes;
  repairs_.keep(now, about.number, draft, round_trip);
}

std::optional<Departure> SendStream::repair(Timestamp now, std::int64_t number,
                                            std::uint16_t transport_sequence, SendTools& tools) {
  const Draft* const original = repairs_.find(number);
  if (!original) return std::nullopt;
  if (original->is_sealed) {
    if (original->bytes > tools.room.given) return std::nullopt;
    leaving_ = *original;
    return Departure{.header = {},
                     .prefix = {},
                     .body = leaving_.body,
                     .ssrc = encoding_.ssrc,
                     .sequence = static_cast<std::uint16_t>(number),
                     .is_retransmission = true,
                     .is_sealed = true};
  }
  const auto form = repairs_.form(*original, *section_, encoding_.rtx_ssrc);
  if (!form) return std::nullopt;
  repair_ = *form;
  leaving_ = *original;
  const Names names = are_repairs_known_ ? Names::Absent : Names::Present;
  const Bytes head = tools.header.write(
      repair_.header, context(now, names, true, transport_sequence, leaving_.elements),
      leaving_.padding > 0, leaving_.extensions ? Bytes(*leaving_.extensions) : Bytes());
  const Departure out{.header = head,
                      .prefix = repair_.prefix.view(),
                      .body = leaving_.body,
                      .ssrc = encoding_.rtx_ssrc,
                      .sequence = repair_.header.sequence,
                      .is_retransmission = true};
  if (out.size() > tools.room.given) return std::nullopt;
  leaving_number_ = repairs_.take_number();
  return out;
}

bool SendStream::handle_sent(Timestamp now, const Departure& departure,
                             std::optional<Duration> round_trip) {
  if (departure.is_sealed) {
    repairs_.handle_repaired(leaving_.bytes - leaving_.payload_bytes, leaving_.payload_bytes);
    return false;
  }
  const auto size = static_cast<std::uint32_t>(departure.size());
  const std::size_t header = departure.header.size() + leaving_.padding;
  const std::size_t payload = departure.size() - header;
  if (departure.is_retransmission) {
    repair_sizes_.put(leaving_number_, size);
    repairs_.handle_repaired(header, payload);
    return false;
  }
  const bool is_first = packets_ == packets_at_report_;
  ++packets_;
  payload_bytes_ += payload;
  header_bytes_ += header;
  send_delay_ += now - leaving_.queued_at;
  sizes_.put(leaving_number_, size);
  breaker_.handle_sent(now, size);
  repairs_.handle_sent(now, leaving_number_, leaving_, way_of_repair() == WayOfRepair::Rtx,
                       round_trip);
  return is_first;
}

void SendStream::handle(Timestamp now, const rtcp::Nack& nack, std::optional<Duration> round_trip) {
  ++nacks_;
  if (way_of_repair() == WayOfRepair::None || !is_wanted_) return;
  repairs_.expire(now, round_trip);
  nack.for_each([&](std::uint16_t sequence) {
    const std::int64_t number = unwrap(sequence, next_number_ - 1);
    if (repairs_.request(now, number, round_trip)) lane_.push_repair(number);
  });
}

void SendStream::handle(Timestamp now, const rtcp::ReportBlock& block,
                        std::optional<Duration> round_trip) {
  if (block.ssrc == encoding_.rtx_ssrc) {
    are_repairs_known_ = are_repairs_known_ || has_sent_repairs();
    return;
  }
  is_known_ = is_known_ || packets_ > 0;
  breaker_.handle_report(now, block, round_trip);
  ++remote_.reports_received;
  remote_.packets_lost = block.cumulative_lost;
  remote_.fraction_lost = block.fraction_lost / 256.0;
  const auto lost = static_cast<std::uint64_t>(std::max<std::int32_t>(block.cumulative_lost, 0));
  remote_.packets_received = packets_ > lost ? packets_ - lost : 0;
  if (codec_ && codec_->codec.clock_rate > 0) {
    remote_.jitter =
        Duration(std::int64_t{block.jitter} * 1'000'000'000 / codec_->codec.clock_rate);
  }
  if (!round_trip) return;
  remote_.round_trip_time = round_trip;
  remote_.total_round_trip_time += *round_trip;
  ++remote_.round_trip_time_measurements;
}

bool SendStream::handle_full_intra_request(std::uint32_t from, std::uint8_t number) {
  const Request request{from, number};
  if (last_request_ == request) return false;
  last_request_ = request;
  ++full_intra_requests_;
  return true;
}

std::optional<rtcp::SenderReport> SendStream::report(Timestamp now, rtcp::NtpTime epoch) {
  const bool is_sending = packets_ > packets_at_report_before_;
  packets_at_report_before_ = std::exchange(packets_at_report_, packets_);
  const auto timestamp = clock_.at(now);
  if (!is_sending || !timestamp) return std::nullopt;
  is_reported_ = true;
  return rtcp::SenderReport{.ssrc = encoding_.ssrc,
                            .ntp = rtcp::NtpTime::at(now, epoch),
                            .rtp_timestamp = *timestamp,
                            .packets = static_cast<std::uint32_t>(packets_),
                            .octets = static_cast<std::uint32_t>(payload_bytes_),
                            .blocks = {}};
}

SourceSizes SendStream::sizes(std::uint32_t ssrc) const {
  if (ssrc == encoding_.ssrc) return {&sizes_, next_number_ - 1};
  return {&repair_sizes_, repairs_.next_number() - 1};
}

OutboundRtpStats SendStream::stats() const {
  OutboundRtpStats out;
  out.transceiver = transceiver_;
  out.kind = kind_;
  out.mid = section_->mid;
  out.rid = encoding_.parameters.rid;
  if (codec_) out.codec = codec_->encoding_name;
  out.ssrc = encoding_.ssrc;
  if (way_of_repair() == WayOfRepair::Rtx) out.rtx_ssrc = encoding_.rtx_ssrc;
  out.active = is_wanted_;
  out.packets_sent = packets_ + repairs_.packets();
  out.bytes_sent = payload_bytes_ + repairs_.payload_bytes();
  out.header_bytes_sent = header_bytes_ + repairs_.header_bytes();
  out.retransmitted_packets_sent = repairs_.packets();
  out.retransmitted_bytes_sent = repairs_.payload_bytes();
  out.retransmissions_refused = repairs_.refused();
  out.packets_discarded_on_send = discarded_packets_;
  out.frames_sent = frames_;
  out.key_frames_sent = key_frames_sent_;
  out.frames_dropped = dropped_frames_ + lane_.dropped_frames();
  out.total_packet_send_delay = send_delay_;
  out.nack_count = nacks_;
  out.pli_count = picture_losses_;
  out.fir_count = full_intra_requests_;
  return out;
}

}  // namespace specter::media
