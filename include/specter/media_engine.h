/// @file
/// The codecs that connections may negotiate, and their interceptors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "specter/export.h"
#include "specter/result.h"
#include "specter/rtp.h"

namespace specter {

/// The table of codecs that an Api negotiates. Media is not implemented yet: a connection for data
/// channels needs a MediaEngine too, which may be empty.
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

/// A processing step between RTP and the network. Media is not implemented yet.
enum class Interceptor {
  /// Requests lost packets (RFC 4585).
  NackGenerator,
  /// Retransmits requested packets.
  NackResponder,
  /// Sender and receiver reports (RFC 3550).
  RtcpReports,
  /// Transport-wide congestion control feedback.
  TransportWideCongestionControl
};

/// The set of interceptors that an Api uses.
class SPECTER_EXPORT Registry {
 public:
  /// Without interceptors.
  Registry() = default;
  /// With the usual interceptors. Adds the RTCP feedback and header extensions that they need to
  /// `engine`.
  static Registry with_default_interceptors(MediaEngine& engine);
  /// Specter::new_api() consumes a Registry: it can be moved and not copied.
  Registry(Registry&&) = default;
  Registry& operator=(Registry&&) = default;
  Registry(const Registry&) = delete;

  /// Adds an interceptor.
  void add(Interceptor interceptor);
  /// The interceptors, in the order in which they were added.
  const std::vector<Interceptor>& interceptors() const { return interceptors_; }

 private:
  std::vector<Interceptor> interceptors_;
};

}  // namespace specter
