// What libFuzzer calls. An exception ends the program, and libFuzzer keeps the input.
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  specter::fuzz::run(specter::Bytes(data, size));
  return 0;
}

// What ASan keeps of each allocation costs more than most targets. For a whole trace:
// ASAN_OPTIONS=malloc_context_size=30.
extern "C" const char* __asan_default_options();
const char* __asan_default_options() {
  return "malloc_context_size=0:quarantine_size_mb=8:max_malloc_fill_size=0";
}
