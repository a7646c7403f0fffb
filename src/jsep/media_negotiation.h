// The section of one transceiver in offers and answers, and what both sides have agreed on by it.
// RFC 9429 §5.2, §5.3, RFC 3264 §6. Pure functions.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsep/media_description.h"
#include "jsep/media_numbers.h"
#include "jsep/signaling.h"
#include "rtp/parameters.h"

#include "specter/options.h"
#include "specter/rtp.h"

namespace specter::jsep {

// What a transceiver has to say.
struct LocalMedia {
  MediaKind kind = MediaKind::Audio;
  sdp::Direction direction = sdp::Direction::SendRecv;  // wanted
  std::vector<RtpCodec> preferences{};  // of set_codec_preferences(); empty: all of the options
  std::string track_id{};               // empty: a=msid has streams only
  std::vector<std::string> streams{};
  std::vector<rtp::SendEncoding> encodings{};
  std::string cname{};
  // Offers: ours of the section before, where there was one. Its numbers are kept.
  const MediaDescription* before = nullptr;
};

// Codecs and extensions without a number left are not offered.
MediaDescription offer_media(const MediaOptions& ours, const LocalMedia& local,
                             PayloadTypes& payload_types, ExtensionIds& extension_ids);

// Nothing: there is no codec in common, and the section is rejected (RFC 9429 §5.3.1).
std::optional<MediaDescription> answer_media(const MediaOptions& ours, const LocalMedia& local,
                                             const MediaDescription& offer);

// ---- what was agreed on (media_parameters.cc)

// The two sides' sections of one exchange, whoever offered.
struct AgreedMedia {
  std::string_view mid;
  const MediaDescription& local;
  const MediaDescription& remote;
  Side answerer;
};

// W3C §4.4.1.5, [[SendCodecs]]: the remote section's that we have, in its order; where we answer,
// those of them that our answer lists.
rtp::SendParameters make_send_parameters(const MediaOptions& ours, const AgreedMedia& agreed,
                                         std::optional<LocalTrack> track,
                                         std::vector<rtp::SendEncoding> encodings,
                                         std::string cname);
// [[ReceiveCodecs]]: our section's.
rtp::ReceiveParameters make_receive_parameters(const AgreedMedia& agreed);

// As getParameters() tells them: each codec, and its retransmission behind it.
std::vector<RtpCodec> listed(std::span<const rtp::NegotiatedCodec> codecs);
std::vector<RtpHeaderExtensionParameters> listed(const rtp::ExtensionMap& extensions);

}  // namespace specter::jsep
