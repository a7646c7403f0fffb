#include "cli/bench/report.h"

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench/progress.h"

#include "specter/specter.h"

namespace specter::cli::bench {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Report sample() {
  Report report("data", {{"size", 100}, {"loopback", "only"}});
  report.add("gbit_per_s", 2.5, "throughput", "2.50 Gbit/s");
  report.add("messages", 7);
  report.tell("check", "each message was sound");
  report.add_percentiles("open_", "ms", {.count = 4, .p50 = 1, .p90 = 2, .p99 = 3, .max = 4.125},
                         "open");
  return report;
}

TEST(Report, TheTableHasTheParametersAndAlignedRows) {
  const std::string table = sample().table();
  EXPECT_THAT(table, StartsWith("specter " + std::string(version()) +
                                " bench data: size 100, loopback only\n"));
  EXPECT_THAT(table, EndsWith("\n"
                              "  throughput  2.50 Gbit/s\n"
                              "  check       each message was sound\n"
                              "  open        p50 1.00, p90 2.00, p99 3.00, max 4.12 ms\n"));
}

TEST(Report, OnATerminalTheTitleAndTheLabelsAreBoldAndTheCheckIsGreen) {
  const std::string table = sample().table(Colours::On);
  EXPECT_THAT(table, StartsWith("\033[1mspecter " + std::string(version()) +
                                " bench data\033[0m: size 100, loopback only\n"));
  EXPECT_THAT(table,
              HasSubstr("  \033[1mcheck     \033[0m  \033[32meach message was sound\033[0m\n"));
}

TEST(Report, ManyParametersAreWrapped) {
  Json parameters;
  for (int i = 0; i < 20; ++i) parameters["parameter_" + std::to_string(i)] = i;
  std::istringstream lines(Report("data", parameters).table());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
}

TEST(ProgressBar, ShowsTheShare) {
  EXPECT_EQ(progress_bar(0), "[------------------------------]   0 %");
  EXPECT_EQ(progress_bar(0.5), "[###############---------------]  50 %");
  EXPECT_EQ(progress_bar(1.7), "[##############################] 100 %");
}

TEST(Report, TheObjectHasEachNumberUnderItsKey) {
  const Json json = sample().json();
  EXPECT_EQ(json["bench"], "data");
  EXPECT_EQ(json["ok"], true);
  EXPECT_EQ(json["parameters"], (Json{{"size", 100}, {"loopback", "only"}}));
  EXPECT_EQ(json["gbit_per_s"], 2.5);
  EXPECT_EQ(json["messages"], 7);
  EXPECT_EQ(json["open_p50_ms"], 1);
  EXPECT_EQ(json["open_max_ms"], 4.125);
  EXPECT_FALSE(json.contains("check"));
  EXPECT_GE(json["cpus"].get<int>(), 1);
}

}  // namespace
}  // namespace specter::cli::bench
