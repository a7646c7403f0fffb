// The manual page: specter(1), in man(7)'s macros.
#pragma once

#include <string>

#include "cli/manual/command_table.h"

namespace specter::cli {

std::string man_page(const CommandEntry& command, const std::string& version);

}  // namespace specter::cli
