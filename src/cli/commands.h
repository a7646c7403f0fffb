// The subcommands of `specter`, one a file.
#pragma once

#include <CLI/CLI.hpp>

namespace specter::cli {

// What a subcommand's process ends with.
enum ExitCode : int {
  kSuccess = 0,
  kFailure = 1,  // something that was tried did not work
  kUsage = 2,    // the command line can't be understood
};

// Each adds its subcommand. When it is the chosen one, it runs in app.parse() and leaves its exit
// code.
void add_lifecycle(CLI::App& app, int& exit_code);
void add_peer(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_sim(CLI::App& app, int& exit_code);
void add_rtp(CLI::App& app, int& exit_code);
void add_manual(CLI::App& app);  // help, man, completion; `app` has all other commands by then

}  // namespace specter::cli
