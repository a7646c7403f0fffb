#include "specter/media_engine.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace specter {

namespace {

// RFC 5761 §4: 64–95 would be mistaken for RTCP; RFC 3550 §5.1: seven bits.
bool is_payload_type(std::uint8_t type) { return type <= 63 || (type >= 96 && type <= 127); }

// Feedback is on what is retransmitted.
bool is_retransmission(const RtpCodec& codec) {
  const std::string_view mime_type = codec.mime_type;
  const std::string_view name = mime_type.substr(mime_type.find('/') + 1);
  return std::ranges::equal(name, std::string_view("rtx"), {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

}  // namespace

Result<> MediaEngine::register_codec(RtpCodec codec) {
  if (!is_payload_type(codec.payload_type)) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the payload type {} is not in 0-63 or 96-127", codec.payload_type));
  }
  if (std::ranges::find(codecs_, codec.payload_type, &RtpCodec::payload_type) != codecs_.end()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the payload type {} is in use", codec.payload_type));
  }
  const std::size_t slash = codec.mime_type.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == codec.mime_type.size()) {
    return fail(ErrorCode::InvalidArgument, "a mime type has the form audio/name or video/name");
  }
  codecs_.push_back(std::move(codec));
  return {};
}

Result<> MediaEngine::register_header_extension(RtpHeaderExtension extension) {
  if (extension.uri.empty())
    return fail(ErrorCode::InvalidArgument, "a header extension is named by a URI");
  if (std::ranges::find(header_extensions_, extension) == header_extensions_.end())
    header_extensions_.push_back(std::move(extension));
  return {};
}

void MediaEngine::register_feedback(MediaKind kind, const std::string& feedback) {
  for (RtpCodec& codec : codecs_) {
    if (codec.kind == kind && !is_retransmission(codec) &&
        std::ranges::find(codec.rtcp_feedback, feedback) == codec.rtcp_feedback.end())
      codec.rtcp_feedback.push_back(feedback);
  }
}

void Registry::add(InterceptorFactory make) {
  if (make) interceptors_.push_back(std::move(make));
}

Registry Registry::with_default_interceptors(MediaEngine& engine) {
  // draft-holmer-rmcat-transport-wide-cc-extensions-01: the number that feedback speaks of.
  static constexpr const char* kTransportSequence =
      "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
  // RFC 4585 §6.2.1, §6.3.1: lost packets, and a lost picture.
  engine.register_feedback(MediaKind::Video, "nack");
  engine.register_feedback(MediaKind::Video, "nack pli");
  for (const MediaKind kind : {MediaKind::Audio, MediaKind::Video}) {
    engine.register_feedback(kind, "transport-cc");
    // It can't fail: the URI is not empty.
    (void)engine.register_header_extension({kind, kTransportSequence});
  }
  return {};
}

}  // namespace specter
