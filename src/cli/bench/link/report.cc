#include "cli/bench/link/report.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "specter/specter.h"

namespace specter::cli::bench {
namespace {

// To so many places that people can read it, and programs lose nothing.
double rounded(double value) { return std::round(value * 1e4) / 1e4; }
double mbit(double bits) { return rounded(bits * 1e-6); }

Json place_of(const Case& tried) {
  return {{"rate_mbit_per_s", tried.rate_mbit_per_s},
          {"queue", tried.queue.name()},
          {"queue_bytes", tried.trial.path.queue_bytes},
          {"rtt_ms", tried.round_trip_ms},
          {"loss_percent", tried.loss_percent},
          {"seconds", rounded(std::chrono::duration<double>(tried.trial.time).count())}};
}

Json to_json(CongestionControl control, const FlowMeasured& flow) {
  return {{"congestion_control", name_of(control)},
          {"open_ms", rounded(milliseconds(flow.opening))},
          {"mbit_per_s", mbit(flow.steady_bits_per_second)},
          {"whole_mbit_per_s", mbit(flow.whole_bits_per_second)},
          {"sent_again_percent", rounded(100 * flow.steady_sent_again)},
          {"whole_sent_again_percent", rounded(100 * flow.whole_sent_again)},
          {"longest_silence_ms", rounded(milliseconds(flow.longest_silence))}};
}

Json to_json(const Outcome& outcome) {
  Json out = place_of(outcome.tried);
  if (!outcome.measured) {
    Json controls = Json::array();
    for (const CongestionControl control : outcome.tried.trial.flows)
      controls.push_back(name_of(control));
    out["congestion_control"] = std::move(controls);
    out["error"] = outcome.measured.error().message;
    return out;
  }
  const Measured& measured = *outcome.measured;
  out["mbit_per_s"] = mbit(measured.steady_bits_per_second());
  out["whole_mbit_per_s"] = mbit(measured.whole_bits_per_second());
  out["line_percent"] = rounded(line_percent(outcome));
  out["mean_queue_ms"] = rounded(milliseconds(measured.steady_mean_queue));
  out["largest_queue_ms"] = rounded(milliseconds(measured.steady_largest_queue));
  out["dropped_percent"] = rounded(100 * measured.steady_dropped);
  if (measured.flows.size() > 1) out["jain_index"] = rounded(measured.fairness());
  out["flows"] = Json::array();
  for (std::size_t i = 0; i < measured.flows.size(); ++i)
    out["flows"].push_back(to_json(outcome.tried.trial.flows[i], measured.flows[i]));
  return out;
}

Json to_json(const std::vector<Outcome>& outcomes) {
  Json out = Json::array();
  for (const Outcome& outcome : outcomes) out.push_back(to_json(outcome));
  return out;
}

}  // namespace

const Outcome* LinkReport::failed() const {
  for (const auto* outcomes : {&one, &two})
    for (const Outcome& outcome : *outcomes)
      if (!outcome.measured) return &outcome;
  return nullptr;
}

Json to_json(const LinkReport& report) {
  const Outcome* failed = report.failed();
  Json out{{"bench", "link"}, {"ok", failed == nullptr}, {"version", version()}};
  if (failed) {
    const Error& error = failed->measured.error();
    out["error"] = {{"name", to_string(error.code)},
                    {"message", fmt::format("{}: {}", failed->tried.name(), error.message)}};
  }
  out["parameters"] = report.parameters;
  out["one_flow"] = to_json(report.one);
  out["two_flows"] = to_json(report.two);
  return out;
}

std::vector<std::vector<const Outcome*>> by_line(const std::vector<Outcome>& outcomes) {
  std::vector<std::vector<const Outcome*>> out;
  for (const Outcome& outcome : outcomes) {
    const auto is_same = [&](const Outcome& other) {
      return other.tried.rate_mbit_per_s == outcome.tried.rate_mbit_per_s &&
             other.tried.queue == outcome.tried.queue;
    };
    if (out.empty() || !is_same(*out.back().front())) out.emplace_back();
    out.back().push_back(&outcome);
  }
  return out;
}

double milliseconds(Duration time) { return std::chrono::duration<double>(time).count() * 1e3; }

double line_percent(const Outcome& outcome) {
  return 100 * outcome.measured.value().steady_bits_per_second() /
         static_cast<double>(outcome.tried.trial.path.rate_bits_per_second);
}

}  // namespace specter::cli::bench
