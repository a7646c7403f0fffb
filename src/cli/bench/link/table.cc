// The report on a terminal, and as a page in Markdown.
#include <algorithm>

#include <fmt/format.h>

#include "cli/bench/link/report.h"

#include "specter/specter.h"

namespace specter::cli::bench {
namespace {

std::string megabits(double bits) {
  const double value = bits * 1e-6;
  return fmt::format("{:.{}f}", value, value < 10 ? 2 : value < 100 ? 1 : 0);
}
std::string percent(double share) {
  return fmt::format("{:.{}f}", 100 * share, share < 0.0995 ? 2 : 1);
}
std::string wait(Duration time) {
  const double ms = milliseconds(time);
  return fmt::format("{:.{}f}", ms, ms < 9.95 ? 1 : 0);
}

std::string title_of(const Case& tried) {
  return fmt::format("{} Mbit/s, queue {}", tried.rate_mbit_per_s, tried.queue.name());
}

// ---- a terminal

std::string row_of_one(const Outcome& outcome) {
  const Case& tried = outcome.tried;
  std::string row =
      fmt::format("  {:>6}  {:>5}  {:<7}", fmt::format("{} ms", tried.round_trip_ms),
                  fmt::format("{} %", tried.loss_percent), name_of(tried.trial.flows.front()));
  if (!outcome.measured) return row + fmt::format("  {}\n", outcome.measured.error().message);
  const Measured& measured = *outcome.measured;
  const FlowMeasured& flow = measured.flows.front();
  return row + fmt::format("  {:>6}  {:>5.1f} %  {:>6}  {:>6} ms  {:>6} ms  {:>5} %\n",
                           megabits(flow.steady_bits_per_second), line_percent(outcome),
                           megabits(flow.whole_bits_per_second), wait(measured.steady_mean_queue),
                           wait(measured.steady_largest_queue), percent(flow.steady_sent_again));
}

std::string row_of_two(const Outcome& outcome) {
  const Case& tried = outcome.tried;
  const auto& flows = tried.trial.flows;
  std::string row =
      fmt::format("  {:>6}  {:>5}  {:<13}", fmt::format("{} ms", tried.round_trip_ms),
                  fmt::format("{} %", tried.loss_percent),
                  fmt::format("{} + {}", name_of(flows.front()), name_of(flows.back())));
  if (!outcome.measured) return row + fmt::format("  {}\n", outcome.measured.error().message);
  const Measured& measured = *outcome.measured;
  return row + fmt::format("  {:>6} + {:<6}  {:>5.3f}  {:>5.1f} %  {:>6} ms  {:>6} ms\n",
                           megabits(measured.flows.front().steady_bits_per_second),
                           megabits(measured.flows.back().steady_bits_per_second),
                           measured.fairness(), line_percent(outcome),
                           wait(measured.steady_mean_queue), wait(measured.steady_largest_queue));
}

// ---- a page

using Group = std::vector<const Outcome*>;

// "| 94.2 | 94 | 93.1 | 15 / 30 | 0.10 " and so on for one controller.
std::string cells_of(const Outcome& outcome) {
  if (!outcome.measured) return fmt::format("| {} | | | ", outcome.measured.error().message);
  const Measured& measured = *outcome.measured;
  const FlowMeasured& flow = measured.flows.front();
  return fmt::format("| {} ({:.0f} %) | {} | {} / {} | {} ", megabits(flow.steady_bits_per_second),
                     line_percent(outcome), megabits(flow.whole_bits_per_second),
                     wait(measured.steady_mean_queue), wait(measured.steady_largest_queue),
                     percent(flow.steady_sent_again));
}

// A row a path, the controllers side by side.
std::string page_of_one(const Group& group) {
  std::vector<std::string> controls;
  for (const Outcome* outcome : group) {
    const std::string name(name_of(outcome->tried.trial.flows.front()));
    if (std::ranges::find(controls, name) == controls.end()) controls.push_back(name);
  }
  std::string out = "| RTT, ms | loss, % |";
  for (const std::string& name : controls)
    out += fmt::format(" {} | whole | queue | again |", name);
  out += "\n| --: | --: |";
  for (std::size_t i = 0; i < controls.size(); ++i) out += " --: | --: | --: | --: |";
  for (std::size_t i = 0; i < group.size(); ++i) {
    const Case& tried = group[i]->tried;
    if (i % controls.size() == 0)
      out += fmt::format("{}\n| {} | {} ", i ? "|" : "", tried.round_trip_ms, tried.loss_percent);
    out += cells_of(*group[i]);
  }
  return out + "|\n";
}

std::string page_of_two(const Group& group) {
  std::string out =
      "| RTT, ms | loss, % | flows | Mbit/s each | Jain | together, % | queue |\n"
      "| --: | --: | --- | --: | --: | --: | --: |\n";
  for (const Outcome* outcome : group) {
    const Case& tried = outcome->tried;
    out += fmt::format("| {} | {} | {}, {} ", tried.round_trip_ms, tried.loss_percent,
                       name_of(tried.trial.flows.front()), name_of(tried.trial.flows.back()));
    if (!outcome->measured) {
      out += fmt::format("| {} | | | |\n", outcome->measured.error().message);
      continue;
    }
    const Measured& measured = *outcome->measured;
    out += fmt::format("| {}, {} | {:.3f} | {:.0f} | {} / {} |\n",
                       megabits(measured.flows.front().steady_bits_per_second),
                       megabits(measured.flows.back().steady_bits_per_second), measured.fairness(),
                       line_percent(*outcome), wait(measured.steady_mean_queue),
                       wait(measured.steady_largest_queue));
  }
  return out;
}

}  // namespace

std::string to_table(const LinkReport& report) {
  std::string out = fmt::format("specter {}: {}\n", version(), report.command);
  out += "Simulated, in virtual time. Steady: the second half of the run; queue: mean, largest.\n";
  for (const auto& group : by_line(report.one)) {
    out += fmt::format("\nOne flow, {}\n     RTT   loss  control  Mbit/s     line   whole        ",
                       title_of(group.front()->tried));
    out += "queue              again\n";
    for (const Outcome* outcome : group) out += row_of_one(*outcome);
  }
  for (const auto& group : by_line(report.two)) {
    out += fmt::format("\nTwo flows, {}\n     RTT   loss  controls              Mbit/s       ",
                       title_of(group.front()->tried));
    out += "Jain     line        queue\n";
    for (const Outcome* outcome : group) out += row_of_two(*outcome);
  }
  return out;
}

std::string to_markdown(const LinkReport& report, const std::string& figure) {
  std::string out = fmt::format(
      "# Long and lossy links\n\n"
      "Written by `{}` (Specter {}): not by hand.\n\n"
      "Two whole peer connections (ICE, DTLS 1.3, SCTP, a data channel) on a simulated path, in "
      "virtual time, decided\nby a seed: what the machine is, or does besides, does not show.\n\n",
      report.command, version());
  if (!figure.empty())
    out += fmt::format("![Goodput over round-trip time, for each loss, rate and queue]({})\n\n",
                       figure);
  out += fmt::format(
      "- *What is sent*: messages of {} KiB, as many as go, in one reliable ordered channel, with "
      "the "
      "default settings but for the\n  congestion control: datagrams of 1200 bytes at most, send "
      "buffer and receive window 16 MiB. These bound what is\n  under way: 671 Mbit/s over "
      "200 ms.\n"
      "- *The path*: a line of the given rate with a drop-tail queue before it, then half of the "
      "round-trip time; back, the other\n  half. Each datagram costs the line {} bytes more, for "
      "IPv4 and UDP. Loss: the probability of each datagram's end, both\n  ways alike, before the "
      "queue.\n"
      "- *Queue*: in bandwidth-delay products (BDP), of {} full packets at least: so much the rows "
      "with RTT 0 have, too.\n"
      "- *How long*: {}, from when the channel is open.\n"
      "- *A controller's column*: Mbit/s of users' bytes that were delivered in the second half of "
      "that time, and what part of\n  the line's rate it is (93 % is what the headers leave); "
      "*whole*: over all of the time, in Mbit/s; *queue*: the wait before\n  the line, mean and "
      "largest, in ms; *again*: DATA chunks sent again, in percent of the packets sent. All but "
      "*whole*\n  of the second half.\n",
      Trial::kMessageBytes / 1024, Path::kHeaderBytes,
      QueueSize::kLeastProductBytes / (1200 + Path::kHeaderBytes),
      report.parameters["seconds"].is_null()
          ? std::string("10 s or 100 round trips, whichever is longer; two flows three times that")
          : fmt::format("{} s", report.parameters["seconds"].dump()));
  for (const auto& group : by_line(report.one))
    out += fmt::format("\n## {}\n\n{}", title_of(group.front()->tried), page_of_one(group));
  if (report.two.empty()) return out;
  out +=
      "\n## Two flows on one line\n\n"
      "The second begins a second after the first. Jain's index is 1 when both have the same and "
      "0.5 when one has all.\n";
  for (const auto& group : by_line(report.two))
    out += fmt::format("\n### {}\n\n{}", title_of(group.front()->tried), page_of_two(group));
  return out;
}

}  // namespace specter::cli::bench
