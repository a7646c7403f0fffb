// Which codecs a connection may negotiate, and what watches over its streams.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "specter/export.h"
#include "specter/result.h"

namespace specter {

enum class MediaKind { Audio, Video };

// RTCRtpCodec (W3C §5.2.4) with the payload type that we offer it by.
struct RtpCodec {
  MediaKind kind = MediaKind::Audio;
  std::uint8_t payload_type = 0;  // 0–63 or 96–127; 64–95 would be mistaken for RTCP (RFC 5761 §4)
  std::string mime_type;          // "audio/opus"
  std::uint32_t clock_rate = 0;   // Hz
  std::uint16_t channels = 0;     // audio only
  std::string sdp_fmtp_line{};    // the parameters of a=fmtp
  std::vector<std::string> rtcp_feedback{};  // "nack", "nack pli", "transport-cc", …

  bool operator==(const RtpCodec&) const = default;
};

struct RtpHeaderExtension {
  MediaKind kind = MediaKind::Audio;
  std::string uri;

  bool operator==(const RtpHeaderExtension&) const = default;
};

// The table of codecs. Media itself comes later; a data-only connection needs a table too, and may
// leave it empty.
class SPECTER_EXPORT MediaEngine {
 public:
  MediaEngine() = default;  // no codec
  static MediaEngine with_default_codecs();
  MediaEngine(MediaEngine&&) = default;
  MediaEngine& operator=(MediaEngine&&) = default;
  MediaEngine(const MediaEngine&) = delete;  // an Api consumes it: a move

  // Error: InvalidArgument for a payload type outside its range or in use, or a mime type without a
  // slash.
  Result<> register_codec(RtpCodec codec);
  Result<> register_header_extension(RtpHeaderExtension extension);
  // Adds feedback to each codec of a kind.
  void register_feedback(MediaKind kind, const std::string& feedback);

  const std::vector<RtpCodec>& codecs() const { return codecs_; }
  const std::vector<RtpHeaderExtension>& header_extensions() const { return header_extensions_; }

 private:
  std::vector<RtpCodec> codecs_;
  std::vector<RtpHeaderExtension> header_extensions_;
};

// The interceptors that will stand between RTP and the network.
enum class Interceptor {
  NackGenerator,
  NackResponder,
  RtcpReports,
  TransportWideCongestionControl
};

class SPECTER_EXPORT Registry {
 public:
  Registry() = default;  // none
  // Adds what is usual, and to the engine the feedback and header extensions that it needs.
  static Registry with_default_interceptors(MediaEngine& engine);
  Registry(Registry&&) = default;
  Registry& operator=(Registry&&) = default;
  Registry(const Registry&) = delete;  // an Api consumes it: a move

  void add(Interceptor interceptor);
  const std::vector<Interceptor>& interceptors() const { return interceptors_; }

 private:
  std::vector<Interceptor> interceptors_;
};

}  // namespace specter
