// What two sides have agreed on for one m= section: the words that negotiation and media have in
// common. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rtp/extension_map.h"

#include "specter/rtp.h"

namespace specter::rtp {

// A codec with the number that packets have, and what RTCP may say of it.
struct NegotiatedCodec {
  RtpCodec codec;                                  // the payload type is that of the packets
  std::string encoding_name;                       // of a=rtpmap: "VP8"
  std::optional<std::uint8_t> rtx_payload_type{};  // RFC 4588: of its retransmissions
  bool nack = false;                               // RFC 4585 §4.2
  bool picture_loss = false;                       // nack pli
  bool full_intra_request = false;                 // ccm fir, RFC 5104 §7.1
  bool transport_wide = false;                     // transport-cc
  bool bitrate_estimate = false;                   // goog-remb

  bool operator==(const NegotiatedCodec&) const = default;
};

// A source of ours, as our descriptions tell it: it is the same for the life of its transceiver.
struct SendEncoding {
  RtpEncodingParameters parameters;
  std::uint32_t ssrc = 0;
  std::uint32_t rtx_ssrc = 0;

  bool operator==(const SendEncoding&) const = default;
};

// A sender's side. What it sends is of `track`; without one, or while it is not active, nothing.
struct SendParameters {
  std::string mid;
  MediaKind kind = MediaKind::Audio;
  bool is_active = false;  // the negotiated direction has us send
  std::optional<LocalTrack> track{};
  std::vector<NegotiatedCodec> codecs;  // in the peer's order, with the peer's numbers
  ExtensionMap extensions;              // with the peer's numbers
  bool may_mix_extensions = false;      // RFC 8285 §6: both said extmap-allow-mixed
  std::vector<SendEncoding> encodings;
  std::string cname;
  bool reduced_size = false;  // RFC 5506
  bool cryptex = false;       // RFC 9335: both said a=cryptex

  bool operator==(const SendParameters&) const = default;
};

// A source of the peer's that its description tells.
struct RemoteSource {
  std::uint32_t ssrc = 0;
  std::optional<std::uint32_t> rtx_ssrc{};  // a=ssrc-group:FID
  std::string rid{};                        // where it is said

  bool operator==(const RemoteSource&) const = default;
};

// A receiver's side.
struct ReceiveParameters {
  std::string mid;
  MediaKind kind = MediaKind::Audio;
  bool is_active = false;               // the negotiated direction has the peer send
  std::vector<NegotiatedCodec> codecs;  // with our numbers, which the peer uses
  ExtensionMap extensions;              // with our numbers
  std::vector<std::string> rids;        // of simulcast, as agreed on
  std::vector<RemoteSource> sources;
  bool reduced_size = false;

  bool operator==(const ReceiveParameters&) const = default;
};

}  // namespace specter::rtp
