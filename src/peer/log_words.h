// Descriptions in short, for a log: no address, no credential, no fingerprint.
#pragma once

#include <cstddef>
#include <string>

#include "specter/description.h"

namespace specter::peer {

// Sections that are named; of more the number.
inline constexpr std::size_t kMaxSectionsInWords = 16;

// "offer of 812 bytes: application, audio sendrecv, video rejected; setup actpass, 2 candidates"
std::string words(const SessionDescription& description);

}  // namespace specter::peer
