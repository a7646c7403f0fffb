#include "specter/track.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "api/media_handles.h"
#include "media/content_extensions.h"

namespace specter {

namespace {

MediaKind kind_of(const RtpCodec& codec) {
  std::string type = codec.mime_type.substr(0, codec.mime_type.find('/'));
  std::ranges::transform(type, type.begin(), [](unsigned char c) { return std::tolower(c); });
  if (type == "audio") return MediaKind::Audio;
  if (type == "video") return MediaKind::Video;
  return codec.kind;
}

std::shared_ptr<api::LocalTrackState> make(RtpCodec codec, std::string id,
                                           std::vector<std::string> streams) {
  codec.kind = kind_of(codec);
  const MediaKind kind = codec.kind;
  return std::make_shared<api::LocalTrackState>(
      LocalTrack{.kind = kind, .id = std::move(id), .codec = std::move(codec)}, std::move(streams));
}

constexpr std::size_t kMaxRidBytes = 255;  // RFC 8852 §3, in RFC 8285's two-byte form

Result<> check_rid(std::string_view rid) {
  const auto is_good = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_'; };
  if (rid.size() > kMaxRidBytes || !std::ranges::all_of(rid, is_good))
    return fail(ErrorCode::InvalidArgument, "a rid has letters and digits alone");
  return {};
}

Result<> check_size(Bytes bytes) {
  if (bytes.empty()) return fail(ErrorCode::InvalidArgument, "there is nothing to send");
  if (bytes.size() > api::MediaPosts::kMaxBytes)
    return fail(ErrorCode::InvalidArgument, "a sample has 16 MiB at most");
  return {};
}

Result<> no_track() { return fail(ErrorCode::InvalidState, "the handle names no track"); }

}  // namespace

TrackLocal::TrackLocal(std::shared_ptr<api::LocalTrackState> state) : state_(std::move(state)) {}

std::string TrackLocal::id() const { return state_ ? state_->track().id : std::string(); }
MediaKind TrackLocal::kind() const { return state_ ? state_->track().kind : MediaKind::Audio; }
RtpCodec TrackLocal::codec() const { return state_ ? state_->track().codec : RtpCodec(); }
std::vector<std::string> TrackLocal::streams() const {
  return state_ ? state_->streams() : std::vector<std::string>();
}
std::size_t TrackLocal::senders() const { return state_ ? state_->senders() : 0; }
std::uint64_t TrackLocal::dropped() const { return state_ ? state_->dropped() : 0; }

TrackLocalStaticSample::TrackLocalStaticSample(RtpCodec codec, std::string id,
                                               std::vector<std::string> streams)
    : TrackLocal(make(std::move(codec), std::move(id), std::move(streams))) {}

Result<> TrackLocalStaticSample::write_sample(const MediaSample& sample) const {
  constexpr std::uint8_t kMaxTemporalId = 3;  // RFC 7741 §4.2: two bits
  if (!state()) return no_track();
  if (auto checked = check_size(sample.bytes); !checked) return checked;
  if (auto checked = check_rid(sample.rid); !checked) return checked;
  if (sample.duration < Duration{})
    return fail(ErrorCode::InvalidArgument, "a sample's duration is negative");
  if (sample.temporal_id.value_or(0) > kMaxTemporalId)
    return fail(ErrorCode::InvalidArgument, "there are temporal layers 0 to 3");
  if (auto checked = media::check_description(sample); !checked) return checked;
  state()->write({.sample = sample});
  return {};
}

TrackLocalStaticRtp::TrackLocalStaticRtp(RtpCodec codec, std::string id,
                                         std::vector<std::string> streams)
    : TrackLocal(make(std::move(codec), std::move(id), std::move(streams))) {}

Result<> TrackLocalStaticRtp::write_rtp(Bytes packet, std::string_view rid) const {
  constexpr std::size_t kHeaderBytes = 12;  // RFC 3550 §5.1
  constexpr std::size_t kMaxPacketBytes = 65'535;
  if (!state()) return no_track();
  if (packet.size() < kHeaderBytes || packet.size() > kMaxPacketBytes || packet[0] >> 6 != 2)
    return fail(ErrorCode::InvalidArgument, "these bytes are no RTP packet");
  if (auto checked = check_rid(rid); !checked) return checked;
  state()->write({.sample = {.bytes = packet, .rid = rid}, .is_packet = true});
  return {};
}

void TrackLocalStaticRtp::set_header_extensions(
    std::vector<RtpHeaderExtensionParameters> header_extensions) const {
  if (state()) state()->set_header_extensions(std::move(header_extensions));
}

}  // namespace specter
