#include "cli/bench/link/report.h"

#include <algorithm>
#include <sstream>

#include <gmock/gmock.h>

namespace specter::cli::bench {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

LinkReport some_report() {
  const Matrix matrix{.round_trips_ms = {12, 200},
                      .losses_percent = {0, 1},
                      .rates_mbit_per_s = {100},
                      .queues = {{.products = 0.5}, {.bytes = 256'000}},
                      .controls = {CongestionControl::Cubic, CongestionControl::Bbr}};
  LinkReport report{
      .parameters = {{"seconds", nullptr}}, .command = "specter bench link", .one = {}, .two = {}};
  for (const Case& each : cases_of_one(matrix, 0, 1))
    report.one.push_back({each, Measured{.flows = {{.opening = 24ms,
                                                    .steady_bits_per_second = 93.5e6,
                                                    .whole_bits_per_second = 91e6,
                                                    .steady_sent_again = 0.0012}},
                                         .steady_mean_queue = 3400us,
                                         .steady_largest_queue = 23ms}});
  for (const Case& each : cases_of_two(matrix, 0, 1))
    report.two.push_back({each, Measured{.flows = {{.steady_bits_per_second = 60e6},
                                                   {.steady_bits_per_second = 30e6}}}});
  return report;
}

TEST(LinkReport, ForPrograms) {
  const Json json = to_json(some_report());
  EXPECT_EQ(json["ok"], true);
  ASSERT_EQ(json["one_flow"].size(), 16u);
  const Json& first = json["one_flow"][0];
  EXPECT_EQ(first["queue"], "½ BDP");
  EXPECT_EQ(first["queue_bytes"], 75'000);
  EXPECT_EQ(first["line_percent"], 93.5);
  EXPECT_EQ(first["mean_queue_ms"], 3.4);
  EXPECT_FALSE(first.contains("jain_index"));
  EXPECT_EQ(first["flows"][0]["congestion_control"], "cubic");
  EXPECT_EQ(first["flows"][0]["open_ms"], 24);
  EXPECT_EQ(first["flows"][0]["sent_again_percent"], 0.12);
  EXPECT_EQ(json["two_flows"][0]["jain_index"], 0.9);
}

TEST(LinkReport, ForATerminal) {
  const std::string table = to_table(some_report());
  EXPECT_THAT(table, HasSubstr("One flow, 100 Mbit/s, queue ½ BDP\n"));
  EXPECT_THAT(table, HasSubstr("Two flows, 100 Mbit/s, queue 256 kB\n"));
  EXPECT_THAT(table, HasSubstr("   12 ms    0 %  cubic      93.5   93.5 %    91.0     3.4 ms"));
  EXPECT_THAT(table, HasSubstr("  60.0 + 30.0"));
}

TEST(LinkReport, AsAPageWithRowsOfOneWidth) {
  const std::string page = to_markdown(some_report(), "link.svg");
  EXPECT_THAT(page, HasSubstr("](link.svg)"));
  EXPECT_THAT(page, HasSubstr("| 200 | 1 | 93.5 (94 %) | 91.0 | 3.4 / 23 | 0.12 | 93.5 (94 %)"));
  std::istringstream lines(page);
  std::string line;
  std::ptrdiff_t width = 0;
  int rows = 0;
  while (std::getline(lines, line)) {
    const auto cells = line.starts_with('|') ? std::ranges::count(line, '|') : 0;
    if (cells && width) {
      EXPECT_EQ(cells, width) << line;
    }
    if (cells) ++rows;
    width = cells;
  }
  EXPECT_EQ(rows, 2 * (2 + 4) + 2 * (2 + 12));
  EXPECT_THAT(to_markdown(some_report(), ""), Not(HasSubstr("![")));
}

TEST(LinkReport, WhatCouldNotBeDoneIsSaid) {
  LinkReport report = some_report();
  EXPECT_EQ(report.failed(), nullptr);
  report.one[3].measured = fail(ErrorCode::Network, "the connection failed");
  report.two[0].measured = fail(ErrorCode::Timeout, "too late");
  ASSERT_EQ(report.failed(), &report.one[3]);
  const Json json = to_json(report);
  EXPECT_EQ(json["ok"], false);
  EXPECT_EQ(json["error"]["message"],
            "12 ms, 1 % lost, 100 Mbit/s, queue ½ BDP, bbr: the connection failed");
  EXPECT_EQ(json["one_flow"][3]["error"], "the connection failed");
  EXPECT_EQ(json["one_flow"].size(), 16u);
  for (const std::string& text : {to_table(report), to_markdown(report, "")}) {
    EXPECT_THAT(text, HasSubstr("the connection failed"));
    EXPECT_THAT(text, HasSubstr("too late"));
  }
  EXPECT_THAT(to_svg(report), Not(HasSubstr("too late")));
}

std::size_t count(const std::string& text, std::string_view piece) {
  std::size_t found = 0;
  for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

TEST(LinkReport, AsAPictureWithAPanelALossAndLine) {
  const std::string svg = to_svg(some_report());
  EXPECT_EQ(count(svg, "<rect class=\"panel\""), 4u);
  EXPECT_EQ(count(svg, "<path class=\"line cubic\""), 4u + 1);  // and the legend's
  EXPECT_EQ(count(svg, "<path class=\"line reno\""), 0u);
  EXPECT_EQ(count(svg, "<circle class=\"bbr\""), 8u + 1);
  EXPECT_THAT(svg, HasSubstr("prefers-color-scheme: dark"));
}

TEST(LinkReport, APictureOfNothingIsEmpty) {
  const std::string svg = to_svg(LinkReport{});
  EXPECT_EQ(count(svg, "<rect class=\"panel\""), 0u);
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

}  // namespace
}  // namespace specter::cli::bench
