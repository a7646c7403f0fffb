// What two peers tell each other over the user's own signalling: descriptions and candidates.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "specter/export.h"
#include "specter/result.h"

namespace specter {

// RTCSdpType, W3C §4.6.1.
enum class SdpType { Offer, PrAnswer, Answer, Rollback };

SPECTER_EXPORT std::string_view to_string(
    SdpType type);  // "offer", "pranswer", "answer", "rollback"

// RTCSessionDescription, W3C §4.6.2.
struct SPECTER_EXPORT SessionDescription {
  SdpType type = SdpType::Offer;
  std::string sdp;  // RFC 8866; empty for a rollback

  // {"type":"offer","sdp":"v=0\r\n…"}, the keys in that order.
  std::string to_json() const;
  // Error: InvalidJson, when it isn't an object with a known "type" and a string "sdp" (which a
  // rollback may leave out). Other keys are ignored.
  static Result<SessionDescription> from_json(std::string_view json);

  bool operator==(const SessionDescription&) const = default;
};

// RTCIceCandidateInit, W3C §4.8.1.
struct SPECTER_EXPORT IceCandidate {
  std::string candidate;  // "candidate:…" (RFC 8839 §5.1); empty: no more will come
  std::optional<std::string> sdp_mid;
  std::optional<std::uint16_t> sdp_mline_index;
  std::optional<std::string> username_fragment;

  // {"candidate":"candidate:…","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"…"}; null for
  // what is not there.
  std::string to_json() const;
  // Error: InvalidJson, when it isn't an object with a string "candidate". The other keys may be
  // null or missing.
  static Result<IceCandidate> from_json(std::string_view json);

  bool operator==(const IceCandidate&) const = default;
};

}  // namespace specter
