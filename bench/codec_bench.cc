// What a packet costs in the packetizers and depacketizers: a frame of 10 kB, payloads of 1,100
// bytes.
#include <algorithm>
#include <array>

#include <benchmark/benchmark.h>

#include "codec/codecs.h"

namespace specter::codec {
namespace {

constexpr std::size_t kFrameBytes = 10'000;
constexpr Room kRoom{1100, 1100};
constexpr std::array<const char*, 2> kNames = {"H264", "VP8"};

Buffer frame_of(std::string_view name) {
  Buffer frame(kFrameBytes, 0x55);
  const auto begin = name == "VP8" ? Buffer{0x31, 0x02, 0x00} : Buffer{0, 0, 0, 1, 0x41, 0x9a};
  std::ranges::copy(begin, frame.begin());
  return frame;
}

void tell_packets(benchmark::State& state, std::size_t packets) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(packets));
}

void packetize(benchmark::State& state) {
  const char* const name = kNames[static_cast<std::size_t>(state.range(0))];
  AnyPacketizer packetizer = *AnyPacketizer::of(name, {});
  const Buffer frame = frame_of(name);
  Pieces out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(packetizer.packetize({frame}, kRoom, out));
    benchmark::ClobberMemory();
  }
  tell_packets(state, out.all.size());
  state.SetLabel(name);
}
BENCHMARK(packetize)->DenseRange(0, 1);

void depacketize(benchmark::State& state) {
  const char* const name = kNames[static_cast<std::size_t>(state.range(0))];
  AnyPacketizer packetizer = *AnyPacketizer::of(name, {});
  AnyDepacketizer depacketizer = *AnyDepacketizer::of(name);
  const Buffer frame = frame_of(name);
  Pieces out;
  if (!packetizer.packetize({frame}, kRoom, out)) return state.SkipWithError("refused");
  std::vector<Buffer> payloads;
  for (const Piece& piece : out.all) {
    Buffer& payload = payloads.emplace_back(piece.prefix.view().begin(), piece.prefix.view().end());
    payload.insert(payload.end(), piece.body.begin(), piece.body.end());
  }
  std::uint32_t timestamp = 0;
  for (auto _ : state) {
    timestamp += 3000;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      depacketizer.handle_packet({payloads[i], timestamp, i + 1 == payloads.size()});
      while (auto got = depacketizer.poll_frame()) benchmark::DoNotOptimize(got->bytes.data());
    }
  }
  if (depacketizer.counts().frames != static_cast<std::uint64_t>(state.iterations()))
    state.SkipWithError("frames are missing");
  tell_packets(state, payloads.size());
  state.SetLabel(name);
}
BENCHMARK(depacketize)->DenseRange(0, 1);

}  // namespace
}  // namespace specter::codec
