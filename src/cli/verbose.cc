#include "cli/verbose.h"

#include <cstdint>

#include "specter/log.h"

namespace specter::cli {

void add_verbose(CLI::App& command) {
  command.add_flag_function(
      "-v,--verbose",
      [](std::int64_t times) { set_log(LogLevels(times > 1 ? LogLevel::Debug : LogLevel::Info)); },
      "What connections become, on standard error; -vv: each candidate, check and flight, and why "
      "anything is dropped. By module: SPECTER_LOG=ice=debug,dtls=info");
}

}  // namespace specter::cli
