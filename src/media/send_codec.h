// Which of the negotiated codecs a track's samples are sent with.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "codec/codecs.h"
#include "rtp/parameters.h"

#include "specter/random.h"
#include "specter/rtp.h"

namespace specter::media {

// Whether both are one codec: name, clock rate, channels, and those parameters of a=fmtp that make
// it another one, where both say them: H.264's packetization mode and profile (RFC 6184 §8.1, not
// its level), VP9's and H.265's profile-id, AV1's profile. A wanted clock rate or number of
// channels of 0 matches any, and an empty name each codec.
bool is_same_codec(const RtpCodec& wanted, const RtpCodec& negotiated);

// The first that matches; null: none.
const rtp::NegotiatedCodec* find_codec(std::span<const rtp::NegotiatedCodec> negotiated,
                                       const RtpCodec& wanted);

// "video/VP8, video/H264 (packetization-mode=1;…)", for people.
std::string list_codecs(std::span<const rtp::NegotiatedCodec> negotiated);

// The value of a parameter of a=fmtp ("a=1;b=2"), without regard to case in its name; nothing: it
// is not there.
std::optional<std::string_view> parameter_of(std::string_view fmtp, std::string_view name);

// Nothing: the codec has no packetizer.
std::optional<codec::AnyPacketizer> make_packetizer(const rtp::NegotiatedCodec& negotiated,
                                                    Random& random);

}  // namespace specter::media
