// What targets of codecs have in common.
#pragma once

#include <functional>

#include "target.h"

namespace specter::fuzz {

template <class Value>
Buffer written(const Value& value) {
  Buffer bytes;
  ByteWriter out(bytes);
  value.write(out);
  return bytes;
}

// Whether `part` lies in `whole`, of which it must be a view. An empty one lies anywhere.
inline bool is_view_of(Bytes whole, Bytes part) {
  if (part.empty()) return true;
  const std::less_equal<> before;
  return before(whole.data(), part.data()) &&
         before(part.data() + part.size(), whole.data() + whole.size());
}

}  // namespace specter::fuzz
