// Which stream ids are taken, and the lowest one that is ours to take. Costs memory only for those
// in use.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "channel/data_channels.h"

namespace specter::channel {

class StreamIds {
 public:
  // RFC 8832 §6: id 65,535 is not one, since at most 65,535 streams can be agreed.
  static constexpr std::uint32_t kEnd = 65535;

  // Before this, only take(id) works.
  void set_parity(Parity parity);
  bool has_parity() const { return parity_.has_value(); }

  // The lowest free id of our half that is below `end`. RFC 8832 §6.
  std::optional<std::uint16_t> take_lowest(std::uint32_t end);
  bool take(std::uint16_t id);  // false when it is in use
  void release(std::uint16_t id);

  bool is_ours(std::uint16_t id) const;

 private:
  std::set<std::uint16_t> used_;  // no hash set: the buckets of one take more than a few ids
  std::optional<Parity> parity_;
  // Ours at `next_` and above were not taken yet, save by take(id); ours below are in use, or here.
  std::uint32_t next_ = 0;
  std::set<std::uint16_t> returned_;
};

}  // namespace specter::channel
