// What the trials came to: for programs, for a terminal, for a page and for the eye.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/bench/link/runs.h"
#include "cli/json.h"

namespace specter::cli::bench {

struct LinkReport {
  Json parameters;                // of the command line
  std::string command;            // that makes the same again
  std::vector<Outcome> one, two;  // flows

  // The first trial that could not be done, or nothing.
  const Outcome* failed() const;
};

Json to_json(const LinkReport& report);
std::string to_table(const LinkReport& report);
// `figure`: the name of an SVG file that is to be shown, or empty.
std::string to_markdown(const LinkReport& report, const std::string& figure);
// One panel for each loss (a row) and each rate with each queue (a column): goodput over round-trip
// time, a line a controller. Readable on light ground and on dark.
std::string to_svg(const LinkReport& report);

// Runs of outcomes that share a rate and a queue, in their order.
std::vector<std::vector<const Outcome*>> by_line(const std::vector<Outcome>& outcomes);

double milliseconds(Duration time);
double line_percent(const Outcome& outcome);  // of the line, steady, all flows; when it is measured

}  // namespace specter::cli::bench
