// For tests: two associations and the path between them.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "sctp/association.h"
#include "sctp/packet/packet.h"
#include "testing/pair.h"

namespace specter::sctp {

using namespace std::chrono_literals;

inline constexpr Ppid kPpid{53};

struct Duo {
  explicit Duo(simulation::LinkOptions link = {}, Association::Config config_a = {},
               Association::Config config_b = {})
      : random_a(2 * link.seed + 1),
        random_b(2 * link.seed + 2),
        a(config_a, random_a),
        b(config_b, random_b),
        pair(a, b, link) {}

  Timestamp now() const { return pair.now(); }
  Duo& connect() {
    a.connect(now());
    b.connect(now());
    pair.run_until([&] { return a.is_established() && b.is_established(); }, 60s);
    return *this;
  }

  simulation::SeededRandom random_a, random_b;
  Association a, b;
  testing::Pair<Association> pair;
};

// Bytes that a number decides, so that each message tells who it is.
inline Buffer pattern(std::size_t size, std::uint64_t seed) {
  Buffer bytes(size);
  simulation::SeededRandom(seed).fill(bytes);
  return bytes;
}

template <class T>
std::vector<T> all(const std::vector<Association::Event>& events) {
  std::vector<T> out;
  for (const auto& event : events)
    if (const T* one = std::get_if<T>(&event)) out.push_back(*one);
  return out;
}

template <class T>
std::size_t count(const std::vector<Association::Event>& events) {
  return static_cast<std::size_t>(std::ranges::count_if(
      events, [](const auto& event) { return std::holds_alternative<T>(event); }));
}

inline std::vector<ChunkType> chunk_types(Bytes packet) {
  std::vector<ChunkType> out;
  if (const auto view = PacketView::parse(packet, ZeroChecksum::Accepted)) {
    ChunkReader chunks(view->chunks);
    while (const auto chunk = chunks.next()) out.push_back(chunk->type);
  }
  return out;
}

inline bool has(Bytes packet, ChunkType type) {
  const auto types = chunk_types(packet);
  return std::ranges::find(types, type) != types.end();
}

// User data, in whichever way was agreed.
inline bool carries_data(Bytes packet) {
  return has(packet, ChunkType::Data) || has(packet, ChunkType::IData);
}

}  // namespace specter::sctp
