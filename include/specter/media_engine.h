/// @file
/// The codecs that connections may negotiate, and interceptors of the application.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "specter/export.h"
#include "specter/interceptor.h"
#include "specter/result.h"
#include "specter/rtp.h"

namespace specter {

/// The table of codecs and RTP header extensions that the connections of an Api negotiate. Without
/// codecs they take no tracks.
class SPECTER_EXPORT MediaEngine {
 public:
  /// Without codecs.
  MediaEngine() = default;
  /// With the codecs that write_sample() can packetize: Opus, VP8 and H.264 (Constrained Baseline
  /// in both packetization modes, and Baseline), their retransmission, and the header extensions
  /// that tracks make use of.
  static MediaEngine with_default_codecs();
  /// Specter::new_api() consumes a MediaEngine: it can be moved and not copied.
  MediaEngine(MediaEngine&&) = default;
  MediaEngine& operator=(MediaEngine&&) = default;
  MediaEngine(const MediaEngine&) = delete;

  /// Adds a codec. Error: InvalidArgument for a payload type that is out of range or in use, or a
  /// MIME type without a slash.
  Result<> register_codec(RtpCodec codec);
  /// Adds a header extension.
  Result<> register_header_extension(RtpHeaderExtension extension);
  /// Adds RTCP feedback to each codec of a kind, retransmission excepted.
  void register_feedback(MediaKind kind, const std::string& feedback);

  /// The codecs, in the order of their registration.
  const std::vector<RtpCodec>& codecs() const { return codecs_; }
  /// The header extensions, in the order of their registration.
  const std::vector<RtpHeaderExtension>& header_extensions() const { return header_extensions_; }

 private:
  std::vector<RtpCodec> codecs_;
  std::vector<RtpHeaderExtension> header_extensions_;
};

/// What the connections of an Api do for the quality of tracks, and the application's interceptors.
///
/// Retransmission, key frame requests, reports and feedback are part of each connection, and are in
/// effect as far as both sides have negotiated them.
class SPECTER_EXPORT Registry {
 public:
  /// Without interceptors.
  Registry() = default;
  /// For what browsers support: adds NACK (RFC 4585), key frame requests and transport-wide
  /// feedback, and their header extension, to `engine`. No interceptors.
  static Registry with_default_interceptors(MediaEngine& engine);
  /// Specter::new_api() consumes a Registry: it can be moved and not copied.
  Registry(Registry&&) = default;
  Registry& operator=(Registry&&) = default;
  Registry(const Registry&) = delete;

  /// Adds an interceptor: each connection makes its own. Packets that are sent pass interceptors in
  /// the order of add(), received ones in reverse.
  void add(InterceptorFactory factory);
  /// What add() was given, in this order.
  const std::vector<InterceptorFactory>& interceptors() const { return interceptors_; }

 private:
  std::vector<InterceptorFactory> interceptors_;
};

}  // namespace specter
