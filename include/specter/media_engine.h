/// @file
/// The codecs that connections may negotiate, and their interceptors.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "specter/export.h"
#include "specter/interceptor.h"
#include "specter/result.h"
#include "specter/rtp.h"

namespace specter {

/// The table of codecs and header extensions that the connections of an Api negotiate. An empty one
/// is enough for connections with data channels alone.
class SPECTER_EXPORT MediaEngine {
 public:
  /// Without codecs.
  MediaEngine() = default;
  /// With the codecs that write_sample() can packetize: Opus, VP8 and H.264 (Constrained Baseline
  /// and Baseline, in both packetization modes), their retransmission, and the header extensions
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

/// What stands between the RTP of an Api's connections and the network.
///
/// Reports, NACK, retransmission and transport-wide feedback are built in: codecs' feedback decides
/// which of them are negotiated, and with_default_interceptors() asks for all. Interceptors of the
/// application's see packets beside them. One that is sent passes, in this order:
///
/// 1. handle_sending() of the interceptors, in the order in which they were added;
/// 2. the pacer;
/// 3. its transport-wide number, and the memory that keeps it for retransmission;
/// 4. handle_sent() of the interceptors, in the same order;
/// 5. encryption.
///
/// One that is received passes the interceptors in the opposite order, after decryption and before
/// all else.
class SPECTER_EXPORT Registry {
 public:
  /// Without interceptors.
  Registry() = default;
  /// Adds the RTCP feedback and header extensions to `engine` that NACK, retransmission and
  /// transport-wide feedback need.
  static Registry with_default_interceptors(MediaEngine& engine);
  /// Specter::new_api() consumes a Registry: it can be moved and not copied.
  Registry(Registry&&) = default;
  Registry& operator=(Registry&&) = default;
  Registry(const Registry&) = delete;

  /// Adds an interceptor of the application's: `make` is called once for each connection, on the
  /// thread of its loop. What it returns may be null: that connection has none.
  void add(InterceptorFactory make);
  /// The application's interceptors, in the order in which they were added.
  const std::vector<InterceptorFactory>& interceptors() const { return interceptors_; }

 private:
  std::vector<InterceptorFactory> interceptors_;
};

}  // namespace specter
