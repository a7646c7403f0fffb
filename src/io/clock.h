// The clocks of the machine. Nothing below src/io may look at one.
#pragma once

#include <cstdint>

#include "specter/time.h"

namespace specter::io {

// Steady: it never runs backwards, whatever becomes of the wall clock.
Timestamp now();

// The wall clock, for certificates and reports: seconds since 1970.
std::int64_t unix_seconds();

}  // namespace specter::io
