#include "cli/bench/report.h"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/bench/process.h"
#include "cli/commands.h"
#include "cli/manual/help.h"
#include "cli/output.h"

#include "specter/specter.h"

namespace specter::cli::bench {

Report::Report(std::string_view bench, Json parameters)
    : json_{{"bench", bench},
            {"ok", true},
            {"version", version()},
            {"cpus", cpu_count()},
            {"load_average_1min", load_average()},
            {"parameters", std::move(parameters)}} {}

void Report::add(std::string_view key, Json value, std::string_view label, std::string text) {
  add(key, std::move(value));
  tell(label, std::move(text));
}

void Report::add(std::string_view key, Json value) { json_[std::string(key)] = std::move(value); }

void Report::tell(std::string_view label, std::string text) {
  rows_.push_back({.label = std::string(label), .text = std::move(text)});
}

void Report::add_percentiles(std::string_view prefix, std::string_view unit,
                             const Percentiles& values, std::string_view label) {
  add(fmt::format("{}p50_{}", prefix, unit), values.p50);
  add(fmt::format("{}p90_{}", prefix, unit), values.p90);
  add(fmt::format("{}p99_{}", prefix, unit), values.p99);
  add(fmt::format("{}max_{}", prefix, unit), values.max);
  tell(label, fmt::format("p50 {:.2f}, p90 {:.2f}, p99 {:.2f}, max {:.2f} {}", values.p50,
                          values.p90, values.p99, values.max, unit));
}

std::string Report::table(Colours colours) const {
  std::string parameters;
  for (const auto& [key, value] : json_["parameters"].items()) {
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    parameters += fmt::format("{}{} {}", parameters.empty() ? "" : ", ", key, text);
  }
  const std::string title = fmt::format("specter {} bench {}", json_["version"].get<std::string>(),
                                        json_["bench"].get<std::string>());
  std::string table = styled(colours, style::kBold, title);
  table += wrapped(title + ": ", 2, parameters).substr(title.size());
  table += styled(colours, style::kFaint,
                  fmt::format("{} cores, load {:.2f} before", json_["cpus"].get<std::size_t>(),
                              json_["load_average_1min"].get<double>())) +
           "\n";
  std::size_t width = 0;
  for (const Row& row : rows_) width = std::max(width, row.label.size());
  for (const Row& row : rows_) {
    const std::string label = fmt::format("{:<{}}", row.label, width);
    table +=
        fmt::format("  {}  {}\n", styled(colours, style::kBold, label),
                    row.label == "check" ? styled(colours, style::kGreen, row.text) : row.text);
  }
  return table;
}

int print(std::string_view bench, const Result<Report>& result, Format format) {
  Output output(STDOUT_FILENO);
  if (result) {
    std::string text =
        format == Format::Json ? to_line(result->json()) : result->table(colours_of(STDOUT_FILENO));
    if (text.ends_with('\n')) text.pop_back();
    output.line(text);
  } else if (format == Format::Json) {
    output.line(to_line(
        {{"bench", bench},
         {"ok", false},
         {"error",
          {{"name", to_string(result.error().code)}, {"message", result.error().message}}}}));
  } else {
    const std::string title = fmt::format("specter bench {}:", bench);
    fmt::print(stderr, "{} {}\n", styled(colours_of(STDERR_FILENO), style::kRed, title),
               result.error().message);
    if (result.error().code == ErrorCode::Timeout)
      fmt::print(stderr, "What to do: give it more time (--timeout), or less to do.\n");
  }
  output.flush();
  return result ? kSuccess : kFailure;
}

}  // namespace specter::cli::bench
