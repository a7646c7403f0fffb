#include "cli/rtp/receiver.h"

#include <algorithm>

#include "rtp/header.h"

namespace specter::cli::transfer {
namespace {

// One of our own that is nobody else's: under one SRTP key two of the same would share a keystream.
std::uint32_t other_than(const std::optional<std::uint32_t>& taken, Random& random) {
  std::uint32_t out = random.u32();
  while (out == taken) out = random.u32();
  return out;
}

Duration ticks_to_duration(std::uint32_t ticks, std::uint32_t clock_rate) {
  return std::chrono::nanoseconds(std::int64_t{ticks} * 1'000'000'000 / clock_rate);
}

bool is_version_2(Bytes packet) { return !packet.empty() && packet[0] >> 6 == 2; }

}  // namespace

Receiver::Receiver(const ReceiverSetup& setup, crypto::PacketCipher& cipher, Random& random)
    : setup_(setup),
      ssrc_(other_than(setup.ssrc, random)),
      media_ssrc_(setup.ssrc),
      payload_type_(setup.payload_type),
      sealer_(make_sealer(setup.srtp, cipher)),
      opener_(make_opener(setup.srtp, cipher)),
      seal_batch_(cipher),
      open_batch_(cipher),
      rtcp_(ssrc_, setup.cname, sealer_.get(), seal_batch_),
      depacketizer_(codec::AnyDepacketizer::of(traits(setup.kind).encoding_name).value()),
      file_(setup.kind),
      has_key_frame_(setup.kind == Kind::Opus) {}

void Receiver::handle_datagrams(Timestamp now, std::span<const Datagram> datagrams) {
  incoming_.clear();
  for (const Datagram& datagram : datagrams) {
    ++counts_.datagrams;
    if (!is_version_2(datagram.bytes)) {
      ++counts_.malformed;
      continue;
    }
    take(datagram);
  }
  open(now);
  drain(now);
}

// Out of the buffer of the socket, into a place where it stays.
void Receiver::take(const Datagram& datagram) {
  auto place = pool_.reserve(datagram.bytes.size());
  if (!place) return;
  Incoming& incoming = incoming_.emplace_back(
      Incoming{*std::move(place), datagram.bytes.size(), datagram.path, is_rtcp(datagram.bytes)});
  const MutableBytes out = incoming.place.bytes;
  if (!opener_) {
    std::ranges::copy(datagram.bytes, out.begin());
  } else if (incoming.is_rtcp) {
    open_batch_.add_rtcp(*opener_, datagram.bytes, out);
  } else {
    open_batch_.add_rtp(*opener_, datagram.bytes, out);
  }
}

void Receiver::open(Timestamp now) {
  std::span<const srtp::OpenResult> opened;
  if (opener_ && !incoming_.empty()) opened = open_batch_.run();
  for (std::size_t i = 0; i < incoming_.size(); ++i) {
    Incoming& incoming = incoming_[i];
    std::size_t size = incoming.size;
    if (opener_) {
      if (!opened[i]) {
        ++counts_.refused;
        pool_.discard(incoming.place);
        continue;
      }
      size = opened[i]->packet.size();
    }
    if (incoming.is_rtcp) {
      handle_rtcp(now, incoming.path, Bytes(incoming.place.bytes).first(size));
      pool_.discard(incoming.place);
    } else {
      handle_rtp(now, incoming, size);
    }
  }
  incoming_.clear();
}

void Receiver::handle_rtp(Timestamp now, Incoming& incoming, std::size_t size) {
  const auto packet = rtp::Packet::parse(Bytes(incoming.place.bytes).first(size));
  if (!packet || !is_ours(packet->header) || !count(now, packet->header)) {
    if (!packet) ++counts_.malformed;
    pool_.discard(incoming.place);
    return;
  }
  last_datagram_ = now;
  counts_.payload_bytes += packet->payload.size();
  media_path_ = incoming.path;
  order_.push(now, packet->header.sequence, pool_.commit(std::move(incoming.place), size));
}

bool Receiver::is_ours(const rtp::Header& header) {
  if (header.ssrc == ssrc_ || header.ssrc != media_ssrc_.value_or(header.ssrc) ||
      header.payload_type != payload_type_.value_or(header.payload_type)) {
    ++counts_.foreign;
    return false;
  }
  media_ssrc_ = header.ssrc;
  payload_type_ = header.payload_type;
  return true;
}

// Whether the packet belongs to the stream.
bool Receiver::count(Timestamp now, const rtp::Header& header) {
  if (!reception_) {
    reception_.emplace(traits(setup_.kind).clock_rate, now, header);
    first_packet_ = now;
    next_report_ = now + kReportInterval;
  } else {
    const auto verdict = reception_->handle_packet(now, header);
    if (verdict == rtp::Reception::Verdict::Refused) {
      ++counts_.foreign;
      return false;
    }
    if (verdict == rtp::Reception::Verdict::Restarted) {
      ++counts_.restarts;
      order_.flush();
      drain(now);
      order_.restart();
    }
  }
  ++counts_.packets;
  return true;
}

void Receiver::handle_rtcp(Timestamp now, const Path& path, Bytes bytes) {
  const auto compound = rtcp::Compound::parse(bytes, rtcp::CompoundForm::ReducedSize);
  if (!compound) {
    ++counts_.malformed;
    return;
  }
  for (const rtcp::Message& message : compound->messages) {
    if (const auto* report = std::get_if<rtcp::SenderReport>(&message)) {
      if (report->ssrc != media_ssrc_.value_or(report->ssrc)) continue;
      last_sr_ = {report->ssrc, report->ntp.compact(), now, path};
      if (reception_) last_datagram_ = now;
    } else if (const auto* bye = std::get_if<rtcp::Bye>(&message)) {
      if (!reception_ || std::ranges::find(bye->ssrcs, *media_ssrc_) == bye->ssrcs.end()) continue;
      if (!ends_at_) ends_at_ = now + kLinger;
      last_datagram_ = now;
    }
  }
}

void Receiver::drain(Timestamp now) {
  while (auto next = order_.pop(now)) {
    const auto packet = rtp::Packet::parse(next->packet.bytes()).value();
    depacketizer_.handle_packet({.payload = packet.payload,
                                 .timestamp = packet.header.timestamp,
                                 .marker = packet.header.marker,
                                 .is_contiguous = next->is_contiguous});
    if (!next->is_contiguous && setup_.kind != Kind::Opus) wants_key_frame_ = true;
    while (const auto frame = depacketizer_.poll_frame()) handle_frame(*frame);
  }
  if (wants_key_frame_) ask_for_key_frame(now);
}

void Receiver::handle_frame(const codec::Frame& frame) {
  if (file_.frames() == setup_.frames) return;
  if (frame.is_key_frame) {
    has_key_frame_ = true;
    wants_key_frame_ = false;
  }
  if (!has_key_frame_) {
    ++counts_.before_key_frame;
    wants_key_frame_ = true;
  } else if (!file_.add(frame)) {
    ++counts_.unwritable;
  }
}

void Receiver::ask_for_key_frame(Timestamp now) {
  if (!reception_ || now < may_ask_at_.value_or(now)) return;
  may_ask_at_ = now + kPictureLossInterval;
  ++counts_.key_frames_asked;
  send_report(now, rtcp::PictureLoss{ssrc_, *media_ssrc_});
}

rtcp::ReceiverReport Receiver::report(Timestamp now) {
  const rtp::ReceptionReport figures = reception_->report();
  jitter_ = figures.jitter;
  const HeardReport* const sr = source_report();
  return {
      .ssrc = ssrc_,
      .blocks = {{.ssrc = *media_ssrc_,
                  .fraction_lost = figures.fraction_lost,
                  .cumulative_lost = figures.cumulative_lost,
                  .highest_sequence = figures.highest_sequence,
                  .jitter = figures.jitter,
                  .last_sr = sr ? sr->sent : rtcp::CompactNtp{},
                  .delay_since_last_sr = sr ? rtcp::compact(now - sr->came) : rtcp::CompactNtp{}}}};
}

// Before the first packet reports of any source are heard: whose this is, shows then.
const Receiver::HeardReport* Receiver::source_report() const {
  return last_sr_ && last_sr_->ssrc == media_ssrc_ ? &*last_sr_ : nullptr;
}

// RFC 3550 §6.1 has reports go to the RTCP port; on one port with RTP it is where RTP comes from.
void Receiver::send_report(Timestamp now, const std::optional<rtcp::Message>& more) {
  const rtcp::Message message = report(now);
  const HeardReport* const sr = source_report();
  if (!sr && (setup_.has_own_rtcp_port || !media_path_)) return;
  const Path& path = sr ? sr->path : *media_path_;
  Transmit out = rtcp_.write(path.remote, message, more);
  out.path.local = path.local;
  queue_.push_back(std::move(out));
  ++counts_.reports;
}

void Receiver::handle_timeout(Timestamp now) {
  drain(now);
  if (!next_report_ || now < *next_report_) return;
  send_report(now, std::nullopt);
  next_report_ = now + kReportInterval;
}

void Receiver::finish(Timestamp now) {
  order_.flush();
  drain(now);
  file_.finish();
  next_report_.reset();
  may_ask_at_.reset();
  wants_key_frame_ = false;
  if (reception_) send_report(now, rtcp::Bye{.ssrcs = {ssrc_}, .reason = std::nullopt});
}

std::optional<Transmit> Receiver::poll_transmit() {
  if (queue_.empty()) return std::nullopt;
  Transmit out = std::move(queue_.front());
  queue_.pop_front();
  return out;
}

Deadline Receiver::next_timeout() const {
  return soonest(next_report_, order_.next_timeout(),
                 wants_key_frame_ ? may_ask_at_ : std::nullopt);
}

bool Receiver::is_over(Timestamp now) const {
  return (ends_at_ && now >= *ends_at_) || file_.frames() == setup_.frames;
}

Arrivals Receiver::arrivals() const {
  if (!reception_) return {};
  return {reception_->lost(), reception_->expected(),
          ticks_to_duration(jitter_, traits(setup_.kind).clock_rate)};
}

}  // namespace specter::cli::transfer
