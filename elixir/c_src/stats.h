// A connection's statistics, and errors of its candidates, as JSON.
#pragma once

#include <string>
#include <vector>

#include "specter/event.h"
#include "specter/media_engine.h"
#include "specter/stats.h"
#include "specter/transceiver.h"

namespace specter::nif {

// An object from report ids to reports, each with id, type and timestamp. `peer` is the
// connection's id; the time is of the epoch, in seconds.
std::string to_json(const Stats& stats, const std::vector<RtpCodec>& codecs,
                    const std::vector<Transceiver>& transceivers, const std::string& peer,
                    double epoch_seconds);

// RTCPeerConnectionIceErrorEvent's attributes.
std::string to_json(const event::IceCandidateError& error);

}  // namespace specter::nif
