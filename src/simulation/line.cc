#include "simulation/line.h"

namespace specter::simulation {

Line::Passage Line::pass(Timestamp now, Buffer& bytes) {
  constexpr std::size_t kHeaders = 28;
  Passage passage;
  if (conditions_.cut || is_lost()) return passage;
  damage(bytes);
  const std::size_t copies =
      conditions_.duplicates > 0 && random_.chance(conditions_.duplicates) ? 2 : 1;
  for (std::size_t i = 0; i < copies; ++i) {
    Timestamp leaves = now;
    if (conditions_.rate_bits_per_second > 0) {
      const Deadline sent =
          bottleneck_.pass(now, bytes.size() + kHeaders,
                           {conditions_.rate_bits_per_second, conditions_.queue_bytes});
      if (!sent) continue;
      leaves = *sent;
    }
    leaves += conditions_.latency + some(conditions_.jitter);
    if (conditions_.late > 0 && random_.chance(conditions_.late))
      leaves += some(conditions_.late_by);
    passage.out[passage.count++] = leaves;
  }
  return passage;
}

bool Line::is_lost() {
  if (conditions_.burst_begins > 0) {
    in_burst_ = in_burst_ ? !random_.chance(conditions_.burst_ends)
                          : random_.chance(conditions_.burst_begins);
    if (in_burst_ && random_.chance(conditions_.burst_loss)) return true;
  } else {
    in_burst_ = false;
  }
  return conditions_.loss > 0 && random_.chance(conditions_.loss);
}

Duration Line::some(Duration most) {
  if (most <= Duration{}) return Duration{};
  return Duration(
      static_cast<Duration::rep>(random_.u64() % static_cast<std::uint64_t>(most.count())));
}

void Line::damage(Buffer& bytes) {
  if (bytes.empty()) return;
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (conditions_.corrupt > 0 && random_.chance(conditions_.corrupt)) {
    for (std::uint32_t bits = 1 + random_.below(4); bits > 0; --bits) {
      const std::uint32_t at = random_.below(size);
      bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << random_.below(8)));
    }
  }
  if (conditions_.truncate > 0 && random_.chance(conditions_.truncate))
    bytes.resize(random_.below(size));
}

}  // namespace specter::simulation
