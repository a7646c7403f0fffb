// The parameter sets of a stream: a decoder that joins late needs them before its first picture.
#pragma once

#include <cstdint>
#include <vector>

#include "codec/h264/nal.h"

#include "specter/bytes.h"

namespace specter::codec::h264 {

class ParameterSets {
 public:
  // What is more, or larger, is not kept: encoders make one or two of each, of some 30 bytes.
  static constexpr std::size_t kMaxSets = 64;
  static constexpr std::size_t kMaxSetBytes = 4096;

  // A set of another number is added, one of the same number replaces it. Other units are ignored.
  void remember(Bytes nal);

  // Those of one kind, in the order in which their numbers came first. `each` is told a view.
  template <class Each>
  void for_each(NalType type, Each each) const {
    for (const Set& set : sets_)
      if (set.type == type) each(Bytes(set.bytes));
  }

  std::size_t size() const { return sets_.size(); }
  std::size_t bytes() const;  // of all together

 private:
  struct Set {
    NalType type;
    std::uint8_t id;
    Buffer bytes;
  };

  std::vector<Set> sets_;
};

}  // namespace specter::codec::h264
