#include "cli/peer/receiving.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "rtp/header.h"

namespace specter::cli {
namespace {

constexpr std::string_view kAsPackets =
    "it is forwarded or sent back, as packets: a track is either recorded or that";

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json recorded(TransceiverNumber number, const std::string& rid,
              const transfer::Recording& recording) {
  return {{"event", "recorded"},
          {"transceiver", number},
          {"rid", rid},
          {"file", recording.path()},
          {"frames", recording.frames()},
          {"left_out", recording.left_out()}};
}

}  // namespace

bool Receiving::Incoming::is_recorded() const {
  return std::ranges::any_of(encodings,
                             [](const auto& each) { return each.second.recording.has_value(); });
}

Result<> Receiving::record(TransceiverNumber number, const Transceiver& transceiver,
                           const std::string& file, const std::string& rid) {
  Incoming& incoming = all_[number];
  if (incoming.forward || incoming.echo)
    return fail(ErrorCode::InvalidState, std::string(kAsPackets));
  if (auto why = transfer::why_not_writable(file))
    return fail(ErrorCode::NotFound, *std::move(why));
  if (incoming.encodings[rid].recording)
    return fail(ErrorCode::InvalidState, "it is recorded already: stop_recording first");
  if (auto set = transceiver.set_delivery(MediaDelivery::Frames); !set) return set;
  incoming.encodings[rid].recording.emplace(file);
  return {};
}

Result<Json> Receiving::stop_recording(TransceiverNumber number, const std::string& rid) {
  const auto found = all_.find(number);
  if (found != all_.end()) {
    const auto encoding = found->second.encodings.find(rid);
    if (encoding != found->second.encodings.end() && encoding->second.recording) {
      encoding->second.recording->finish();
      Json json = recorded(number, rid, *encoding->second.recording);
      encoding->second.recording.reset();
      return json;
    }
  }
  return fail(ErrorCode::NotFound, "it is not recorded");
}

Result<> Receiving::forward(TransceiverNumber number, const Transceiver& transceiver,
                            const std::optional<Endpoint>& to) {
  Incoming& incoming = all_[number];
  if (!to) {
    incoming.forward.reset();
    return {};
  }
  if (incoming.is_recorded())
    return fail(ErrorCode::InvalidState, "it is recorded, as frames: stop_recording first");
  const Endpoint any{to->address.is_v4() ? IpAddress::v4({}) : IpAddress::v6({}), 0};
  auto socket = io::UdpSocket::open(any);
  if (!socket) return fail(ErrorCode::OperationFailed, socket.error().message());
  if (auto set = transceiver.set_delivery(MediaDelivery::Rtp); !set) return set;
  incoming.forward.reset();
  incoming.forward.emplace(Forward{*to, std::move(*socket)});
  return {};
}

Result<> Receiving::echo(TransceiverNumber number, const Transceiver& transceiver,
                         const RtpCodec& codec) {
  Incoming& incoming = all_[number];
  if (incoming.is_recorded())
    return fail(ErrorCode::InvalidState, "it is recorded, as frames: stop_recording first");
  if (auto set = transceiver.set_delivery(MediaDelivery::Rtp); !set) return set;
  if (auto set = transceiver.set_direction(RtpTransceiverDirection::SendRecv); !set) return set;
  TrackLocalStaticRtp track(codec, fmt::format("echo-{}", number));
  if (auto replaced = transceiver.replace_track(track); !replaced) return replaced;
  incoming.echo.emplace(Echo{std::move(track)});
  return {};
}

void Receiving::end_recording(TransceiverNumber number, const std::string& rid,
                              Encoding& encoding) {
  encoding.recording->finish();
  answers_.print(recorded(number, rid, *encoding.recording));
  encoding.recording.reset();
}

void Receiving::handle(TransceiverNumber number, const event::Frame& event) {
  Encoding& encoding = all_[number].encodings[event.rid];
  encoding.codec = event.frame.codec;
  ++encoding.frames;
  encoding.key_frames += event.frame.is_key_frame;
  encoding.after_loss += event.frame.follows_loss;
  encoding.bytes += event.frame.bytes.size();
  encoding.dropped = event.dropped;
  if (event.frame.width) encoding.width = event.frame.width;
  if (event.frame.height) encoding.height = event.frame.height;
  if (!encoding.recording) return;
  encoding.recording->add(event.frame);
  if (!encoding.recording->is_broken()) return;
  answers_.error(
      {.op = "record"}, ErrorCode::OperationFailed,
      fmt::format("{} can't be written any more; is the disk full?", encoding.recording->path()));
  end_recording(number, event.rid, encoding);
}

void Receiving::handle(TransceiverNumber number, const event::RtpPackets& event) {
  Incoming& incoming = all_[number];
  Encoding& encoding = incoming.encodings[event.rid];
  encoding.packets += event.packets.size();
  encoding.dropped = event.dropped;
  for (const Buffer& packet : event.packets) encoding.bytes += packet.size();
  if (incoming.forward) {
    for (const Buffer& packet : event.packets)
      incoming.forward->socket.send({.path = {.local = {}, .remote = incoming.forward->to},
                                     .bytes = packet,
                                     .segment_size = packet.size()});
    incoming.forward->packets += event.packets.size();
    incoming.forward->socket.flush();  // What the kernel does not take now is bounded there.
  }
  if (incoming.echo) send_back(event.transceiver, *incoming.echo, event);
}

// The peer may change what it sends among the codecs that were agreed on.
bool Receiving::take_codec_of(const Transceiver& transceiver, Echo& echo,
                              std::uint8_t payload_type) {
  if (echo.payload_type == payload_type) return true;
  const auto codecs = transceiver.receive_parameters().codecs;
  const auto codec = std::ranges::find(codecs, payload_type, &RtpCodec::payload_type);
  if (codec == codecs.end()) return false;
  const RtpCodec sent = echo.track.codec();
  if (codec->mime_type != sent.mime_type || codec->sdp_fmtp_line != sent.sdp_fmtp_line) {
    echo.track = TrackLocalStaticRtp(*codec, echo.track.id());
    if (!transceiver.replace_track(echo.track)) return false;
  }
  echo.track.set_header_extensions(transceiver.receive_parameters().header_extensions);
  echo.payload_type = payload_type;
  return true;
}

void Receiving::send_back(const Transceiver& transceiver, Echo& echo,
                          const event::RtpPackets& event) {
  if (!echo.rid) echo.rid = event.rid;
  if (*echo.rid != event.rid) return;
  for (const Buffer& packet : event.packets) {
    const auto header = rtp::Header::parse(packet);
    if (header && take_codec_of(transceiver, echo, header->payload_type))
      echo.packets += echo.track.write_rtp(packet).has_value();
  }
}

void Receiving::handle_key_frame_wanted(TransceiverNumber number, const Transceiver& transceiver) {
  const auto found = all_.find(number);
  if (found == all_.end() || !found->second.echo) return;
  // What fails here fails at the next one, too, and the peer asks again.
  static_cast<void>(transceiver.request_key_frame(found->second.echo->rid.value_or("")));
}

void Receiving::finish() {
  for (auto& [number, incoming] : all_)
    for (auto& [rid, encoding] : incoming.encodings)
      if (encoding.recording) end_recording(number, rid, encoding);
}

Json Receiving::counts() const {
  Json out = Json::array();
  for (const auto& [number, incoming] : all_) {
    for (const auto& [rid, encoding] : incoming.encodings) {
      Json one{{"transceiver", number},
               {"rid", rid},
               {"codec", encoding.codec},
               {"frames", encoding.frames},
               {"key_frames", encoding.key_frames},
               {"after_loss", encoding.after_loss},
               {"packets", encoding.packets},
               {"bytes", encoding.bytes},
               {"dropped", encoding.dropped},
               {"width", or_null(encoding.width)},
               {"height", or_null(encoding.height)}};
      if (encoding.recording) one["recorded"] = encoding.recording->frames();
      if (incoming.forward) one["forwarded"] = incoming.forward->packets;
      if (incoming.echo) one["sent_back"] = incoming.echo->packets;
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace specter::cli
