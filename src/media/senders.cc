#include "media/senders.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "media/send_codec.h"
#include "media/senders_impl.h"

namespace specter::media {
namespace {

rtp::BatchPool::Limits pool_limits(const MediaOptions& options) {
  rtp::BatchPool::Limits limits;
  limits.all_bytes = Senders::kBodyBytes + 8 * options.retransmission_buffer_bytes;
  return limits;
}

}  // namespace

Senders::Impl::Impl(const MediaOptions& options, Random& random, rtcp::NtpTime epoch,
                    InterceptorChain* interceptors)
    : history_{.bytes = options.retransmission_buffer_bytes},
      random_(random),
      epoch_(epoch),
      interceptors_(interceptors),
      pool_(pool_limits(options)) {}

// --- negotiation

Senders::Impl::Sender* Senders::Impl::find(TransceiverId id) {
  const auto found =
      std::ranges::find_if(senders_, [id](const auto& sender) { return sender->id == id; });
  return found == senders_.end() ? nullptr : found->get();
}

SendStream* Senders::Impl::find_ssrc(std::uint32_t ssrc) {
  for (const auto& sender : senders_)
    for (const auto& stream : sender->streams)
      if (stream->ssrc() == ssrc || (stream->rtx_ssrc() == ssrc && ssrc != 0)) return stream.get();
  return nullptr;
}

void Senders::Impl::set(Timestamp now, TransceiverId id, const rtp::SendParameters& parameters) {
  Sender* sender = find(id);
  if (!sender) {
    senders_.push_back(std::make_unique<Sender>());
    sender = senders_.back().get();
    sender->id = id;
  }
  const auto track_of = [](const rtp::SendParameters& of) {
    return of.track ? of.track->id : std::string();
  };
  const bool is_other_track =
      parameters.track && track_of(sender->parameters) != track_of(parameters);
  sender->parameters = parameters;
  auto before = std::exchange(sender->streams, {});
  for (const rtp::SendEncoding& encoding : parameters.encodings) {
    const auto known = std::ranges::find_if(
        before, [&](const auto& stream) { return stream && stream->ssrc() == encoding.ssrc; });
    if (known != before.end()) {
      sender->streams.push_back(std::move(*known));
    } else {
      sender->streams.push_back(
          std::make_unique<SendStream>(id, encoding, parameters.kind, history_, random_));
      pacer_.add(sender->streams.back()->lane());
    }
    SendStream& stream = *sender->streams.back();
    const bool was_wanted = stream.is_wanted();
    stream.set(sender->parameters, encoding, random_);
    bind(*sender, stream);
    // Another track's first frame stands alone only if its encoder is told.
    if (was_wanted && is_other_track) want_key_frame(now, stream);
  }
  for (const auto& stream : before)
    if (stream) end(*stream);
  refresh(now);
}

void Senders::Impl::bind(const Sender& sender, const SendStream& stream) {
  if (!interceptors_ || interceptors_->empty()) return;
  StreamInfo info;
  info.is_sent = true;
  info.transceiver = sender.id;
  info.mid = sender.parameters.mid;
  info.rid = stream.rid();
  info.kind = sender.parameters.kind;
  info.ssrc = stream.ssrc();
  if (stream.rtx_ssrc() != 0) info.rtx_ssrc = stream.rtx_ssrc();
  for (const rtp::NegotiatedCodec& each : sender.parameters.codecs)
    info.codecs.push_back(each.codec);
  for (int id = 1; id <= rtp::ExtensionMap::kMaxId; ++id) {
    const auto uri = sender.parameters.extensions.uri_of(static_cast<std::uint8_t>(id));
    if (!uri.empty())
      info.header_extensions.push_back({std::string(uri), static_cast<std::uint16_t>(id)});
  }
  interceptors_->bind(info);
}

void Senders::Impl::end(SendStream& stream) {
  // RFC 3550 §6.3.7: who has sent nothing does not say that it ends.
  if (stream.has_sent()) byes_.push_back(stream.ssrc());
  if (stream.has_sent_repairs()) byes_.push_back(stream.rtx_ssrc());
  pacer_.remove(stream.lane());
  if (interceptors_) interceptors_->unbind(stream.ssrc());
}

void Senders::Impl::remove(Timestamp, TransceiverId id) {
  Sender* const sender = find(id);
  if (!sender) return;
  for (const auto& stream : sender->streams) end(*stream);
  std::erase_if(senders_, [sender](const auto& each) { return each.get() == sender; });
  if (!is_connected_) byes_.clear();
}

void Senders::Impl::set_connected(Timestamp now, bool is_connected) {
  if (is_connected_ == is_connected) return;
  is_connected_ = is_connected;
  byes_.clear();
  round_trip_.reset();
  for_each([](const Sender&, SendStream& stream) { stream.forget_peer(); });
  refresh(now);
}

void Senders::Impl::handle_path_change(Timestamp now) {
  round_trip_.reset();
  for_each([](const Sender&, SendStream& stream) { stream.breaker().reset(); });
  refresh(now);
}

void Senders::Impl::handle_path_answers(Timestamp now) {
  for_each([](const Sender&, SendStream& stream) { stream.breaker().handle_path_answers(); });
  refresh(now);
}

// What is wanted of the application has changed, or not.
void Senders::Impl::refresh(Timestamp now) {
  for (const auto& sender : senders_) {
    bool is_sending = false;
    for (const auto& stream : sender->streams) {
      const auto encoding =
          std::ranges::find(sender->parameters.encodings, stream->ssrc(), &rtp::SendEncoding::ssrc);
      const bool is_wanted = is_connected_ && sender->parameters.is_active &&
                             sender->parameters.track && stream->codec() &&
                             encoding->parameters.active && !stream->breaker().is_open();
      is_sending = is_sending || is_wanted;
      if (is_wanted == stream->is_wanted()) continue;
      stream->set_wanted(is_wanted);
      events_.push_back(core::EncodingWanted{sender->id, stream->rid(), is_wanted});
      // An encoder that was at work before somebody listened begins anew. Others do by themselves.
      if (is_wanted && stream->take_missed()) want_key_frame(now, *stream);
    }
    if (!is_connected_) sender->next_report.reset();
  }
}

// --- writing

Result<SendStream*> Senders::Impl::stream_for(Sender& sender, std::string_view rid) const {
  for (const auto& stream : sender.streams)
    if (stream->rid() == rid) return stream.get();
  if (rid.empty() && sender.streams.size() == 1) return sender.streams.front().get();
  std::string known;
  for (const auto& stream : sender.streams)
    known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", stream->rid());
  return fail(ErrorCode::InvalidArgument,
              fmt::format("no encoding of this sender has the rid \"{}\"; it has {}", rid,
                          known.empty() ? "none" : known));
}

Result<> Senders::Impl::write(Timestamp now, TransceiverId id, std::string_view rid,
                              const MediaSample* sample, const GivenPacket& packet) {
  Sender* const sender = find(id);
  if (!sender) return fail(ErrorCode::InvalidAccess, "no transceiver has this id");
  if (!sender->parameters.track)
    return fail(ErrorCode::InvalidState, "the sender has no track: see replace_track()");
  const auto found = stream_for(*sender, rid);
  if (!found) return fail(found.error());
  SendStream& stream = **found;
  if (!sender->parameters.codecs.empty() && !stream.codec()) {
    const auto encoding =
        std::ranges::find(sender->parameters.encodings, stream.ssrc(), &rtp::SendEncoding::ssrc);
    const RtpCodec& wanted =
        encoding->parameters.codec ? *encoding->parameters.codec : sender->parameters.track->codec;
    return fail(ErrorCode::InvalidModification,
                fmt::format("{} {} was not negotiated, but {}", wanted.mime_type,
                            wanted.sdp_fmtp_line, list_codecs(sender->parameters.codecs)));
  }
  if (!stream.is_wanted()) {
    stream.handle_dropped(1);
    return {};
  }
  drafts_.clear();
  SendTools tools = this->tools();
  Result<> cut =
      sample ? stream.cut(now, *sample, tools, drafts_) : stream.adopt(now, packet, tools, drafts_);
  if (!cut) return cut;
  // The same of one whose earlier frames nobody has seen.
  const bool begins_amid =
      stream.take_beginning() && sample && !drafts_.empty() && !drafts_.front().stands_alone;
  if (begins_amid || stream.waits_for_key_frame()) want_key_frame(now, stream);
  const std::size_t cut_packets = drafts_.size();
  show_drafts(now);
  if (drafts_.size() != cut_packets) stream.handle_dropped(0);
  queue(now, stream);
  drafts_.clear();  // and let go of what is not queued
  return {};
}

void Senders::Impl::show_drafts(Timestamp now) {
  if (!interceptors_ || interceptors_->empty() || drafts_.empty()) return;
  shown_.resize(drafts_.size());
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    const Draft& draft = drafts_[i];
    OutgoingPacket& shown = shown_[i];
    shown.clear_extensions();
    shown.ssrc = draft.header.ssrc;
    shown.payload_type = draft.header.payload_type;
    shown.marker = draft.header.marker;
    shown.timestamp = draft.header.timestamp;
    shown.dropped = false;
    shown.prefix = draft.prefix.view();
    shown.body = draft.body.first(draft.body.size() - draft.padding);
  }
  interceptors_->handle_sending(now, shown_);
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    Draft& draft = drafts_[i];
    const Bytes more = shown_[i].extensions();
    if (shown_[i].dropped) draft.bytes = 0;
    // Numbers and lengths are a byte each, and so is the padding to words, at most three.
    const std::size_t size = draft.bytes + more.size() + 8;
    if (more.empty() || draft.bytes == 0 || size > room_.made) continue;
    draft.extensions = Rare<Buffer>(Buffer(more.begin(), more.end()));
    draft.bytes = static_cast<std::uint32_t>(draft.bytes + more.size());
  }
  std::erase_if(drafts_, [](const Draft& draft) { return draft.bytes == 0; });
}

