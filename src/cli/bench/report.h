// What a bench found, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/bench/statistics.h"
#include "cli/colours.h"
#include "cli/json.h"

#include "specter/result.h"

namespace specter::cli::bench {

class Report {
 public:
  Report(std::string_view bench, Json parameters);

  // A key names its unit; `text` is a line of the table, under `label`.
  void add(std::string_view key, Json value, std::string_view label, std::string text);
  void add(std::string_view key, Json value);           // for programs only
  void tell(std::string_view label, std::string text);  // for people only
  // PREFIXp50_UNIT and so on.
  void add_percentiles(std::string_view prefix, std::string_view unit, const Percentiles& values,
                       std::string_view label);

  const Json& json() const { return json_; }  // one flat object, but for "parameters"
  std::string table(Colours colours = Colours::Off) const;

 private:
  struct Row {
    std::string label, text;
  };

  Json json_;
  std::vector<Row> rows_;
};

enum class Format { Table, Json };

// To stdout; an error for people to stderr. The exit code.
int print(std::string_view bench, const Result<Report>& result, Format format);

}  // namespace specter::cli::bench
