#include "codec/h264/parameter_sets.h"

#include <algorithm>

#include "base/bytes.h"

namespace specter::codec::h264 {

void ParameterSets::remember(Bytes nal) {
  const auto id = parameter_set_id(nal);
  if (!id || nal.size() > kMaxSetBytes) return;
  const NalType type = type_of(nal);
  const auto known = std::ranges::find_if(
      sets_, [&](const Set& set) { return set.type == type && set.id == *id; });
  if (known != sets_.end()) {
    known->bytes.assign(nal.begin(), nal.end());
  } else if (sets_.size() < kMaxSets) {
    sets_.push_back({type, *id, to_buffer(nal)});
  }
}

std::size_t ParameterSets::bytes() const {
  std::size_t sum = 0;
  for (const Set& set : sets_) sum += set.bytes.size();
  return sum;
}

}  // namespace specter::codec::h264
