#include "codec/opus/concealment.h"

#include <algorithm>

#include "codec/opus/toc.h"

namespace specter::codec::opus {
namespace {

constexpr std::int64_t kMaxDuration = 5760;  // RFC 6716 §3.4 R5: 120 ms
constexpr unsigned kFirstHybrid = 12, kFirstCelt = 16;

std::uint32_t frame_duration_of(unsigned config) {
  const std::uint8_t toc[] = {static_cast<std::uint8_t>(config << 3)};
  return Toc::parse(toc)->frame_duration;
}

// RFC 6716 §3.1 table 2: the shortest frames of the same mode and bandwidth.
unsigned shortest(unsigned config) {
  const bool is_hybrid = config >= kFirstHybrid && config < kFirstCelt;
  return is_hybrid ? config & ~1u : config & ~3u;
}

// 2.5 ms, of the same bandwidth: but CELT has no medium band, and wideband is the next.
unsigned shortest_celt(unsigned config) {
  constexpr unsigned kNarrow = 16, kWide = 20, kSuperWide = 24, kFull = 28;
  if (config >= kFirstCelt) return shortest(config);
  if (config >= kFirstHybrid) return config < 14 ? kSuperWide : kFull;
  return config < 4 ? kNarrow : kWide;
}

}  // namespace

std::optional<Concealment> conceal(std::uint8_t toc, std::int64_t gap) {
  const unsigned before = toc >> 3;
  for (const unsigned config : {before, shortest(before), shortest_celt(before)}) {
    const std::int64_t duration = frame_duration_of(config);
    const std::int64_t frames = std::min(gap, kMaxDuration) / duration;
    if (frames < 1) continue;
    Concealment out{.packet = {static_cast<std::uint8_t>(config << 3 | (toc & 0x04))},
                    .size = 1,
                    .duration = static_cast<std::uint32_t>(frames * duration)};
    if (frames == 1) return out;
    // RFC 6716 §3.2.5, of equal sizes: all are zero.
    out.packet[0] |= 3;
    out.packet[1] = static_cast<std::uint8_t>(frames);
    out.size = 2;
    return out;
  }
  return std::nullopt;
}

}  // namespace specter::codec::opus
