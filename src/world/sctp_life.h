// A life of two SCTP associations alone: no ICE, no DTLS, so that there is time for many. The same
// plans, lines and verdicts as those of whole peers in life.h.
#pragma once

#include "world/life.h"
#include "world/sctp_streams.h"

namespace specter::world {

// Of the kinds that mean something to an association, those of sctp_kinds().
Plan draw_sctp(std::uint64_t seed);
const Kinds& sctp_kinds();

// The same plan has the same outcome, everywhere.
Outcome live_sctp(const Plan& plan, Tells tells = Tells::Nothing, const Tamper& tamper = {});

}  // namespace specter::world
