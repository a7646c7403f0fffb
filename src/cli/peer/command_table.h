// The commands by name.
#pragma once

#include <span>
#include <string_view>

#include "cli/peer/command.h"
#include "cli/peer/fields.h"

namespace specter::cli {

struct CommandEntry {
  std::string_view op;
  Action (*read)(Fields&);  // whether the fields are right, they say afterwards
};

std::span<const CommandEntry> track_commands();  // track_command.cc; the others are in command.cc

}  // namespace specter::cli
