// What libFuzzer calls. An exception ends the program, and libFuzzer keeps the input.
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  specter::fuzz::run(specter::Bytes(data, size));
  return 0;
}
