// specter: the library, from a shell. Each subcommand has a file of its own; see README.md.
#include <csignal>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/manual/help.h"
#include "cli/signals.h"
#include "cli/verbose.h"

#include "specter/specter.h"

namespace {

// The command that the command line names, as far as it goes.
const CLI::App& named(const CLI::App& app) {
  const auto below = app.get_subcommands();
  return below.empty() ? app : named(*below.front());
}

int run(int argc, char** argv) {
  using namespace specter::cli;
  CLI::App app{"WebRTC peer connections, data channels and media streams, from a shell.",
               "specter"};
  app.set_version_flag("--version", [] {
    return fmt::format("specter {}\n{}", specter::version(), specter::cipher_engines());
  });
  app.formatter(help_formatter());  // before the commands, which take it over
  add_verbose(app);
  app.require_subcommand(1);
  app.footer(
      "Begin with `specter lifecycle`. `specter help COMMAND` tells about each.\n"
      "Exit codes: 0 success, 1 something tried did not work, 2 wrong command line.");

  int exit_code = kSuccess;
  add_lifecycle(app, exit_code);
  add_peer(app, exit_code);
  add_bench(app, exit_code);
  add_sim(app, exit_code);
  add_rtp(app, exit_code);
  add_manual(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // What is missing is a command, unless a word stands where one should.
    const auto words = app.remaining(true);
    const CLI::App& command = named(app);
    if (words.empty() && !command.get_subcommands({}).empty()) {
      fmt::print("{}", help_text(table_of(command)));
      return kSuccess;
    }
    if (words.empty()) return app.exit(error) == 0 ? kSuccess : kUsage;
    fmt::print(stderr, "There is no command '{}'.\nRun with --help for more information.\n",
               words.front());
    return kUsage;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  specter::cli::fill_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a failed write, cli/output.h
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "specter: {}\n", error.what());
    return specter::cli::kFailure;
  }
}
