// What `--help` prints: lines of 80 columns at most.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/manual/command_table.h"

namespace specter::cli {

inline constexpr std::size_t kHelpColumns = 80;

std::string help_text(const CommandEntry& command);
std::string connection_help_text();  // `specter help connection`

// Words of `text`, in lines that begin with so many spaces; the first one begins with `first`. A
// word that is longer than a line has one of its own.
std::string wrapped(std::string_view first, std::size_t indent, std::string_view text);

// For CLI::App::formatter().
std::shared_ptr<CLI::FormatterBase> help_formatter();

// "--size", or "-h, --help".
std::string names_text(const OptionEntry& option);
// "0 to 256; default 4", or what of that there is.
std::string limits_text(const OptionEntry& option);

}  // namespace specter::cli
