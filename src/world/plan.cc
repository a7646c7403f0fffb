#include "world/plan.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <xxhash.h>

#include "simulation/random.h"

namespace specter::world {
namespace {

using simulation::SeededRandom;

constexpr std::int64_t kLeastHealMs = 8'000, kMostHealMs = 40'000;

std::int64_t between(SeededRandom& random, std::int64_t least, std::int64_t most) {
  return least +
         static_cast<std::int64_t>(random.u64() % static_cast<std::uint64_t>(most - least + 1));
}

// Logarithmic: each power of two as likely as the next, without floating point.
std::int64_t draw(SeededRandom& random, const Range& range) {
  if (range.most <= range.least) return range.least;
  if (!range.is_logarithmic) return between(random, range.least, range.most);
  const auto bits = [](std::int64_t n) {
    return static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(n)));
  };
  const std::int64_t magnitude = between(random, bits(range.least), bits(range.most));
  const std::int64_t low = std::max(range.least, std::int64_t{1} << (magnitude - 1));
  const std::int64_t high = std::min(range.most, (std::int64_t{1} << magnitude) - 1);
  return low > high ? range.least : between(random, low, high);
}

// They mean something at the beginning alone.
bool begins_at_once(Kind kind) { return kind == Kind::LatePath || kind == Kind::ForgedAlerts; }

// A life that is to go well keeps within what its row calls mild.
struct Drawer {
  std::uint64_t seed;
  std::int64_t heals_at;
  bool is_mild;

  void draw_kind(const Row& row, std::vector<Step>& steps) const {
    SeededRandom random(seed * 0x2545F4914F6CDD1D + XXH3_64bits(row.name.data(), row.name.size()));
    if (random.below(static_cast<std::uint32_t>(row.one_in)) > 0) return;
    const bool only_one = row.of_both_sides && random.chance(0.5);
    const Side first = random.chance(0.5) ? Side::A : Side::B;
    for (const Side side : {first, other(first)}) {
      const auto many = static_cast<std::uint32_t>(row.at_most);
      for (std::uint32_t i = 0, count = 1 + random.below(many); i < count; ++i)
        draw_step(row, side, random, steps);
      if (!row.of_both_sides || only_one) break;
    }
  }

  void draw_step(const Row& row, Side side, SeededRandom& random, std::vector<Step>& steps) const {
    Step step{.kind = row.kind, .side = side};
    step.a = draw(random, row.a);
    step.b = draw(random, row.b);
    step.c = draw(random, row.c);
    std::int64_t most = row.most_ms;
    if (is_mild) {
      if (row.mild_a == 0 || (row.when == When::ForATime && row.mild_ms == 0)) return;
      if (row.mild_a > 0) step.a = std::min(step.a, row.mild_a);
      most = row.mild_ms;
    }
    if (row.when == When::AtOneMoment) step.at = between(random, 0, heals_at - 1);
    if (row.when == When::ForATime) {
      step.lasts = draw(random, {200, most, true});
      step.at = between(random, 0, std::max<std::int64_t>(0, heals_at - step.lasts));
      if (random.chance(0.25) || begins_at_once(row.kind)) step.at = 0;
      // Attackers go on, and so do paths that are small.
      step.lasts = std::min(step.lasts, heals_at - step.at);
    }
    if (row.kind == Kind::Glare) step.at = between(random, 0, 1000);
    if (row.kind == Kind::Latency && is_mild) step.a = std::min<std::int64_t>(step.a, 150);
    steps.push_back(step);
  }
};

bool may(const Kinds& kinds, Kind kind) {
  return kinds.empty() ? !is_of_sctp_alone(kind) : std::ranges::find(kinds, kind) != kinds.end();
}

template <class T>
bool parse_number(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(at), text.size());
    if (end > 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::optional<Step> parse_step(std::string_view line) {
  const auto words = split(line, ' ');
  const Row* const row = find_row(words.front());
  if (!row) return std::nullopt;
  Step step{.kind = row->kind};
  for (const std::string_view word : std::span(words).subspan(1)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    if (name == "side") {
      if (value != "a" && value != "b") return std::nullopt;
      step.side = value == "a" ? Side::A : Side::B;
      continue;
    }
    std::int64_t* const into = name == "at"      ? &step.at
                               : name == "lasts" ? &step.lasts
                               : name == "a"     ? &step.a
                               : name == "b"     ? &step.b
                               : name == "c"     ? &step.c
                                                 : nullptr;
    if (!into || !parse_number(value, *into)) return std::nullopt;
  }
  return step;
}

}  // namespace

const Step* Plan::find(Kind kind, Side side) const {
  for (const Step& step : steps) {
    if (step.kind == kind && step.side == side) return &step;
  }
  return nullptr;
}

const Step* Plan::find(Kind kind) const {
  const Step* const of_a = find(kind, Side::A);
  return of_a ? of_a : find(kind, Side::B);
}

std::optional<Kinds> parse_kinds(std::string_view names) {
  Kinds kinds;
  for (const std::string_view name : split(names, ',')) {
    const std::size_t before = kinds.size();
    for (const Row& each : rows()) {
      if (each.name == name || each.family == name) kinds.push_back(each.kind);
    }
    if (kinds.size() == before) return std::nullopt;
  }
  return kinds;
}

Plan draw(std::uint64_t seed, const Kinds& kinds) {
  SeededRandom random(seed ^ 0x5bd1e995);
  const std::int64_t heals_at = between(random, kLeastHealMs, kMostHealMs);
  Plan plan{.seed = seed, .heals_at = heals_at, .steps = {}};
  const Drawer drawer{seed, heals_at, random.chance(0.5)};
  std::vector<Step> drawn;
  for (const Row& each : rows()) {
    if (may(kinds, each.kind)) drawer.draw_kind(each, drawn);
  }
  // In the order of their times; those of one time as they were drawn.
  for (const Step& step : drawn)
    plan.steps.insert(std::ranges::upper_bound(plan.steps, step.at, {}, &Step::at), step);
  return plan;
}

std::string to_text(const Plan& plan) {
  std::string out = fmt::format("seed {}\nheals {}\n", plan.seed, plan.heals_at);
  for (const Step& step : plan.steps) {
    out += fmt::format("{} side={}", row(step.kind).name, step.side == Side::A ? "a" : "b");
    for (const auto& [name, value] : {std::pair{"at", step.at},
                                      {"lasts", step.lasts},
                                      {"a", step.a},
                                      {"b", step.b},
                                      {"c", step.c}}) {
      if (value != 0) out += fmt::format(" {}={}", name, value);
    }
    out += '\n';
  }
  return out;
}

std::optional<Plan> parse_plan(std::string_view text) {
  Plan plan;
  for (const std::string_view line : split(text, '\n')) {
    if (line.front() == '#') continue;
    if (line.starts_with("seed ")) {
      if (!parse_number(line.substr(5), plan.seed)) return std::nullopt;
    } else if (line.starts_with("heals ")) {
      if (!parse_number(line.substr(6), plan.heals_at)) return std::nullopt;
    } else if (const auto step = parse_step(line)) {
      plan.steps.push_back(*step);
    } else {
      return std::nullopt;
    }
  }
  if (plan.heals_at < 0 || plan.heals_at > 600'000) return std::nullopt;
  return plan;
}

std::string describe(const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) out += to_string(step) + '\n';
  return out + fmt::format("The world heals at {}.{:03} s.\n", plan.heals_at / 1000,
                           plan.heals_at % 1000);
}

}  // namespace specter::world
