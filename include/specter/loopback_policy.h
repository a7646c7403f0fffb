// Whether a connection uses the addresses that only this machine knows.
#pragma once

namespace specter {

// Which local addresses a connection gathers.
enum class LoopbackPolicy {
  Fallback,  // 127.0.0.1 and ::1 only on a machine that has no other address
  Include,   // them too
  Only,      // nothing but them
};

}  // namespace specter
