// A bulk transfer between two sans-IO peer connections in one thread: what our own code costs a
// byte, without sockets, threads and mailboxes. Both ends are in the figure.
#include <benchmark/benchmark.h>

#include "testing/bulk_transfer.h"

namespace specter {
namespace {

void bulk(benchmark::State& state, bool interleaving) {
  ConnectionOptions configuration;
  configuration.data.interleaving = interleaving;
  testing::BulkTransfer pair(configuration);
  const Buffer message(static_cast<std::size_t>(state.range(0)), 0x5a);
  constexpr std::size_t kBytes = 16 << 20;
  pair.transfer(message, kBytes);
  const auto before = pair.packets();
  for ([[maybe_unused]] auto _ : state) pair.transfer(message, kBytes);
  const auto bytes =
      static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(kBytes);
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(bytes / state.range(0));
  state.counters["packets"] =
      benchmark::Counter(static_cast<double>(pair.packets() - before), benchmark::Counter::kIsRate);
}
BENCHMARK_CAPTURE(bulk, data, false)
    ->Arg(64 << 10)
    ->Arg(1 << 10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bulk, idata, true)  // RFC 8260
    ->Arg(64 << 10)
    ->Arg(1 << 10)
    ->Arg(100)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace specter