void Senders::Impl::queue(Timestamp now, SendStream& stream) {
  if (drafts_.empty()) return;
  std::size_t bytes = 0;
  for (const Draft& draft : drafts_) bytes += draft.bytes;
  const Pacer::Room room = pacer_.make_room(now, stream.lane(), bytes);
  // Of no use without a frame that is gone, and no other stands between them.
  const bool is_lost = !room.fits || (room.is_broken && !drafts_.front().stands_alone);
  if (is_lost) {
    stream.handle_dropped(1);
    stream.wait_for_key_frame();
  }
  if (room.has_dropped) stream.handle_dropped(0);
  if (is_lost || room.has_dropped) want_key_frame(now, stream);
  if (is_lost) return;
  for (Draft& draft : drafts_) pacer_.push(now, stream.lane(), std::move(draft));
}

// --- key frames

void Senders::Impl::tell_key_frame(const SendStream& stream) {
  events_.push_back(core::KeyFrameWanted{stream.transceiver(), stream.rid()});
}

void Senders::Impl::want_key_frame(Timestamp now, SendStream& stream) {
  if (stream.lane().kind() != MediaKind::Video || !stream.is_wanted()) return;
  if (stream.key_frames().request(now)) tell_key_frame(stream);
}

// --- the wire

const Departure* Senders::Impl::poll_packet(Timestamp now) {
  SPECTER_CHECK(!departing_);
  if (!is_connected_) return nullptr;
  SendTools tools = this->tools();
  while (auto turn = pacer_.next(now)) {
    SendStream& stream = *turn->lane->stream();
    const auto number = static_cast<std::uint16_t>(next_transport_number_);
    if (turn->draft) {
      departure_ = stream.depart(now, *turn->draft, number, tools);
    } else {
      const auto repair = stream.repair(now, turn->repair, number, tools);
      if (!repair) continue;
      departure_ = *repair;
    }
    departing_ = &stream;
    return &departure_;
  }
  return nullptr;
}

