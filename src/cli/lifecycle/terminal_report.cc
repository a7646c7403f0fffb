#include <fmt/format.h>

#include "cli/lifecycle/report.h"

#include "specter/endpoint.h"
#include "specter/specter.h"

namespace specter::cli {
namespace {

using namespace style;

constexpr int kExchangesShown = 16;
constexpr std::size_t kTextShownBytes = 48;

std::string size_text(std::size_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

std::string address_text(const CandidateStats& candidate) {
  const auto address = IpAddress::parse(candidate.address);
  const std::string endpoint = address ? Endpoint{*address, candidate.port}.to_string()
                                       : fmt::format("{}:{}", candidate.address, candidate.port);
  return fmt::format("{} ({})", endpoint, to_string(candidate.type));
}

class TerminalReport final : public LifecycleReport {
 public:
  TerminalReport(Output& output, Colours colours) : output_(output), colours_(colours) {}

  void begin() override {
    print("{}specter {}{}: two peer connections, from init to close, over UDP on this machine\n",
          in(kBold), version(), in(kPlain));
  }

  void step(const Step& step) override {
    const bool ok = step.outcome.has_value();
    print(" {}{:>2} {}{}  {:<24} {:<4} {}{:>9.2f} ms  {}{}", in(ok ? kGreen : kRed), step.number,
          ok ? "ok    " : "FAILED", in(kPlain), step.name, step.connection, in(kFaint),
          step.took.count(), ok ? *step.outcome : std::string(), in(kPlain));
    if (!ok) {
      print("\n  {}{}{}: {}", in(kRed), to_string(step.outcome.error().code), in(kPlain),
            step.outcome.error().message);
      print("  What to do: {}", step.advice);
    }
    output_.flush();
  }

  void exchange(const Exchange& exchange) override {
    if (exchange.number == 1) print("");
    if (exchange.number <= kExchangesShown) {
      const bool is_text = exchange.kind == MessageKind::Text;
      const bool shown = is_text && exchange.data.size() <= kTextShownBytes;
      print("    {} {}->{} {}  {:<6} {:>9}  {}{:>8.2f} ms{}{}{}", exchange.from, in(kFaint),
            in(kPlain), exchange.to, is_text ? "text" : "binary", size_text(exchange.data.size()),
            in(kFaint), exchange.took.count(), in(kPlain), shown ? "  " : "",
            shown ? as_text(exchange.data) : std::string_view());
    } else if (exchange.number == kExchangesShown + 1) {
      print("    and so on");
    }
    output_.flush();
  }

  void end(const Summary& summary) override {
    print("");
    if (summary.stats) connection(*summary.stats);
    if (summary.messages > 0) {
      row("messages", fmt::format("{}, {}, each compared byte by byte", summary.messages,
                                  size_text(summary.bytes)));
    }
    if (summary.to_open) {
      row("time to open", fmt::format("{:.1f} ms from create_offer until both ends were open",
                                      summary.to_open->count()));
    }
    row("total", fmt::format("{:.1f} ms", summary.total.count()));
    print("\n  {}{}{}", in(summary.ok ? kGreen : kRed),
          summary.ok ? fmt::format("All {} steps succeeded.", summary.steps)
                     : fmt::format("Step {} failed.", summary.steps),
          in(kPlain));
    output_.flush();
  }

 private:
  void connection(const Stats& stats) {
    if (const auto* pair = selected_pair(stats)) {
      std::string path =
          fmt::format("{} -> {}", address_text(pair->local), address_text(pair->remote));
      if (pair->current_round_trip_time) {
        path +=
            fmt::format(", round trip {:.2f} ms", RealTime(*pair->current_round_trip_time).count());
      }
      row("selected pair", path);
    }
    const auto& transport = stats.transport;
    row("security", fmt::format("{}, {}; pc_1 is the DTLS {}", transport.tls_version,
                                transport.dtls_cipher, to_string(transport.dtls_role)));
    row("datagrams", fmt::format("{} sent ({}), {} received ({})", transport.packets_sent,
                                 size_text(transport.bytes_sent), transport.packets_received,
                                 size_text(transport.bytes_received)));
  }
  void row(std::string_view name, const std::string& value) {
    print("  {}{:<14}{} {}", in(kBold), name, in(kPlain), value);
  }
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    output_.line(fmt::format(format, std::forward<Args>(args)...));
  }
  std::string_view in(std::string_view code) const {
    return colours_ == Colours::On ? code : std::string_view();
  }

  Output& output_;
  const Colours colours_;
};

}  // namespace

const CandidatePairStats* selected_pair(const Stats& stats) {
  for (const auto& pair : stats.candidate_pairs) {
    if (pair.selected) return &pair;
  }
  return nullptr;
}

std::unique_ptr<LifecycleReport> make_terminal_report(Output& output, Colours colours) {
  return std::make_unique<TerminalReport>(output, colours);
}

}  // namespace specter::cli
