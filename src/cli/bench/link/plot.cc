// The report as a picture: many small panels, in SVG.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/bench/link/report.h"

namespace specter::cli::bench {
namespace {

// All in the units of the picture.
constexpr double kPanelWidth = 168, kPanelHeight = 118, kGap = 14;
constexpr double kLeft = 96, kTop = 118, kRight = 20, kBottom = 62;
constexpr double kInset = 14;  // of the first and the last round-trip time in a panel

// Colours that differ in hue and in lightness, and lines that differ without them.
constexpr std::string_view kStyle = R"svg(  <style>
    svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-size: 12px; }
    .ground { fill: #ffffff; } .panel { fill: #f6f8fa; stroke: #d0d7de; }
    .grid { stroke: #d8dee4; stroke-width: 1; }
    text { fill: #1f2328; } .small { font-size: 11px; } .faint { fill: #59636e; }
    .title { font-size: 17px; font-weight: 600; } .head { font-weight: 600; }
    .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
    .cubic { stroke: #0a58ca; } .bbr { stroke: #c2410c; stroke-dasharray: 7 4; }
    .reno { stroke: #15803d; stroke-dasharray: 1 4; }
    circle { stroke: none; } circle.cubic { fill: #0a58ca; } circle.bbr { fill: #c2410c; }
    circle.reno { fill: #15803d; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117; } .panel { fill: #151b23; stroke: #3d444d; }
      .grid { stroke: #2a313a; }
      text { fill: #f0f6fc; } .faint { fill: #9198a1; }
      .cubic { stroke: #6cb0ff; } .bbr { stroke: #ff9d5c; } .reno { stroke: #56d364; }
      circle.cubic { fill: #6cb0ff; } circle.bbr { fill: #ff9d5c; } circle.reno { fill: #56d364; }
    }
  </style>
)svg";

// The different values that the outcomes have there, in their order.
template <class Get>
auto values(const std::vector<Outcome>& outcomes, Get get) {
  std::vector<decltype(get(outcomes.front()))> out;
  for (const Outcome& outcome : outcomes)
    if (const auto value = get(outcome); std::ranges::find(out, value) == out.end())
      out.push_back(value);
  return out;
}

class Plot {
 public:
  explicit Plot(const std::vector<Outcome>& outcomes)
      : columns_(by_line(outcomes)),
        losses_(values(outcomes, [](const Outcome& o) { return o.tried.loss_percent; })),
        round_trips_(values(outcomes, [](const Outcome& o) { return o.tried.round_trip_ms; })),
        controls_(values(outcomes, [](const Outcome& o) { return o.tried.trial.flows.front(); })) {}

  std::string draw() {
    const double width =
        std::max(620.0, panel_left(columns_.size()) - kGap + kRight);  // the heading's at least
    const double height = panel_top(losses_.size()) - kGap + kBottom;
    put(R"svg(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0:.0f} {1:.0f}" width="{0:.0f}" )svg"
        R"svg(height="{1:.0f}" role="img" aria-labelledby="title">)svg"
        "\n",
        width, height);
    put("  <title id=\"title\">Goodput over simulated links, by round-trip time</title>\n");
    out_ += kStyle;
    put(R"svg(  <rect class="ground" width="{:.0f}" height="{:.0f}"/>)svg"
        "\n",
        width, height);
    heading();
    for (std::size_t column = 0; column < columns_.size(); ++column)
      for (std::size_t row = 0; row < losses_.size(); ++row) panel(column, row);
    const double middle = (kLeft + panel_left(columns_.size()) - kGap) / 2;
    text(middle, height - 16, "middle", "faint", "round-trip time without the queue, ms");
    put(R"svg(  <text class="faint" text-anchor="middle" transform="translate(18 {:.1f}) rotate(-90)">)svg"
        "goodput, % of the line</text>\n",
        (kTop + panel_top(losses_.size()) - kGap) / 2);
    return out_ + "</svg>\n";
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }
  // All that is written here is made of numbers and of words of ours: nothing to escape.
  void text(double x, double y, std::string_view anchor, std::string_view style,
            std::string_view words) {
    put(R"svg(  <text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>)svg"
        "\n",
        x, y, anchor, style, words);
  }

  static double panel_left(std::size_t column) {
    return kLeft + static_cast<double>(column) * (kPanelWidth + kGap);
  }
  static double panel_top(std::size_t row) {
    return kTop + static_cast<double>(row) * (kPanelHeight + kGap);
  }
  static double y_of(std::size_t row, double percent) {
    return panel_top(row) + kPanelHeight * (1 - std::clamp(percent, 0.0, 100.0) / 100);
  }
  // Evenly spaced, whatever the times are: the short ones are to be told apart.
  double x_of(std::size_t column, double round_trip) const {
    const auto at = std::ranges::find(round_trips_, round_trip) - round_trips_.begin();
    const auto steps = static_cast<double>(std::max<std::size_t>(round_trips_.size(), 2) - 1);
    return panel_left(column) + kInset +
           (kPanelWidth - 2 * kInset) * static_cast<double>(at) / steps;
  }

  void heading() {
    text(kLeft, 30, "start", "title", "What a data channel gets out of a link");
    text(kLeft, 50, "start", "faint small",
         "One flow between two sans-IO peer connections in virtual time; the second half of each "
         "run");
    double x = kLeft;
    for (const CongestionControl control : controls_) {
      put(R"svg(  <path class="line {0}" d="M {1:.1f} 70 h 34"/><circle class="{0}" cx="{2:.1f}" )svg"
          R"svg(cy="70" r="3"/>)svg"
          "\n",
          name_of(control), x, x + 17);
      text(x + 42, 74, "start", "", name_of(control));
      x += 110;
    }
  }

  void panel(std::size_t column, std::size_t row) {
    const double left = panel_left(column), top = panel_top(row);
    put(R"svg(  <rect class="panel" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>)svg"
        "\n",
        left, top, kPanelWidth, kPanelHeight);
    for (const double percent : {25.0, 50.0, 75.0})
      put(R"svg(  <path class="grid" d="M {:.1f} {:.1f} h {:.1f}"/>)svg"
          "\n",
          left, y_of(row, percent), kPanelWidth);
    if (column == 0) {
      for (const double percent : {0.0, 50.0, 100.0})
        text(left - 6, y_of(row, percent) + 4, "end", "small faint", fmt::format("{}", percent));
      put(R"svg(  <text class="head" text-anchor="middle" transform="translate({:.1f} {:.1f}) )svg"
          R"svg(rotate(-90)">{} % lost</text>)svg"
          "\n",
          left - 46, top + kPanelHeight / 2, losses_[row]);
    }
    if (row == 0) {
      const Case& tried = columns_[column].front()->tried;
      text(left + kPanelWidth / 2, top - 24, "middle", "head",
           fmt::format("{} Mbit/s", tried.rate_mbit_per_s));
      text(left + kPanelWidth / 2, top - 9, "middle", "small",
           fmt::format("queue {}", tried.queue.name()));
    }
    if (row + 1 == losses_.size()) {
      for (const double round_trip : round_trips_)
        text(x_of(column, round_trip), top + kPanelHeight + 16, "middle", "small faint",
             fmt::format("{}", round_trip));
    }
    for (const CongestionControl control : controls_) curve(column, row, control);
  }

  void curve(std::size_t column, std::size_t row, CongestionControl control) {
    std::string path, points;
    for (const Outcome* outcome : columns_[column]) {
      if (outcome->tried.loss_percent != losses_[row] ||
          outcome->tried.trial.flows.front() != control || !outcome->measured)
        continue;
      const double x = x_of(column, outcome->tried.round_trip_ms);
      const double y = y_of(row, line_percent(*outcome));
      path += fmt::format("{} {:.1f} {:.1f} ", path.empty() ? "M" : "L", x, y);
      points += fmt::format(R"svg(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="2.6">)svg"
                            "<title>{}: {:.1f} %</title></circle>",
                            name_of(control), x, y, outcome->tried.name(), line_percent(*outcome));
    }
    if (path.empty()) return;
    path.pop_back();
    put(R"svg(  <path class="line {}" d="{}"/>{})svg"
        "\n",
        name_of(control), path, points);
  }

  const std::vector<std::vector<const Outcome*>> columns_;
  const std::vector<double> losses_, round_trips_;
  const std::vector<CongestionControl> controls_;
  std::string out_;
};

}  // namespace

std::string to_svg(const LinkReport& report) { return Plot(report.one).draw(); }

}  // namespace specter::cli::bench
