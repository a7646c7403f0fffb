#include "cli/rtp/sender.h"

#include <algorithm>
#include <cstring>

#include "cli/rtp/options.h"
#include "rtp/extensions/mid.h"

namespace specter::cli::transfer {
namespace {

constexpr std::size_t kIpv4HeaderBytes = 20, kIpv6HeaderBytes = 40, kUdpHeaderBytes = 8;

rtp::Extensions extensions_of(const SenderSetup& setup) {
  rtp::Extensions out;
  if (!setup.mid.empty()) out.add(kMidExtensionId, rtp::Mid{setup.mid});
  return out;
}

std::size_t header_size(const SenderSetup& setup) {
  return rtp::kFixedHeaderSize + extensions_of(setup).size();
}

codec::AnyPacketizer packetizer_of(Kind kind, Random& random) {
  return codec::AnyPacketizer::of(
             traits(kind).encoding_name,
             {.first_picture_id = static_cast<std::uint16_t>(random.below(1 << 15))})
      .value();
}

}  // namespace

std::size_t Sender::payload_room(const SenderSetup& setup) {
  std::size_t taken = (setup.rtp_to.address.is_v4() ? kIpv4HeaderBytes : kIpv6HeaderBytes) +
                      kUdpHeaderBytes + header_size(setup);
  if (setup.srtp) taken += crypto::tag_size(srtp::traits(setup.srtp->profile).rtp);
  return setup.mtu >= taken + kMinRoom ? setup.mtu - taken : 0;
}

Sender::Sender(const SenderSetup& setup, crypto::PacketCipher& cipher, Random& random,
               io::BufferPool* pool)
    : setup_(setup),
      ssrc_(setup.ssrc ? *setup.ssrc : random.u32()),
      first_timestamp_(random.u32()),
      room_(payload_room(setup)),
      pool_(pool),
      packetizer_(packetizer_of(setup.kind, random)),
      extensions_(extensions_of(setup)),
      // RFC 3711 §3.3.1: a first number in the lower half, so that a lost first packet does not
      // hide a rollover.
      next_sequence_(static_cast<std::uint16_t>(random.below(1 << 15))),
      sealer_(make_sealer(setup.srtp, cipher)),
      opener_(make_opener(setup.srtp, cipher)),
      seal_batch_(cipher),
      open_batch_(cipher),
      rtcp_(ssrc_, setup.cname, sealer_.get(), seal_batch_) {}

void Sender::send(Timestamp now, const TimedSample& sample) {
  const auto packetized = packetizer_.packetize({.bytes = sample.bytes}, {room_, room_}, pieces_);
  if (!packetized) {
    ++counts_.refused_samples;
    if (packetized.error() == codec::PacketizeError::TooLarge) ++counts_.too_large_samples;
    return;
  }
  if (counts_.packets == 0) {
    first_sent_ = now;
    first_ticks_ = sample.ticks;
    next_report_ = now;
  }
  const auto timestamp = static_cast<std::uint32_t>(first_timestamp_ + sample.ticks);
  const std::size_t slot = header_size(setup_) + room_ + srtp::kMaxGrowth;
  burst_.resize(pieces_.all.size() * slot);
  placed_.clear();
  for (const codec::Piece& piece : pieces_.all) place(piece, timestamp);
  seal_batch_.run();
  queue_runs();
  ++counts_.frames;
}

void Sender::write_header(bool marker, std::uint32_t timestamp) {
  header_.clear();
  ByteWriter out(header_);
  rtp::Header{.marker = marker,
              .payload_type = setup_.payload_type,
              .sequence = next_sequence_++,
              .timestamp = timestamp,
              .ssrc = ssrc_,
              .csrcs = {}}
      .write(out, {.has_extension = !extensions_.empty()});
  extensions_.write(out);
}

void Sender::place(const codec::Piece& piece, std::uint32_t timestamp) {
  const std::size_t slot = header_size(setup_) + room_ + srtp::kMaxGrowth;
  const std::size_t at = placed_.size() * slot;
  const MutableBytes out = MutableBytes(burst_).subspan(at, slot);
  write_header(piece.marker, timestamp);
  std::size_t size = header_.size() + piece.size();
  std::ranges::copy(header_, out.begin());
  if (sealer_) {
    const auto sealed = seal_batch_.add_rtp(*sealer_, {.header = out.first(header_.size()),
                                                       .prefix = piece.prefix.view(),
                                                       .body = piece.body,
                                                       .out = out});
    if (!sealed) return;  // 2^48 packets: no file is as long
    size = *sealed;
  } else {
    std::ranges::copy(piece.prefix.view(),
                      out.begin() + static_cast<std::ptrdiff_t>(header_.size()));
    std::ranges::copy(piece.body,
                      out.begin() + static_cast<std::ptrdiff_t>(size - piece.body.size()));
  }
  placed_.push_back({at, size});
  ++counts_.packets;
  counts_.payload_bytes += piece.size();
}

// Packets of one size and a shorter one behind them are one Transmit.
void Sender::queue_runs() {
  for (std::size_t i = 0; i < placed_.size();) {
    Transmit run;
    run.path.remote = setup_.rtp_to;
    if (pool_) run.bytes = pool_->take();
    run.segment_size = placed_[i].size;
    for (bool is_last = false; i < placed_.size() && !is_last; ++i) {
      if (placed_[i].size > run.segment_size) break;
      is_last = placed_[i].size < run.segment_size;
      const Bytes packet = Bytes(burst_).subspan(placed_[i].at, placed_[i].size);
      run.bytes.insert(run.bytes.end(), packet.begin(), packet.end());
    }
    queue_.push_back(std::move(run));
    ++counts_.runs;
  }
}

void Sender::finish(Timestamp now) {
  if (counts_.packets == 0) return;
  send_report(now, rtcp::Bye{.ssrcs = {ssrc_}, .reason = std::nullopt});
  next_report_.reset();
}

rtcp::CompactNtp Sender::compact_ntp(Timestamp now) const {
  return rtcp::NtpTime::at(now, setup_.epoch).compact();
}

rtcp::SenderReport Sender::report(Timestamp now) const {
  // Where the media is now, RFC 3550 §6.4.1: not where the last packet was.
  const double seconds = std::chrono::duration<double>(now - first_sent_).count();
  const auto ticks =
      first_ticks_ + static_cast<std::int64_t>(seconds * traits(setup_.kind).clock_rate);
  return {.ssrc = ssrc_,
          .ntp = rtcp::NtpTime::at(now, setup_.epoch),
          .rtp_timestamp = static_cast<std::uint32_t>(first_timestamp_ + ticks),
          .packets = static_cast<std::uint32_t>(counts_.packets),
          .octets = static_cast<std::uint32_t>(counts_.payload_bytes),
          .blocks = {}};
}

void Sender::send_report(Timestamp now, const std::optional<rtcp::Message>& more) {
  queue_.push_back(rtcp_.write(setup_.rtcp_to, report(now), more));
}

void Sender::handle_timeout(Timestamp now) {
  if (!next_report_ || now < *next_report_) return;
  send_report(now);
  next_report_ = now + kReportInterval;
}

void Sender::handle_datagram(Timestamp now, MutableBytes bytes) {
  if (!is_rtcp(bytes)) return;
  Bytes clear = bytes;
  if (opener_) {
    open_batch_.add_rtcp(*opener_, bytes, bytes);
    const auto opened = open_batch_.run();
    if (!opened[0]) {
      ++counts_.refused_rtcp;
      return;
    }
    clear = opened[0]->packet;
  }
  const auto compound = rtcp::Compound::parse(clear, rtcp::CompoundForm::ReducedSize);
  if (!compound) {
    ++counts_.malformed_rtcp;
    return;
  }
  for (const rtcp::Message& message : compound->messages) handle(now, message);
}

void Sender::handle(Timestamp now, const rtcp::Message& message) {
  if (const auto* receiver = std::get_if<rtcp::ReceiverReport>(&message)) {
    for (const auto& block : receiver->blocks) handle(now, block);
  } else if (const auto* sender = std::get_if<rtcp::SenderReport>(&message)) {
    for (const auto& block : sender->blocks) handle(now, block);
  } else if (const auto* loss = std::get_if<rtcp::PictureLoss>(&message)) {
    if (loss->media_ssrc == ssrc_) ++feedback_.key_frames_asked;
  } else if (const auto* request = std::get_if<rtcp::FullIntraRequest>(&message)) {
    handle(*request);
  } else if (std::holds_alternative<rtcp::Bye>(message)) {
    feedback_.said_bye = true;
  }
}

// RFC 5104 §4.3.1.2: the sources are in the requests; the same number once more is a repetition.
void Sender::handle(const rtcp::FullIntraRequest& message) {
  for (const auto& request : message.requests) {
    const std::pair from(message.sender_ssrc, request.number);
    if (request.ssrc != ssrc_ || last_request_ == from) continue;
    last_request_ = from;
    ++feedback_.key_frames_asked;
  }
}

void Sender::handle(Timestamp now, const rtcp::ReportBlock& block) {
  if (block.ssrc != ssrc_) return;
  ++feedback_.reports;
  feedback_.fraction_lost = block.fraction_lost;
  feedback_.cumulative_lost = block.cumulative_lost;
  feedback_.jitter = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(
      static_cast<double>(block.jitter) / traits(setup_.kind).clock_rate));
  if (const auto trip =
          rtcp::round_trip(compact_ntp(now), block.last_sr, block.delay_since_last_sr))
    feedback_.round_trip = trip;
}

std::optional<Transmit> Sender::poll_transmit() {
  if (queue_.empty()) return std::nullopt;
  Transmit out = std::move(queue_.front());
  queue_.pop_front();
  return out;
}

}  // namespace specter::cli::transfer
