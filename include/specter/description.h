/// @file
/// Session descriptions and ICE candidates: what two peers exchange over the application's
/// signalling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "specter/export.h"
#include "specter/result.h"

namespace specter {

/// RTCSdpType, W3C §4.6.1.
enum class SdpType { Offer, PrAnswer, Answer, Rollback };

/// "offer", "pranswer", "answer", "rollback".
SPECTER_EXPORT std::string_view to_string(SdpType type);

/// RTCSessionDescription, W3C §4.6.2.
struct SPECTER_EXPORT SessionDescription {
  /// The kind of description.
  SdpType type = SdpType::Offer;
  /// SDP, RFC 8866. Empty for a rollback.
  std::string sdp;

  /// `{"type":"offer","sdp":"v=0\r\n…"}`, the JSON of browsers, with the keys in this order.
  std::string to_json() const;
  /// Parses an object with a known "type" and a string "sdp", which a rollback may omit. Other keys
  /// are ignored. Error: InvalidJson.
  static Result<SessionDescription> from_json(std::string_view json);

  bool operator==(const SessionDescription&) const = default;
};

/// RTCIceCandidateInit, W3C §4.8.1.
struct SPECTER_EXPORT IceCandidate {
  /// "candidate:…", RFC 8839 §5.1. Empty: no more candidates will follow.
  std::string candidate;
  /// The a=mid of the media section it belongs to.
  std::optional<std::string> sdp_mid;
  /// The index of the media section it belongs to, from 0.
  std::optional<std::uint16_t> sdp_mline_index;
  /// The a=ice-ufrag of the description it belongs to.
  std::optional<std::string> username_fragment;

  /// `{"candidate":"candidate:…","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"…"}`, with null
  /// for members without a value.
  std::string to_json() const;
  /// Parses an object with a string "candidate". The other keys may be null or missing. Error:
  /// InvalidJson.
  static Result<IceCandidate> from_json(std::string_view json);

  bool operator==(const IceCandidate&) const = default;
};

}  // namespace specter
