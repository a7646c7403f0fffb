// Which packets begin a key frame: seen in a payload, before there is a frame.
#pragma once

#include <string_view>

#include "specter/bytes.h"

namespace specter::media {

// VP8: the first packet of a key frame (RFC 7741 §4.2, RFC 6386 §9.1). H.264: one that begins with
// an SPS, alone or first of a STAP-A (RFC 6184 §5.6, §5.7.1), after which the IDR picture comes.
// Other codecs, and other payloads: false, and nothing is lost by it but time.
bool begins_key_frame(std::string_view encoding_name, Bytes payload);

bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace specter::media
