// How `specter lifecycle` tells what it does: for people, or as JSON lines.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/colours.h"
#include "cli/output.h"

#include "specter/options.h"
#include "specter/result.h"
#include "specter/stats.h"

namespace specter::cli {

using RealTime = std::chrono::duration<double, std::milli>;

struct Step {
  int number = 0;               // from 1
  std::string_view name;        // as the lifecycle document calls it
  std::string_view connection;  // "pc_1", "pc_2", or nothing
  RealTime took{};
  Result<std::string> outcome;  // a few words about what came of it
  std::string_view advice;      // what to do when it fails
};

struct Exchange {
  int number = 0;  // from 1
  std::string_view from, to;
  MessageKind kind = MessageKind::Text;
  Bytes data;
  RealTime took{};  // from send() until the other's mailbox had it
};

struct Summary {
  bool ok = false;
  int steps = 0;
  int messages = 0;
  std::size_t bytes = 0;            // of those messages
  std::optional<Stats> stats;       // of pc_1, once it was connected
  std::optional<RealTime> to_open;  // from create_offer until both ends of the channel were open
  RealTime total{};
};

class LifecycleReport {
 public:
  virtual ~LifecycleReport() = default;
  virtual void begin() = 0;
  virtual void step(const Step& step) = 0;
  virtual void exchange(const Exchange& exchange) = 0;
  virtual void end(const Summary& summary) = 0;
};

std::unique_ptr<LifecycleReport> make_terminal_report(Output& output, Colours colours);
std::unique_ptr<LifecycleReport> make_json_report(Output& output);

// The pair of candidates that the packets take.
const CandidatePairStats* selected_pair(const Stats& stats);

}  // namespace specter::cli
