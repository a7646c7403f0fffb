// One fuzz target: a file that defines run() below. libfuzzer.cc makes a fuzzer of it, replay.cc a
// test.
#pragma once

#include "base/bytes.h"
#include "base/check.h"

namespace specter::fuzz {

// Does with these bytes whatever the target is about; any bytes are fine, and none too. It throws
// (SPECTER_CHECK) when something is not as it should be. It keeps no state between calls.
void run(Bytes input);

}  // namespace specter::fuzz
