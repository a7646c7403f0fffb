// What to do when we were wrong.
#pragma once

#include <source_location>
#include <stdexcept>
#include <string>

namespace specter {

// A fault of ours. Caught only at the edges (a loop's turn, a NIF, main), which drop the one
// connection that it concerns.
class Bug : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

[[noreturn]] void throw_bug(const char* condition, std::source_location where);

inline void check(bool holds, const char* condition,
                  std::source_location where = std::source_location::current()) {
  if (!holds) [[unlikely]]
    throw_bug(condition, where);
}

}  // namespace specter

// An invariant, held in release builds too. It throws Bug; it never aborts, since in a NIF that
// would end the whole VM.
#define SPECTER_CHECK(condition) ::specter::check(static_cast<bool>(condition), #condition)
