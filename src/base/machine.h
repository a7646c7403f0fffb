// The one shape that every layer has, so that one driver and one test link can run any of them.
#pragma once

#include <concepts>
#include <optional>

#include "specter/time.h"

namespace specter {

// After an input, drain: poll_event and poll_transmit until both are empty. After
// handle_timeout(now) and a drain, next_timeout() is later than `now`.
template <class M>
concept Machine = !std::copy_constructible<M> && requires(M m, const M frozen, Timestamp now) {
  { m.handle_timeout(now) } -> std::same_as<void>;
  { m.poll_transmit(now) } -> std::same_as<std::optional<typename M::Transmit>>;
  { m.poll_event() } -> std::same_as<std::optional<typename M::Event>>;
  { frozen.next_timeout() } -> std::same_as<WakeUp>;
};

}  // namespace specter
