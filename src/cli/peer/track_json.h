// Transceivers and their parameters as JSON: the keys are the names in specter/rtp.h.
#pragma once

#include "cli/json.h"
#include "cli/peer/transceivers.h"

#include "specter/rtp.h"

namespace specter::cli {

std::string_view name_of(MediaKind kind);
std::string_view name_of(RtpTransceiverDirection direction);

Json to_json(TransceiverNumber number, const Transceiver& transceiver);
Json to_json(const RtpSendParameters& parameters);
Json to_json(const RtpReceiveParameters& parameters);

}  // namespace specter::cli
