// The small numbers by which the protocol names transceivers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "specter/transceiver.h"

namespace specter::cli {

using TransceiverNumber = std::uint64_t;

// A number is given when a transceiver is first heard of, from 1, and never used again. A
// transceiver that is stopped keeps its number: a connection has so many m= sections and no more.
class Transceivers {
 public:
  TransceiverNumber number_of(const Transceiver& transceiver) {
    const auto found = std::ranges::find(ids_, transceiver.id());
    if (found != ids_.end()) return 1 + static_cast<TransceiverNumber>(found - ids_.begin());
    ids_.push_back(transceiver.id());
    all_.push_back(transceiver);
    return all_.size();
  }
  std::optional<Transceiver> find(TransceiverNumber number) const {
    if (number == 0 || number > all_.size()) return std::nullopt;
    return all_[number - 1];
  }

 private:
  std::vector<std::uint64_t> ids_;
  std::vector<Transceiver> all_;
};

}  // namespace specter::cli
