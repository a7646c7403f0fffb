// Header extensions that say something of the media: how loud they are, which way up, when they
// were captured. They go from whoever made the media to whoever plays them, through every
// forwarder, while those of the way (MID, numbers, send times) are each sender's own.
//
// Elements are appended as Draft::elements has them: number, length, value, and again. The numbers
// are those of the section that they are sent in; what it did not negotiate is left out.
#pragma once

#include <optional>
#include <span>

#include "rtcp/ntp.h"
#include "rtp/extension_map.h"

#include "specter/bytes.h"
#include "specter/result.h"
#include "specter/rtp.h"
#include "specter/time.h"

namespace specter::media {

// Errors: InvalidArgument for a level or a rotation that there is not.
Result<> check_description(const MediaSample& sample);

// Of one packet of a sample's. RFC 6464 wants the level in each, 3GPP TS 26.114 §7.4.5 the
// orientation in a picture's last.
struct PlaceInSample {
  bool is_first = true, is_last = true;
};
void append_elements(const MediaSample& sample, PlaceInSample place,
                     std::optional<rtcp::NtpTime> captured, const rtp::ExtensionMap& section,
                     Buffer& out);

// When a source's packets tell their time of capture: receivers interpolate between those that they
// get.
class CaptureTimes {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);

  // `epoch` is what the zero of the clock is in NTP time. Nothing: this sample's is not told.
  std::optional<rtcp::NtpTime> next(Timestamp now, const MediaSample& sample,
                                    rtcp::NtpTime epoch) const;
  // A sample is on its way that tells it, if it was due.
  void handle_told(Timestamp now);
  // It may have been dropped on its way.
  void tell_again() { due_.reset(); }

 private:
  Deadline due_{};  // nothing: at once
};

// Of a packet that came by another connection. `meanings` are of the numbers in it.
void append_elements(const rtp::ExtensionBlock& block,
                     std::span<const RtpHeaderExtensionParameters> meanings,
                     const rtp::ExtensionMap& section, Buffer& out);

}  // namespace specter::media
