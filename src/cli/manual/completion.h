// Completions for shells: scripts that know each command, each option, and what an option takes.
#pragma once

#include <string>

#include "cli/manual/command_table.h"

namespace specter::cli {

std::string bash_completion(const CommandEntry& command);
std::string zsh_completion(const CommandEntry& command);
std::string fish_completion(const CommandEntry& command);

}  // namespace specter::cli
