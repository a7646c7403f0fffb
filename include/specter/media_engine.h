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

/// The table of codecs that an Api negotiates. Media is not implemented yet: a connection for data
/// channels needs a MediaEngine too, which may be empty.
class SPECTER_EXPORT MediaEngine {
 public:
  /// Without codecs.
  MediaEngine() = default;
  /// With the codecs that browsers support.
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
  /// Adds RTCP feedback to each codec of a kind.
  void register_feedback(MediaKind kind, const std::string& feedback);

  /// The codecs, in the order of their registration.
  const std::vector<RtpCodec>& codecs() const { return codecs_; }
  /// The header extensions, in the order of their registration.
  const std::vector<RtpHeaderExtension>& header_extensions() const { return header_extensions_; }

 private:
  std::vector<RtpCodec> codecs_;
  std::vector<RtpHeaderExtension> header_extensions_;
};

/// What a connection does with RTP and RTCP by itself, by name.
enum class BuiltInInterceptor : std::uint8_t {
  /// Requests lost packets (RFC 4585).
  NackGenerator,
  /// Retransmits requested packets (RFC 4588).
  NackResponder,
  /// Sender and receiver reports (RFC 3550).
  RtcpReports,
  /// Transport-wide congestion control feedback.
  TransportWideCongestionControl
};

/// The set of interceptors that an Api uses.
///
/// A packet that is sent passes in this order; one that is received, in the opposite one:
///
/// | step | what |
/// | --- | --- |
/// | 1 | handle_sending() of the application's interceptors, in the order in which they were added
/// | | 2 | the pacer | | 3 | TransportWideCongestionControl: the packet's number | | 4 |
/// NackResponder: the packet is kept | | 5 | handle_sent() of the application's interceptors, in
/// the same order | | 6 | encryption |
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

  /// Adds a built-in interceptor. Its place is fixed.
  void add(BuiltInInterceptor interceptor);
  /// Adds an interceptor of the application's: `make` is called once for each connection, on the
  /// thread of its loop. What it returns may be null: that connection has none.
  void add(InterceptorFactory make);
  /// The built-in interceptors, in the order in which they were added.
  const std::vector<BuiltInInterceptor>& built_in() const { return built_in_; }
  /// The application's interceptors, in the order in which they were added.
  const std::vector<InterceptorFactory>& factories() const { return factories_; }

 private:
  std::vector<BuiltInInterceptor> built_in_;
  std::vector<InterceptorFactory> factories_;
};

}  // namespace specter
