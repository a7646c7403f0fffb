// How long a handshake takes on a path of 200 ms round trip that loses much. Printed, and held
// against the project's bars.
#include <cstdlib>

#include <fmt/format.h>

#include "dtls/testing/ends.h"

namespace specter::dtls {
namespace {

// SPECTER_SEEDS=1000 for the figures of a report.
std::uint64_t seeds() {
  const char* const wanted = std::getenv("SPECTER_SEEDS");
  return wanted ? std::strtoull(wanted, nullptr, 10) : 200;
}

struct Bar {
  int loss;  // percent, each way
  Duration median, p95;
};

class LossSweep : public EachVersion {};
INSTANTIATE_TEST_SUITE_P(Versions, LossSweep, kBothVersions, version_name);

// The bars are what others have published of whole connections (docs/performance/dtls.md), less
// ICE's round trip of 200 ms.
TEST_P(LossSweep, IsNoSlowerThanOthers) {
  const Bar bars13[] = {
      {0, 550ms, 550ms}, {10, 550ms, 1000ms}, {25, 950ms, 2360ms}, {40, 5s, 8s}, {60, 12s, 20s}};
  const Bar bars12[] = {
      {0, 550ms, 550ms}, {10, 800ms, 3s}, {25, 1150ms, 8660ms}, {40, 5s, 9s}, {60, 12s, 20s}};
  for (const Bar& bar : is13() ? bars13 : bars12) {
    std::vector<Duration> times;
    std::uint64_t in_10s = 0, in_20s = 0, datagrams = 0;
    for (std::uint64_t seed = 1; seed <= seeds(); ++seed) {
      Ends ends(GetParam(), {.latency = 100ms, .loss = bar.loss / 100.0, .seed = seed}, seed);
      const bool done = ends.connect(60s);
      const Duration took = ends.pair.now() - simulation::kStart;
      times.push_back(took);
      in_10s += done && took <= 10s;
      in_20s += done && took <= 20s;
      datagrams += ends.client.counters().datagrams_sent + ends.server.counters().datagrams_sent;
    }
    std::ranges::sort(times);
    const auto at = [&](double part) {
      return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
    };
    fmt::print(
        "{} loss {:2} %: median {:5} ms, p95 {:5} ms, p99 {:5} ms, worst {:5} ms; {:.1f} "
        "datagrams\n",
        to_string(GetParam()), bar.loss, at(0.5) / 1ms, at(0.95) / 1ms, at(0.99) / 1ms, at(1) / 1ms,
        static_cast<double>(datagrams) / static_cast<double>(times.size()));
    EXPECT_LE(at(0.5), bar.median) << bar.loss;
    EXPECT_LE(at(0.95), bar.p95) << bar.loss;
    if (bar.loss <= 40) {
      EXPECT_EQ(in_10s, times.size()) << bar.loss;
    }
    EXPECT_GE(in_20s * 100, times.size() * 99) << bar.loss;
  }
}

}  // namespace
}  // namespace specter::dtls
