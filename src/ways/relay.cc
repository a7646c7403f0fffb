#include "ways/relay.h"

#include <algorithm>

namespace specter::ways {

Deadline Relay::next_try(Timestamp now, turn::Cure cure, Random& random) {
  const bool was_good = relayed && now - up_since >= kProvenAfter;
  if (was_good) tries = 0;
  const int doublings = tries++;
  // What a server has not got for a second family, it will not have later.
  if (cure == turn::Cure::None || (is_second() && !was_up)) return std::nullopt;
  if (tries >= (was_up ? kMaxTriesAgain : kMaxTries)) return std::nullopt;
  if (was_good && cure != turn::Cure::Later) {
    const std::chrono::milliseconds most =
        std::chrono::duration_cast<std::chrono::milliseconds>(kSoon);
    return now +
           std::chrono::milliseconds(1 + random.below(static_cast<std::uint32_t>(most.count())));
  }
  Duration pause = std::min<Duration>(kFirstPause * (1 << std::min(doublings, 10)), kMaxPause);
  if (cure == turn::Cure::Later) pause = std::max<Duration>(pause, kQuotaPause);
  const auto quarter = static_cast<std::uint32_t>(pause / std::chrono::milliseconds(4));
  return now + pause + std::chrono::milliseconds(random.below(quarter));
}

}  // namespace specter::ways