bool Senders::Impl::handle_sent(Timestamp now) {
  SPECTER_CHECK(departing_);
  SendStream& stream = *std::exchange(departing_, nullptr);
  const bool is_news = stream.handle_sent(now, departure_, round_trip_);
  pacer_.spend(now, departure_.size());
  // What leaves as it left before has the number that it had.
  if (!departure_.is_sealed && has_transport_sequence(stream.section()))
    sent_.put(next_transport_number_++, static_cast<std::uint32_t>(departure_.size()));
  show_departure(now, departure_);
  return is_news;
}

void Senders::Impl::handle_refused() {
  SPECTER_CHECK(departing_);
  std::exchange(departing_, nullptr)->handle_refused();
}

void Senders::Impl::keep(Timestamp now, const Keepsake& about, Bytes sealed) {
  if (SendStream* const stream = find_ssrc(about.ssrc))
    stream->keep(now, about, sealed, round_trip_, pool_);
}

void Senders::Impl::show_departure(Timestamp now, const Departure& departure) {
  // Interceptors see packets in the clear: of one that is sealed there is nothing to show.
  if (!interceptors_ || interceptors_->empty() || departure.is_sealed) return;
  const auto header = rtp::Header::parse(departure.header);
  leaving_.ssrc = header->ssrc;
  leaving_.payload_type = header->payload_type;
  leaving_.marker = header->marker;
  leaving_.timestamp = header->timestamp;
  leaving_.sequence = header->sequence;
  leaving_.is_retransmission = departure.is_retransmission;
  leaving_.header = departure.header;
  leaving_.prefix = departure.prefix;
  leaving_.body = departure.body;
  interceptors_->handle_sent(now, leaving_);
}

