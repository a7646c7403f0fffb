// -v: the library's log, on standard error.
#pragma once

#include <CLI/CLI.hpp>

namespace specter::cli {

// Once: info; twice: debug. Without it the log is as SPECTER_LOG says.
void add_verbose(CLI::App& command);

}  // namespace specter::cli
