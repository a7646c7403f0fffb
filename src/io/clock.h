// The clocks of the system. Modules below src/io must not use one.
#pragma once

#include <cstdint>

#include "specter/time.h"

namespace specter::io {

// The steady clock: it never decreases, also when the wall clock is set.
Timestamp now();

// The wall clock, for certificates and reports: seconds since 1970.
std::int64_t unix_seconds();

}  // namespace specter::io