// --- time

WakeUp Senders::Impl::next_timeout() const {
  if (!is_connected_) return {};
  WakeUp out{pacer_.next_timeout(), "media pacer"};
  if (!byes_.empty()) out = soonest(out, WakeUp{Timestamp::min(), "media bye"});
  for (const auto& sender : senders_) {
    out = soonest(out, WakeUp{sender->report_due(), "media report"});
    for (const auto& stream : sender->streams) {
      out = soonest(out, WakeUp{stream->key_frames().next_timeout(), "media key frame"});
      out = soonest(out, WakeUp{stream->breaker().next_timeout(), "media circuit breaker"});
    }
  }
  return out;
}

void Senders::Impl::handle_timeout(Timestamp now) {
  if (!is_connected_) return;
  for_each([&](const Sender&, SendStream& stream) {
    if (stream.key_frames().handle_timeout(now)) tell_key_frame(stream);
    stream.breaker().handle_timeout(now);
    const Pacer::Room room = pacer_.make_room(now, stream.lane(), 0);
    if (room.is_broken) stream.wait_for_key_frame();
    if (!room.has_dropped) return;
    stream.handle_dropped(0);
    want_key_frame(now, stream);
  });
  refresh(now);
}

std::optional<Senders::Event> Senders::Impl::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = events_.take_front();
  if (std::holds_alternative<core::BitrateFeedback>(event)) --feedback_events_;
  return event;
}

std::optional<std::uint32_t> Senders::Impl::first_ssrc() const {
  std::optional<std::uint32_t> out;
  for_each([&](const Sender&, const SendStream& stream) {
    if (!out && stream.has_sent()) out = stream.ssrc();
  });
  return out;
}

void Senders::Impl::add_stats(Stats& out) const {
  for_each([&](const Sender&, const SendStream& stream) {
    out.outbound_rtp.push_back(stream.stats());
    if (stream.remote().reports_received > 0) out.remote_inbound_rtp.push_back(stream.remote());
  });
}

// --- the face

Senders::Senders(const MediaOptions& options, Random& random, rtcp::NtpTime epoch,
                 InterceptorChain* interceptors)
    : impl_(std::make_unique<Impl>(options, random, epoch, interceptors)) {}
Senders::~Senders() = default;

void Senders::set(Timestamp now, TransceiverId transceiver, const rtp::SendParameters& parameters) {
  impl_->set(now, transceiver, parameters);
}
void Senders::remove(Timestamp now, TransceiverId transceiver) { impl_->remove(now, transceiver); }
void Senders::set_connected(Timestamp now, bool is_connected) {
  impl_->set_connected(now, is_connected);
}
void Senders::handle_path_change(Timestamp now) { impl_->handle_path_change(now); }
void Senders::handle_path_answers(Timestamp now) { impl_->handle_path_answers(now); }
void Senders::set_packet_room(const PacketRoom& room) { impl_->room_ = room; }

Result<> Senders::write_sample(Timestamp now, TransceiverId transceiver,
                               const MediaSample& sample) {
  return impl_->write(now, transceiver, sample.rid, &sample, {});
}
Result<> Senders::write_rtp(Timestamp now, TransceiverId transceiver, Bytes packet,
                            std::string_view rid,
                            std::span<const RtpHeaderExtensionParameters> header_extensions) {
  return impl_->write(now, transceiver, rid, nullptr, {packet, header_extensions});
}

void Senders::handle(Timestamp now, const rtcp::Message& message) {
  std::visit([&](const auto& each) { impl_->handle(now, each); }, message);
}
void Senders::handle_timeout(Timestamp now) { impl_->handle_timeout(now); }
const Departure* Senders::poll_packet(Timestamp now) { return impl_->poll_packet(now); }
bool Senders::handle_sent(Timestamp now) { return impl_->handle_sent(now); }
void Senders::keep(Timestamp now, const Keepsake& about, Bytes sealed) {
  impl_->keep(now, about, sealed);
}
void Senders::handle_refused() { impl_->handle_refused(); }
void Senders::write_reports(Timestamp now, std::vector<rtcp::Message>& out) {
  impl_->write_reports(now, out);
}
std::optional<Senders::Event> Senders::poll_event() { return impl_->poll_event(); }
WakeUp Senders::next_timeout() const { return impl_->next_timeout(); }
std::optional<Duration> Senders::round_trip() const { return impl_->round_trip_; }
std::optional<std::uint32_t> Senders::first_ssrc() const { return impl_->first_ssrc(); }
void Senders::add_stats(Stats& out) const { impl_->add_stats(out); }

}  // namespace specter::media
