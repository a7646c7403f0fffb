// specter lifecycle: two peer connections in this process, from init to close.
#include <memory>

#include <unistd.h>

#include "cli/colours.h"
#include "cli/commands.h"
#include "cli/lifecycle/steps.h"
#include "cli/network_options.h"

namespace specter::cli {
namespace {

struct Options {
  NetworkOptions network;
  bool json = false;
  int messages = 10;
  double timeout_seconds = 10;
};

int run(const Options& options) {
  Output output(STDOUT_FILENO);
  const auto report = options.json ? make_json_report(output)
                                   : make_terminal_report(output, colours_of(STDOUT_FILENO));
  const std::chrono::duration<double> timeout(options.timeout_seconds);
  Lifecycle lifecycle({.configuration = options.network.configuration(),
                       .messages = options.messages,
                       .timeout = std::chrono::duration_cast<Duration>(timeout)},
                      *report);
  return lifecycle.run() ? kSuccess : kFailure;
}

}  // namespace

void add_lifecycle(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand(
      "lifecycle",
      "Shows the whole life of two peer connections: init, offer and answer, candidates,\n"
      "messages, close. Over real UDP sockets, both ends in this process.");
  auto options = std::make_shared<Options>();
  command->add_flag("--json", options->json,
                    "One JSON object a line: each step, each message, and a summary");
  command
      ->add_option("--messages", options->messages,
                   "How many messages to exchange: text and binary, both ways, up to 256 KiB")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout_seconds, "Seconds that each step may take")
      ->check(CLI::Range(0.001, 3600.0))
      ->capture_default_str();
  options->network.add_to(*command);
  command->footer(
      "Exit code 0 when each step succeeded, 1 when one failed. Colours only on a terminal, and\n"
      "not when NO_COLOR is set.\nExample: specter lifecycle --messages 100");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace specter::cli
