// Descriptions in short, for a log: no address, no credential, no fingerprint.
#pragma once

#include <cstddef>
#include <string>

#include "base/log.h"
#include "jsep/negotiation.h"
#include "jsep/session.h"

#include "specter/core.h"
#include "specter/description.h"
#include "specter/error.h"

namespace specter::peer {

// Sections that are named; of more the number.
inline constexpr std::size_t kMaxSectionsInWords = 16;

// "offer of 812 bytes: application, audio sendrecv, video rejected; setup actpass, 2 candidates"
std::string words(const SessionDescription& description);

// What was set: `description`, or, when null, the local one that negotiation made; or why it was
// refused (else null), of which nothing is quoted while addresses are hidden.
void log_description(const Log& log, jsep::Side side, const SessionDescription* description,
                     const jsep::Negotiation& negotiation, const Error* refusal);
// The states that the application is told of.
void log_event(const Log& log, const core::Event& event);

}  // namespace specter::peer
