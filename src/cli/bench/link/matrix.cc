#include "cli/bench/link/matrix.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace specter::cli::bench {
namespace {

constexpr double kLeastSeconds = 10, kLeastRoundTrips = 100;
constexpr double kLongerForTwo = 3;

Duration to_duration(double seconds) {
  return Duration(static_cast<Duration::rep>(std::llround(seconds * 1e9)));
}

double seconds_of(const Case& each, double seconds, double longer) {
  if (seconds > 0) return seconds;
  return longer * std::max(kLeastSeconds, kLeastRoundTrips * each.round_trip_ms * 1e-3);
}

using Flows = std::vector<CongestionControl>;

std::vector<Case> cases(const Matrix& matrix, const std::vector<Flows>& flows, double seconds,
                        double longer, std::uint64_t seed) {
  std::vector<Case> out;
  const auto add = [&](double rate, const QueueSize& queue, double round_trip, double loss) {
    Case each{.round_trip_ms = round_trip,
              .loss_percent = loss,
              .rate_mbit_per_s = rate,
              .queue = queue,
              .trial = {}};
    const auto bits = static_cast<std::uint64_t>(std::llround(rate * 1e6));
    each.trial.path = {.round_trip = to_duration(round_trip * 1e-3),
                       .loss = loss * 1e-2,
                       .rate_bits_per_second = bits,
                       .queue_bytes = queue.on(bits, to_duration(round_trip * 1e-3))};
    each.trial.time = to_duration(seconds_of(each, seconds, longer));
    each.trial.seed = seed;
    for (const Flows& some : flows) {
      each.trial.flows = some;
      out.push_back(each);
    }
  };
  for (const double rate : matrix.rates_mbit_per_s)
    for (const QueueSize& queue : matrix.queues)
      for (const double round_trip : matrix.round_trips_ms)
        for (const double loss : matrix.losses_percent) add(rate, queue, round_trip, loss);
  return out;
}

}  // namespace

Result<QueueSize> QueueSize::parse(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double bytes = unit == "B" ? 1 : unit == "kB" ? 1e3 : unit == "MB" ? 1e6 : 0;
  if (error == std::errc{} && std::isfinite(number)) {
    if (unit.empty() && number > 0 && number <= 100) return QueueSize{.products = number};
    if (bytes > 0 && number * bytes >= 1500 && number * bytes <= 1e9)
      return QueueSize{.bytes = static_cast<std::size_t>(std::llround(number * bytes))};
  }
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} is no size of a queue: give a number of bandwidth-delay products up "
                          "to 100, such as 0.5, or 1500 bytes to 1000 MB, such as 256kB",
                          text));
}

std::size_t QueueSize::on(std::uint64_t rate_bits_per_second, Duration round_trip) const {
  if (bytes > 0) return bytes;
  const double product = static_cast<double>(rate_bits_per_second) / 8 *
                         std::chrono::duration<double>(round_trip).count();
  return static_cast<std::size_t>(
      std::llround(products * std::max(product, static_cast<double>(kLeastProductBytes))));
}

std::string QueueSize::name() const {
  if (bytes == 0) return products == 0.5 ? "½ BDP" : fmt::format("{} BDP", products);
  if (bytes % 1000 != 0) return fmt::format("{} B", bytes);
  if (bytes % 1'000'000 != 0) return fmt::format("{} kB", bytes / 1000);
  return fmt::format("{} MB", bytes / 1'000'000);
}

std::string Case::name() const {
  std::string flows;
  for (const CongestionControl control : trial.flows)
    flows += fmt::format("{}{}", flows.empty() ? "" : " and ", name_of(control));
  return fmt::format("{} ms, {} % lost, {} Mbit/s, queue {}, {}", round_trip_ms, loss_percent,
                     rate_mbit_per_s, queue.name(), flows);
}

std::vector<Case> cases_of_one(const Matrix& matrix, double seconds, std::uint64_t seed) {
  std::vector<Flows> flows;
  flows.reserve(matrix.controls.size());
  for (const CongestionControl control : matrix.controls) flows.push_back({control});
  return cases(matrix, flows, seconds, 1, seed);
}

std::vector<Case> cases_of_two(const Matrix& matrix, double seconds, std::uint64_t seed) {
  std::vector<Flows> flows;
  const std::size_t controls = matrix.controls.size();
  flows.reserve(controls * (controls + 1) / 2);
  for (const CongestionControl control : matrix.controls) flows.push_back({control, control});
  for (auto one = matrix.controls.begin(); one != matrix.controls.end(); ++one)
    for (auto other = one + 1; other != matrix.controls.end(); ++other)
      flows.push_back({*one, *other});
  return cases(matrix, flows, seconds, kLongerForTwo, seed);
}

}  // namespace specter::cli::bench
